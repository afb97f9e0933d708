/** Reads as of a past moment over HTTP: items, SKUs, lists, totals, and what they refuse. */
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
/** When the first changes were recorded, and when the ones behind them were. */
let early: string;
let late: string;
let inventoryId: string;

beforeAll(async () => {
  server = await startTestServer();
  const { writer } = server;
  for (const id of ["paris", "lyon"]) await createLocation(writer, id, { groups: ["fr"] });
  for (const id of ["soap", "tin"]) await createProduct(writer, id);
  ({ inventoryId } = await adjust(writer, "soap", "paris", 10));
  const last = await adjust(writer, "tin", "lyon", 4);
  early = last.lastUpdated;
  // The next entries are of a later millisecond.
  let changed: Json;
  do changed = await adjust(writer, "soap", "paris", -1);
  while (changed.lastUpdated === early);
  await adjust(writer, "soap", "lyon", 7);
  // Known only now: five were sold an hour ago.
  await adjust(writer, "soap", "paris", -5, { timestamp: new Date(Date.parse(early) - 3_600_000).toISOString() });
  const { inventoryId: tin } = (await server.reader.get("/v1/inventory/SKU-tin")).body.locations[0];
  await adjust(writer, "tin", "lyon", -4);
  expect((await writer.delete(`/v1/inventory/${tin}`)).status).toBe(204);
  late = (await adjust(writer, "soap", "paris", 0)).lastUpdated;
});
afterAll(() => server.close());

const get = async (path: string): Promise<Json> => {
  const { status, body } = await server.reader.get(path);
  expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
  return body;
};
const at = (moment: string, basis?: string): string =>
  `asOf=${moment}${basis === undefined ? "" : `&asOfBasis=${basis}`}`;

describe("one item", () => {
  test("is what was recorded by the moment, which the answer names", async () => {
    const item = await get(`/v1/inventory/${inventoryId}?${at(early)}`);
    expect(item).toMatchObject({
      inventoryId,
      sku: "SKU-soap",
      stockLevel: 10,
      version: 1,
      asOf: { moment: early, basis: "recorded" },
    });
    const { headers } = await server.reader.get(`/v1/inventory/${inventoryId}?${at(early)}`);
    // A guard made of it would be about another version.
    expect(headers.get("etag")).not.toBe('"1"');
  });

  test("by occurrence it is what is known today to have happened by then", async () => {
    const item = await get(`/v1/inventory/${inventoryId}?${at(early, "occurred")}`);
    expect(item).toMatchObject({ stockLevel: 5, version: 1, asOf: { moment: early, basis: "occurred" } });
    const before = new Date(Date.parse(early) - 1_800_000).toISOString();
    expect(await get(`/v1/inventory/${inventoryId}?${at(before, "occurred")}`)).toMatchObject({ stockLevel: -5 });
  });

  test("that was not there yet is not found, and says when it was looked for", async () => {
    const { status, body } = await server.reader.get(`/v1/inventory/${inventoryId}?${at("2020-01-01T00:00:00Z")}`);
    expect({ status, code: body.code }).toEqual({ status: 404, code: "not_found" });
    expect(body.detail).toContain("2020-01-01T00:00:00.000Z");
    expect((await server.reader.get(`/v1/inventory/inv_zzz?${at(early)}`)).status).toBe(404);
    expect((await server.reader.get(`/v1/inventory/NO-SUCH?${at(early)}`)).status).toBe(404);
  });
});

test("one SKU: its items and their total then, those that were deleted since among them", async () => {
  const soap = await get(`/v1/inventory/SKU-soap?${at(early)}`);
  expect(soap).toMatchObject({
    productId: "soap",
    totals: { stockLevel: 10, locations: 1 },
    asOf: { basis: "recorded" },
  });
  expect(await get(`/v1/inventory/SKU-tin?${at(early)}`)).toMatchObject({ totals: { stockLevel: 4, locations: 1 } });
  expect(await get(`/v1/inventory/SKU-tin?${at(late)}`)).toMatchObject({
    totals: { stockLevel: 0, locations: 0 },
    locations: [],
  });
});

describe("lists", () => {
  const levelsOf = (rows: Json[]) =>
    rows.map((row) => `${row.productId} at ${row.locationId}: ${row.stockLevel}`).sort();

  test("show what there was, page by page, whatever changes meanwhile", async () => {
    const { pages } = await readAll(server.reader, `/v1/inventory?limit=1&${at(early)}`);
    expect(levelsOf(pages.flat())).toEqual(["soap at paris: 10", "tin at lyon: 4"]);
    const body = await get(`/v1/inventory?${at(early, "occurred")}&include=totals`);
    expect(levelsOf(body.data)).toEqual(["soap at paris: 5", "tin at lyon: 4"]);
    expect(body).toMatchObject({ totals: { stockLevel: 9, locations: 2 }, asOf: { moment: early, basis: "occurred" } });
  });

  test("by product, location, group, and what was left", async () => {
    expect(levelsOf((await get(`/v1/inventory?productId=soap&${at(late)}`)).data)).toHaveLength(2);
    expect(levelsOf((await get(`/v1/inventory?locationId=lyon&${at(early)}`)).data)).toEqual(["tin at lyon: 4"]);
    expect(levelsOf((await get(`/v1/inventory?locationGroup=fr&${at(early)}`)).data)).toHaveLength(2);
    expect(levelsOf((await get(`/v1/inventory?availableBelow=5&${at(early)}`)).data)).toEqual(["tin at lyon: 4"]);
    expect(levelsOf((await get(`/v1/inventory?q=SKU-so&${at(early)}`)).data)).toEqual(["soap at paris: 10"]);
    const here = await get(`/v1/locations/lyon/inventory?${at(early)}`);
    expect(levelsOf(here.data)).toEqual(["tin at lyon: 4"]);
    expect(here.asOf).toEqual({ moment: early, basis: "recorded" });
  });

  test("totals by product and by location", async () => {
    const byProduct = await get(`/v1/inventory?groupBy=product&${at(early)}`);
    expect(byProduct.data.map((row: Json) => [row.productId, row.totals.stockLevel]).sort()).toEqual([
      ["soap", 10],
      ["tin", 4],
    ]);
    const { pages } = await readAll(server.reader, `/v1/inventory?groupBy=location&limit=1&${at(early)}`);
    expect(pages.flat().map((row: Json) => [row.locationId, row.totals.stockLevel])).toEqual([
      ["lyon", 4],
      ["paris", 10],
    ]);
  });

  test("before everything there was nothing", async () => {
    const body = await get(`/v1/inventory?include=totals&${at("2001-09-09T01:46:40Z")}`);
    expect(body).toMatchObject({ data: [], nextCursor: null, totals: { stockLevel: 0, locations: 0 } });
  });
});

describe("refused", () => {
  const pointerOf = async (query: string): Promise<string> => {
    const { status, body } = await server.reader.get(`/v1/inventory?${query}`);
    expect({ status, code: body.code }).toEqual({ status: 400, code: "validation_failed" });
    return body.errors[0].pointer;
  };

  test("a moment to come, a basis alone, a basis that there is not, and what is about today's items", async () => {
    expect(await pointerOf("asOf=2999-01-01T00:00:00Z")).toBe("/asOf");
    expect(await pointerOf("asOfBasis=occurred")).toBe("/asOfBasis");
    expect(await pointerOf("asOf=yesterday")).toBe("/asOf");
    expect(await pointerOf(`${at(early)}&asOfBasis=felt`)).toBe("/asOfBasis");
    expect(await pointerOf(`${at(early)}&updatedAfter=${early}`)).toBe("/updatedAfter");
  });

  test("a page of another moment", async () => {
    const { body } = await server.reader.get(`/v1/inventory?limit=1&${at(early)}`);
    expect(await pointerOf(`limit=1&${at(late)}&cursor=${body.nextCursor}`)).toBe("/cursor");
  });
});

test("reads of past moments are counted by basis", async () => {
  const { text } = await server.admin.get("/metrics");
  expect(text).toMatch(/onhand_as_of_reads_total\{basis="recorded"\} [1-9]/);
  expect(text).toMatch(/onhand_as_of_reads_total\{basis="occurred"\} [1-9]/);
});
