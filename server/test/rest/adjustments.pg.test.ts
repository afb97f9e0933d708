/** POST /v1/inventory: what moves, what is refused, and what the answer says. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { callerMovementTypes, quantityMax } from "@onhand/protocol/vocabulary";
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
let products = 0;
beforeAll(async () => {
  server = await startTestServer();
  writer = server.writer;
  await createLocation(writer, "shop");
});
afterAll(() => server.close());

/** A product that nobody has touched. */
async function newProduct(): Promise<string> {
  products += 1;
  await createProduct(writer, `p${products}`);
  return `p${products}`;
}
const post = (line: object, headers = {}) => writer.post("/v1/inventory", { locationId: "shop", ...line }, headers);

test("an adjustment of zero or more creates the item; the answer carries movement, cursor and ETag", async () => {
  const productId = await newProduct();
  const created = await post({ productId, adjustment: 0 });
  expect(created.body.inventoryId).toMatch(/^inv_[0-9a-z]{13}$/);
  expect(created.body.movementId).toMatch(/^mov_[0-9a-z]{13}$/);
  expect(created.body.cursor).toMatch(/^[\w-]+$/);
  expect(created.body).toMatchObject({
    productId,
    sku: `SKU-${productId}`,
    locationId: "shop",
    stockLevel: 0,
    reservedStock: 0,
    unavailableStock: 0,
    incomingStock: 0,
    availableStock: 0,
    safetyStock: 0,
    reorderPoint: null,
    status: "active",
    version: 1,
  });
  expect(created.headers.get("etag")).toBe('"1"');
  const { movementId, cursor, ...item } = created.body;
  expect((await server.reader.get(`/v1/inventory/${created.body.inventoryId}`)).body).toEqual(item);
  const fresh = await newProduct();
  const negative = await post({ productId: fresh, adjustment: -1 });
  expect(negative.body).toMatchObject({ status: 409, code: "insufficient_stock", available: 0, requested: 1 });
  expect((await server.reader.get(`/v1/inventory?productId=${fresh}`)).body.data).toEqual([]);
});

test.each(callerMovementTypes.map((type) => [type]))(
  "a %s is recorded as such and never changes the sign",
  async (type) => {
    const productId = await newProduct();
    await post({ productId, adjustment: 10, type });
    const { body } = await post({ productId, adjustment: -4, type });
    expect(body.stockLevel).toBe(6);
    const { body: ledger } = await server.reader.get(`/v1/inventory/${body.inventoryId}/movements`);
    expect(ledger.data).toMatchObject([
      { type, change: { stockLevel: -4 } },
      { type, change: { stockLevel: 10 } },
    ]);
  },
);

test("without a type it is a correction", async () => {
  const { inventoryId } = await adjust(writer, await newProduct(), "shop", 1);
  const { body } = await server.reader.get(`/v1/inventory/${inventoryId}/movements`);
  expect(body.data[0]).toMatchObject({ type: "correction", event: "inventory.adjusted.v1" });
});

test("a product is named by id or by SKU", async () => {
  const productId = await newProduct();
  expect((await post({ sku: `SKU-${productId}`, adjustment: 2 })).body).toMatchObject({ productId, stockLevel: 2 });
  expect((await post({ adjustment: 2 })).body).toMatchObject({ status: 400, errors: [{ pointer: "/productId" }] });
  const unknown = await post({ sku: "nobody", adjustment: 2 });
  expect(unknown.body).toMatchObject({ status: 404, code: "not_found" });
});

test("product and location must exist, and the answer says how to create them", async () => {
  const product = await post({ productId: "nobody", adjustment: 1 });
  expect(product.body).toMatchObject({ code: "not_found", errors: [{ pointer: "/productId" }] });
  expect(product.body.detail).toContain("POST /v1/products");
  const location = await post({ productId: await newProduct(), locationId: "nowhere", adjustment: 1 });
  expect(location.body).toMatchObject({ code: "not_found", errors: [{ pointer: "/locationId" }] });
  expect(location.body.detail).toContain("POST /v1/locations");
});

test("what is not there cannot be taken, unless somebody with the right records that it happened", async () => {
  const productId = await newProduct();
  await post({ productId, adjustment: 5 });
  const journal = await server.journalLength();
  const refused = await post({ productId, adjustment: -6 });
  expect(refused.body).toMatchObject({ status: 409, code: "insufficient_stock", available: 5, requested: 6 });
  expect((await post({ productId, adjustment: -6, allowNegative: true })).body).toMatchObject({
    status: 403,
    code: "forbidden",
    detail: expect.stringContaining("admin"),
  });
  expect(await server.journalLength()).toBe(journal);
  const line = { productId, locationId: "shop", adjustment: -6, allowNegative: true };
  const recorded = await server.admin.post("/v1/inventory", line);
  expect(recorded.body).toMatchObject({ stockLevel: -1, availableStock: -1 });
  expect((await post({ productId, adjustment: -1 })).body).toMatchObject({ available: 0, requested: 1 });
  expect((await post({ productId, adjustment: 1 })).body).toMatchObject({ stockLevel: 0 });
  expect((await post({ productId, adjustment: 1, allowNegative: false })).status).toBe(200);
});

test("each guard lets a change through when it holds, and says what it found when it does not", async () => {
  const productId = await newProduct();
  let item: Json = await adjust(writer, productId, "shop", 5);
  const holding = [
    () => ({ expectedVersion: item.version }),
    () => ({ expectedStockLevel: item.stockLevel }),
    () => ({ expectedLastUpdated: item.lastUpdated }),
    () => ({ expectedLastUpdated: item.lastUpdated.replace("Z", "000+00:00") }),
    () => ({ expectedStockLevel: null }),
    () => ({
      expectedVersion: item.version,
      expectedStockLevel: item.stockLevel,
      expectedLastUpdated: item.lastUpdated,
    }),
  ];
  for (const guard of holding) item = (await post({ productId, adjustment: 1, ...guard() })).body;
  expect(item).toMatchObject({ stockLevel: 11, version: 7 });
  const stale = [
    { expectedVersion: 6 },
    { expectedStockLevel: 10 },
    { expectedLastUpdated: "2020-01-01T00:00:00Z" },
    { expectedVersion: 7, expectedStockLevel: 10 },
  ];
  for (const guard of stale) {
    const { headers, body } = await post({ productId, adjustment: 1, ...guard });
    expect(body).toMatchObject({ status: 409, code: "version_conflict", currentEtag: '"7"' });
    expect(body.detail).toContain("version 7");
    expect(headers.get("idempotency-key")).toBe(body.idempotencyKey);
  }
  const byHeader = await post({ productId, adjustment: 1 }, { "if-match": '"6"' });
  expect(byHeader.body).toMatchObject({ status: 412, code: "version_conflict", currentEtag: '"7"' });
  expect((await post({ productId, adjustment: 1 }, { "if-match": '"7"' })).status).toBe(200);
  const both = await post({ productId, adjustment: 1, expectedVersion: 7 }, { "if-match": '"8"' });
  expect(both.body).toMatchObject({ status: 400, errors: [{ pointer: "/expectedVersion" }] });
});

test("version 0 says that there must be no item yet", async () => {
  const productId = await newProduct();
  expect((await post({ productId, adjustment: 1, expectedVersion: 1 })).body.detail).toContain("does not exist yet");
  expect((await post({ productId, adjustment: 1, expectedVersion: 0 })).status).toBe(200);
  expect((await post({ productId, adjustment: 1, expectedVersion: 0 })).status).toBe(409);
});

test("of 20 editors with the same ETag one wins, and the others are told the current one", async () => {
  const productId = await newProduct();
  const { version } = await adjust(writer, productId, "shop", 1);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => post({ productId, adjustment: index }, { "if-match": `"${version}"` })),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const losers = answers.filter(({ status }) => status === 412);
  expect(losers).toHaveLength(19);
  for (const { body } of losers) expect(body.currentEtag).toBe(`"${version + 1}"`);
});

test("quantities are exact to 2^53 − 1 on both sides, and never go beyond", async () => {
  const productId = await newProduct();
  expect((await post({ productId, adjustment: quantityMax })).body.stockLevel).toBe(quantityMax);
  const beyond = await post({ productId, adjustment: 1 });
  expect(beyond.body).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: "/adjustment" }] });
  expect((await post({ productId, adjustment: -quantityMax })).body.stockLevel).toBe(0);
  const { text } = await writer.post(
    "/v1/inventory",
    `{"productId":"${productId}","locationId":"shop","adjustment":-0}`,
  );
  expect(text).toContain('"stockLevel":0,');
});

test("times are read in any offset and precision and written in UTC with milliseconds", async () => {
  const productId = await newProduct();
  const times = {
    "2024-06-12T14:32:00Z": "2024-06-12T14:32:00.000Z",
    "2024-06-12T14:32:00.1239999+02:00": "2024-06-12T12:32:00.123Z",
    "2024-02-29t23:59:59.5z": "2024-02-29T23:59:59.500Z",
    "2024-06-12T00:30:00-09:30": "2024-06-12T10:00:00.000Z",
    "2016-12-31T23:59:60Z": "2016-12-31T23:59:59.000Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00.000Z",
  };
  let inventoryId = "";
  for (const timestamp of Object.keys(times))
    inventoryId = (await adjust(writer, productId, "shop", 1, { timestamp })).inventoryId;
  const { body } = await server.reader.get(`/v1/inventory/${inventoryId}/movements`);
  expect(body.data.map((movement: Json) => movement.occurredAt).reverse()).toEqual(Object.values(times));
});

test("a clock may be five minutes ahead, not more", async () => {
  const productId = await newProduct();
  const ahead = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  expect((await post({ productId, adjustment: 1, timestamp: ahead(4) })).status).toBe(200);
  for (const timestamp of [ahead(6), "9999-12-31T23:59:59Z"]) {
    const { body } = await post({ productId, adjustment: 1, timestamp });
    expect(body).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: "/timestamp" }] });
    expect(body.detail).toContain("5 minutes");
  }
});

test("reason, reference, request id and trace are carried into ledger and event", async () => {
  const productId = await newProduct();
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const words = { reason: "order #4567 “Ünïcode” 🧴", reference: "4567" };
  const answer = await post({ productId, adjustment: 1, ...words }, { "x-request-id": "my-request", traceparent });
  expect(answer.headers.get("x-request-id")).toBe("my-request");
  const { body: ledger } = await server.reader.get(`/v1/inventory/${answer.body.inventoryId}/movements`);
  expect(ledger.data[0]).toMatchObject({ ...words, requestId: "my-request", actor: expect.stringMatching(/^key_/) });
  const { body: feed } = await server.reader.get("/v1/inventory/updates?limit=1000");
  const event = feed.data.find(({ id }: Json) => id === answer.body.movementId);
  expect(event).toMatchObject({ traceparent, data: { ...words, requestId: "my-request" } });
});

test("request ids that cannot be logged are replaced, and a bad trace is no error", async () => {
  const productId = await newProduct();
  const made = await post({ productId, adjustment: 1 }, { "x-request-id": "two words", traceparent: "00-zz" });
  expect(made.status).toBe(200);
  expect(made.headers.get("x-request-id")).toMatch(/^req_/);
  const long = await post({ productId, adjustment: 1 }, { "x-request-id": "x".repeat(129) });
  expect(long.headers.get("x-request-id")).toMatch(/^req_/);
  const { body: feed } = await server.reader.get("/v1/inventory/updates?limit=1000");
  expect(feed.data.find(({ id }: Json) => id === made.body.movementId).traceparent).toBeUndefined();
});
