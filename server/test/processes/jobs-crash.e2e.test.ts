/** A job whose server is killed, again and again: another one goes on, and no row is applied twice or forgotten. */
import { afterEach, expect, test } from "bun:test";
import { createEmptyDatabase } from "../support/database.ts";
import { type ServerProcess, startServer, stopAll, until } from "../support/server-process.ts";

let drop: (() => Promise<void>) | null = null;
afterEach(async () => {
  await stopAll();
  await drop?.();
}, 60_000);

const key = "an-admin-key-for-tests";
const rowCount = 4_000;
const productCount = 16;
const settings = { ONHAND_ALLOW_UNSAFE_DATABASE: "true", ONHAND_DRAIN_SECONDS: "1" };

interface Job {
  readonly status: string;
  readonly rows: { readonly done: number; readonly applied: number; readonly rejected: number };
}

const jobOf = (server: ServerProcess): Promise<Job> => server.expect<Job>("GET", "/v1/jobs/crash");

async function upload(server: ServerProcess, rows: string): Promise<number> {
  const response = await fetch(`${server.url}/v1/imports/inventory?jobId=crash`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/x-ndjson", prefer: "respond-async" },
    body: rows,
  });
  return response.status;
}

test("a job goes on where its server was killed", async () => {
  const database = await createEmptyDatabase();
  drop = database.drop;
  let server = await startServer({ databaseUrl: database.url, settings });
  await server.expect("POST", "/v1/locations", { locationId: "shop", name: "Shop", type: "store" });
  for (let index = 0; index < productCount; index++)
    await server.expect("POST", "/v1/products", { productId: `p${index}`, sku: `S${index}`, name: "x" });
  const rows = Array.from({ length: rowCount }, (_, index) =>
    // Every hundredth row is refused.
    JSON.stringify({
      productId: index % 100 === 99 ? "none" : `p${index % productCount}`,
      locationId: "shop",
      adjustment: 1,
    }),
  );
  const file = `${rows.join("\n")}\n`;
  // Killed first while rows are still coming in, then while they are applied.
  const broken = upload(server, file).catch(() => 0);
  await until("some rows are applied", async () => ((await jobOf(server).catch(() => null))?.rows.done ?? 0) > 0);
  await server.killHard();
  await broken;
  for (const part of [0.5]) {
    server = await startServer({ databaseUrl: database.url, settings });
    expect(await upload(server, file)).toBe(202);
    await until("more rows are applied", async () => (await jobOf(server)).rows.done > rowCount * part, 60_000);
    await server.killHard();
  }
  server = await startServer({ databaseUrl: database.url, settings });
  await until("the job is done", async () => (await jobOf(server)).status === "done", 120_000);
  expect((await jobOf(server)).rows).toMatchObject({
    done: rowCount,
    applied: rowCount * 0.99,
    rejected: rowCount / 100,
  });
  const answer = await fetch(`${server.url}/v1/jobs/crash/results`, {
    headers: { authorization: `Bearer ${key}`, accept: "application/x-ndjson" },
  });
  const verdicts = (await answer.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(verdicts.map(({ row }) => row)).toEqual(rows.map((_, index) => index + 1));
  const movements = verdicts.flatMap(({ movementId }) => (movementId === undefined ? [] : [movementId]));
  expect(new Set(movements).size).toBe(rowCount * 0.99);
  const { totals } = await server.expect<{ totals: { stockLevel: number } }>("GET", "/v1/inventory?include=totals");
  expect(totals.stockLevel).toBe(rowCount * 0.99);
}, 300_000);
