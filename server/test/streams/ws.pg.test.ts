import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "../rest/support.ts";
import { fastClock } from "./fast-clock.ts";
import { RawClient } from "./raw-client.ts";
import { WsClient } from "./ws-client.ts";

let server: TestServer;
const open: { close(): void }[] = [];
const url = (query = ""): string => `http://127.0.0.1:${server.port()}/v1/inventory/ws${query}`;

async function connect(key = server.bootstrapKey): Promise<WsClient> {
  const client = await WsClient.open(url(), { authorization: `Bearer ${key}` });
  open.push(client);
  return client;
}

const adjustment = (id: string, fields: object = {}, productId = "p1"): object => ({
  type: "command",
  id,
  operation: "adjustInventory",
  body: { productId, locationId: "shop", adjustment: 1 },
  ...fields,
});

beforeAll(async () => {
  server = await startTestServer({ ONHAND_STREAMS_MAX: "40" }, fastClock(10));
  for (const productId of ["p1", "p2"]) await createProduct(server.admin, productId);
  for (const locationId of ["shop", "idle"])
    await createLocation(server.admin, locationId, { groups: [`g-${locationId}`] });
  await adjust(server.admin, "p1", "shop", 0);
});
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});
afterAll(() => server.close());

describe("the handshake", () => {
  const upgrade = { upgrade: "websocket", connection: "Upgrade" };

  test("welcomes with the limits of the connection", async () => {
    const client = await RawClient.webSocket(server.port(), server.bootstrapKey);
    open.push(client);
    expect(client.text).toContain("101 Switching Protocols");
    expect(client.text.toLowerCase()).toContain("sec-websocket-protocol: onhand.v1");
    const welcome = JSON.parse(client.text.slice(client.text.indexOf("{")));
    expect(welcome).toEqual({
      type: "welcome",
      heartbeatSeconds: 10,
      maxSubscriptions: 16,
      maxMessageBytes: 262_144,
      maxCommandsInFlight: 64,
    });
  });

  test("is refused with a problem without a key, with another subprotocol, or when it is none", async () => {
    const anonymous = await server.anonymous.get("/v1/inventory/ws", upgrade);
    expect(anonymous.body).toMatchObject({ status: 401, code: "unauthorized" });
    const ticket = await server.anonymous.get("/v1/inventory/ws?ticket=tkt_x", upgrade);
    expect(ticket.body).toMatchObject({ status: 401, code: "unauthorized" });
    const other = await server.reader.get("/v1/inventory/ws", { ...upgrade, "sec-websocket-protocol": "mqtt" });
    expect(other.body).toMatchObject({ status: 400, detail: expect.stringContaining("onhand.v1") });
    expect((await server.reader.get("/v1/inventory/ws")).body.detail).toContain("WebSocket client");
    const halved = await server.reader.get("/v1/inventory/ws", { ...upgrade, "sec-websocket-protocol": "onhand.v1" });
    expect(halved.body.status).toBe(400);
  });

  test("takes a ticket once, with the rights of whoever got it", async () => {
    const { body } = await server.reader.post("/v1/stream-tickets", undefined);
    const client = await WsClient.open(url(`?ticket=${body.ticket}`), {});
    open.push(client);
    expect(await client.ask(adjustment("c1"), "result")).toMatchObject({ id: "c1", status: 403 });
    const again = await server.anonymous.get(`/v1/inventory/ws?ticket=${body.ticket}`, upgrade);
    expect(again.body.code).toBe("unauthorized");
  });
});

describe("a subscription", () => {
  test("shows changes as they happen, and says where it was when it ends", async () => {
    const client = await connect();
    const { cursor: start } = await client.ask({ type: "subscribe", id: "all" }, "subscribed");
    const { movementId } = await adjust(server.writer, "p1", "shop", 1);
    const message = await client.nextOf("events");
    expect(message).toMatchObject({ id: "all", events: [{ id: movementId }], cursor: message.events[0].data.cursor });
    const { cursor } = await client.ask({ type: "unsubscribe", id: "all" }, "unsubscribed");
    expect(cursor).toBe(message.cursor);
    await adjust(server.writer, "p1", "shop", 1);
    await client.ask({ type: "subscribe", id: "again", cursor: start }, "subscribed");
    const [first] = await client.events(2);
    expect(first.id).toBe(movementId);
  });

  test("has its own filter and its own place", async () => {
    const client = await connect();
    await client.ask({ type: "subscribe", id: "p2", filter: { productIds: ["p2"] } }, "subscribed");
    await client.ask({ type: "subscribe", id: "idle", filter: { locationGroups: ["g-idle"] } }, "subscribed");
    await client.ask({ type: "subscribe", id: "set", types: ["inventory.set.v1"] }, "subscribed");
    await client.ask(
      { type: "subscribe", id: "sku", filter: { skus: ["SKU-p1"] }, types: ["inventory.*"] },
      "subscribed",
    );
    await adjust(server.writer, "p1", "shop", 1);
    await adjust(server.writer, "p2", "idle", 1);
    const found: Json[] = [await client.nextOf("events"), await client.nextOf("events"), await client.nextOf("events")];
    const seen = Object.fromEntries(found.map(({ id, events }) => [id, events.map(({ subject }: Json) => subject)]));
    expect(seen).toEqual({ sku: ["p1/shop"], p2: ["p2/idle"], idle: ["p2/idle"] });
  });

  test("of something idle moves on while others are busy", async () => {
    const client = await connect();
    const subscribe = { type: "subscribe", id: "idle", filter: { locationIds: ["nowhere"] } };
    const { cursor: start } = await client.ask(subscribe, "subscribed");
    expect(await client.nextOf("progress")).toMatchObject({ id: "idle" });
    await adjust(server.writer, "p1", "shop", 1);
    const { cursor } = await client.nextOf("progress");
    expect(cursor).not.toBe(start);
    expect((await server.reader.get(`/v1/inventory/updates?since=${cursor}`)).body.data).toEqual([]);
  });

  test("sends no more than the window until it is acknowledged", async () => {
    const client = await connect();
    const { cursor } = await client.ask({ type: "subscribe", id: "probe" }, "subscribed");
    client.send({ type: "unsubscribe", id: "probe" });
    for (let index = 0; index < 7; index++) await adjust(server.writer, "p1", "shop", 1);
    await client.ask({ type: "subscribe", id: "s", cursor, ackWindow: 3 }, "subscribed");
    const first = await client.events(3);
    await client.ask({ type: "ping", id: "between" }, "pong");
    await client.ask({ type: "ack", id: "s", cursor: first[0].data.cursor }, "events").then((message) => {
      expect(message.events).toHaveLength(1);
      first.push(...message.events);
    });
    const rest = await client.ask({ type: "ack", id: "s", cursor: first[3].data.cursor }, "events");
    expect(rest.events).toHaveLength(3);
    expect(client.waiting).toEqual([]);
    // What was acknowledged before, and what never was, are told apart.
    client.send({ type: "ack", id: "s", cursor: first[0].data.cursor });
    expect(await client.ask({ type: "ack", id: "s", cursor: "forged" }, "error")).toMatchObject({
      id: "s",
      problem: { status: 400, errors: [{ pointer: "/cursor" }] },
    });
  });

  test.each([
    [{ cursor: "forged" }, { status: 400, errors: [{ pointer: "/cursor" }] }],
    [{ since: "yesterday" }, { status: 400, errors: [{ pointer: "/since" }] }],
    [{ types: ["inventory.sold.v1"] }, { status: 400, errors: [{ pointer: "/types" }] }],
    [{ ackWindow: 0 }, { status: 400, errors: [{ pointer: "/ackWindow" }] }],
    [{ filter: { colour: ["red"] } }, { status: 400, errors: [{ pointer: "/filter/colour" }] }],
    [{ filter: { skus: Array(101).fill("x") } }, { status: 400, errors: [{ pointer: "/filter/skus" }] }],
  ])("with %j is refused, and the connection stays", async (fields, problem) => {
    const client = await connect();
    const error = await client.ask({ type: "subscribe", id: "s", ...fields }, "error");
    expect(error).toMatchObject({ id: "s", problem });
    await client.ask({ type: "subscribe", id: "s" }, "subscribed");
    const twice = await client.ask({ type: "subscribe", id: "s" }, "error");
    expect(twice).toMatchObject({ id: "s", problem: { code: "already_exists" } });
  });

  test("that nobody opened can be neither acknowledged nor ended", async () => {
    const client = await connect();
    const { cursor } = await client.ask({ type: "subscribe", id: "s" }, "subscribed");
    for (const message of [
      { type: "unsubscribe", id: "x" },
      { type: "ack", id: "x", cursor },
    ])
      expect(await client.ask(message, "error")).toMatchObject({ id: "x", problem: { status: 404 } });
  });

  test("at a place that is lost says where to begin anew", async () => {
    const { body } = await server.reader.get("/v1/inventory/updates?limit=1");
    const { rows } = await server.database.owner.query<{ epoch: number }>({
      text: "UPDATE partition_head SET epoch = epoch + 1 RETURNING epoch",
    });
    expect(rows.length).toBeGreaterThan(0);
    await server.restart();
    const client = await connect();
    const error = await client.ask({ type: "subscribe", id: "s", cursor: body.nextCursor }, "error");
    expect(error).toMatchObject({
      id: "s",
      problem: { status: 410, code: "cursor_expired", snapshot: "/v1/inventory" },
    });
    await client.ask({ type: "subscribe", id: "s", cursor: error.problem.earliest }, "subscribed");
  });
});

describe("commands", () => {
  test("sent together are answered each by its id", async () => {
    const client = await connect();
    for (let index = 0; index < 50; index++) client.send(adjustment(`c${index}`, {}, "p2"));
    const results: Json[] = [];
    for (let index = 0; index < 50; index++) results.push(await client.nextOf("result"));
    expect(new Set(results.map(({ id }) => id)).size).toBe(50);
    expect(results.every(({ status }) => status === 200)).toBe(true);
    expect(results[0].headers).toMatchObject({
      "idempotency-key": expect.stringMatching(/^made_/),
      etag: expect.any(String),
    });
    const versions = results.map(({ body }) => body.version).sort((a, b) => a - b);
    expect(versions).toEqual(versions.map((_, index) => versions[0] + index));
  });

  test("are idempotent over every transport", async () => {
    const client = await connect();
    const message = adjustment("a", { idempotencyKey: "till-1" });
    const first = await client.ask(message, "result");
    const second = await client.ask({ ...message, id: "b" }, "result");
    expect(second.body).toEqual(first.body);
    expect(second.headers).toMatchObject({ "idempotency-key": "till-1", "idempotent-replayed": "true" });
    const body = { productId: "p1", locationId: "shop", adjustment: 1 };
    const http = await server.admin.post("/v1/inventory", body, { "idempotency-key": "till-1" });
    expect(http.body).toEqual(first.body);
    expect(http.headers.get("idempotent-replayed")).toBe("true");
    const other = adjustment("c", { idempotencyKey: "till-1", body: { ...body, adjustment: 2 } });
    expect(await client.ask(other, "result")).toMatchObject({
      id: "c",
      status: 422,
      body: { code: "idempotency_key_reused" },
    });
  });

  test("go through the rules of HTTP", async () => {
    const client = await connect();
    const { body: item } = await client.ask(adjustment("now"), "result");
    const patch = { type: "command", operation: "patchInventory", params: { inventoryId: item.inventoryId } };
    const asked: [object, object][] = [
      [adjustment("1", { body: { productId: "p1" } }), { status: 400, body: { code: "validation_failed" } }],
      [adjustment("2", { body: undefined }), { status: 400 }],
      [adjustment("3", { operation: "listProducts" }), { status: 400, body: { errors: [{ pointer: "/operation" }] } }],
      [adjustment("4", { operation: "constructor" }), { status: 400 }],
      [adjustment("5", { query: { x: 1 } }), { status: 400 }],
      [
        { ...patch, id: "6", params: {}, body: { safetyStock: 1 } },
        { status: 400, body: { errors: [{ pointer: "/params/inventoryId" }] } },
      ],
      [
        { ...patch, id: "7", body: { safetyStock: 1 }, ifMatch: '"1"' },
        { status: 412, body: { code: "version_conflict" } },
      ],
      [{ ...patch, id: "8", body: { safetyStock: 1 }, ifMatch: `"${item.version}"` }, { status: 200 }],
      [{ ...patch, id: "9", body: { stockLevel: 1 } }, { status: 428 }],
      [{ type: "command", id: "10", operation: "deleteProduct", params: { productId: "p1" } }, { status: 409 }],
      [
        {
          type: "command",
          id: "11",
          operation: "createLocation",
          body: { locationId: "ws", name: "x", type: "store" },
        },
        { status: 201 },
      ],
      [
        {
          type: "command",
          id: "12",
          operation: "deleteLocation",
          params: { locationId: "ws" },
          query: { archive: true },
        },
        { status: 204, body: null },
      ],
    ];
    for (const [message, result] of asked)
      expect(await client.ask(message, "result")).toMatchObject({ id: (message as Json).id, ...result });
  });
});

describe("a connection is closed", () => {
  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["another type", '{"type":"publish"}'],
    ["a type of the language itself", '{"type":"constructor"}'],
    ["a field twice", '{"type":"ping","type":"ping"}'],
    ["a binary message", new Uint8Array([123, 125])],
  ])("with 4400 after %s, and says why", async (_name, message) => {
    const client = await connect();
    client.send(message);
    expect(await client.next()).toMatchObject({ type: "error", problem: { status: 400 } });
    expect(await client.whenClosed()).toMatchObject({ code: 4400 });
  });

  test("with 1009 after a message that is too big", async () => {
    const client = await connect();
    client.send(" ".repeat(262_145));
    expect(await client.whenClosed()).toMatchObject({ code: 1009 });
  });

  test("with 4429 after too many subscriptions or commands in flight", async () => {
    const subscriber = await connect();
    for (let index = 0; index <= 16; index++) subscriber.send({ type: "subscribe", id: `s${index}` });
    expect(await subscriber.whenClosed()).toMatchObject({ code: 4429 });
    const commander = await connect();
    for (let index = 0; index <= 64; index++) commander.send(adjustment(`c${index}`));
    const results: Json[] = [];
    for (let index = 0; index < 64; index++) results.push(await commander.nextOf("result"));
    expect(results.every(({ status }) => status === 200)).toBe(true);
    expect(await commander.whenClosed()).toMatchObject({ code: 4429 });
  });

  test("with 4408 when it answers no pings", async () => {
    const client = await RawClient.webSocket(server.port(), server.bootstrapKey);
    open.push(client);
    await client.until((text) => text.endsWith("no answer to pings"));
    expect(client.text.slice(-20, -18)).toBe(String.fromCharCode(4408 >> 8, 4408 & 255));
  });

  test("with 4401 soon after its key was revoked, with the places to go on from", async () => {
    const { secret, keyId } = await server.newKey("writer");
    const client = await connect(secret);
    const { cursor } = await client.ask({ type: "subscribe", id: "s" }, "subscribed");
    await server.database.owner.query({
      text: "UPDATE api_key SET revoked_at = now() WHERE key_id = $1",
      values: [keyId],
    });
    const closing = await client.nextOf("closing");
    expect(closing).toMatchObject({ reason: "revoked", subscriptions: [{ id: "s", cursor }] });
    expect(await client.whenClosed()).toMatchObject({ code: 4401 });
  });

  test("with 4409 when it does not read, while another one flows", async () => {
    const cursor = (await server.reader.get("/v1/inventory?limit=1")).headers.get("onhand-cursor")!;
    const line = { productId: "p1", locationId: "shop", adjustment: 1, reason: "x".repeat(200) };
    const updates = Array.from({ length: 5_000 }, () => line);
    for (let round = 0; round < 2; round++) await server.writer.post("/v1/inventory/bulk-update", { updates });
    const slow = await RawClient.webSocket(server.port(), server.bootstrapKey);
    open.push(slow);
    slow.stopReading();
    slow.sendMessage({ type: "subscribe", id: "s", since: "2020-01-01T00:00:00Z" });
    const client = await connect();
    client.send({ type: "subscribe", id: "s", cursor });
    expect(await client.events(10_000)).toHaveLength(10_000);
    const metrics = async (): Promise<string> => (await server.reader.get("/metrics")).text;
    while (!(await metrics()).includes('onhand_stream_closes_total{transport="websocket",reason="slow_reader"}'));
    expect(await metrics()).toContain('onhand_stream_buffered_bytes{transport="websocket"} 0');
    const { movementId } = await adjust(server.writer, "p1", "shop", 1);
    expect((await client.events(1))[0].id).toBe(movementId);
  });

  test("with 1013 when there are as many as the server takes", async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => connect()));
    expect(clients.every(({ closed }) => closed === null)).toBe(true);
    expect(await (await connect()).whenClosed()).toMatchObject({ code: 1013 });
    const { headers, body } = await server.reader.get("/v1/inventory/stream");
    expect(body).toMatchObject({ status: 503, code: "overloaded" });
    expect(headers.get("retry-after")).toBe("5");
  });

  test("with 1001 when the server stops, after the answers under way", async () => {
    const client = await connect();
    await client.ask({ type: "subscribe", id: "s", types: ["location.*"] }, "subscribed");
    for (let index = 0; index < 20; index++) client.send(adjustment(`c${index}`));
    await client.nextOf("result");
    const stopped = server.restart();
    const closing = await client.nextOf("closing");
    expect(closing.reason).toBe("shutdown");
    expect(closing.retryMs).toBeGreaterThanOrEqual(1000);
    expect(closing.subscriptions).toMatchObject([{ id: "s" }]);
    expect(await client.whenClosed()).toMatchObject({ code: 1001 });
    await stopped;
    const next = await connect();
    await next.ask({ type: "subscribe", id: "s", cursor: closing.subscriptions[0].cursor }, "subscribed");
  });
});
