/** A thousand readers that come while others write, and lose their connections again and again. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { randomNumbers } from "../processes/load.ts";
import { request } from "../support/server-process.ts";
import type { Page } from "./links.ts";
import { LiveReader } from "./live-reader.ts";
import { PacedWrites } from "./paced-writes.ts";
import { takeSnapshot } from "./snapshot.ts";
import { eachOf, everyTransport, expectAtLevels, startTwoServers, type TwoServers } from "./two-servers.ts";

const stock = { products: 30, locations: 3 };
const readerCount = 1_000;
const cuts = { rounds: 40, perRound: 25, changesBetween: 50 };
let world: TwoServers;
const readers: LiveReader[] = [];

beforeEach(async () => {
  world = await startTwoServers(stock);
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.stop();
  await world.close();
});

/** Reads a snapshot in several pages, each reader its own, and the feed behind it. */
async function join(index: number): Promise<void> {
  const urls = () => world.urls;
  const from = await takeSnapshot(world.urls[index % 2]!, 40);
  readers.push(new LiveReader({ urls, transports: everyTransport, seed: index, from }));
}

test("1,000 readers that join by snapshot and tail fold to exactly the levels through 1,000 disconnects", async () => {
  const urls = () => world.urls;
  const writes = new PacedWrites({ urls, ...stock, linesPerRequest: 25, requestsPerSecond: 40 });
  await eachOf(Array(readerCount).fill(null), 20, (_, index) => join(index));
  const random = randomNumbers(1);
  let cutCount = 0;
  for (let round = 0; round < cuts.rounds; round++) {
    await writes.afterChanges(cuts.changesBetween);
    for (let cut = 0; cut < cuts.perRound; cut++) {
      const from = random(readerCount);
      const open = [...readers.slice(from), ...readers.slice(0, from)].find(({ isOpen }) => isOpen);
      open?.cut();
      cutCount += open === undefined ? 0 : 1;
    }
  }
  const changes = await writes.finish();
  await expectAtLevels(readers, world.urls[1]!, 60_000);
  expect([cutCount, changes >= cuts.rounds * cuts.changesBetween]).toEqual([cuts.rounds * cuts.perRound, true]);
  expect(readers.reduce((sum, { openCount }) => sum + openCount, 0)).toBeGreaterThanOrEqual(readerCount + cutCount);
  // No server refused a cursor of the other.
  expect(readers.flatMap(({ ends }) => ends).flatMap(({ problem }) => problem ?? [])).toEqual([]);
  await eachOf(readers, 20, async ({ cursor }, index) => {
    const path = `/v1/inventory/updates?since=${encodeURIComponent(cursor)}`;
    const { status, body } = await request<Page>(world.urls[index % 2]!, "GET", path);
    expect([status, body.data]).toEqual([200, []]);
  });
}, 180_000);
