/** Transfers over REST: units leave one location and arrive at another, counted once on the way. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  adjust,
  createLocation,
  createProduct,
  type Json,
  readAll,
  startTestServer,
  type TestServer,
} from "./support.ts";

let server: TestServer;
let products = 0;
beforeAll(async () => {
  server = await startTestServer();
  await createLocation(server.writer, "warehouse");
  await createLocation(server.writer, "shop");
  await createLocation(server.writer, "kiosk");
});
afterAll(() => server.close());

const path = "/v1/transfers";

/** A new product with units in the warehouse. */
async function stocked(units: number): Promise<string> {
  products += 1;
  const productId = `t${products}`;
  await createProduct(server.writer, productId);
  if (units > 0) await adjust(server.writer, productId, "warehouse", units);
  return productId;
}

async function done(answer: Promise<{ status: number; body: Json }>): Promise<Json> {
  const { status, body } = await answer;
  expect({ detail: body?.detail, isDone: status < 300 }).toEqual({ detail: undefined, isDone: true });
  return body;
}

const request = (productId: string, quantity: number, fields: object = {}): Promise<Json> =>
  done(
    server.writer.post(path, {
      fromLocationId: "warehouse",
      toLocationId: "shop",
      lines: [{ productId, quantity }],
      ...fields,
    }),
  );
const act = (transfer: Json, action: string, body: object = {}): Promise<Json> =>
  done(server.writer.post(`${path}/${transfer.transferId}/${action}`, body));
const refused = async (transfer: Json, action: string, body: object): Promise<Json> =>
  (await server.writer.post(`${path}/${transfer.transferId}/${action}`, body)).body;

/** On hand, reserved and incoming of a product at a location. */
async function levels(productId: string, locationId: string): Promise<number[]> {
  const { body } = await server.reader.get(`/v1/inventory?productId=${productId}&locationId=${locationId}`);
  const [item] = body.data;
  return item === undefined ? [0, 0, 0] : [item.stockLevel, item.reservedStock, item.incomingStock];
}

describe("a transfer", () => {
  test("that is called off says when its units were back: what was counted afterwards contains them", async () => {
    const productId = await stocked(10);
    const made = await request(productId, 10);
    await act(made, "ship");
    const backAt = new Date(Date.now() - 1_000).toISOString();
    const lines = [{ productId, stockLevel: 10 }];
    const counted = { locationId: "warehouse", countedAt: new Date().toISOString(), lines };
    await done(server.writer.post("/v1/counts", counted));
    const off = await act(made, "cancel", { timestamp: backAt });
    expect(off).toMatchObject({ status: "cancelled", lines: [{ inTransit: 0, cancelled: 10 }] });
    const contained = { stockLevel: 10, countedAt: counted.countedAt };
    expect(off.counted).toEqual([{ line: 1, locationId: "warehouse", contained }]);
    expect(made).not.toHaveProperty("counted");
    expect(await levels(productId, "warehouse")).toEqual([10, 0, 0]);
    const ahead = await refused(await request(productId, 1), "cancel", {
      timestamp: new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect(ahead).toMatchObject({ code: "validation_failed", errors: [{ pointer: "/timestamp" }] });
  });

  test("holds units where they come from, has them on the way, and brings them where they go", async () => {
    const productId = await stocked(10);
    const made = await request(productId, 4, { reference: "T-1", reason: "shelf is empty" });
    expect(made.transferId).toMatch(/^trf_/);
    expect(made).toMatchObject({
      status: "requested",
      reference: "T-1",
      reason: "shelf is empty",
      expectedAt: null,
      lines: [{ line: 1, productId, sku: `SKU-${productId}`, quantity: 4, held: 4, inTransit: 0, end: null }],
      items: [{ productId, locationId: "warehouse", stockLevel: 10, reservedStock: 4, availableStock: 6 }],
    });
    expect(await levels(productId, "warehouse")).toEqual([10, 4, 0]);

    const shipped = await act(made, "ship", { expectedAt: "2027-01-02T10:00:00+01:00" });
    expect(shipped).toMatchObject({ status: "in_transit", expectedAt: "2027-01-02T09:00:00.000Z" });
    expect(shipped.lines[0]).toMatchObject({ held: 0, inTransit: 4 });
    expect(await levels(productId, "warehouse")).toEqual([6, 0, 0]);
    expect(await levels(productId, "shop")).toEqual([0, 0, 4]);

    const received = await act(shipped, "receive");
    expect(received).toMatchObject({ status: "received", reference: "T-1" });
    expect(received.lines[0]).toMatchObject({ inTransit: 0, received: 4, surplus: 0, cancelled: 0 });
    expect(await levels(productId, "shop")).toEqual([4, 0, 0]);
    const { body: read } = await server.reader.get(`${path}/${made.transferId}`);
    const { items: _items, cursor: _cursor, ...resource } = received;
    expect(read).toEqual(resource);
  });

  test("is received in parts, in a state, with more than expected, and with what never came", async () => {
    const productId = await stocked(10);
    const transfer = await request(productId, 6);
    await act(transfer, "ship");
    await act(transfer, "receive", { lines: [{ line: 1, quantity: 2 }] });
    const broken = await act(transfer, "receive", { lines: [{ line: 1, quantity: 1, state: "damaged" }] });
    expect(broken.items).toMatchObject([{ locationId: "shop", stockLevel: 3, unavailableStock: 1, incomingStock: 3 }]);
    const closed = await act(transfer, "receive", { lines: [{ line: 1, quantity: 2 }], close: true });
    expect(closed).toMatchObject({ status: "received" });
    expect(closed.lines[0]).toMatchObject({ received: 5, cancelled: 1, end: "lost", inTransit: 0 });
    expect(await levels(productId, "shop")).toEqual([5, 0, 0]);

    const other = await request(productId, 1);
    await act(other, "ship");
    const more = await act(other, "receive", { lines: [{ line: 1, quantity: 3 }] });
    expect(more.lines[0]).toMatchObject({ received: 1, surplus: 2 });
  });

  test("of which nothing arrived is closed by naming no line, and left open by nothing else", async () => {
    const productId = await stocked(10);
    const transfer = await request(productId, 6);
    await act(transfer, "ship", { lines: [{ line: 1, quantity: 4 }] });
    for (const close of [{}, { close: false }]) {
      const refusal = await refused(transfer, "receive", { lines: [], ...close });
      expect(refusal).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: "/lines" }] });
    }
    const closed = await act(transfer, "receive", { lines: [], close: true });
    expect(closed.lines).toMatchObject([{ held: 2, inTransit: 0, received: 0, cancelled: 4, end: "lost" }]);
    expect(await levels(productId, "shop")).toEqual([0, 0, 0]);
    expect(await levels(productId, "warehouse")).toEqual([6, 2, 0]);
    expect((await refused(transfer, "receive", { lines: [], close: true })).status).toBe(400);
  });

  test("is called off: held units are free again, units on the way go back", async () => {
    const productId = await stocked(10);
    const transfer = await request(productId, 5);
    await act(transfer, "ship", { lines: [{ line: 1, quantity: 2 }] });
    expect(await levels(productId, "warehouse")).toEqual([8, 3, 0]);
    const cancelled = await act(transfer, "cancel");
    expect(cancelled).toMatchObject({ status: "cancelled" });
    expect(cancelled.lines[0]).toMatchObject({ cancelled: 5, end: "cancelled" });
    expect(await levels(productId, "warehouse")).toEqual([10, 0, 0]);
    expect(await levels(productId, "shop")).toEqual([0, 0, 0]);
    expect(await refused(transfer, "ship", {})).toMatchObject({ status: 409, code: "already_ended" });
  });

  test("comes at another time", async () => {
    const productId = await stocked(3);
    const transfer = await request(productId, 3, { expectedAt: "2027-01-01T00:00:00Z" });
    const moved = await done(
      server.writer.patch(`${path}/${transfer.transferId}`, { expectedAt: "2027-02-01T00:00:00Z" }),
    );
    expect(moved).toMatchObject({ expectedAt: "2027-02-01T00:00:00.000Z", status: "requested" });
    const unknown = await done(server.writer.patch(`${path}/${transfer.transferId}`, { expectedAt: null }));
    expect(unknown.expectedAt).toBeNull();
  });

  test("answers a repeat with its first answer, and another request under its key with 422", async () => {
    const productId = await stocked(5);
    const headers = { "idempotency-key": `transfer-${productId}` };
    const body = {
      fromLocationId: "warehouse",
      toLocationId: "shop",
      lines: [{ sku: `SKU-${productId}`, quantity: 2 }],
    };
    const first = await server.writer.post(path, body, headers);
    const again = await server.writer.post(path, body, headers);
    expect(again.text).toBe(first.text);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(first.headers.get("location")).toBe(`${path}/${first.body.transferId}`);
    const other = await server.writer.post(path, { ...body, toLocationId: "kiosk" }, headers);
    expect(other.body).toMatchObject({ status: 422, code: "idempotency_key_reused" });
    const ship = { "idempotency-key": `ship-${productId}` };
    const shipped = await server.writer.post(`${path}/${first.body.transferId}/ship`, {}, ship);
    await server.restart();
    const later = await server.writer.post(`${path}/${first.body.transferId}/ship`, {}, ship);
    expect(later.text).toBe(shipped.text);
  });
});

describe("a transfer is refused", () => {
  test("for more than there is", async () => {
    const productId = await stocked(2);
    const { body } = await server.writer.post(path, {
      fromLocationId: "warehouse",
      toLocationId: "shop",
      lines: [{ productId, quantity: 3 }],
    });
    expect(body).toMatchObject({ status: 409, code: "insufficient_stock", available: 2, requested: 3 });
  });

  const valid = { fromLocationId: "warehouse", toLocationId: "shop", lines: [{ productId: "t1", quantity: 1 }] };
  const wrong: [string, object, string][] = [
    ["no lines", { ...valid, lines: [] }, "/lines"],
    ["no product", { ...valid, lines: [{ quantity: 1 }] }, "/lines/0/productId"],
    ["no units", { ...valid, lines: [{ productId: "t1", quantity: 0 }] }, "/lines/0/quantity"],
    ["half a unit", { ...valid, lines: [{ productId: "t1", quantity: 1.5 }] }, "/lines/0/quantity"],
    ["no destination", { fromLocationId: "warehouse", lines: valid.lines }, "/toLocationId"],
    ["an unknown field", { ...valid, locationId: "shop" }, "/locationId"],
    ["a time without a zone", { ...valid, expectedAt: "2027-01-01T00:00:00" }, "/expectedAt"],
    [
      "more units than can be counted",
      { ...valid, lines: [1, 2].map(() => ({ productId: "t1", quantity: Number.MAX_SAFE_INTEGER })) },
      "/lines",
    ],
  ];
  test.each(wrong)("with %s", async (_, body, pointer) => {
    const answer = await server.writer.post(path, body);
    expect(answer.body).toMatchObject({ status: 400, code: "validation_failed" });
    expect(answer.body.errors.map((error: Json) => error.pointer)).toContain(pointer);
  });

  test("from a location to itself", async () => {
    const { body } = await server.writer.post(path, { ...valid, toLocationId: "warehouse" });
    expect(body).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: "/toLocationId" }] });
  });

  test("with If-Match, for it has no version", async () => {
    const { body } = await server.writer.post(path, valid, { "if-match": '"1"' });
    expect(body).toMatchObject({ status: 400, errors: [{ pointer: "If-Match" }] });
  });

  test.each(["trf_00000000000zz", "trf_0000000000000", "res_0000000000001", "nonsense"])(
    "when there is none: %s",
    async (id) => {
      expect((await server.reader.get(`${path}/${id}`)).body.code).toBe("not_found");
      expect((await server.writer.post(`${path}/${id}/ship`, {})).body.code).toBe("not_found");
    },
  );

  test("with lines that it does not have", async () => {
    const productId = await stocked(2);
    const transfer = await request(productId, 1);
    expect((await refused(transfer, "ship", { lines: [{ line: 2 }] })).status).toBeGreaterThanOrEqual(400);
    expect((await refused(transfer, "ship", { lines: [{ line: 1, quantity: 2 }] })).status).toBeGreaterThanOrEqual(400);
  });
});

describe("lists", () => {
  test("show transfers newest first, filtered and paged", async () => {
    const productId = await stocked(50);
    const made: string[] = [];
    for (let index = 0; index < 5; index++)
      made.unshift((await request(productId, 1, { reference: `list-${index % 2}` })).transferId);
    const ids = async (query: string) => {
      const { pages } = await readAll(server.reader, `${path}?limit=2&productId=${productId}${query}`);
      return pages.flat().map((transfer: Json) => transfer.transferId);
    };
    expect(await ids("")).toEqual(made);
    expect(await ids("&reference=list-0")).toEqual([made[0]!, made[2]!, made[4]!]);
    expect(await ids("&fromLocationId=shop")).toEqual([]);
    expect(await ids("&fromLocationId=warehouse&toLocationId=shop&status=requested")).toEqual(made);
    await done(server.writer.post(`${path}/${made[0]}/ship`, {}));
    await done(server.writer.post(`${path}/${made[1]}/ship`, {}));
    await done(server.writer.post(`${path}/${made[1]}/receive`, {}));
    await done(server.writer.post(`${path}/${made[2]}/cancel`, {}));
    expect(await ids("&status=in_transit")).toEqual([made[0]!]);
    expect(await ids("&status=received")).toEqual([made[1]!]);
    expect(await ids("&status=cancelled")).toEqual([made[2]!]);
    expect(await ids("&status=requested")).toEqual([made[3]!, made[4]!]);
    const { body } = await server.reader.get(`${path}?limit=2&productId=${productId}`);
    const other = await server.reader.get(`${path}?limit=2&cursor=${body.nextCursor}`);
    expect(other.body).toMatchObject({ status: 400, errors: [{ pointer: "/cursor" }] });
  });

  test("show what is on its way by when it is expected, what has no date last", async () => {
    const productId = await stocked(50);
    for (const expectedAt of ["2027-03-01T00:00:00Z", null, "2027-01-01T00:00:00Z"]) {
      const transfer = await request(productId, 2, { toLocationId: "kiosk", expectedAt });
      await act(transfer, "ship", expectedAt === null ? {} : { expectedAt });
    }
    const { pages } = await readAll(server.reader, `/v1/incoming?limit=1&productId=${productId}&locationId=kiosk`);
    expect(pages.flat().map((line: Json) => [line.kind, line.quantity, line.expectedAt])).toEqual([
      ["transfer", 2, "2027-01-01T00:00:00.000Z"],
      ["transfer", 2, "2027-03-01T00:00:00.000Z"],
      ["transfer", 2, null],
    ]);
    expect(pages[0]![0]).toMatchObject({ productId, sku: `SKU-${productId}`, fromLocationId: "warehouse", line: 1 });
    expect((await server.reader.get(`/v1/incoming?locationId=warehouse`)).body.data).toEqual([]);
  });

  test("of movements show each step with its kind", async () => {
    const productId = await stocked(5);
    const transfer = await request(productId, 2, { reference: "T-9" });
    await act(transfer, "ship");
    const received = await act(transfer, "receive");
    const movements = async (inventoryId: string) => {
      const { body } = await server.reader.get(`/v1/inventory/${inventoryId}/movements`);
      return body.data.map(({ event, type }: Json) => [event, type]);
    };
    expect(await movements(received.items[0].inventoryId)).toEqual([
      ["inventory.received.v1", "transfer"],
      ["inventory.expected.v1", "transfer"],
    ]);
    expect(await movements(transfer.items[0].inventoryId)).toEqual([
      ["inventory.shipped.v1", "transfer"],
      ["inventory.reserved.v1", "transfer"],
      ["inventory.adjusted.v1", "correction"],
    ]);
  });
});
