import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { type BenchDatabase, openBenchDatabase } from "../harness/bench-database.ts";
import { openScratch } from "../harness/scratch-folder.ts";
import { BENCH_LOCATION_ID, INITIAL_STOCK, productIdOf, skuOf } from "../workloads/names.ts";
import { BENCH_BEARER } from "./bearer.ts";
import { fillByHttp } from "./fill-by-http.ts";
import { auditPlainTables } from "./plain-audit.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const ENTRY = new URL("../servers/plain.ts", import.meta.url).pathname;
const PRODUCT_COUNT = 20;

let scratchDir: string;
let database: BenchDatabase;
let server: ServerProcess;
let changeCount = 0;

beforeAll(async () => {
  scratchDir = openScratch(null);
  database = await openBenchDatabase(scratchDir, "plain");
  const environment = { DATABASE_URL: database.url, ONHAND_BOOTSTRAP_KEY: BENCH_BEARER };
  server = await startServer({ name: "plain", arguments: [ENTRY], environment, scratchDir });
  changeCount = await fillByHttp({ url: server.url, bearer: BENCH_BEARER }, PRODUCT_COUNT);
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await database?.stop();
  rmSync(scratchDir, { recursive: true, force: true });
});

async function send(path: string, body: object, headers: Record<string, string> = {}, bearer = BENCH_BEARER) {
  const response = await fetch(server.url + path, {
    method: "POST",
    headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

function adjustment(index: number, by: number) {
  return { productId: productIdOf(index), locationId: BENCH_LOCATION_ID, adjustment: by, reason: "test" };
}

async function failures(): Promise<string[]> {
  const findings = await database.withClient((client) => auditPlainTables(client, changeCount));
  return findings.filter((finding) => finding.holds !== true).map((finding) => finding.statement);
}

test("a change is applied once per key, and another body under the key is refused", async () => {
  const key = { "Idempotency-Key": crypto.randomUUID() };
  const first = await send("/v1/inventory", adjustment(0, -5), key);
  changeCount++;
  expect(first.status).toBe(200);
  expect(JSON.parse(first.text)).toMatchObject({ sku: skuOf(0), stockLevel: INITIAL_STOCK - 5, version: 2 });
  expect(await send("/v1/inventory", adjustment(0, -5), key)).toEqual(first);
  expect((await send("/v1/inventory", adjustment(0, -6), key)).status).toBe(422);
  expect(await failures()).toEqual([]);
});

test("nothing goes below zero, and bad or foreign requests are refused", async () => {
  expect((await send("/v1/inventory", adjustment(1, -INITIAL_STOCK - 1))).status).toBe(409);
  expect((await send("/v1/inventory", { ...adjustment(1, -1), extra: true })).status).toBe(400);
  expect((await send("/v1/inventory", adjustment(PRODUCT_COUNT, 1))).status).toBe(404);
  expect((await send("/v1/inventory", adjustment(1, -1), {}, "some-other-key")).status).toBe(401);
  expect(await failures()).toEqual([]);
});

test.each(["line", "line-parallel", "request"])("bulk in mode %s applies what can be applied, once", async (mode) => {
  const updates = [adjustment(2, -1), adjustment(3, -INITIAL_STOCK * 2), adjustment(2, -1), adjustment(4, 7)];
  const headers = { "Idempotency-Key": crypto.randomUUID(), "X-Bench-Bulk-Mode": mode };
  const first = await send("/v1/inventory/bulk-update", { updates }, headers);
  changeCount += 3;
  const answer = JSON.parse(first.text);
  expect(answer).toMatchObject({ applied: 3, rejected: 1 });
  expect(answer.results.map((result: { status: number }) => result.status)).toEqual([200, 409, 200, 200]);
  expect(answer.results[2].item.stockLevel).toBe(answer.results[0].item.stockLevel - 1);
  expect(await send("/v1/inventory/bulk-update", { updates }, headers)).toEqual(first);
  expect(await failures()).toEqual([]);
});

test("changes of one product at once all count", async () => {
  const sends = Array.from({ length: 100 }, () => send("/v1/inventory", adjustment(5, -1)));
  expect((await Promise.all(sends)).every((answer) => answer.status === 200)).toBe(true);
  changeCount += 100;
  const response = await fetch(`${server.url}/v1/inventory/${skuOf(5)}`, {
    headers: { Authorization: `Bearer ${BENCH_BEARER}` },
  });
  expect(await response.json()).toMatchObject({ totals: { stockLevel: INITIAL_STOCK - 100 } });
  expect(await failures()).toEqual([]);
});

test("the audit notices a lost change, a wrong level, a wrong total and a missing answer", async () => {
  const damage = [
    ["DELETE FROM journal WHERE entry_id = (SELECT max(entry_id) FROM journal)", "the journal holds every change"],
    ["UPDATE item SET stock_level = stock_level + 1 WHERE product_id = $1", "items that differ"],
    ["UPDATE product SET stock_total = stock_total - 1 WHERE product_id = $1", "product totals that differ"],
    [
      "DELETE FROM idempotency WHERE key = (SELECT idempotency_key FROM journal LIMIT 1)",
      "journal rows without an answer",
    ],
    ["UPDATE journal SET level_before = level_before + 1 WHERE product_id = $1", "journal rows that do not follow"],
  ] as const;
  for (const [sql, statement] of damage) {
    const broken = await database.withClient(async (client) => {
      await client.query("BEGIN");
      await client.query(sql, sql.includes("$1") ? [productIdOf(2)] : []);
      const findings = await auditPlainTables(client, changeCount);
      await client.query("ROLLBACK");
      return findings.filter((finding) => finding.holds !== true).map((finding) => finding.statement);
    });
    expect(broken.some((each) => each.startsWith(statement))).toBe(true);
  }
  expect(await failures()).toEqual([]);
});
