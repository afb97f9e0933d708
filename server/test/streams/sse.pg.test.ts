import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "../rest/support.ts";
import { fastClock } from "./fast-clock.ts";
import { RawClient } from "./raw-client.ts";
import { openSse, type SseReader } from "./sse-reader.ts";

let server: TestServer;
const open: { close(): void }[] = [];
const url = (path: string): string => `http://127.0.0.1:${server.port()}${path}`;

/** Opens a stream and reads where it begins. */
async function stream(
  query = "",
  { key = server.bootstrapKey, headers = {}, path = "/v1/inventory/stream" }: StreamOptions = {},
): Promise<SseReader & { readonly start: string }> {
  const reader = await openSse(url(path + query), key, headers);
  open.push(reader);
  expect(reader.response.status).toBe(200);
  const first = await reader.next();
  expect(first).toMatchObject({ event: "progress", data: { cursor: first!.id } });
  return Object.assign(reader, { start: first!.id! });
}

interface StreamOptions {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** The value of a metric, 0 when it is not there yet. */
async function metric(name: string): Promise<number> {
  const { text } = await server.reader.get("/metrics");
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

async function untilMetric(name: string, isSo: (value: number) => boolean): Promise<void> {
  while (!isSo(await metric(name)));
}

const idsOf = (events: readonly Json[]): string[] => events.map(({ data }) => data.id);

beforeAll(async () => {
  server = await startTestServer({ ONHAND_STREAMS_MAX: "20" }, fastClock(10));
  for (const productId of ["p1", "p2"]) await createProduct(server.admin, productId);
  for (const locationId of ["shop", "other"])
    await createLocation(server.admin, locationId, { groups: [`g-${locationId}`] });
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});
afterAll(() => server.close());

describe("a stream", () => {
  test("begins with when to come back and where it begins, and shows each change at once", async () => {
    const reader = await stream();
    expect(reader.response.headers.get("content-type")).toBe("text/event-stream");
    expect(reader.response.headers.get("cache-control")).toBe("no-store");
    expect(reader.retryMs).toBeWithin(1000, 5001);
    const { movementId } = await adjust(server.writer, "p1", "shop", 1);
    const [event] = await reader.take(1);
    expect(event).toMatchObject({ id: event!.data.data.cursor, data: { id: movementId, specversion: "1.0" } });
    expect((await server.reader.get(`/v1/inventory/updates?since=${event!.id}`)).body.data).toEqual([]);
  });

  test("goes on from Last-Event-ID before cursor before since", async () => {
    const { start: before } = await stream();
    const { movementId: first } = await adjust(server.writer, "p1", "shop", 1);
    const middle = (await server.reader.get(`/v1/inventory/updates?since=${before}`)).body.nextCursor;
    const { movementId: second } = await adjust(server.writer, "p1", "shop", 1);
    const begun = async (query: string, headers: Record<string, string> = {}): Promise<string> =>
      idsOf(await (await stream(query, { headers })).take(1))[0]!;
    expect(await begun(`?cursor=${before}`)).toBe(first);
    expect(await begun(`?since=${before}`)).toBe(first);
    expect(await begun(`?since=${before}&cursor=${middle}`)).toBe(second);
    expect(await begun(`?cursor=${before}`, { "last-event-id": middle })).toBe(second);
    expect(await begun("?since=2020-01-01T00:00:00Z")).not.toBe(second);
  });

  test("is what /updates gives to those who accept it", async () => {
    const accept = { accept: "text/event-stream" };
    const reader = await stream("?locationId=shop", { headers: accept, path: "/v1/inventory/updates" });
    const { movementId } = await adjust(server.writer, "p1", "shop", 1);
    expect(idsOf(await reader.take(1))).toEqual([movementId]);
  });

  test("shows what its filter lets pass, as polling does", async () => {
    const filters: [string, boolean[]][] = [
      ["productId=p1", [true, false, false]],
      ["productId=p1,p2", [true, true, true]],
      ["sku=SKU-p2", [false, true, true]],
      ["locationId=shop,nowhere", [true, true, false]],
      ["locationGroup=g-other", [false, false, true]],
      ["types=inventory.set.v1,inventory.configured.v1", [false, false, false]],
      ["types=inventory.*&locationId=other", [false, false, true]],
    ];
    const readers = await Promise.all(filters.map(([filter]) => stream(`?${filter}`)));
    const ids: string[] = [];
    for (const [productId, locationId] of [
      ["p1", "shop"],
      ["p2", "shop"],
      ["p2", "other"],
    ] as const)
      ids.push((await adjust(server.writer, productId, locationId, 1)).movementId);
    for (const [index, [filter, passes]] of filters.entries()) {
      const wanted = ids.filter((_, which) => passes[which]);
      const { start } = readers[index]!;
      expect({ filter, ids: idsOf(await readers[index]!.take(wanted.length)) }).toEqual({ filter, ids: wanted });
      const polled = await server.reader.get(`/v1/inventory/updates?since=${start}&${filter}`);
      expect({ filter, ids: polled.body.data.map(({ id }: Json) => id) }).toEqual({ filter, ids: wanted });
    }
  });

  test("of something idle moves on while others are busy, and stays open in silence", async () => {
    const reader = await stream("?locationId=nowhere");
    await reader.nextOf("progress");
    await adjust(server.writer, "p1", "shop", 1);
    const moved = await reader.nextOf("progress");
    expect(moved!.id).not.toBe(reader.start);
    expect((await server.reader.get(`/v1/inventory/updates?since=${moved!.id}`)).body.data).toEqual([]);
    const waiting = reader.next();
    while (reader.comments.length === 0) await metric("x");
    expect(reader.comments).toEqual(["keep-alive"]);
    await adjust(server.writer, "p1", "shop", 1);
    expect((await waiting)!.event).toBe("progress");
  });

  test.each([
    ["?productId=", 400, "/productId"],
    ["?channelId=,,,", 400, "/channelId"],
    ["?cursor=forged", 400, "/cursor"],
    ["?since=yesterday", 400, "/since"],
    ["?types=inventory.sold.v1", 400, "/types"],
    [`?sku=${Array(101).fill("x").join()}`, 400, "/sku"],
    ["?limit=1", 400, "/limit"],
  ])("%s is refused before it begins", async (query, status, pointer) => {
    const { body } = await server.reader.get(`/v1/inventory/stream${query}`);
    expect(body).toMatchObject({ status, code: "validation_failed", errors: [{ pointer }] });
    const { body: header } = await server.reader.get("/v1/inventory/stream", { "last-event-id": "forged" });
    expect(header).toMatchObject({ status: 400, errors: [{ pointer: "/Last-Event-ID" }] });
  });

  test("at a place that is lost is refused with where to begin anew", async () => {
    const { start } = await stream();
    await server.database.owner.query({ text: "UPDATE partition_head SET epoch = epoch + 1" });
    await server.restart();
    const { body } = await server.reader.get("/v1/inventory/stream", { "last-event-id": start });
    expect(body).toMatchObject({ status: 410, code: "cursor_expired", snapshot: "/v1/inventory" });
    await stream(`?cursor=${body.earliest}`);
  });

  test("whose client has gone is forgotten, and a HEAD opens none", async () => {
    const reader = await stream();
    await untilMetric('onhand_streams_open{transport="sse"}', (count) => count === 1);
    expect((await server.reader.send("HEAD", "/v1/inventory/stream")).status).toBe(200);
    reader.close();
    await untilMetric('onhand_streams_open{transport="sse"}', (count) => count === 0);
  });

  test("is ended soon after its key was revoked, and cannot be opened again", async () => {
    const { secret, keyId } = await server.newKey("reader");
    const reader = await stream("", { key: secret });
    const values = [keyId];
    await server.database.owner.query({ text: "UPDATE api_key SET revoked_at = now() WHERE key_id = $1", values });
    const closing = await reader.nextOf("closing");
    expect(closing!.data).toEqual({ reason: "revoked", cursor: closing!.id, retryMs: reader.retryMs });
    expect(await reader.next()).toBeNull();
    expect((await server.callerWithKey(secret).get("/v1/inventory/stream")).status).toBe(401);
  });

  test("beyond the limit is turned away", async () => {
    await Promise.all(Array.from({ length: 20 }, () => stream()));
    const { body, headers } = await server.reader.get("/v1/inventory/stream");
    expect(body).toMatchObject({ status: 503, code: "overloaded" });
    expect(headers.get("retry-after")).toBe("5");
  });
});

describe("a reader that does not read", () => {
  test("is ended while another one flows, and can go on from where it was", async () => {
    const start = (await server.reader.get("/v1/inventory?limit=1")).headers.get("onhand-cursor")!;
    const updates = Array.from({ length: 5_000 }, () => ({
      productId: "p1",
      locationId: "shop",
      adjustment: 1,
      reason: "x".repeat(200),
    }));
    for (let round = 0; round < 2; round++) await server.writer.post("/v1/inventory/bulk-update", { updates });
    const slowReaders = 'onhand_stream_closes_total{transport="sse",reason="slow_reader"}';
    const before = await metric(slowReaders);
    const slow = await RawClient.get(server.port(), `/v1/inventory/stream?cursor=${start}`, server.bootstrapKey);
    open.push(slow);
    slow.stopReading();
    const reader = await stream(`?cursor=${start}`);
    const events = await reader.take(10_000);
    await untilMetric(slowReaders, (count) => count > before);
    expect(await metric('onhand_stream_buffered_bytes{transport="sse"}')).toBe(0);
    const { movementId } = await adjust(server.writer, "p1", "shop", 1);
    expect(idsOf(await reader.take(1))).toEqual([movementId]);
    slow.readOn();
    await slow.until((text) => text.includes("event: closing"));
    const last = [...slow.text.matchAll(/^id: (\S+)$/gm)].at(-1)![1]!;
    const read = [...slow.text.matchAll(/^data: .*"id":"(mov_\w+)"/gm)].map(([, id]) => id!);
    expect(read).toEqual(idsOf(events).slice(0, read.length));
    const rest = await (await stream(`?cursor=${last}`)).take(1);
    expect(rest[0]!.data.id).toBe([...idsOf(events), movementId][read.length]!);
  });
});

describe("tickets", () => {
  const issue = async (): Promise<Json> => {
    const { status, body, headers } = await server.reader.post("/v1/stream-tickets", undefined);
    expect({ status, cache: headers.get("cache-control") }).toEqual({ status: 201, cache: "no-store" });
    return body;
  };

  test("open one stream each, even when they are used twice at once", async () => {
    const { ticket, expiresAt } = await issue();
    expect(ticket).toMatch(/^tkt_[\w-]{43}$/);
    expect(Date.parse(expiresAt) - Date.now()).toBeWithin(50_000, 61_000);
    const tries = await Promise.all(
      Array.from({ length: 8 }, () => openSse(url(`/v1/inventory/stream?ticket=${ticket}`), null)),
    );
    open.push(...tries);
    expect(tries.map(({ response }) => response.status).sort()).toEqual([200, ...Array(7).fill(401)]);
  });

  test("are kept as digests, and cleared away when they are old", async () => {
    const { ticket } = await issue();
    const query = { text: "SELECT encode(digest, 'escape') AS digest, key_id FROM stream_ticket" };
    const before = await server.database.owner.query<{ digest: string; key_id: string }>(query);
    expect(JSON.stringify(before.rows)).not.toContain(ticket);
    await server.database.owner.query({ text: "UPDATE stream_ticket SET expires_at = now()" });
    await issue();
    expect((await server.database.owner.query(query)).rows).toHaveLength(1);
  });

  test.each([
    ["expired by the database's clock", "UPDATE stream_ticket SET expires_at = clock_timestamp()"],
    ["of a key that is gone", "UPDATE stream_ticket SET key_id = 'key_nobody'"],
    ["taken away", "DELETE FROM stream_ticket"],
  ])("that are %s open nothing", async (_name, text) => {
    const { ticket } = await issue();
    await server.database.owner.query({ text });
    const { body } = await server.anonymous.get(`/v1/inventory/stream?ticket=${ticket}`);
    expect(body).toMatchObject({ status: 401, code: "unauthorized" });
    expect(body.detail).toContain("POST /v1/stream-tickets");
  });

  test("are taken by streams only, and only in their own form", async () => {
    const { ticket } = await issue();
    for (const path of ["/v1/products", "/v1/inventory"])
      expect((await server.anonymous.get(`${path}?ticket=${ticket}`)).status).toBe(401);
    for (const wrong of ["", "x", `${ticket}x`, ticket.toLowerCase(), "tkt_", `tkt_${"a".repeat(43)}`])
      expect((await server.anonymous.get(`/v1/inventory/stream?ticket=${wrong}`)).status).toBe(401);
    expect((await server.anonymous.get(`/v1/inventory/updates?limit=1&ticket=${ticket}`)).status).toBe(200);
  });
});
