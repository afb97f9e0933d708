/** The epoch raised while servers write, and after a database went back in time. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { decodeVector, type PositionVector } from "../../src/core/record/position-vector.ts";
import { CursorCodec } from "../../src/feed/cursor.ts";
import { Feed } from "../../src/feed/feed.ts";
import { FeedReader, PositionLost } from "../../src/feed/feed-reader.ts";
import { everything } from "../../src/feed/filter.ts";
import { HeadsWatcher } from "../../src/feed/heads-watcher.ts";
import { LocationGroups } from "../../src/feed/location-groups.ts";
import { FeedTail } from "../../src/feed/tail.ts";
import { raiseEpoch, readEpochs } from "../../src/journal/epoch.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { tokenSigner } from "../../src/lib/signed-token.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { adjust, apply, createLocation, createProduct, openWriter, submitOne } from "../support/writers.ts";

/** What lies behind a place, as a reader that catches up gets it. */
async function readPage(reader: FeedReader, from: PositionVector, limit: number) {
  const heads = await reader.heads();
  return { entries: await reader.along(await reader.courseFrom(from, heads), heads, limit) };
}

const productCount = 24;
const product = (index: number): string => `p${index % productCount}`;

let database: TestDatabase;
let servers: Writer[];
let watcher: HeadsWatcher;
let reader: FeedReader;

beforeEach(async () => {
  database = await createDatabase();
  servers = [await openWriter(database, { laneCount: 2 }), await openWriter(database, { laneCount: 1 })];
  await apply(servers[0]!, createLocation("paris"), createLocation("lyon"));
  await apply(servers[1]!, ...Array.from({ length: productCount }, (_, index) => createProduct(product(index))));
  watcher = new HeadsWatcher(database.application, systemClock, () => {});
  reader = new FeedReader(database.application, watcher);
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await watcher.stop();
  await database.close();
});

const here = async (): Promise<PositionVector> => (await watcher.read()).vector;

/** Sends changes to both servers for as long as the work takes. @returns places after each change, in no order */
async function whileWriting(work: () => Promise<void>): Promise<Uint8Array[]> {
  const places: Uint8Array[] = [];
  let isDone = false;
  const write = async (server: Writer, number: number): Promise<void> => {
    for (let round = 0; !isDone; round++) {
      const location = round % 2 === 0 ? "paris" : "lyon";
      const { outcome, headVector } = await submitOne(server, adjust(product(round + number), location, 1));
      expect(outcome.kind).toBe("lines");
      places.push(headVector);
    }
  };
  const writing = Array.from({ length: 12 }, (_, number) => write(servers[number % 2]!, number));
  await work();
  isDone = true;
  await Promise.all(writing);
  return places;
}

test("raised again and again while two servers write, it loses nothing and leaves a whole journal", async () => {
  const before = await here();
  const epochs: number[] = [];
  const places = await whileWriting(async () => {
    for (let round = 0; round < 10; round++) {
      const seen = await here();
      epochs.push(await raiseEpoch(database.application, `round ${round}`));
      // Somebody writes in every epoch, or the test would show nothing.
      while ((await here()).positions.every((position, index) => position === seen.positions[index]));
    }
  });
  expect(epochs).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const { rows } = await database.owner.query<{ sum: number; entries: number }>({
    text: "SELECT (SELECT sum(on_hand) FROM item)::bigint AS sum, (SELECT count(*) FROM journal WHERE item_number IS NOT NULL) AS entries",
  });
  expect(rows).toEqual([{ sum: places.length, entries: places.length }]);
  expect((await verifyJournal(database.application)).faults).toEqual([]);
  // Every event is there for a reader that begins in the new epoch, in order and without a gap.
  const { entries } = await readPage(reader, await reader.beginning(), 100_000);
  expect(entries).toHaveLength((await here()).positions.reduce((sum, position) => sum + position, 0));
  await expect(readPage(reader, before, 1)).rejects.toThrow(PositionLost);
});

test("positions of before are refused from then on, those of after are good", async () => {
  const old = [
    await here(),
    { ...(await here()), positions: (await here()).positions.map(() => 0), check: new Uint8Array(8) },
  ];
  const beginning = await reader.beginning();
  await raiseEpoch(database.application, "a drill");
  for (const place of [...old, beginning])
    await expect(readPage(reader, place, 1)).rejects.toMatchObject({ name: "PositionLost", earliest: { epoch: 2 } });
  const { headVector } = await submitOne(servers[0]!, adjust("p0", "paris", 1));
  expect((await readPage(reader, await here(), 1)).entries).toEqual([]);
  expect(decodeVector(headVector)!.epoch).toBe(2);
});

test("who waits for changes when it is raised is told that the place is lost, without waiting to the end", async () => {
  const groups = new LocationGroups(database.application);
  const parts = { reader, watcher, groups, writer: { cursorAt: () => "", write: () => "{}" }, clock: systemClock };
  const tail = new FeedTail({ ...parts, failed: () => {} });
  const feed = new Feed({ ...parts, tail });
  try {
    const followers = await Promise.all([feed.follow(await here(), everything), feed.follow(await here(), everything)]);
    const { signal } = new AbortController();
    await submitOne(servers[0]!, adjust("p0", "paris", 1));
    for (const follower of followers) expect(await follower.next({ max: 10, waitMs: 60_000, signal })).toHaveLength(1);
    const waiting = followers.map((follower) => follower.next({ max: 10, waitMs: 600_000, signal }));
    await raiseEpoch(database.application, "a drill");
    for (const { status, reason } of (await Promise.allSettled(waiting)) as PromiseRejectedResult[])
      expect([status, reason]).toEqual(["rejected", expect.any(PositionLost)]);
  } finally {
    tail.stop();
  }
});

test("a reader in the middle of a long history is told that its place is lost when the epoch is raised", async () => {
  const groups = new LocationGroups(database.application);
  const parts = { reader, watcher, groups, writer: { cursorAt: () => "", write: () => "{}" }, clock: systemClock };
  const tail = new FeedTail({ ...parts, failed: () => {} });
  const feed = new Feed({ ...parts, tail });
  const { signal } = new AbortController();
  try {
    const behind = await feed.follow(await reader.beginning(), everything);
    const atTheEnd = await feed.follow(await here(), everything);
    expect(await behind.next({ max: 1, waitMs: 0, signal })).toHaveLength(1);
    const lost = atTheEnd.next({ max: 1, waitMs: 600_000, signal });
    await raiseEpoch(database.application, "a drill");
    await expect(lost).rejects.toThrow(PositionLost);
    await expect(behind.next({ max: 1_000, waitMs: 0, signal })).rejects.toThrow(PositionLost);
  } finally {
    tail.stop();
  }
});

test("a cursor of before is refused in its whole length, however it is dressed up", async () => {
  const codec = new CursorCodec(tokenSigner(randomBytes(32)));
  const cursor = codec.fromVector(await here());
  await raiseEpoch(database.application, "a drill");
  await expect(readPage(reader, codec.parse(cursor)!, 1)).rejects.toThrow(PositionLost);
  // Without the epoch nothing would tell it apart: it is a true place of this very history.
  expect((await readPage(reader, { ...codec.parse(cursor)!, epoch: 2 }, 1)).entries).toEqual([]);
});

test("a time from before goes on meaning what this database had observed then", async () => {
  await watcher.observe();
  const momentMs = Date.now() + 60_000;
  await raiseEpoch(database.application, "a drill");
  for (let index = 0; index < 3; index++) await submitOne(servers[0]!, adjust("p0", "paris", 1));
  const { entries } = await readPage(reader, await reader.positionAt(momentMs), 100);
  expect(entries).toHaveLength(3);
});

test("a server that goes on after its database went back decides on what the database has", async () => {
  const [server] = servers;
  await submitOne(server!, adjust("p0", "paris", 5));
  const place = await here();
  // What it then does is lost, as if a standby had taken over that lacked it: a location, and stock there.
  await save();
  await apply(server!, createLocation("lost"));
  await submitOne(server!, adjust("p0", "lost", 7));
  await submitOne(server!, adjust("p0", "paris", 100));
  const lost = await here();
  await goBack();
  await raiseEpoch(database.application, "a standby took over");
  expect((await submitOne(server!, adjust("p0", "lost", 1))).outcome).toMatchObject({ kind: "rejected" });
  const { outcome } = await submitOne(server!, adjust("p0", "paris", 1));
  expect(outcome).toMatchObject({ lines: [{ item: { onHand: 6 } }] });
  expect((await verifyJournal(database.application)).faults).toEqual([]);
  for (const known of [place, lost]) await expect(readPage(reader, known, 1)).rejects.toThrow(PositionLost);
});

test("each change of it is recorded with its time and reason", async () => {
  expect(await readEpochs(database.application)).toEqual({ epoch: 1, changes: [] });
  await raiseEpoch(database.application, "restored the backup of 03:00");
  await raiseEpoch(database.application, "and once more");
  const { epoch, changes } = await readEpochs(database.application);
  expect(epoch).toBe(3);
  expect(changes.map(({ epoch, reason }) => [epoch, reason])).toEqual([
    [3, "and once more"],
    [2, "restored the backup of 03:00"],
  ]);
  expect(changes.every(({ changedAtMs }) => changedAtMs > Date.UTC(2026, 0))).toBe(true);
});

const tables = [
  "partition_head",
  "journal",
  "entry_text",
  "item",
  "product_total",
  "product",
  "product_sku",
  "location",
  "result",
];

async function save(): Promise<void> {
  for (const table of tables) await database.owner.query({ text: `CREATE TABLE saved_${table} AS TABLE ${table}` });
}

async function goBack(): Promise<void> {
  await database.owner.transaction(async (connection) => {
    for (const table of tables) {
      await connection.query({ text: `DELETE FROM ${table}` });
      await connection.query({ text: `INSERT INTO ${table} SELECT * FROM saved_${table}` });
    }
  });
}
