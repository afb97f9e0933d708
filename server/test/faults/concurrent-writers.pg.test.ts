import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Command } from "../../src/core/command.ts";
import type { SealedEntry } from "../../src/core/record/entry.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { type EntryRow, readEntries, toEntry } from "../../src/journal/sql/read-entries.ts";
import { endOfTurn } from "../../src/lib/turn.ts";
import type { Settled } from "../../src/writer/job.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type CommitFate, openPgProxy, type PgProxy } from "../support/pg-proxy.ts";
import { adjust, apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";
import { Callers, MetricsSpy, randomNumbers, together, traced } from "./callers.ts";
import { openBystander } from "./database-faults.ts";
import { checkLedger, PartitionFollower } from "./ledger-check.ts";

const partitionCount = 16;
const productCount = 48;
const product = (index: number): string => `p${index}`;

let database: TestDatabase;
let proxy: PgProxy;
let callers: Callers;
let metrics: MetricsSpy;
let servers: Writer[];

beforeEach(async () => {
  database = await createDatabase(partitionCount);
  proxy = await openPgProxy(database.target.url);
  callers = new Callers();
  metrics = new MetricsSpy();
  servers = [
    await openWriter(database, { target: { url: proxy.url }, laneCount: 4, metrics }),
    await openWriter(database, { laneCount: 1, metrics }),
  ];
  await apply(servers[0]!, createLocation("paris"), createLocation("lyon"));
  await apply(servers[1]!, ...Array.from({ length: productCount }, (_, index) => createProduct(product(index))));
});
afterEach(async () => {
  proxy.onCommit(() => "pass");
  await Promise.all(servers.map((writer) => writer.stop()));
  await proxy.close();
  await database.close();
});

/** Readers that poll every partition by `sequence > last`, and insist on each entry following the one before it. */
class Readers {
  readonly seen: SealedEntry[] = [];
  #polls = 0;
  #isLast = false;
  #waiting: { at: number; resolve: () => void }[] = [];
  readonly #done: Promise<unknown>;

  constructor() {
    this.#done = together(partitionCount + 1, (partition) => this.#read(partition));
  }

  /** Resolves after so many more polls, of whichever partitions. */
  afterPolls(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ at: this.#polls + count, resolve });
    return promise;
  }

  /** Reads to the end and stops. */
  async finish(): Promise<void> {
    this.#isLast = true;
    await this.#done;
  }

  async #read(partition: number): Promise<void> {
    const follower = new PartitionFollower(partition);
    for (;;) {
      const isLast = this.#isLast;
      const { rows } = await database.application.query<EntryRow>(readEntries(partition, follower.sequence, 100));
      for (const entry of rows.map(toEntry)) {
        follower.follow(entry);
        this.seen.push(entry);
      }
      this.#polls += 1;
      for (const { resolve } of this.#waiting.filter(({ at }) => at <= this.#polls)) resolve();
      this.#waiting = this.#waiting.filter(({ at }) => at > this.#polls);
      if (isLast && rows.length === 0) return;
      await endOfTurn();
    }
  }
}

/** A caller's next command: changes, guarded counts, changes of many, new products, refusals. */
function nextCommand(random: (limit: number) => number, key: string, last: Settled | undefined): Command {
  const place = () => (random(3) === 0 ? "lyon" : "paris");
  const change = () => line(product(random(productCount)), place(), { adjustment: random(30) - 12 });
  switch (random(10)) {
    case 0:
      return createProduct(`new ${key}`, `SKU ${random(150)}`);
    case 1:
    case 2:
      return inventory(Array.from({ length: 2 + random(5) }, change), key);
    case 3:
    case 4: {
      if (last?.outcome.kind !== "lines") return inventory([change()], key);
      const { productId, locationId, version } = last.outcome.lines[0]!.item;
      return inventory([line(productId, locationId, { stockLevel: random(40) }, { guard: { version } })], key);
    }
    case 5:
      return adjust(product(random(productCount)), place(), -10_000, key);
    default:
      return inventory([change()], key);
  }
}

test("readers see 1 … N of every partition while 32 mixed callers write through two servers", async () => {
  const bystander = await openBystander(database);
  await bystander.run("BEGIN; SELECT txid_current(); SELECT count(*) FROM journal");
  const readers = new Readers();
  let delayed = 0;
  proxy.onCommit((commit) => {
    if (commit.number % 10 >= 3) return "pass";
    delayed += 1;
    return readers.afterPolls(40).then((): CommitFate => "pass");
  });
  await together(32, async (index) => {
    const random = randomNumbers(index);
    let last: Settled | undefined;
    const own: Command[] = [];
    for (let round = 0; round < 45; round++) {
      const isReplay = own.length > 0 && random(8) === 0;
      const command = isReplay ? own[random(own.length)]! : traced(nextCommand(random, `${index}/${round}`, last));
      const answer = await callers.insist(() => servers[random(2)]!, command);
      if (isReplay) expect(answer.replayed).toBe(true);
      else own.push(command);
      last = answer;
    }
  });
  expect(delayed).toBeGreaterThan(50);
  await readers.finish();
  const journal = await checkLedger(database, callers.told);
  const byPosition = (entries: readonly SealedEntry[]) =>
    Object.fromEntries(entries.map((entry) => [`${entry.partition}:${entry.sequence}`, entry.requestId]));
  expect(readers.seen).toHaveLength(journal.length);
  expect(byPosition(readers.seen)).toEqual(byPosition(journal));
  const kinds = new Set(callers.told.map(({ answer }) => (answer instanceof Error ? "error" : answer.outcome.kind)));
  expect([...kinds].sort()).toEqual(["lines", "product", "rejected"]);
  await bystander.run("COMMIT");
  await bystander.end();
}, 60_000);

test("changes over many partitions in any order never meet in a deadlock", async () => {
  const perCaller = 34;
  await together(60, async (index) => {
    const random = randomNumbers(5_000 + index);
    for (let round = 0; round < perCaller; round++) {
      const lines = Array.from({ length: 2 + random(6) }, () =>
        line(product(random(productCount)), "paris", { adjustment: random(30) - 10 }),
      );
      await callers.insist(() => servers[(index + round) % 2]!, traced(inventory(lines, `${index}/${round}`)));
    }
  });
  expect(metrics.states.filter((state) => state === "40P01")).toEqual([]);
  await checkLedger(database, callers.told);
}, 60_000);

test("servers that take and free SKUs at once never wait for each other, and no SKU has two owners", async () => {
  await together(40, async (index) => {
    const random = randomNumbers(7_000 + index);
    for (let round = 0; round < 25; round++) {
      const productId = product(random(12));
      const create = createProduct(productId);
      const fields = { sku: `SKU ${random(16)}` };
      const command = traced({ ...create, operation: { kind: "patch" as const, fields } });
      await callers.insist(() => servers[random(2)]!, command);
    }
  });
  expect(metrics.states.filter((state) => state === "40P01")).toEqual([]);
  await checkLedger(database, callers.told);
}, 60_000);

test("the outcome under a key is the same whichever server is asked, however often and at once", async () => {
  const keys = Array.from({ length: 60 }, (_, index) =>
    traced(adjust(product(index % 5), "paris", index % 3 === 0 ? -4 : 1, `asked ${index}`)),
  );
  const answers = await Promise.all(
    keys.flatMap((command) => [0, 1, 0, 1].map((server) => callers.insist(() => servers[server]!, command))),
  );
  expect(answers.filter((answer) => !answer.replayed)).toHaveLength(keys.length);
  keys.forEach((_, index) => {
    const same = answers.slice(index * 4, index * 4 + 4);
    for (const answer of same) {
      expect(answer.outcome).toEqual(same[0]!.outcome);
      expect(Buffer.from(answer.headVector).equals(Buffer.from(same[0]!.headVector))).toBe(true);
    }
  });
  const journal = await checkLedger(database, callers.told);
  expect(new Set(journal.filter((entry) => entry.itemNumber !== null).map((entry) => entry.partition))).toEqual(
    new Set([0, 1, 2, 3, 4].map((index) => partitionOf(product(index), partitionCount))),
  );
}, 60_000);
