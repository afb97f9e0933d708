import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import {
  adjust,
  apply,
  createLocation,
  createProduct,
  inventory,
  line,
  openWriter,
} from "../../test/support/writers.ts";
import type { Levels } from "../core/inventory/item.ts";
import { commitmentOf } from "../core/record/chain.ts";
import type { CommittedEntry } from "../core/record/committed-entry.ts";
import { systemClock } from "../lib/clock.ts";
import type { Writer } from "../writer/writer.ts";
import { Feed } from "./feed.ts";
import { FeedReader } from "./feed-reader.ts";
import { everything, type FeedFilter } from "./filter.ts";
import type { Follower } from "./follower.ts";
import { HeadsWatcher } from "./heads-watcher.ts";
import { LocationGroups } from "./location-groups.ts";
import type { FeedRecord } from "./record.ts";
import { FeedTail } from "./tail.ts";

let database: TestDatabase;
let writer: Writer;
const texts = { cursorAt: () => "cursor", write: () => "{}" };
const never = new AbortController().signal;

beforeAll(async () => {
  database = await createDatabase();
  writer = await openWriter(database);
  await apply(writer, createLocation("paris"));
  await apply(writer, ...Array.from({ length: 20 }, (_, index) => createProduct(`p${index}`)));
});
afterAll(async () => {
  await writer.stop();
  await database.close();
});

/** The feed of one server. */
async function openServer(ringRecordsMax = 1_000) {
  const watcher = new HeadsWatcher(database.application, systemClock, () => {});
  const reader = new FeedReader(database.application, watcher);
  const groups = new LocationGroups(database.application);
  const parts = { reader, watcher, groups, writer: texts, clock: systemClock };
  const tail = new FeedTail({ ...parts, failed: () => {}, ringRecordsMax });
  const feed = new Feed({ ...parts, tail });
  return {
    reader,
    watcher,
    tail,
    follow: (from: Awaited<ReturnType<FeedReader["heads"]>>, filter: FeedFilter = everything) =>
      feed.follow(from, filter),
    async stop() {
      tail.stop();
      await watcher.stop();
    },
  };
}

const nameOf = ({ feedEntry: { entry } }: FeedRecord): string => `${entry.partition}:${entry.sequence}`;

/** Reads until the place is the given one, `max` events at a time. */
async function readUpTo(follower: Follower, positions: readonly number[], max = 7): Promise<FeedRecord[]> {
  const seen: FeedRecord[] = [];
  while (follower.position.positions.some((position, partition) => position < positions[partition]!))
    seen.push(...(await follower.next({ max, waitMs: 5_000, signal: never })));
  return seen;
}

/** All that lies between two places, by the journal's own primary key. */
async function journalBetween(from: readonly number[], to: readonly number[]): Promise<Set<string>> {
  const names = from.flatMap((after, partition) =>
    Array.from({ length: to[partition]! - after }, (_, index) => `${partition}:${after + index + 1}`),
  );
  return new Set(names);
}

function expectInOrder(records: readonly FeedRecord[]): void {
  const last = new Map<number, number>();
  for (const { feedEntry } of records) {
    const { partition, sequence } = feedEntry.entry;
    expect(sequence).toBeGreaterThan(last.get(partition) ?? 0);
    last.set(partition, sequence);
  }
}

const sell = (count: number): Promise<unknown> =>
  apply(writer, ...Array.from({ length: count }, (_, index) => adjust(`p${index % 20}`, "paris", 1)));

test("a reader from the beginning and one from the end see the same changes, with or without a ring to share", async () => {
  const server = await openServer(5);
  const beginning = await server.follow(await server.reader.beginning());
  const end = await server.reader.heads();
  const late = await server.follow(end);
  await sell(60);
  const heads = await server.reader.heads();
  const seen = await readUpTo(beginning, heads.positions);
  const seenLate = await readUpTo(late, heads.positions);
  expectInOrder(seen);
  expect(seen.map(nameOf).sort()).toEqual(
    [
      ...(await journalBetween(
        heads.positions.map(() => 0),
        heads.positions,
      )),
    ].sort(),
  );
  expect(seenLate.map(nameOf).sort()).toEqual([...(await journalBetween(end.positions, heads.positions))].sort());
  await server.stop();
});

test("a reader that waits is woken by a commit that this process did not make", async () => {
  const server = await openServer();
  const follower = await server.follow(await server.reader.heads());
  const next = follower.next({ max: 10, waitMs: 10_000, signal: never });
  await sell(1);
  expect((await next).length).toBe(1);
  expect(follower.isAtEnd).toBe(true);
  await server.stop();
});

test("a reader of a place where nothing happens gets a fresher place when its wait is over", async () => {
  const server = await openServer();
  const from = await server.reader.heads();
  const follower = await server.follow(from, { ...everything, skus: ["no such SKU"] });
  await sell(5);
  while (follower.position.positions.every((position, index) => position === from.positions[index]))
    expect(await follower.next({ max: 10, waitMs: 50, signal: never })).toEqual([]);
  await server.stop();
});

test("a wait ends when its reader goes, and when the server stops", async () => {
  const server = await openServer();
  const gone = new AbortController();
  const first = await server.follow(await server.reader.heads());
  const second = await server.follow(await server.reader.heads());
  const waits = [
    first.next({ max: 1, waitMs: 60_000, signal: gone.signal }),
    second.next({ max: 1, waitMs: 60_000, signal: never }),
  ];
  await server.tail.started();
  gone.abort();
  expect(await waits[0]!).toEqual([]);
  await server.stop();
  expect(await waits[1]!).toEqual([]);
});

test("a place of the future, of another epoch and of another history is refused", async () => {
  const server = await openServer();
  const heads = await server.reader.heads();
  const ahead = { ...heads, positions: heads.positions.map((position) => position + 1) };
  const refused = [ahead, { ...heads, epoch: heads.epoch + 1 }, { ...heads, check: new Uint8Array(8) }];
  for (const place of refused) await expect(server.follow(place)).rejects.toThrow("another history");
  // Refused too while others follow, when places may be known without asking the database.
  await server.tail.started();
  for (const place of refused) await expect(server.follow(place)).rejects.toThrow("another history");
  await server.stop();
});

test("whatever is handed over, in whatever order, twice or not at all: every event comes once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 2, max: 30 }),
      async (picks, ringRecordsMax) => {
        const server = await openServer(ringRecordsMax);
        const from = await server.reader.heads();
        const followers = await Promise.all([server.follow(from), server.follow(from), server.follow(from)]);
        await server.tail.started();
        await sell(41);
        const heads = await server.reader.heads();
        const items: CommittedEntry[] = await server.reader.between(from, heads, 1_000);
        for (const pick of picks) server.tail.handOver([items[pick]!]);
        const seen = await Promise.all(
          followers.map((follower, index) => readUpTo(follower, heads.positions, index + 3)),
        );
        const expected = [...(await journalBetween(from.positions, heads.positions))].sort();
        for (const records of seen) {
          expectInOrder(records);
          expect(records.map(nameOf).sort()).toEqual(expected);
        }
        await server.stop();
      },
    ),
    { numRuns: 15 },
  );
}, 60_000);

test("a reader that falls behind the ring catches up from the journal and joins again", async () => {
  const server = await openServer(10);
  const follower = await server.follow(await server.reader.heads());
  const from = follower.position;
  await sell(1);
  expect((await follower.next({ max: 1, waitMs: 10_000, signal: never })).length).toBe(1);
  await sell(100);
  await server.tail.advance();
  const heads = await server.reader.heads();
  const rest = await readUpTo(follower, heads.positions, 30);
  expect(rest.length).toBe(100);
  expect(follower.position.positions.reduce((sum, position) => sum + position, 0)).toBe(
    from.positions.reduce((sum, position) => sum + position, 0) + 101,
  );
  expect(await follower.next({ max: 1, waitMs: 0, signal: never })).toEqual([]);
  expect(follower.isAtEnd).toBe(true);
  await server.stop();
});

const levelsOf = ({ onHand, reserved, unavailable, incoming }: Levels): Levels => ({
  onHand,
  reserved,
  unavailable,
  incoming,
});

test("what is handed over is what the journal says", async () => {
  const handed: CommittedEntry[] = [];
  let missing = 0;
  const own = await openWriter(database, {
    onCommitted: (entries) => {
      const committed = entries();
      if (committed === null) missing += 1;
      else handed.push(...committed);
    },
  });
  const server = await openServer();
  const from = await server.reader.heads();
  const salt = new Uint8Array(16);
  const text = {
    salt,
    reason: "counted twice",
    reference: "R-1",
    commitment: commitmentOf(salt, "counted twice", "R-1"),
  };
  await apply(own, createLocation("nice"), createProduct("h1"), createProduct("h2"));
  for (let round = 0; round < 3; round++) {
    await apply(
      own,
      adjust("h1", "nice", 5),
      inventory([line("h1", "nice", { adjustment: 2 }, { text }), line("h2", "nice", { adjustment: 1 })]),
      inventory([line("h1", "nice", { safetyStock: round, reorderPoint: round === 0 ? null : 7 })]),
      inventory([line("h1", "nice", { adjustment: -1 }), line("h1", "nice", { adjustment: -1 })]),
    );
  }
  await apply(
    own,
    inventory([line("h2", "nice", { adjustment: -3 })]),
    inventory([line("h2", "nice", { retire: "delete" })]),
  );
  await apply(own, adjust("h2", "nice", 4), adjust("p1", "nice", 1));
  const heads = await server.reader.heads();
  const journal = await server.reader.between(from, heads, 1_000);
  const byName = (entries: readonly CommittedEntry[]) =>
    new Map(entries.map((entry) => [`${entry.entry.partition}:${entry.entry.sequence}`, entry]));
  expect(missing).toBe(0);
  expect(handed.length).toBe(journal.length);
  const known = byName(handed);
  for (const [name, entry] of byName(journal)) {
    const { hash, ...rest } = known.get(name)!.entry;
    const { hash: journalHash, ...journalRest } = entry.entry;
    // In memory the levels afterwards are the item, which has more to say.
    expect({ ...rest, after: levelsOf(rest.after) }).toEqual({ ...journalRest, after: levelsOf(journalRest.after) });
    expect(Buffer.from(hash).toString("hex")).toBe(Buffer.from(journalHash).toString("hex"));
    expect({ ...known.get(name)!, entry: null }).toEqual({ ...entry, entry: null } as never);
  }
  await own.stop();
  await server.stop();
});
