import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { createDatabase, type TestDatabase } from "../../../test/support/database.ts";
import { runCommand } from "../../../test/support/server-process.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../../../test/support/writers.ts";
import { systemClock } from "../../lib/clock.ts";
import { ItemQueries } from "../../queries/item-queries.ts";
import type { Writer } from "../../writer/writer.ts";
import { openCsv } from "./csv-file.ts";
import { type ImportTarget, runImport } from "./importer.ts";
import { loadMapping } from "./load-mapping.ts";
import type { Mapping } from "./mapping.ts";
import { type ImportReport, rowClasses } from "./report.ts";

const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
const folder = mkdtempSync(join(tmpdir(), "onhand-import-"));
let files = 0;
let database: TestDatabase;
let writer: Writer;
let target: ImportTarget;

beforeEach(async () => {
  database = await createDatabase(4);
  writer = await openWriter(database);
  target = {
    sink: writer,
    items: new ItemQueries(database.application, 4),
    defaultCurrency: "EUR",
  };
});
afterEach(async () => {
  await writer.stop();
  await database.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(rows: readonly string[]): string {
  files += 1;
  const path = join(folder, `${files}.csv`);
  writeFileSync(path, `${[header, ...rows].join("\n")}\n`);
  return path;
}

async function importFile(
  path: string,
  changes: Partial<Mapping> = {},
  signal: AbortSignal = new AbortController().signal,
  onProgress: (rows: number) => void = () => {},
): Promise<ImportReport> {
  const mapping = { ...(await loadMapping("online-retail")), openingLevel: 10, ...changes };
  return runImport({ file: await openCsv(path, ","), mapping, target, clock: systemClock, signal, onProgress });
}

const importRows = (rows: readonly string[], changes: Partial<Mapping> = {}): Promise<ImportReport> =>
  importFile(fileOf(rows), changes);

async function levels(): Promise<Record<string, number>> {
  const { rows } = await database.owner.query<{ product_id: string; location_id: string; on_hand: number }>({
    text: "SELECT product_id, location_id, on_hand FROM item ORDER BY 1, 2",
  });
  return Object.fromEntries(rows.map((row) => [`${row.product_id} ${row.location_id}`, row.on_hand]));
}

/** Entries but those that tell of sales which were refused: nobody asked for them. */
async function entryCount(): Promise<number> {
  const { rows } = await database.owner.query<{ count: number }>({
    text: "SELECT count(*)::integer AS count FROM journal WHERE kind <> $1",
    values: [entryKinds.inventoryDemandRefused],
  });
  return rows[0]!.count;
}

const sumOf = ({ rows }: ImportReport): number => rowClasses.reduce((sum, name) => sum + rows[name], 0);

const sample = [
  "1,A1,LANTERN,4,2011-01-10 09:00:00,2.50,7,United Kingdom",
  "1,A1,LANTERN,4,2011-01-10 09:00:00,2.50,7,United Kingdom",
  "2,A1,LANTERN,5,2011-01-10 09:05:00,2.50,8,United Kingdom",
  "3,A1,LANTERN,5,2011-01-10 09:06:00,2.50,9,United Kingdom",
  "C2,A1,LANTERN,-5,2011-01-10 09:07:00,2.50,8,United Kingdom",
  "4,a1,LANTERN,6,2011-01-10 09:08:00,2.50,9,United Kingdom",
  "5,A1,LANTERN,3,2011-01-10 09:09:00,2.50,9,France",
  "6,B2,,-2,2011-01-10 09:10:00,0,,United Kingdom",
  "7,B2,damages,-20,2011-01-10 09:11:00,0,,United Kingdom",
  "8,POST,POSTAGE,1,2011-01-10 09:12:00,18,9,France",
  "9,B2,TEA CUP,x,2011-01-10 09:13:00,3,9,France",
  "10,B2,TEA CUP,1,2011-01-10 09:14:00,3,9,United Kingdom",
];

test("every row is in one class, and the levels follow", async () => {
  const report = await importRows(sample);
  expect(report.rows).toEqual({
    applied: 6,
    cancelled: 1,
    notGoods: 1,
    noStock: 2,
    duplicate: 1,
    malformed: 1,
    refused: 0,
  });
  expect(report).toMatchObject({
    rowsRead: 12,
    markets: 2,
    products: 2,
    items: 3,
    unitsNotInStock: 25,
    isComplete: true,
  });
  expect(report.units).toEqual({ sale: 19, return: 5, loss: 2 });
  expect(report.assumed).toEqual({ openingLevel: 10, items: 3, units: 30, itemsWithStockOfTheirOwn: 0 });
  expect(report.examples.malformed).toEqual([{ line: 12, problem: 'has a quantity that is no whole number: "x"' }]);
  expect(await levels()).toEqual({ "A1 france": 7, "A1 united-kingdom": 0, "B2 united-kingdom": 7 });
  expect(report.entriesAdded).toBe(await entryCount());
});

test("a second run gives the same report and adds nothing", async () => {
  const first = await importRows(sample);
  const before = await entryCount();
  const second = await importRows(sample);
  expect(second.rows).toEqual(first.rows);
  expect(second.units).toEqual(first.units);
  expect(second.assumed).toEqual(first.assumed);
  expect(second).toMatchObject({ rowsThereAlready: 9, entriesAdded: 0 });
  expect(await entryCount()).toBe(before);
});

test("files that overlap, in whatever order, apply each row once", async () => {
  const first = await importRows(sample.slice(3));
  const second = await importRows(sample.slice(0, 6));
  expect(second.rowsThereAlready).toBe(3);
  expect(sumOf(first) + sumOf(second)).toBe(15);
  const { rows } = await database.owner.query<{ reference: string; count: number }>({
    text: `SELECT t.reference, count(*)::integer AS count FROM entry_text t JOIN journal j USING (partition, sequence)
           WHERE j.movement_type = 1 GROUP BY 1 ORDER BY 1`,
  });
  for (const { count } of rows) expect(count).toBe(1);
  const restocks = await database.owner.query({ text: "SELECT 1 FROM journal WHERE movement_type = 3" });
  expect(restocks.rows).toHaveLength(3);
});

test("copies that are kept are applied each, and once", async () => {
  const report = await importRows(sample.slice(0, 2), { repeatedRows: "keep" });
  await importRows(sample.slice(0, 2), { repeatedRows: "keep" });
  expect(report.rows).toMatchObject({ applied: 2, duplicate: 0 });
  expect(await levels()).toEqual({ "A1 united-kingdom": 2 });
});

test("another data set is another matter", async () => {
  await importRows(sample.slice(0, 1));
  const report = await importRows(sample.slice(0, 1), { dataSet: "other" });
  expect(report).toMatchObject({ rowsThereAlready: 0, rows: { applied: 1 }, assumed: { items: 0 } });
  expect(await levels()).toEqual({ "A1 united-kingdom": 2 });
});

test("a row imported with one mapping is refused under another, and the first one stands", async () => {
  await importRows(sample.slice(0, 1));
  const rules = [{ class: "applied", movementType: "loss", effect: "take" }] as const;
  const report = await importRows(sample.slice(0, 1), { rules });
  expect(report).toMatchObject({ rowsThereAlready: 1, rows: { refused: 1 }, entriesAdded: 0 });
  expect(report.examples.refused[0]!.problem).toContain("another mapping");
  expect(await levels()).toEqual({ "A1 united-kingdom": 6 });
});

test("products and stock that are there already are used, and nothing is assumed for them", async () => {
  await apply(writer, createProduct("mine", "A1"), createLocation("united-kingdom"));
  await apply(writer, adjust("mine", "united-kingdom", 5));
  const report = await importRows(sample.slice(0, 3));
  expect(report.assumed).toMatchObject({ items: 0, itemsWithStockOfTheirOwn: 1 });
  expect(report.rows).toMatchObject({ applied: 1, noStock: 1 });
  expect(await levels()).toEqual({ "mine united-kingdom": 1 });
});

test("a product takes the name and price of the first row that tells them, not the reason of a write-off", async () => {
  const nameless = Array.from(
    { length: 600 },
    (_, index) => `${index},B2,damages,-1,2011-01-10 09:10:00,0,${index},United Kingdom`,
  );
  await importRows([...nameless, "700,B2,TEA CUP,1,2011-01-10 09:14:00,3.10,9,United Kingdom"], { openingLevel: 1000 });
  const { rows } = await database.owner.query({ text: "SELECT name, document->>'price' AS price FROM product" });
  expect(rows).toEqual([{ name: "TEA CUP", price: "3.10" }]);
});

test("an interrupted import stops after what is under way, and the next run goes on", async () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, index) => `${index},A${index % 50},CUP,1,2011-01-10 09:00:00,1,${index},United Kingdom`,
  );
  const path = fileOf(rows);
  const stop = new AbortController();
  const first = await importFile(path, { openingLevel: 300 }, stop.signal, () => stop.abort());
  expect(first.isComplete).toBe(false);
  expect(first.rowsRead).toBeLessThan(rows.length);
  expect(sumOf(first)).toBe(first.rowsRead);
  const second = await importFile(path, { openingLevel: 300 });
  expect(second).toMatchObject({ rowsRead: rows.length, rowsThereAlready: first.rowsRead });
  expect(second.rows).toMatchObject({ applied: 15_000, noStock: 5_000 });
  expect(Object.values(await levels())).toEqual(Array(50).fill(0));
}, 60_000);

test("an import that is killed in the middle and run again applies every row once", async () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, index) => `${index},A${index % 50},CUP,1,2011-01-10 09:00:00,1,${index},United Kingdom`,
  );
  const args = ["import", fileOf(rows), "--mapping", "online-retail", "--opening-level", "300"];
  const run = (failpoint: string | null) =>
    runCommand(args, {
      databaseUrl: database.target.url,
      settings: {
        ONHAND_ALLOW_UNSAFE_DATABASE: "true",
        ...(failpoint === null ? {} : { ONHAND_FAILPOINT: failpoint }),
      },
    });
  for (const failpoint of ["after_commit:8", "after_insert:8"]) expect((await run(failpoint)).code).not.toBe(0);
  expect(await entryCount()).toBeGreaterThan(0);
  const last = await run(null);
  expect(last.errors).not.toContain("Error");
  expect(last.code).toBe(0);
  expect(last.out).toMatch(/applied +15,000 .*no stock +5,000 .*rows were there already/s);
  const moved = await database.owner.query({ text: "SELECT 1 FROM journal WHERE movement_type = 1" });
  expect(moved.rows).toHaveLength(15_000);
  expect(Object.values(await levels())).toEqual(Array(50).fill(0));
}, 120_000);

test("the command says what is wrong, and --strict fails on malformed rows", async () => {
  const settings = { databaseUrl: database.target.url };
  const missing = await runCommand(["import", "sales.csv"], settings);
  expect(missing).toMatchObject({ code: 2, errors: expect.stringContaining("--mapping") });
  const path = fileOf(sample);
  const dry = ["import", path, "--mapping", "online-retail", "--dry-run"];
  expect((await runCommand(dry, settings)).code).toBe(0);
  expect(await entryCount()).toBe(0);
  expect((await runCommand([...dry, "--strict"], settings)).code).toBe(1);
}, 60_000);
