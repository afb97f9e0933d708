/** Whatever becomes of transactions and wake-ups, every reader gets every committed change once and in order. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { partitionOf } from "../../src/core/record/partition.ts";
import { type Bystander, openBystander } from "../faults/database-faults.ts";
import { adjust, locationIdOf, productIdOf } from "../processes/stock.ts";
import { openPgProxy, type PgProxy, type ProxyConnection } from "../support/pg-proxy.ts";
import { until } from "../support/server-process.ts";
import { LiveReader } from "./live-reader.ts";
import { PacedWrites } from "./paced-writes.ts";
import { everyTransport, expectAtLevels, quietPlace, startTwoServers, type TwoServers } from "./two-servers.ts";

const stock = { products: 12, locations: 2 };
/** How late another server's change may be, with wake-ups or without. */
const lateMsMax = 1_000;
const partitionCount = 16;
let proxy: PgProxy;
let world: TwoServers;
let readers: LiveReader[];
/** Over which the servers hear of each other's commits. */
const wakeUps: ProxyConnection[] = [];

beforeAll(async () => {
  world = await startTwoServers(stock, async (url) => {
    proxy = await openPgProxy(url);
    proxy.onStatement((text, connection) => void (/^LISTEN /.test(text) && wakeUps.push(connection)));
    return proxy.url;
  });
});
beforeEach(async () => {
  const place = await quietPlace(world);
  const urls = () => world.urls;
  readers = Array.from(
    { length: 14 },
    (_, seed) => new LiveReader({ urls, transports: everyTransport, seed, ...place }),
  );
  await until("all readers follow", () => readers.every(({ isOpen }) => isOpen));
});
afterEach(() => {
  proxy.onCommit(() => "pass");
  for (const reader of readers) reader.stop();
});
afterAll(async () => {
  await world.close();
  await proxy.close();
});

/** Two products in different partitions, so that a writer of one need not wait for a writer of the other. */
function apart(): [string, string] {
  const partition = (index: number): number => partitionOf(productIdOf(index), partitionCount);
  const other = Array.from({ length: stock.products }, (_, index) => index).find((i) => partition(i) !== partition(0));
  return [productIdOf(0), productIdOf(other!)];
}

/** Waits until every reader has seen so many events since it began. */
const untilSeen = (count: number, limitMs?: number): Promise<void> =>
  until(`${count} events are everywhere`, () => readers.every(({ fold }) => fold.eventCount >= count), limitMs);

const countsNow = (): number[] => readers.map(({ fold }) => fold.eventCount);

async function expectWhole(): Promise<void> {
  await expectAtLevels(readers, world.urls[0]!, 10_000);
  expect(readers.flatMap(({ ends }) => ends)).toEqual([]);
}

test("a change whose commit is held comes when it is committed, behind what was committed meanwhile", async () => {
  const [held, other] = apart();
  const release = Promise.withResolvers<"pass">();
  const isHeld = Promise.withResolvers<void>();
  proxy.onCommit(() => {
    proxy.onCommit(() => "pass");
    isHeld.resolve();
    return release.promise;
  });
  const late = adjust(world.servers[0]!, held, locationIdOf(0), 1);
  await isHeld.promise;
  for (let round = 0; round < 5; round++) await adjust(world.servers[1]!, other, locationIdOf(0), 1);
  await untilSeen(5);
  expect(new Set(countsNow())).toEqual(new Set([5]));
  release.resolve("pass");
  await late;
  await untilSeen(6);
  await expectWhole();
}, 30_000);

test("a commit that is held until the database gives its session up is made again, and comes once", async () => {
  const [held, other] = apart();
  proxy.onCommit(() => {
    proxy.onCommit(() => "pass");
    return new Promise(() => {});
  });
  const late = adjust(world.servers[0]!, held, locationIdOf(0), 1);
  const behind = adjust(world.servers[1]!, held, locationIdOf(1), 1);
  await adjust(world.servers[1]!, other, locationIdOf(1), 1);
  expect((await late).movementId).not.toBe((await behind).movementId);
  await untilSeen(3);
  await expectWhole();
  expect(new Set(countsNow())).toEqual(new Set([3]));
}, 30_000);

test("what is rolled back, by a lost connection or by hand, is seen by nobody and leaves no gap", async () => {
  const bystander = await openBystander(world.database);
  let commits = 0;
  const lost = ["pass", "lose", "pass", "strand", "reset", "pass", "pass"] as const;
  proxy.onCommit(() => lost[commits++ % lost.length]!);
  const urls = () => world.urls;
  const writes = new PacedWrites({ urls, ...stock, linesPerRequest: 4, requestsPerSecond: 40, changesMax: 240 });
  for (let round = 0; round < 8; round++) {
    await writes.afterChanges(20);
    await rollBack(bystander);
  }
  expect(await writes.whole()).toBe(240);
  proxy.onCommit(() => "pass");
  await bystander.end();
  await expectWhole();
  expect(commits).toBeGreaterThan(lost.length);
  expect(new Set(countsNow())).toEqual(new Set([240]));
}, 60_000);

/** Moves all heads as a writer would, and takes it back. */
const rollBack = (bystander: Bystander): Promise<unknown> =>
  bystander.run(
    "BEGIN; SELECT FROM partition_head ORDER BY partition FOR UPDATE; UPDATE partition_head SET sequence = sequence + 1; ROLLBACK",
  );

test("a transaction that stays open elsewhere delays nobody", async () => {
  const bystander = await openBystander(world.database);
  await bystander.run(
    "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id(); SELECT count(*) FROM journal; CREATE TEMPORARY TABLE held ()",
  );
  for (let round = 1; round <= 10; round++) {
    await adjust(world.servers[round % 2]!, productIdOf(round), locationIdOf(0), 1);
    await untilSeen(round, lateMsMax);
  }
  await bystander.end();
  await expectWhole();
}, 30_000);

test("without wake-ups another server's change comes within a second; when they break off, they come back", async () => {
  await world.database.owner.query({
    text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'onhand wake-ups'",
  });
  await adjust(world.servers[0]!, productIdOf(0), locationIdOf(0), 1);
  await untilSeen(1, lateMsMax);
  await until("both listen again", () => wakeUps.length >= 4);
  // From here on they believe to listen, and hear nothing.
  for (const connection of wakeUps) connection.silence();
  for (let round = 2; round <= 12; round++) {
    await adjust(world.servers[round % 2]!, productIdOf(round % stock.products), locationIdOf(1), 1);
    await untilSeen(round, lateMsMax);
  }
  await expectWhole();
}, 30_000);
