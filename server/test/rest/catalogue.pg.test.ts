/** Products and locations over HTTP: create, read, list, replace, change, delete, archive, restore. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  adjust,
  type Caller,
  createLocation,
  createProduct,
  readAll,
  startTestServer,
  type TestServer,
} from "./support.ts";

let server: TestServer;
let writer: Caller;
beforeAll(async () => {
  server = await startTestServer({ DEFAULT_CURRENCY: "SEK" });
  writer = server.writer;
});
afterAll(() => server.close());

describe("products", () => {
  test("a SKU and a name are enough; the rest has defaults", async () => {
    const { status, headers, body } = await writer.post("/v1/products", { sku: "LIP-1", name: "Lipstick" });
    expect(status).toBe(201);
    expect(body.productId).toMatch(/^prod_[0-9a-z]{26}$/);
    expect(body).toMatchObject({
      sku: "LIP-1",
      name: "Lipstick",
      description: null,
      price: null,
      currency: "SEK",
      prices: {},
      attributes: {},
      status: "active",
      version: 1,
    });
    expect(body.createdAt).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("location")).toBe(`/v1/products/${body.productId}`);
    const read = await server.reader.get(headers.get("location")!);
    expect(read.body).toEqual(body);
    expect(read.headers.get("etag")).toBe('"1"');
  });

  test("everything that is sent comes back, money to the last digit", async () => {
    const sent = {
      productId: "a.b:c_D-9",
      sku: "ÄÖ 30 ml + 🧴",
      name: "Crème “Été”",
      description: "line\nline\t\u{1F9F4}",
      price: 0.1,
      currency: "USD",
      prices: { EUR: 999999999999, JPY: 0, CHF: 12345678901.25 },
      attributes: {
        shade: "beige",
        nested: { list: [1, 2.5, null, true, "x"] },
        "": "empty name",
        constructor: "a word",
      },
    };
    const created = await writer.post("/v1/products", sent);
    expect(created.body).toMatchObject(sent);
    expect((await writer.get("/v1/products/a.b:c_D-9")).body).toEqual(created.body);
    expect((await writer.get(`/v1/inventory/${encodeURIComponent(sent.sku)}`)).body).toMatchObject({ sku: sent.sku });
  });

  test("ids and SKUs are given once", async () => {
    await createProduct(writer, "twice");
    const sameId = await writer.post("/v1/products", { productId: "twice", sku: "other", name: "x" });
    expect(sameId.body).toMatchObject({ status: 409, code: "already_exists" });
    const sameSku = await writer.post("/v1/products", { sku: "SKU-twice", name: "x" });
    expect(sameSku.body).toMatchObject({ code: "already_exists", errors: [{ pointer: "/sku" }] });
    await createProduct(writer, "thrice");
    const renamed = await writer.patch("/v1/products/thrice", { sku: "SKU-twice" });
    expect(renamed.body).toMatchObject({ code: "already_exists", errors: [{ pointer: "/sku" }] });
  });

  test("what only the server sets is ignored, what nobody knows is refused", async () => {
    const { body } = await writer.post("/v1/products", {
      sku: "READ-ONLY",
      name: "x",
      version: 99,
      createdAt: "1999-01-01T00:00:00Z",
      updatedAt: 7,
      status: "archived",
    });
    expect(body).toMatchObject({ version: 1, status: "active" });
    expect(body.createdAt).not.toStartWith("1999");
    const unknown = await writer.post("/v1/products", { sku: "X", name: "x", colour: "red", "a/b": 1 });
    expect(unknown.body).toMatchObject({
      code: "validation_failed",
      errors: [{ pointer: "/colour" }, { pointer: "/a~1b" }],
    });
  });

  test("PUT replaces the whole and never creates; PATCH changes what it names", async () => {
    await createProduct(writer, "whole", { description: "old", price: 3, attributes: { a: 1 } });
    const patched = await writer.patch("/v1/products/whole", { price: 4.25, description: null });
    expect(patched.body).toMatchObject({ price: 4.25, description: null, attributes: { a: 1 }, version: 2 });
    const replaced = await writer.put("/v1/products/whole", { sku: "WHOLE", name: "new" });
    expect(replaced.body).toMatchObject({ sku: "WHOLE", name: "new", price: null, attributes: {}, version: 3 });
    const { body: asRead } = await server.reader.get("/v1/products/whole");
    expect((await writer.put("/v1/products/whole", asRead)).body).toMatchObject({ sku: "WHOLE", version: 4 });
    const absent = await writer.put("/v1/products/absent", { sku: "ABSENT", name: "x" });
    expect(absent.body).toMatchObject({ status: 404, code: "not_found", detail: expect.stringContaining("POST") });
    expect((await writer.patch("/v1/products/absent", { name: "x" })).body.code).toBe("not_found");
    const moved = await writer.put("/v1/products/whole", { productId: "other", sku: "WHOLE", name: "x" });
    expect(moved.body).toMatchObject({ status: 400, errors: [{ pointer: "/productId" }] });
  });

  test("If-Match is honoured on every change", async () => {
    await createProduct(writer, "matched");
    const stale = { "if-match": '"7"' };
    for (const answer of [
      await writer.put("/v1/products/matched", { sku: "SKU-matched", name: "x" }, stale),
      await writer.patch("/v1/products/matched", { name: "x" }, stale),
      await writer.delete("/v1/products/matched", stale),
      await writer.delete("/v1/products/matched?archive=true", stale),
      await writer.patch("/v1/products/matched", { name: "x" }, { "if-match": 'W/"1"' }),
      await writer.patch("/v1/products/matched", { name: "x" }, { "if-match": '"01"' }),
    ])
      expect(answer.body).toMatchObject({ status: 412, code: "version_conflict" });
    const current = await writer.patch("/v1/products/matched", { name: "y" }, { "if-match": '"1"' });
    expect(current.body).toMatchObject({ name: "y", version: 2 });
    const any = await writer.patch("/v1/products/matched", { name: "z" }, { "if-match": "*" });
    expect(any.status).toBe(200);
    expect((await writer.delete("/v1/products/matched", { "if-match": '"3"' })).status).toBe(204);
    const creation = await writer.post("/v1/products", { sku: "M", name: "x" }, { "if-match": '"1"' });
    expect(creation.body).toMatchObject({ status: 400, errors: [{ pointer: "If-Match" }] });
    const list = await writer.patch("/v1/products/matched", { name: "x" }, { "if-match": '"1", "2"' });
    expect(list.body).toMatchObject({ status: 400, errors: [{ pointer: "If-Match" }] });
  });

  test("an unchanged product is not sent again", async () => {
    await createProduct(writer, "cached");
    const same = await server.reader.get("/v1/products/cached", { "if-none-match": 'W/"1", "0"' });
    expect(same.status).toBe(304);
    expect(same.text).toBe("");
    expect(same.headers.get("etag")).toBe('"1"');
    await writer.patch("/v1/products/cached", { name: "y" });
    expect((await server.reader.get("/v1/products/cached", { "if-none-match": '"1"' })).status).toBe(200);
  });

  test("a product with stock is in use; archived it is hidden, keeps its level and refuses changes of stock", async () => {
    await createLocation(writer, "shelf");
    await createProduct(writer, "kept");
    const item = await adjust(writer, "kept", "shelf", 8);
    const refused = await writer.delete("/v1/products/kept");
    expect(refused.body).toMatchObject({
      status: 409,
      code: "in_use",
      detail: expect.stringContaining("?archive=true"),
    });
    expect((await writer.delete("/v1/products/kept?archive=true")).status).toBe(204);
    expect((await server.reader.get("/v1/products/kept")).body).toMatchObject({ status: "archived", version: 2 });
    const listed = async (status: string) =>
      (await readAll(server.reader, `/v1/products?q=kept${status}`)).pages.flat().map((row) => row.productId);
    expect(await listed("")).toEqual([]);
    expect(await listed("&status=archived")).toEqual(["kept"]);
    expect(await listed("&status=all")).toEqual(["kept"]);
    const sale = await writer.post("/v1/inventory", { productId: "kept", locationId: "shelf", adjustment: -1 });
    expect(sale.body).toMatchObject({ status: 409, code: "archived", detail: expect.stringContaining("active") });
    const { body: inventory } = await server.reader.get("/v1/inventory?status=archived&productId=kept");
    expect(inventory.data).toMatchObject([{ inventoryId: item.inventoryId, stockLevel: 8, status: "archived" }]);
    expect((await server.reader.get("/v1/inventory?productId=kept")).body.data).toEqual([]);
    const restored = await writer.patch("/v1/products/kept", { status: "active" });
    expect(restored.body).toMatchObject({ status: "active", version: 3 });
    expect((await adjust(writer, "kept", "shelf", -8)).stockLevel).toBe(0);
    expect((await writer.delete("/v1/products/kept")).status).toBe(204);
    expect((await server.reader.get(`/v1/inventory/${item.inventoryId}`)).status).toBe(404);
  });

  test("a deleted id and SKU can be taken again, and versions go on counting", async () => {
    await createProduct(writer, "again");
    expect((await writer.delete("/v1/products/again")).status).toBe(204);
    expect((await writer.delete("/v1/products/again")).body.code).toBe("not_found");
    expect((await server.reader.get("/v1/inventory/SKU-again")).status).toBe(404);
    expect(await createProduct(writer, "again")).toMatchObject({ version: 3, status: "active" });
  });

  test("a SKU that moved to another product is found there, by reads and by writes", async () => {
    await createLocation(writer, "mover");
    await createProduct(writer, "first-owner", { sku: "MOVING" });
    const line = { sku: "MOVING", locationId: "mover", adjustment: 1 };
    expect((await writer.post("/v1/inventory", line)).body).toMatchObject({ productId: "first-owner", sku: "MOVING" });
    await writer.patch("/v1/products/first-owner", { sku: "MOVED" });
    expect((await writer.post("/v1/inventory", line)).body.code).toBe("not_found");
    expect((await server.reader.get("/v1/inventory/MOVING")).body.code).toBe("not_found");
    await createProduct(writer, "second-owner", { sku: "MOVING" });
    expect((await writer.post("/v1/inventory", line)).body).toMatchObject({ productId: "second-owner" });
    expect((await server.reader.get("/v1/inventory/MOVING")).body).toMatchObject({ productId: "second-owner" });
    expect((await server.reader.get("/v1/inventory/MOVED")).body).toMatchObject({ productId: "first-owner" });
    expect((await server.reader.get("/v1/inventory?sku=MOVING")).body.data).toMatchObject([
      { productId: "second-owner" },
    ]);
  });

  test("a SKU without stock that was renamed is found under its new name only", async () => {
    await createProduct(writer, "bare", { sku: "BARE-1" });
    expect((await server.reader.get("/v1/inventory/BARE-1")).body.locations).toEqual([]);
    await writer.patch("/v1/products/bare", { sku: "BARE-2" });
    expect((await server.reader.get("/v1/inventory/BARE-1")).status).toBe(404);
    expect((await server.reader.get("/v1/inventory/BARE-2")).body).toMatchObject({ productId: "bare", sku: "BARE-2" });
  });

  test("a list shows each product once, in pages, and is found by text", async () => {
    for (let index = 0; index < 7; index++) await createProduct(writer, `page-${index}`, { name: `Paged_${index}%` });
    const { pages, feedCursors } = await readAll(server.reader, "/v1/products?q=paged_&limit=3");
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(new Set(pages.flat().map((row) => row.productId)).size).toBe(7);
    expect(feedCursors.size).toBe(1);
    expect((await server.reader.get("/v1/products?q=Paged__")).body.data).toEqual([]);
    expect((await server.reader.get("/v1/products?q=4%25")).body.data).toMatchObject([{ productId: "page-4" }]);
    expect((await server.reader.get("/v1/products?q=sku-PAGE-5")).body.data).toMatchObject([{ productId: "page-5" }]);
  });
});

describe("locations", () => {
  test("a name and a type are enough; types are any word", async () => {
    const { status, headers, body } = await writer.post("/v1/locations", { name: "Lab", type: "my_lab" });
    expect(status).toBe(201);
    expect(body.locationId).toMatch(/^loc_[0-9a-z]{26}$/);
    expect(body).toMatchObject({
      name: "Lab",
      type: "my_lab",
      region: null,
      timezone: null,
      currency: null,
      groups: [],
      status: "active",
      version: 1,
    });
    expect((await server.reader.get(headers.get("location")!)).body).toEqual(body);
    for (const type of ["Lab", "", "a".repeat(33), "two words"]) {
      const wrong = await writer.post("/v1/locations", { name: "x", type });
      expect(wrong.body).toMatchObject({ code: "validation_failed", errors: [{ pointer: "/type" }] });
    }
  });

  test("it is replaced, changed, matched, archived, restored and deleted", async () => {
    const sent = {
      locationId: "full",
      name: "Warehouse",
      type: "warehouse",
      region: "eu-west",
      timezone: "Europe/Paris",
      currency: "EUR",
      groups: ["eu", "big"],
    };
    expect((await writer.post("/v1/locations", { ...sent, version: 4, createdAt: "x" })).body).toMatchObject(sent);
    expect((await writer.post("/v1/locations", sent)).body.code).toBe("already_exists");
    const patched = await writer.patch("/v1/locations/full", { region: null, groups: [] });
    expect(patched.body).toMatchObject({ region: null, groups: [], timezone: "Europe/Paris", version: 2 });
    const replaced = await writer.put("/v1/locations/full", { name: "W", type: "store" }, { "if-match": '"2"' });
    expect(replaced.body).toMatchObject({ name: "W", timezone: null, version: 3 });
    expect((await writer.put("/v1/locations/full", { name: "W", type: "x" }, { "if-match": '"2"' })).status).toBe(412);
    expect((await writer.put("/v1/locations/none", { name: "W", type: "x" })).body.code).toBe("not_found");
    await createProduct(writer, "stored");
    await adjust(writer, "stored", "full", 2);
    expect((await writer.delete("/v1/locations/full")).body.code).toBe("in_use");
    expect((await writer.delete("/v1/locations/full?archive=true")).status).toBe(204);
    const line = { productId: "stored", locationId: "full", adjustment: 1 };
    expect((await writer.post("/v1/inventory", line)).body.code).toBe("archived");
    expect((await server.reader.get("/v1/locations?q=full")).body.data).toEqual([]);
    expect((await server.reader.get("/v1/locations?q=full&status=archived")).body.data).toHaveLength(1);
    const { body: shelf } = await server.reader.get("/v1/locations/full/inventory?status=archived");
    expect(shelf.data).toMatchObject([{ stockLevel: 2, status: "archived" }]);
    expect((await writer.patch("/v1/locations/full", { status: "active" })).body.status).toBe("active");
    await adjust(writer, "stored", "full", -2);
    expect((await writer.delete("/v1/locations/full")).status).toBe(204);
    expect((await server.reader.get("/v1/locations/full")).status).toBe(404);
    expect((await server.reader.get("/v1/locations/full/inventory")).body.code).toBe("not_found");
  });

  test("names differ from ids in the path", async () => {
    await createLocation(writer, "named");
    const renamed = await writer.patch("/v1/locations/named", { locationId: "renamed" });
    expect(renamed.body).toMatchObject({ status: 400, errors: [{ pointer: "/locationId" }] });
    const unknown = await writer.patch("/v1/locations/named", { colour: "red" });
    expect(unknown.body.errors).toMatchObject([{ pointer: "/colour" }]);
  });

  test("a list shows each location once, in pages", async () => {
    for (let index = 0; index < 5; index++) await createLocation(writer, `row-${index}`);
    const { pages, feedCursors } = await readAll(server.reader, "/v1/locations?q=row-&limit=2");
    expect(pages.flat().map((row) => row.locationId)).toEqual(["row-0", "row-1", "row-2", "row-3", "row-4"]);
    expect(feedCursors.size).toBe(1);
  });
});
