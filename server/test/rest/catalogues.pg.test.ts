/**
 * Two cosmetics catalogues through the bulk import, every row accounted for. The real files are read where ONHAND_TEST_DATA names
 * their folder; without it, small made-up listings of the same form stand for them.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { importFile } from "./bulk-client.ts";
import { type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.newKey("writer")).secret;
});
afterAll(() => server.close());

const folder = process.env.ONHAND_TEST_DATA;
const madeUpSephora = `product_id,product_name,brand_id,brand_name,loves_count,rating,reviews,price_usd,primary_category
P1,"Discovery Set, small",6342,19-69,6320,3.6,11,35,Fragrance
P2,"Eau ""de"" Parfum",6342,Chloé,3827,,,195.50,Fragrance
`;
const madeUpMakeup = [
  {
    id: 1,
    brand: "one",
    name: "Pencil",
    price: "5.0",
    currency: "CAD",
    description: "A pencil\nthat glides",
    product_type: "lip_liner",
    product_colors: [
      { hex_value: "#B28378", colour_name: "Nude" },
      { hex_value: "#A36B5E", colour_name: "951" },
    ],
  },
  {
    id: 2,
    brand: null,
    name: "Cream",
    price: null,
    currency: null,
    description: null,
    product_type: "foundation",
    product_colors: [],
  },
];
const fileOr = (name: string, otherwise: string): string =>
  folder === undefined ? otherwise : gunzipSync(readFileSync(join(folder, "cosmetics", name))).toString();

const totalOf = async (q: string): Promise<Json[]> =>
  (await server.reader.get(`/v1/products?q=${encodeURIComponent(q)}`, { accept: "application/x-ndjson" })).text
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

test("a listing as CSV becomes products, with its columns as attributes", async () => {
  const text = fileOr("sephora-products-2023.csv.gz", madeUpSephora);
  const map = JSON.stringify({ sku: "product_id", name: "product_name", price: "price_usd" });
  const query = new URLSearchParams({ map, defaults: '{"currency":"USD"}', others: "attributes", mode: "replace" });
  const headers = { "content-type": "text/csv", "content-encoding": "gzip", "idempotency-key": "sephora" };
  const first = await importFile(server, key, `products?${query}`, gzipSync(text), headers);
  const rows = text.trim().split("\n").length - 1;
  expect(first.end).toEqual({
    summary: { done: rows, applied: rows, duplicate: 0, rejected: 0, valid: 0 },
    complete: true,
  });
  const again = await importFile(server, key, `products?${query}`, gzipSync(text), headers);
  expect(again.end.summary).toMatchObject({ applied: 0, duplicate: rows, rejected: 0 });
  const product = (await server.reader.get(`/v1/products/${first.results[0]!.productId}`)).body;
  expect(product).toMatchObject({
    currency: "USD",
    price: 35,
    version: 1,
    attributes: { brand_id: "6342", primary_category: "Fragrance" },
  });
}, 120_000);

interface Makeup {
  readonly id: number;
  readonly brand: string | null;
  readonly name: string;
  readonly price: string | null;
  readonly currency: string | null;
  readonly description: string | null;
  readonly product_type: string | null;
  readonly product_colors: readonly { readonly hex_value: string; readonly colour_name: string | null }[];
}

/** A row for each shade. */
function shadesOf(product: Makeup): object[] {
  const shades = product.product_colors.length === 0 ? [null] : product.product_colors;
  return shades.map((shade, index) => ({
    sku: `MAKEUP-${product.id}-${index}`,
    name: `${product.name.trim() || "?"}${shade?.colour_name ? ` ${shade.colour_name}` : ""}`.slice(0, 500),
    ...(product.price === null ? {} : { price: Number(product.price) }),
    ...(product.currency === null ? {} : { currency: product.currency }),
    ...(product.description === null ? {} : { description: product.description.slice(0, 10_000) }),
    brand: product.brand,
    type: product.product_type,
    hex: shade?.hex_value ?? null,
  }));
}

test("a listing as JSON becomes a product for each shade", async () => {
  const listing = JSON.parse(fileOr("makeup-api-931.json.gz", JSON.stringify(madeUpMakeup))) as Makeup[];
  const rows = listing.flatMap(shadesOf);
  const file = rows.map((row) => JSON.stringify(row)).join("\n");
  const { end, results } = await importFile(server, key, "products?others=attributes", file);
  const rejected = results.filter(({ verdict }) => verdict === "rejected");
  expect(end).toMatchObject({ complete: true, summary: { done: rows.length, applied: rows.length - rejected.length } });
  expect(rejected.map(({ error }) => (error as Json).detail)).toEqual([]);
  const there = (await totalOf("MAKEUP-")).filter(({ sku }) => sku.startsWith("MAKEUP-"));
  expect(there.length).toBe(rows.length);
  expect(there.every(({ attributes }) => "hex" in attributes && "brand" in attributes)).toBe(true);
}, 120_000);
