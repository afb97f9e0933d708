/** How far back the feed may be read: cursors and times below the floor, and what is left untouched. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { FeedFloor } from "../../src/feed/feed-floor.ts";
import { HeadsWatcher } from "../../src/feed/heads-watcher.ts";
import { moveFloor, readFloor } from "../../src/feed/move-floor.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
  await createLocation(server.writer, "shop");
  for (const name of ["soap", "tin"]) await createProduct(server.writer, name);
});
afterEach(() => server.close());

const adjustSome = async (count: number): Promise<string[]> => {
  const cursors: string[] = [];
  for (let index = 0; index < count; index++)
    cursors.push((await adjust(server.writer, index % 2 === 0 ? "soap" : "tin", "shop", 1)).cursor);
  return cursors;
};

const poll = (since: string | null) =>
  server.reader.get(`/v1/inventory/updates?limit=1000${since === null ? "" : `&since=${encodeURIComponent(since)}`}`);

/** Notes where the feed is. @returns a time that the note was made before */
async function observe(): Promise<number> {
  const watcher = new HeadsWatcher(server.database.application, systemClock, () => {});
  await watcher.observe();
  const { rows } = await server.database.owner.query<{ now: number }>({
    text: "SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now",
  });
  return rows[0]!.now;
}

/** Raises the floor to where the feed is now; the server is started anew, so that it sees it at once. */
async function raiseFloor(): Promise<void> {
  expect(await moveFloor(server.database.application, await observe())).toBe("moved");
  await server.restart();
}

const all = async (): Promise<Json[]> => (await poll(null)).body.data;

test("without a floor the feed is read from its beginning", async () => {
  await adjustSome(4);
  expect(await all()).toHaveLength(await server.journalLength());
});

test("below the floor a cursor is gone: the answer names the first one that can be read from, and the snapshot", async () => {
  const [first, ...others] = await adjustSome(4);
  await raiseFloor();
  const after = await adjustSome(3);
  for (const cursor of [first!, ...others.slice(0, -1)]) {
    const { body } = await poll(cursor);
    expect(body).toMatchObject({ status: 410, code: "cursor_expired", snapshot: "/v1/inventory" });
    expect(body.detail).toContain("further back");
    const { body: rest } = await poll(body.earliest);
    expect(rest.data.map(({ data }: Json) => data.cursor).at(-1)).toBe((await poll(null)).body.nextCursor);
    expect(rest.data).toHaveLength(after.length);
  }
});

test("the floor itself, and everything behind it, is read as before", async () => {
  const cursors = await adjustSome(4);
  await raiseFloor();
  const after = await adjustSome(3);
  expect((await poll(cursors.at(-1)!)).body.data).toHaveLength(3);
  expect((await poll(after[0]!)).body.data).toHaveLength(2);
  const { headers } = await server.reader.get("/v1/inventory");
  expect((await poll(headers.get("onhand-cursor")!)).body.data).toEqual([]);
});

test("reading from the beginning is reading from the floor", async () => {
  await adjustSome(4);
  await raiseFloor();
  expect(await all()).toEqual([]);
  await adjustSome(2);
  expect(await all()).toHaveLength(2);
});

test("times from before the floor are gone, later ones are good", async () => {
  await adjustSome(1);
  const beforeMs = await observe();
  await adjustSome(3);
  await raiseFloor();
  for (const since of ["2020-01-01T00:00:00Z", new Date(beforeMs).toISOString()])
    expect((await poll(since)).body).toMatchObject({ status: 410, earliest: expect.any(String) });
  const laterMs = await observe();
  await adjustSome(2);
  expect((await poll(new Date(laterMs).toISOString())).body.data).toHaveLength(2);
  expect((await server.reader.get("/v1/inventory?updatedAfter=2020-01-01T00:00:00Z")).body.data).toHaveLength(2);
});

test("a read may ask for what lies below the floor: it has been reached", async () => {
  const [first] = await adjustSome(3);
  await raiseFloor();
  expect((await server.reader.get(`/v1/inventory/SKU-soap?minCursor=${first}`)).status).toBe(200);
});

test("it only rises, never beyond the end, and deletes nothing", async () => {
  const { application } = server.database;
  await adjustSome(2);
  const earlyMs = await observe();
  await adjustSome(2);
  const entries = await server.journalLength();
  const lateMs = await observe();
  expect(await moveFloor(application, lateMs)).toBe("moved");
  const floor = await readFloor(application);
  expect(floor.every(({ floor, head }) => floor === head)).toBe(true);
  for (const momentMs of [earlyMs, lateMs, lateMs + 86_400_000])
    expect(await moveFloor(application, momentMs)).toBe("there already");
  expect(await moveFloor(application, 0)).toBe("nothing observed");
  expect(await readFloor(application)).toEqual(floor);
  expect(await server.journalLength()).toBe(entries);
  expect((await verifyJournal(application)).faults).toEqual([]);
  const { body } = await server.reader.get("/v1/inventory/SKU-soap");
  const { body: movements } = await server.reader.get(`/v1/inventory/${body.locations[0].inventoryId}/movements`);
  expect(movements.data).toHaveLength(2);
});

test("a server sees a floor that rose within a second, and asks no more often", async () => {
  const { application } = server.database;
  let nowMs = 0;
  let asked = 0;
  const counting = {
    query: (statement: { text: string }) => {
      asked += 1;
      return application.query(statement);
    },
  } as Pick<typeof application, "query">;
  const floor = new FeedFloor(counting, { ...systemClock, monotonicMs: () => nowMs });
  expect((await floor.current()).size).toBe(0);
  expect(await moveFloor(application, await observe())).toBe("moved");
  for (nowMs = 100; nowMs < 1_000; nowMs += 100) expect((await floor.current()).size).toBe(0);
  expect(asked).toBe(1);
  nowMs = 1_000;
  expect((await floor.current()).size).toBeGreaterThan(0);
  expect(asked).toBe(2);
});
