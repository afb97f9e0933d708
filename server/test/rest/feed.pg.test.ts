/** The ledger of an item, and the change feed by polling. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import type { PositionVector } from "../../src/core/record/position-vector.ts";
import { CursorCodec } from "../../src/feed/cursor.ts";
import { tokenSigner } from "../../src/lib/signed-token.ts";
import { readInstallation } from "../../src/registry/installation.ts";
import {
  adjust,
  type Caller,
  createLocation,
  createProduct,
  type Json,
  startTestServer,
  type TestServer,
} from "./support.ts";

let server: TestServer;
let writer: Caller;
let reader: Caller;
beforeAll(async () => {
  server = await startTestServer();
  ({ writer, reader } = server);
  await createLocation(writer, "shop");
  for (let index = 0; index < 6; index++) await createProduct(writer, `p${index}`);
});
afterAll(() => server.close());

const poll = (query: string) => reader.get(`/v1/inventory/updates${query}`);

/** Reads the feed from somewhere to its end, page by page. */
async function readFeed(since: string | null, limit = 1000): Promise<{ events: Json[]; cursor: string }> {
  const events: Json[] = [];
  let from = since === null ? "" : `&since=${encodeURIComponent(since)}`;
  for (;;) {
    const { body } = await poll(`?limit=${limit}${from}`);
    events.push(...body.data);
    if (body.data.length === 0) return { events, cursor: body.nextCursor };
    from = `&since=${body.nextCursor}`;
  }
}

describe("movements", () => {
  test("come newest first, each with before and after, page by page", async () => {
    let inventoryId = "";
    for (let index = 1; index <= 9; index++) ({ inventoryId } = await adjust(writer, "p0", "shop", index));
    const path = `/v1/inventory/${inventoryId}/movements`;
    const { body: whole } = await reader.get(path);
    expect(whole.data.map(({ change }: Json) => change.stockLevel)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(whole.nextCursor).toBeNull();
    for (const [index, movement] of whole.data.entries()) {
      expect(movement.after.stockLevel - movement.before.stockLevel).toBe(movement.change.stockLevel);
      if (index > 0) expect(movement.after).toEqual(whole.data[index - 1].before);
    }
    expect(whole.data.at(-1).before).toMatchObject({ stockLevel: 0, version: 0 });
    for (const limit of [1, 2, 4, 9]) {
      const rows: Json[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const { body }: Json = await reader.get(`${path}?limit=${limit}${cursor}`);
        rows.push(...body.data);
        cursor = body.nextCursor === null ? null : `&cursor=${body.nextCursor}`;
      }
      expect(rows).toEqual(whole.data);
    }
  });

  test("movements that come in between do not disturb the pages", async () => {
    const { inventoryId } = await adjust(writer, "p1", "shop", 1);
    for (let index = 2; index <= 4; index++) await adjust(writer, "p1", "shop", index);
    const path = `/v1/inventory/${inventoryId}/movements?limit=2`;
    const { body: first } = await reader.get(path);
    await adjust(writer, "p1", "shop", 5);
    const { body: second } = await reader.get(`${path}&cursor=${first.nextCursor}`);
    expect([...first.data, ...second.data].map(({ change }) => change.stockLevel)).toEqual([4, 3, 2, 1]);
  });
});

describe("the feed", () => {
  test("shows every change exactly once, in order per product, as CloudEvents", async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => adjust(writer, `p${index % 6}`, "shop", index + 1)),
    );
    const { events } = await readFeed(null, 7);
    expect(events).toHaveLength(await server.journalLength());
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    for (const answer of answers) {
      const event = events.find(({ id }) => id === answer.movementId);
      const { movementId, cursor, ...item } = answer;
      expect(event).toMatchObject({
        specversion: "1.0",
        type: "inventory.adjusted.v1",
        subject: `${answer.productId}/shop`,
        partitionkey: answer.productId,
        data: { movementId, item },
      });
      expect(event.source).toMatch(/^\/onhand\//);
      expect(event.sequence).toMatch(/^\d{20}$/);
      expect(Date.parse(event.time)).toBeGreaterThan(0);
    }
    for (let index = 0; index < 6; index++) {
      const versions = events
        .filter(({ subject }) => subject === `p${index}/shop`)
        .map(({ data }) => [data.previous?.version ?? 0, data.item.version]);
      expect(versions).toEqual(versions.map((_, position) => [position, position + 1]));
    }
  });

  test("shows changes of the catalogue as well", async () => {
    const { cursor } = await readFeed(null);
    await createProduct(writer, "fresh");
    await writer.patch("/v1/products/fresh", { name: "renamed" });
    await writer.delete("/v1/products/fresh?archive=true");
    await writer.delete("/v1/products/fresh");
    await createLocation(writer, "brief");
    await writer.delete("/v1/locations/brief");
    const { events } = await readFeed(cursor);
    expect(events.map(({ type }) => type).sort()).toEqual([
      "location.created.v1",
      "location.deleted.v1",
      "product.archived.v1",
      "product.created.v1",
      "product.deleted.v1",
      "product.updated.v1",
    ]);
  });

  test("goes on from the cursor of an event, of an answer and of a list", async () => {
    const { headers } = await reader.get("/v1/inventory?limit=1");
    const snapshot = headers.get("onhand-cursor")!;
    const first = await adjust(writer, "p2", "shop", 1);
    const second = await adjust(writer, "p2", "shop", 2);
    const after = async (cursor: string): Promise<string[]> => (await readFeed(cursor)).events.map(({ id }) => id);
    expect(await after(snapshot)).toEqual([first.movementId, second.movementId]);
    expect(await after(first.cursor)).toEqual([second.movementId]);
    const { events } = await readFeed(snapshot);
    expect(await after(events[0].data.cursor)).toEqual([second.movementId]);
    expect(await after(second.cursor)).toEqual([]);
  });

  test("snapshot and tail together are the state", async () => {
    const levels = new Map<string, number>();
    const versions = new Map<string, number>();
    const put = (item: Json): void => {
      const key = `${item.productId}/${item.locationId}`;
      if (item.version <= (versions.get(key) ?? 0)) return;
      versions.set(key, item.version);
      levels.set(key, item.stockLevel);
    };
    const changes = Array.from({ length: 40 }, (_, index) => adjust(writer, `p${index % 6}`, "shop", 1));
    const { headers, body } = await reader.get("/v1/inventory?limit=1000");
    for (const item of body.data) put(item);
    await Promise.all(changes);
    for (const { data } of (await readFeed(headers.get("onhand-cursor")!)).events) if (data.item) put(data.item);
    const { body: now } = await reader.get("/v1/inventory?limit=1000");
    expect(Object.fromEntries(levels)).toEqual(
      Object.fromEntries(now.data.map((item: Json) => [`${item.productId}/${item.locationId}`, item.stockLevel])),
    );
  });

  test("from a time on it misses nothing; from one that is to come it shows what is new", async () => {
    const { events: whole } = await readFeed(null);
    for (const since of ["2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2020-01-01T00:00:00.123456+05:30"])
      expect((await readFeed(since)).events).toHaveLength(whole.length);
    const moment = new Date(Date.now() - 1).toISOString();
    const { movementId } = await adjust(writer, "p3", "shop", 1);
    expect((await readFeed(moment)).events.map(({ id }) => id)).toContain(movementId);
    expect((await poll("?since=9999-12-31T23:59:59Z")).status).toBe(200);
  });

  test("a reader that waits is woken by a commit, of this server or of another", async () => {
    const { cursor } = await readFeed(null);
    const isWaited = async (): Promise<boolean> =>
      /^onhand_feed_waiting\D* 1$/m.test((await reader.get("/metrics")).text);
    const waiting = poll(`?since=${cursor}&wait=30`);
    while (!(await isWaited()));
    const { movementId } = await adjust(writer, "p4", "shop", 1);
    expect((await waiting).body.data.map(({ id }: Json) => id)).toEqual([movementId]);
    const { body } = await poll(`?since=${cursor}&wait=30`);
    expect(body.data).toHaveLength(1);
    expect((await poll(`?since=${body.nextCursor}&wait=0`)).body).toEqual({ data: [], nextCursor: body.nextCursor });
    const { body: late } = await poll(`?since=${body.nextCursor}&wait=1`);
    expect(late.data).toEqual([]);
  });

  test("a server that stops lets its waiting readers go", async () => {
    const { cursor } = await readFeed(null);
    const isWaited = async (): Promise<boolean> =>
      /^onhand_feed_waiting\D* 1$/m.test((await reader.get("/metrics")).text);
    const waiting = poll(`?since=${cursor}&wait=60`);
    while (!(await isWaited()));
    await server.restart();
    expect((await waiting).body).toMatchObject({ data: [] });
  });
});

describe("cursors that cannot be resumed", () => {
  test.each([
    "x",
    "",
    "%00",
    "2026-02-30T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00%2B99:99",
    "2026-01-01",
    "yesterday",
    "A".repeat(2048),
  ])("since=%s is neither a cursor nor a time", async (since) => {
    const { body } = await poll(`?since=${since}`);
    expect(body).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: "/since" }] });
    expect(body.detail).toContain("exactly as it was given out");
  });

  test("one that was changed, or is of another kind, is refused", async () => {
    const { cursor } = await readFeed(null);
    const page = (await reader.get("/v1/inventory?limit=1")).body.nextCursor;
    const changed = `${cursor.slice(0, 8)}${cursor[8] === "A" ? "B" : "A"}${cursor.slice(9)}`;
    const stranger = new CursorCodec(tokenSigner(randomBytes(32)));
    const foreign = stranger.fromVector({ epoch: 1, positions: Array(17).fill(0), check: new Uint8Array(8) });
    for (const forged of [changed, page, foreign, cursor.slice(1), `${cursor}AA`])
      expect((await poll(`?since=${forged}`)).body.code).toBe("validation_failed");
  });

  test("one of another history, or ahead of this one, is gone: the answer says where to begin anew", async () => {
    const { cursorSecret } = await readInstallation(server.database.owner);
    const codec = new CursorCodec(tokenSigner(cursorSecret));
    const { cursor } = await readFeed(null);
    const here = codec.parse(cursor)!;
    const elsewhere: PositionVector[] = [
      { ...here, epoch: here.epoch + 1 },
      { ...here, positions: here.positions.map((position) => position + 1) },
      { ...here, positions: here.positions.slice(1) },
      { ...here, positions: [...here.positions, 0] },
      { ...here, check: new Uint8Array(8) },
      { ...here, positions: here.positions.map(() => 0) },
    ];
    for (const vector of elsewhere) {
      const { body } = await poll(`?since=${codec.fromVector(vector)}`);
      expect(body).toMatchObject({ status: 410, code: "cursor_expired", snapshot: "/v1/inventory" });
      const { headers } = await reader.get(body.snapshot);
      expect((await poll(`?since=${headers.get("onhand-cursor")}`)).status).toBe(200);
    }
  });
});
