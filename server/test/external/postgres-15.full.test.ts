import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, startApp } from "../../src/app.ts";
import { prepareDatabase } from "../../src/assembly/prepare-database.ts";
import { readConfig } from "../../src/config/config.ts";
import { openDatabase } from "../../src/db/pool.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { requirePostgres15 } from "../support/tools.ts";

const key = "postgres-15-test-key";
const nobody = 65534;
let folder: string;
let postgres: ReturnType<typeof spawn>;
let app: App;
let url: string;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

beforeAll(async () => {
  const bin = requirePostgres15();
  folder = await mkdtemp(join(tmpdir(), "onhand-pg15-"));
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  if (process.getuid?.() === 0) await chown(folder, nobody, nobody);
  await chmod(folder, 0o700);
  const data = join(folder, "data");
  const made = spawnSync(join(bin, "initdb"), ["-D", data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--locale=C"], {
    ...user,
    cwd: "/",
  });
  if (made.status !== 0) throw new Error(String(made.stderr));
  const port = await freePort();
  postgres = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", ""], {
    ...user,
    cwd: "/",
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve) =>
    postgres.stderr!.on("data", (text) => String(text).includes("ready to accept connections") && resolve()),
  );
  url = `postgresql://admin@127.0.0.1:${port}/postgres`;
  const config = readConfig({ PORT: "0", ONHAND_BOOTSTRAP_KEY: key, LOG_LEVEL: "silent", DATABASE_URL: url });
  await prepareDatabase({ url }, config);
  app = await startApp({ config, target: { url }, logger: createLogger("silent") });
}, 300_000);

afterAll(async () => {
  await app?.stop();
  if (postgres !== undefined) {
    const ended = new Promise((resolve) => postgres.once("exit", resolve));
    postgres.kill("SIGINT");
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
});

async function call(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const response = await fetch(`${app.listener.url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("on PostgreSQL 15 by DATABASE_URL stock is sold out exactly, shown and proven", async () => {
  await call("POST", "/v1/products", { productId: "p", sku: "P-1", name: "P" });
  await call("POST", "/v1/locations", { locationId: "l", name: "L", type: "store" });
  expect(
    (await call("POST", "/v1/inventory", { productId: "p", locationId: "l", adjustment: 100, type: "restock" })).status,
  ).toBe(200);
  const sale = { productId: "p", locationId: "l", adjustment: -1, type: "sale", reason: "till" };
  const answers = await Promise.all(Array.from({ length: 250 }, () => call("POST", "/v1/inventory", sale)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(150);
  expect((await call("GET", "/v1/inventory/P-1")).body).toMatchObject({ totals: { stockLevel: 0, availableStock: 0 } });
  expect((await call("GET", "/v1/inventory?groupBy=product")).body).toMatchObject({ data: [{ productId: "p" }] });
  expect((await call("GET", "/v1/inventory?availableBelow=1&include=totals")).body).toMatchObject({
    totals: { locations: 1 },
  });
  const feed = await call("GET", "/v1/inventory/updates?limit=1000&types=inventory.adjusted.v1,product.*,location.*");
  expect(feed.body.data).toHaveLength(103);
  const database = openDatabase({ url }, { name: "verify", role: "application" }, 1);
  expect(await verifyJournal(database)).toMatchObject({ ok: true });
  await database.close();
}, 60_000);
