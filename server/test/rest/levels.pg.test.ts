/** PATCH and DELETE of an item: absolute levels with their guards, counts, settings, archiving. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { quantityMax } from "@onhand/protocol/vocabulary";
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

/** A new item with a level. */
async function newItem(stockLevel: number, fields: object = {}): Promise<Json> {
  products += 1;
  await createProduct(writer, `p${products}`);
  return adjust(writer, `p${products}`, "shop", stockLevel, fields);
}
const patch = (item: Json, body: unknown, headers = {}) =>
  writer.patch(`/v1/inventory/${item.inventoryId}`, body, headers);

describe("absolute levels", () => {
  test.each(["stockLevel", "unavailableStock"])(
    "%s needs a guard; the refusal shows the current ETag and a body that works",
    async (field) => {
      const item = await newItem(5);
      const journal = await server.journalLength();
      const refused = await patch(item, { [field]: 4, reason: 'a "quoted" reason' });
      expect(refused.status).toBe(428);
      expect(refused.body).toMatchObject({ code: "precondition_required", currentEtag: '"1"' });
      expect(refused.body.detail).toContain('If-Match: "1"');
      expect(await server.journalLength()).toBe(journal);
      const [shown] = /\{.*\}/.exec(refused.body.detail) ?? [];
      const sent = await patch(item, shown);
      expect(sent.body).toMatchObject({ [field]: 4, version: 2 });
    },
  );

  test("the other guards that the refusal names work as well", async () => {
    const item = await newItem(5);
    const { detail, currentEtag } = (await patch(item, { stockLevel: 4 })).body;
    expect(detail).toContain('"expectedStockLevel": 5');
    expect((await patch(item, { stockLevel: 4, expectedStockLevel: 5 })).status).toBe(200);
    expect((await patch(item, { stockLevel: 3 }, { "if-match": currentEtag })).status).toBe(412);
    expect((await patch(item, { stockLevel: 3 }, { "if-match": '"2"' })).body).toMatchObject({
      stockLevel: 3,
      version: 3,
    });
    expect((await patch(item, { stockLevel: 2 }, { "if-match": "*" })).status).toBe(428);
  });

  test("each guard is checked: 409 when it stands in the body, 412 when it is If-Match", async () => {
    const item = await newItem(5);
    for (const guard of [
      { expectedVersion: 9 },
      { expectedStockLevel: 6 },
      { expectedLastUpdated: "2020-01-01T00:00:00Z" },
    ]) {
      const { body } = await patch(item, { stockLevel: 1, ...guard });
      expect(body).toMatchObject({ status: 409, code: "version_conflict", currentEtag: '"1"' });
    }
    const byHeader = await patch(item, { stockLevel: 1 }, { "if-match": '"9"' });
    expect(byHeader.body).toMatchObject({ status: 412, code: "version_conflict" });
    const [last] = [await patch(item, { stockLevel: 1, expectedLastUpdated: item.lastUpdated })];
    expect(last.body).toMatchObject({ stockLevel: 1, version: 2 });
  });

  test("an explicit null waives the guard", async () => {
    const item = await newItem(5);
    expect((await patch(item, { stockLevel: 50, expectedStockLevel: null })).body.stockLevel).toBe(50);
    const counted = await patch(item, { stockLevel: 50, expectedStockLevel: null, expectedVersion: 1 });
    expect(counted.body.code).toBe("version_conflict");
  });

  test("what is set becomes a movement like any other", async () => {
    const item = await newItem(5);
    const set = {
      stockLevel: 2,
      unavailableStock: 1,
      safetyStock: 9,
      expectedVersion: 1,
      reason: "recount",
      type: "loss",
    };
    expect((await patch(item, set)).body).toMatchObject({ stockLevel: 2, availableStock: 1, safetyStock: 9 });
    const { body } = await server.reader.get(`/v1/inventory/${item.inventoryId}/movements`);
    expect(body.data[0]).toMatchObject({
      event: "inventory.set.v1",
      type: "loss",
      reason: "recount",
      change: { stockLevel: -3, unavailableStock: 1, incomingStock: 0 },
      before: { stockLevel: 5, availableStock: 5, version: 1 },
      after: { stockLevel: 2, availableStock: 1, version: 2 },
    });
  });

  test("what is unavailable is not available, and may not be more than there is", async () => {
    const item = await newItem(5);
    const tooMany = await patch(item, { unavailableStock: 6, expectedVersion: 1 });
    expect(tooMany.body).toMatchObject({ status: 409, code: "insufficient_stock", available: 5 });
    expect((await patch(item, { unavailableStock: 5, expectedVersion: 1 })).body.availableStock).toBe(0);
    const sale = { productId: item.productId, locationId: "shop", adjustment: -1 };
    expect((await writer.post("/v1/inventory", sale)).body).toMatchObject({ available: 0, requested: 1 });
  });

  test("levels are whole and not negative", async () => {
    const item = await newItem(5);
    for (const stockLevel of [-1, 1.5, "5", null, quantityMax + 1]) {
      const { body } = await patch(item, { stockLevel, expectedStockLevel: null });
      expect(body).toMatchObject({ status: 400, code: "validation_failed" });
    }
    expect((await patch(item, { stockLevel: quantityMax, expectedVersion: 1 })).body.stockLevel).toBe(quantityMax);
  });
});

describe("counts", () => {
  const at = (minutes: number): string => new Date(Date.UTC(2026, 0, 1, 12, minutes)).toISOString();

  test("movements after the count stay on top, earlier ones are contained in it", async () => {
    const item = await newItem(20, { timestamp: at(0) });
    const sell = (adjustment: number, minute: number) =>
      adjust(writer, item.productId, "shop", adjustment, { timestamp: at(minute) });
    await sell(-3, 10);
    await sell(-2, 30);
    const counted = await patch(item, { stockLevel: 15, countedAt: at(20) });
    expect(counted.body.stockLevel).toBe(13);
    const { body } = await server.reader.get(`/v1/inventory/${item.inventoryId}/movements`);
    expect(body.data[0]).toMatchObject({ event: "inventory.set.v1", occurredAt: at(20), change: { stockLevel: -2 } });
  });

  test("a count needs no guard, but keeps one that is sent", async () => {
    const item = await newItem(4);
    const now = new Date().toISOString();
    expect((await patch(item, { stockLevel: 6, countedAt: now, expectedVersion: 9 })).status).toBe(409);
    expect((await patch(item, { stockLevel: 6, countedAt: now })).body.stockLevel).toBe(6);
  });

  test("a count says what and when", async () => {
    const item = await newItem(4);
    expect((await patch(item, { safetyStock: 1, countedAt: at(0) })).body).toMatchObject({
      status: 400,
      errors: [{ pointer: "/countedAt" }],
    });
    const ahead = new Date(Date.now() + 6 * 60_000).toISOString();
    expect((await patch(item, { stockLevel: 4, countedAt: ahead })).body).toMatchObject({
      status: 400,
      errors: [{ pointer: "/countedAt" }],
    });
  });

  test("a count records what was there, even when more was promised", async () => {
    const item = await newItem(5);
    await patch(item, { unavailableStock: 4, expectedVersion: 1 });
    const { body } = await patch(item, { stockLevel: 1, countedAt: new Date().toISOString() });
    expect(body).toMatchObject({ stockLevel: 1, availableStock: -3 });
  });
});

describe("settings and what only the server sets", () => {
  test("settings need no guard", async () => {
    const item = await newItem(5);
    expect((await patch(item, { safetyStock: 2, reorderPoint: 3 })).body).toMatchObject({
      safetyStock: 2,
      reorderPoint: 3,
    });
    const cleared = await patch(item, { reorderPoint: null });
    expect(cleared.body).toMatchObject({ safetyStock: 2, reorderPoint: null, version: 3 });
    expect((await patch(item, { safetyStock: 1 }, { "if-match": '"1"' })).status).toBe(412);
  });

  test("an item as it was read can be sent back, without what follows from orders", async () => {
    const item = await newItem(5);
    const { reservedStock, incomingStock, ...read } = (await server.reader.get(`/v1/inventory/${item.inventoryId}`))
      .body;
    const sent = await patch(item, { ...read, safetyStock: 9, expectedVersion: read.version });
    expect(sent.body).toMatchObject({ safetyStock: 9, stockLevel: 5, version: 2 });
    const { body } = await patch(item, { reservedStock });
    expect(body).toMatchObject({ status: 400, errors: [{ pointer: "/reservedStock" }] });
    expect(body.detail).toContain("/v1/reservations");
  });

  test("what the item is cannot be changed", async () => {
    const item = await newItem(5);
    for (const field of ["inventoryId", "productId", "locationId"]) {
      const { body } = await patch(item, { safetyStock: 1, [field]: "other" });
      expect(body).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: `/${field}` }] });
    }
  });

  test("the SKU may have changed since the item was read, so it is passed over", async () => {
    const item = await newItem(5);
    expect(await patch(item, { safetyStock: 1, sku: "ITS-FORMER-SKU" })).toMatchObject({
      status: 200,
      body: { safetyStock: 1 },
    });
  });

  test("a patch changes something, and names nothing unknown", async () => {
    const item = await newItem(5);
    expect((await patch(item, {})).body).toMatchObject({
      status: 400,
      detail: expect.stringContaining("changes nothing"),
    });
    expect((await patch(item, { version: 3, lastUpdated: "x" })).status).toBe(400);
    expect((await patch(item, { safetyStock: 1, colour: "red" })).body.errors).toMatchObject([{ pointer: "/colour" }]);
  });

  test("an id that is none is not found", async () => {
    for (const id of ["inv_0000000000000", "inv_", "updates", "SKU-p1", "mov_0100000000001", `inv_${"z".repeat(13)}`]) {
      expect((await writer.patch(`/v1/inventory/${id}`, { safetyStock: 1 })).body.code).toBe("not_found");
      expect((await writer.delete(`/v1/inventory/${id}`)).body.code).toBe("not_found");
    }
  });
});

describe("removal", () => {
  test("an item with stock is in use; empty it is deleted", async () => {
    const item = await newItem(1);
    const path = `/v1/inventory/${item.inventoryId}`;
    expect((await writer.delete(path)).body).toMatchObject({ status: 409, code: "in_use" });
    await patch(item, { stockLevel: 0, expectedVersion: 1 });
    const lines = [{ productId: item.productId, quantity: 1 }];
    const supply = await writer.post("/v1/supplies", { locationId: "shop", reference: "PO 1", lines });
    expect((await writer.delete(path)).body.code).toBe("in_use");
    await writer.post(`/v1/supplies/${supply.body.supplyId}/cancel`, {});
    expect((await writer.delete(path, { "if-match": '"1"' })).status).toBe(412);
    expect((await writer.delete(path, { "if-match": '"4"' })).status).toBe(204);
    expect((await server.reader.get(path)).body.code).toBe("not_found");
    expect((await server.reader.get(`${path}/movements`)).body.code).toBe("not_found");
  });

  test("an item that comes back keeps its id and goes on counting versions", async () => {
    const item = await newItem(0);
    await patch(item, { safetyStock: 5 });
    await writer.delete(`/v1/inventory/${item.inventoryId}`);
    const back = await adjust(writer, item.productId, "shop", 2);
    expect(back).toMatchObject({ inventoryId: item.inventoryId, version: 4, safetyStock: 0, stockLevel: 2 });
    const { body } = await server.reader.get(`/v1/inventory/${item.inventoryId}/movements`);
    expect(body.data.map(({ after }: Json) => after.version)).toEqual([4, 3, 2, 1]);
  });

  test("archived it keeps level and history, is listed as such and refuses changes, until it is restored", async () => {
    const item = await newItem(7);
    const path = `/v1/inventory/${item.inventoryId}`;
    expect((await writer.delete(`${path}?archive=true`)).status).toBe(204);
    const listed = (query: string) => server.reader.get(`/v1/inventory?productId=${item.productId}${query}`);
    expect((await listed("")).body.data).toEqual([]);
    expect((await listed("&status=archived")).body.data).toMatchObject([
      { stockLevel: 7, status: "archived", version: 2 },
    ]);
    expect((await listed("&status=all")).body.data).toHaveLength(1);
    expect((await server.reader.get(`${path}/movements`)).body.data).toHaveLength(2);
    for (const answer of [
      await patch(item, { safetyStock: 1 }),
      await writer.post("/v1/inventory", { productId: item.productId, locationId: "shop", adjustment: 1 }),
    ])
      expect(answer.body).toMatchObject({ status: 409, code: "archived" });
    expect((await patch(item, { status: "active" })).body).toMatchObject({
      status: "active",
      stockLevel: 7,
      version: 3,
    });
    expect((await adjust(writer, item.productId, "shop", -7)).stockLevel).toBe(0);
    expect((await patch(item, { status: "archived" })).body.status).toBe("archived");
  });
});
