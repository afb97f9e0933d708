/** GET of inventory: filters, totals, groups, pages, conditional reads. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  adjust,
  type Caller,
  createLocation,
  createProduct,
  type Json,
  readAll,
  startTestServer,
  type TestServer,
} from "./support.ts";

let server: TestServer;
let reader: Caller;
const locations = ["north", "south", "west"] as const;
const inventoryIds = new Map<string, string>();

/** Product `item-<n>` has n units in the north, 10·n in the south and, when n is even, 100·n in the west. */
beforeAll(async () => {
  server = await startTestServer();
  reader = server.reader;
  const { admin } = server;
  for (const locationId of locations)
    await createLocation(admin, locationId, { groups: locationId === "west" ? ["far"] : ["near", "all"] });
  for (let n = 0; n < 12; n++) {
    await createProduct(admin, `item-${n}`, { name: n < 3 ? `Lip_stick ${n}` : `Soap ${n}`, sku: `S${n}` });
    const levels = { north: n, south: 10 * n, ...(n % 2 === 0 ? { west: 100 * n } : {}) };
    for (const [locationId, level] of Object.entries(levels)) {
      const { inventoryId } = await adjust(admin, `item-${n}`, locationId, level);
      inventoryIds.set(`item-${n}/${locationId}`, inventoryId);
    }
  }
  await createProduct(admin, "bare");
});
afterAll(() => server.close());

const placesOf = (rows: Json[]): string[] => rows.map((row) => `${row.productId}/${row.locationId}`).sort();
const list = async (query: string): Promise<Json[]> => (await reader.get(`/v1/inventory${query}`)).body.data;
const all = [...Array(12).keys()].flatMap((n) =>
  locations.filter((locationId) => locationId !== "west" || n % 2 === 0).map((locationId) => `item-${n}/${locationId}`),
);
const matching = (keep: (n: number, locationId: string) => boolean): string[] =>
  all.filter((place) => keep(Number(/\d+/.exec(place)![0]), place.split("/")[1]!)).sort();

describe("filters", () => {
  test.each<[string, (n: number, locationId: string) => boolean]>([
    ["", () => true],
    ["?productId=item-4", (n) => n === 4],
    ["?sku=S5", (n) => n === 5],
    ["?sku=S5&productId=item-5&locationId=north", (n, at) => n === 5 && at === "north"],
    ["?sku=S5&productId=item-6", () => false],
    ["?sku=nobody", () => false],
    ["?productId=nobody", () => false],
    ["?locationId=west", (_, at) => at === "west"],
    ["?locationId=nowhere", () => false],
    ["?locationGroup=near", (_, at) => at !== "west"],
    ["?locationGroup=far&locationId=north", () => false],
    ["?locationGroup=all&locationId=north", (_, at) => at === "north"],
    ["?locationGroup=none", () => false],
    ["?availableBelow=10", (n, at) => n < 10 && (at === "north" || n === 0)],
    ["?availableBelow=1", (n) => n === 0],
    ["?availableBelow=0", () => false],
    ["?availableBelow=50&locationId=south", (n, at) => n < 5 && at === "south"],
    ["?availableBelow=9007199254740991", () => true],
    ["?q=lip_stick", (n) => n < 3],
    ["?q=lip%25", () => false],
    ["?q=s11", (n) => n === 11],
    ["?q=SOAP&locationId=west&availableBelow=601", (n, at) => n >= 3 && n <= 6 && at === "west"],
    ["?updatedAfter=2020-01-01T00:00:00Z", () => true],
    ["?updatedAfter=2020-01-01T00:00:00Z&productId=item-4", (n) => n === 4],
    ["?status=archived", () => false],
    ["?status=all", () => true],
  ])("%s", async (query, keep) => {
    expect(placesOf(await list(query))).toEqual(matching(keep));
  });

  test("a location lists its items", async () => {
    const { body } = await reader.get("/v1/locations/west/inventory?limit=1000");
    expect(placesOf(body.data)).toEqual(matching((_, at) => at === "west"));
  });

  test("updatedAfter shows what changed since, once the moment was observed", async () => {
    const database = server.database.owner;
    await adjust(server.admin, "item-0", "north", 0);
    // Heads are observed each second; a position for the moment is there when they were seen after the last change.
    const observed = {
      text: "SELECT clock_timestamp() AS now, max(observed_at) > (SELECT max(recorded_at) FROM journal) AS done FROM observed_heads",
    };
    let row: { now: number | Date; done: boolean };
    do row = (await database.query<{ now: number; done: boolean }>(observed)).rows[0]!;
    while (!row.done);
    const moment = new Date(row.now).toISOString();
    await adjust(server.admin, "item-7", "north", 0);
    await adjust(server.admin, "item-8", "west", 0);
    expect(placesOf(await list(`?updatedAfter=${moment}`))).toEqual(["item-7/north", "item-8/west"]);
    expect(placesOf(await list(`?updatedAfter=${moment}&locationId=west`))).toEqual(["item-8/west"]);
    expect(placesOf(await list("?updatedAfter=9999-12-31T23:59:59Z")).length).toBeLessThanOrEqual(2);
  });
});

describe("totals", () => {
  const sumOf = (rows: Json[], field = "stockLevel"): number => rows.reduce((sum, row) => sum + row[field], 0);

  test.each(["", "?locationGroup=near", "?q=soap&locationId=south", "?sku=nobody"])(
    "of %p are those of all pages",
    async (query) => {
      const rows = await list(`${query}${query === "" ? "?" : "&"}limit=1000`);
      const { body } = await reader.get(`/v1/inventory${query}${query === "" ? "?" : "&"}include=totals&limit=2`);
      expect(body.totals).toMatchObject({
        stockLevel: sumOf(rows),
        availableStock: sumOf(rows, "availableStock"),
        reservedStock: 0,
        locations: new Set(rows.map((row) => row.locationId)).size,
      });
    },
  );

  test.each(["", "&locationGroup=near", "&q=soap"])("by product %p", async (query) => {
    const rows = (await list(`?limit=1000${query}`)) as Json[];
    const { pages } = await readAll(reader, `/v1/inventory?groupBy=product&limit=5${query}`);
    const expected = Object.entries(Object.groupBy(rows, (row: Json) => row.productId)).map(([productId, items]) => ({
      productId,
      stockLevel: sumOf(items!),
      locations: items!.length,
    }));
    const shown = pages.flat().map(({ productId, totals }) => ({
      productId,
      stockLevel: totals.stockLevel,
      locations: totals.locations,
    }));
    const byId = (a: Json, b: Json) => (a.productId < b.productId ? -1 : 1);
    expect(shown.sort(byId)).toEqual(expected.sort(byId));
  });

  test.each(["", "&productId=item-4", "&availableBelow=20"])("by location %p", async (query) => {
    const rows = (await list(`?limit=1000${query}`)) as Json[];
    const { pages } = await readAll(reader, `/v1/inventory?groupBy=location&limit=2${query}`);
    const shown = pages.flat().map(({ locationId, totals }) => [locationId, totals.stockLevel, totals.products]);
    const expected = Object.entries(Object.groupBy(rows, (row: Json) => row.locationId)).map(([locationId, items]) => [
      locationId,
      sumOf(items!),
      items!.length,
    ]);
    expect(shown).toEqual(expected.sort());
  });

  test("may pass what one item may hold", async () => {
    await createProduct(server.admin, "huge");
    for (const locationId of ["north", "south"])
      await adjust(server.admin, "huge", locationId, Number.MAX_SAFE_INTEGER);
    const { body } = await reader.get("/v1/inventory/SKU-huge");
    expect(body.totals.stockLevel).toBe(2 * Number.MAX_SAFE_INTEGER);
    const grouped = await reader.get("/v1/inventory?groupBy=product&productId=huge");
    expect(grouped.body.data[0].totals.stockLevel).toBe(2 * Number.MAX_SAFE_INTEGER);
    for (const locationId of ["north", "south"])
      await adjust(server.admin, "huge", locationId, -Number.MAX_SAFE_INTEGER);
    for (const item of (await reader.get("/v1/inventory?productId=huge")).body.data)
      expect((await server.admin.delete(`/v1/inventory/${item.inventoryId}`)).status).toBe(204);
    expect((await server.admin.delete("/v1/products/huge")).status).toBe(204);
  });

  test("of a SKU over all its locations", async () => {
    const { body } = await reader.get("/v1/inventory/S4");
    expect(body).toMatchObject({
      productId: "item-4",
      sku: "S4",
      totals: { stockLevel: 4 + 40 + 400, availableStock: 444, locations: 3 },
      locations: [
        { locationId: "north", stockLevel: 4 },
        { locationId: "south", stockLevel: 40 },
        { locationId: "west", stockLevel: 400 },
      ],
    });
    const bare = await reader.get("/v1/inventory/SKU-bare");
    expect(bare.body).toMatchObject({ totals: { stockLevel: 0, locations: 0 }, locations: [] });
  });
});

describe("pages", () => {
  test.each([
    "?",
    "?locationGroup=all&",
    "?availableBelow=1000&",
    "?productId=item-4&",
    "?updatedAfter=2020-01-01T00:00:00Z&",
    "?q=soap&",
    "?groupBy=product&",
    "?groupBy=location&",
  ])("of %s show each row once, and all carry the cursor of the first", async (query) => {
    const whole = await list(`${query}limit=1000`);
    for (const limit of [1, 2, 7]) {
      const { pages, feedCursors } = await readAll(reader, `/v1/inventory${query}limit=${limit}`);
      expect(pages.flat()).toEqual(whole);
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
      expect(feedCursors.size).toBe(1);
      expect([...feedCursors][0]).toMatch(/^[\w-]{20,}$/);
    }
  });

  test("rows that nobody touches appear once while others change", async () => {
    const seen: string[] = [];
    let cursor: string | null = "";
    for (let round = 0; cursor !== null; round++) {
      const { body }: Json = await reader.get(`/v1/inventory?limit=3&locationId=south${cursor}`);
      seen.push(...placesOf(body.data));
      cursor = body.nextCursor === null ? null : `&cursor=${body.nextCursor}`;
      await adjust(server.admin, `item-${round}`, "north", 1);
    }
    expect(seen.sort()).toEqual(matching((_, at) => at === "south"));
  });

  test("a cursor continues its own listing only, in whatever order its parameters stand", async () => {
    const { body } = await reader.get("/v1/inventory?limit=1&locationId=south&q=soap");
    const cursor = body.nextCursor;
    for (const same of [
      `?cursor=${cursor}&q=soap&locationId=south&limit=5`,
      `?status=active&locationId=south&cursor=${cursor}&q=soap`,
    ])
      expect((await reader.get(`/v1/inventory${same}`)).status).toBe(200);
    for (const other of [
      `/v1/inventory?limit=1&locationId=south&cursor=${cursor}`,
      `/v1/inventory?limit=1&locationId=south&q=lip&cursor=${cursor}`,
      `/v1/inventory?limit=1&locationId=south&q=soap&status=all&cursor=${cursor}`,
      `/v1/inventory?limit=1&locationId=south&q=soap&groupBy=product&cursor=${cursor}`,
      `/v1/products?q=soap&cursor=${cursor}`,
      `/v1/locations/north/inventory?cursor=${cursor}`,
      `/v1/inventory/${inventoryIds.get("item-4/north")}/movements?cursor=${cursor}`,
    ]) {
      const refused = await reader.get(other);
      expect(refused.body).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: "/cursor" }] });
      expect(refused.body.detail).toContain("other filters");
    }
  });

  test("a cursor that this server did not make is refused", async () => {
    const first = await reader.get("/v1/inventory?limit=1");
    const cursor: string = first.body.nextCursor;
    const changed = `${cursor.startsWith("A") ? "B" : "A"}${cursor.slice(1)}`;
    const forged = [
      changed,
      cursor.slice(0, -1),
      `${cursor}A`,
      `${cursor}%3D`,
      "",
      "x",
      "%00",
      first.headers.get("onhand-cursor")!,
      Buffer.from('{"f":"","a":[1],"c":null}').toString("base64url"),
      "A".repeat(2048),
      "A".repeat(2049),
    ];
    for (const token of forged) {
      const { body } = await reader.get(`/v1/inventory?limit=1&cursor=${token}`);
      expect(body).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: "/cursor" }] });
    }
  });
});

describe("conditional reads", () => {
  test("an item that has not changed is not sent again", async () => {
    const path = `/v1/inventory/${inventoryIds.get("item-9/north")}`;
    const etag = (await reader.get(path)).headers.get("etag")!;
    expect(etag).toMatch(/^"\d+"$/);
    for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const same = await reader.get(path, { "if-none-match": tags });
      expect({ status: same.status, text: same.text }).toEqual({ status: 304, text: "" });
      expect(same.headers.get("etag")).toBe(etag);
    }
    await adjust(server.admin, "item-9", "north", 0);
    expect((await reader.get(path, { "if-none-match": etag })).status).toBe(200);
  });

  test("lists and SKUs have ETags too, and an unchanged list still says where the feed stands", async () => {
    for (const path of ["/v1/inventory", "/v1/inventory/S4", "/v1/products", "/v1/locations/west/inventory"]) {
      const { headers } = await reader.get(path);
      const same = await reader.get(path, { "if-none-match": headers.get("etag")! });
      expect(same.status).toBe(304);
      expect(same.headers.get("onhand-cursor")).toBe(headers.get("onhand-cursor"));
      expect(same.headers.get("cache-control")).toBe("private, no-cache");
    }
  });

  test("HEAD answers as GET does, without the body", async () => {
    const read = await reader.get("/v1/inventory/S4");
    const head = await reader.send("HEAD", "/v1/inventory/S4");
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: "" });
    expect(head.headers.get("etag")).toBe(read.headers.get("etag"));
  });
});
