/** The calls of two guides, sent as printed there, with and without the version in the path. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestServer, type TestServer } from "./support.ts";

const product = {
  productId: "prod123",
  sku: "BEIGE-30",
  name: "Foundation",
  description: "…",
  price: 49.99,
  attributes: { shade: "beige", size: "30ml" },
  createdAt: "2024-06-01T09:00:00Z",
  updatedAt: "2024-06-01T09:00:00Z",
};
const location = { locationId: "loc1", name: "Warehouse A", type: "warehouse" };
const sale = {
  productId: "prod123",
  locationId: "loc1",
  adjustment: -3,
  reason: "order #4567 fulfillment",
  timestamp: "2024-06-12T14:32:00Z",
};

describe.each(["", "/v1"])("with the prefix %p", (prefix) => {
  let server: TestServer;
  let inventoryId: string;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  test("a product is created as its client sends it", async () => {
    const { status, headers, body } = await server.writer.post(`${prefix}/products`, product);
    expect(status).toBe(201);
    expect(headers.get("location")).toBe("/v1/products/prod123");
    const { createdAt, updatedAt, ...theirs } = product;
    expect(body).toMatchObject({ ...theirs, currency: "EUR", status: "active", version: 1 });
    expect(Date.parse(body.createdAt)).toBeGreaterThan(Date.parse(createdAt));
    expect(body.updatedAt).not.toBe(updatedAt);
  });

  test("a location is created and listed", async () => {
    expect((await server.writer.post(`${prefix}/locations`, location)).status).toBe(201);
    const { body } = await server.reader.get(`${prefix}/locations`);
    expect(body).toMatchObject({ data: [location], nextCursor: null });
  });

  test("products are listed, read, replaced and deleted", async () => {
    expect((await server.reader.get(`${prefix}/products`)).body.data).toHaveLength(1);
    expect((await server.reader.get(`${prefix}/products/prod123`)).body).toMatchObject({ sku: "BEIGE-30" });
    const replaced = await server.writer.put(`${prefix}/products/prod123`, { ...product, price: 44.5 });
    expect(replaced.body).toMatchObject({ price: 44.5, version: 2, sku: "BEIGE-30" });
    await server.writer.post(`${prefix}/products`, { ...product, productId: "other", sku: "OTHER" });
    expect((await server.writer.delete(`${prefix}/products/other`)).status).toBe(204);
    expect((await server.reader.get(`${prefix}/products/other`)).body.code).toBe("not_found");
  });

  test("a level is adjusted: 100 of which 5 are reserved, 3 sold", async () => {
    const opening = { productId: "prod123", locationId: "loc1", adjustment: 100, reason: "opening stock" };
    const opened = await server.writer.post(`${prefix}/inventory`, opening);
    inventoryId = opened.body.inventoryId;
    // Reservations are no call yet: the database is told, and a new process reads it.
    await server.database.owner.query({ text: "UPDATE item SET reserved = 5" });
    await server.restart();
    const before = Date.now();
    const { status, body } = await server.writer.post(`${prefix}/inventory`, sale);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      inventoryId,
      productId: "prod123",
      locationId: "loc1",
      stockLevel: 97,
      reservedStock: 5,
      availableStock: 92,
      version: 2,
    });
    expect(Math.abs(Date.parse(body.lastUpdated) - before)).toBeLessThan(60_000);
  });

  test("sent again under its key, it changes nothing", async () => {
    const again = { ...sale, adjustment: 0 };
    const first = await server.writer.post(`${prefix}/inventory`, again, { "idempotency-key": `again${prefix}` });
    const second = await server.writer.post(`${prefix}/inventory`, again, { "idempotency-key": `again${prefix}` });
    expect(second.text).toBe(first.text);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
  });

  test("inventory is read: all, one item, one SKU, by product and location, by location", async () => {
    const item = { inventoryId, stockLevel: 97, availableStock: 92 };
    expect((await server.reader.get(`${prefix}/inventory`)).body.data).toMatchObject([item]);
    expect((await server.reader.get(`${prefix}/inventory/${inventoryId}`)).body).toMatchObject(item);
    const named = await server.reader.get(`${prefix}/inventory?productId=prod123&locationId=loc1`);
    expect(named.body.data).toMatchObject([item]);
    expect((await server.reader.get(`${prefix}/inventory/BEIGE-30`)).body).toMatchObject({
      productId: "prod123",
      sku: "BEIGE-30",
      totals: { stockLevel: 97, reservedStock: 5, availableStock: 92, locations: 1 },
      locations: [item],
    });
    expect((await server.reader.get(`${prefix}/locations/loc1/inventory`)).body.data).toMatchObject([item]);
    expect((await server.reader.get(`${prefix}/locations/123/inventory`)).body.code).toBe("not_found");
    expect((await server.reader.get(`${prefix}/inventory/sku123`)).body.code).toBe("not_found");
    const grouped = await server.reader.get(`${prefix}/inventory?groupBy=product`);
    expect(grouped.body.data).toMatchObject([{ productId: "prod123", totals: { stockLevel: 97, locations: 1 } }]);
  });

  test("changes are polled by time", async () => {
    const { body } = await server.reader.get(`${prefix}/inventory/updates?since=2024-06-10T12:00:00Z`);
    expect(body.data.at(-2)).toMatchObject({
      type: "inventory.adjusted.v1",
      subject: "prod123/loc1",
      data: { change: { stockLevel: -3 }, reason: sale.reason, occurredAt: "2024-06-12T14:32:00.000Z" },
    });
    const updated = await server.reader.get(`${prefix}/inventory?updatedAfter=2024-06-10T12:00:00Z`);
    expect(updated.body.data).toMatchObject([{ inventoryId }]);
  });

  test("an item is partly updated", async () => {
    const guarded = { unavailableStock: 2, expectedStockLevel: 97 };
    const { body } = await server.writer.patch(`${prefix}/inventory/${inventoryId}`, guarded);
    expect(body).toMatchObject({ stockLevel: 97, unavailableStock: 2, availableStock: 90 });
    const settings = await server.writer.patch(`${prefix}/inventory/${inventoryId}`, { safetyStock: 7 });
    expect(settings.body).toMatchObject({ safetyStock: 7, unavailableStock: 2 });
  });

  test("many are updated at once", async () => {
    const updates = [sale, { ...sale, locationId: "nowhere" }];
    const { status, body } = await server.writer.post(`${prefix}/inventory/bulk-update`, { updates });
    expect(status).toBe(200);
    expect(body).toMatchObject({ applied: 1, rejected: 1, results: [{ item: { stockLevel: 94 } }, { status: 404 }] });
  });

  test("only those with the right may adjust", async () => {
    expect((await server.reader.post(`${prefix}/inventory`, sale)).body.code).toBe("forbidden");
    expect((await server.anonymous.post(`${prefix}/inventory`, sale)).body.code).toBe("unauthorized");
  });

  test("a stale version is told to read and try again", async () => {
    const stale = await server.writer.post(`${prefix}/inventory`, { ...sale, expectedVersion: 1 });
    expect(stale.status).toBe(409);
    expect(stale.body).toMatchObject({ code: "version_conflict", detail: expect.stringContaining("Read it again") });
    const late = await server.writer.post(`${prefix}/inventory`, {
      ...sale,
      expectedLastUpdated: "2024-06-12T14:32:00Z",
    });
    expect(late.body.code).toBe("version_conflict");
  });

  test("a webhook is registered", async () => {
    const url = "https://example.com/hook";
    const { status, headers, body } = await server.writer.post(`${prefix}/subscriptions/inventory`, { url });
    expect({ status, url: body.url, state: body.status }).toEqual({ status: 201, url, state: "active" });
    expect(headers.get("location")).toBe(`/v1/subscriptions/inventory/${body.subscriptionId}`);
  });

  test("what is still to come says so: there are no limits of rate, and none are claimed", async () => {
    const { headers } = await server.reader.get(`${prefix}/inventory/updates`);
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("ratelimit")).toBeNull();
  });
});
