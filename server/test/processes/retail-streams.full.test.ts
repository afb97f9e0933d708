/**
 * Two streams of real sales through sources and tills that are offline at random: every row is accounted for. Days of both
 * lie in the repository; `ONHAND_TEST_RETAIL` names a folder with the whole files, `online-retail*.csv.gz`,
 * `complete-journey-sample*.csv.gz` and `complete-journey-products.csv.gz`.
 */
import { afterEach, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { locationIdOf, productIdOf } from "../../src/inbound/import/names.ts";
import { completeJourney, completeJourneyProducts, onlineRetail } from "../retail/rows.ts";
import { proveStream, type Stream } from "../retail/stream.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { runCommand, startServer, stopAll } from "../support/server-process.ts";

const repository = resolve(import.meta.dir, "../../..");
const folder = process.env.ONHAND_TEST_RETAIL;
const fileOf = (begin: string, slice: string): string =>
  folder === undefined
    ? join(repository, slice)
    : join(folder, readdirSync(folder).find((name) => name.startsWith(begin) && name.endsWith(".csv.gz"))!);

let database: TestDatabase | null = null;
afterEach(async () => {
  await stopAll();
  await database?.close();
}, 60_000);

async function prove(stream: Stream): Promise<void> {
  database = await createDatabase();
  const databaseUrl = database.target.url;
  // Receipts of 2017 are told as such: what nobody knows is too old only after ten years.
  const server = await startServer({ databaseUrl, settings: { ONHAND_RESULT_DAYS: "3650" } });
  const counts = await proveStream(server, stream);
  console.info(`${stream.name}: ${JSON.stringify(counts)}`);
  const { rows, applied, copies, unmapped_product, unmapped_location, rejected } = counts;
  expect(applied! + copies! + unmapped_product! + unmapped_location! + rejected!).toBe(rows!);
  expect(applied!).toBeGreaterThan(0);
  const verified = await runCommand(["verify"], { databaseUrl });
  expect([verified.code, verified.out]).toEqual([0, expect.stringContaining("The journal is whole")]);
}

const notGoods = /^(POST|DOT|M|C2|D|S|B|AMAZONFEE|BANK CHARGES|CRUK|PADS|GIFT_0001_.*)$/;
const fifteenYearsMs = 5_479 * 86_400_000;

test("Online Retail: a platform abroad, tills at home", async () => {
  await prove({
    name: "online-retail",
    rows: await onlineRetail(fileOf("online-retail", "demo/online-retail-slice.csv.gz")),
    productOf: (code) => (notGoods.test(code.toUpperCase()) ? null : productIdOf(code.toUpperCase())),
    placeOf: (name) => (name === "Unspecified" || name === "European Community" ? null : locationIdOf(name)),
    isPlatform: (name) => name !== "United Kingdom",
    laterMs: fifteenYearsMs,
  });
}, 1_800_000);

test("Complete Journey: stores with tills, and a fifth of them by a platform", async () => {
  const slices = "server/test/retail/data/complete-journey-slice";
  const known = await completeJourneyProducts(fileOf("complete-journey-products", `${slices}-products.csv.gz`));
  await prove({
    name: "complete-journey",
    rows: await completeJourney(fileOf("complete-journey-sample", `${slices}.csv.gz`)),
    productOf: (code) => (known.has(code) ? `cj-${code}` : null),
    placeOf: (name) => `store-${name}`,
    isPlatform: (name) => Number(name) % 5 === 0,
    laterMs: 0,
  });
}, 1_800_000);
