import { afterAll, beforeAll, expect, test } from "bun:test";
import { resolve } from "node:path";
import { type App, startApp } from "../../server/src/app.ts";
import { prepareDatabase } from "../../server/src/assembly/prepare-database.ts";
import { readConfig } from "../../server/src/config/config.ts";
import { createLogger } from "../../server/src/telemetry/logger.ts";
import { createDatabase, type TestDatabase } from "../../server/test/support/database.ts";
import { type Client, createClient, type FeedEvent, newIdempotencyKey } from "../src/index.ts";
import { failureOf } from "./support/scripted-client.ts";
import { openTcpProxy, type TcpProxy } from "./support/tcp-proxy.ts";

const apiKey = "an-admin-key-for-tests";
let database: TestDatabase;
let app: App;
let proxy: TcpProxy;
let client: Client;

beforeAll(async () => {
  database = await createDatabase();
  const { target } = database;
  const config = readConfig({
    PORT: "0",
    LOG_LEVEL: "silent",
    ONHAND_BOOTSTRAP_KEY: apiKey,
    ONHAND_ALLOW_UNSAFE_DATABASE: "true",
  });
  await prepareDatabase(target, config);
  app = await startApp({ config, target, logger: createLogger("silent") });
  proxy = await openTcpProxy(app.listener.port);
  client = createClient({ baseUrl: app.listener.url, apiKey });
  await client.createLocation({ locationId: "paris", name: "Paris", type: "warehouse" });
  await client.createLocation({ locationId: "lyon", name: "Lyon", type: "store" });
});
afterAll(async () => {
  await proxy.close();
  await app.stop();
  await database.close();
});

/** A product with stock in Paris. */
async function stocked(productId: string, stockLevel: number) {
  await client.createProduct({ productId, sku: `SKU ${productId}`, name: productId });
  return client.adjustInventory({ productId, locationId: "paris", adjustment: stockLevel, type: "restock" });
}

test("the catalogue: create, read, replace, patch, list, archive, delete", async () => {
  const created = await client.withMeta.createProduct({ productId: "c1", sku: "C-1", name: "One", price: 9.5 });
  expect(created.meta).toMatchObject({ status: 201, etag: '"1"', replayed: false, tries: 1 });
  expect(await client.getProduct("c1")).toEqual(created.body);
  expect(await client.patchProduct("c1", { name: "Uno" }, { ifMatch: 1 })).toMatchObject({ name: "Uno", version: 2 });
  expect(await client.replaceProduct("c1", { sku: "C-1", name: "Ein" })).toMatchObject({ price: null, version: 3 });
  const stale = await failureOf(client.patchProduct("c1", { name: "Late" }, { ifMatch: created.meta.etag! }));
  expect(stale).toMatchObject({ status: 412, code: "version_conflict", problem: { currentEtag: '"3"' } });
  expect((await client.listProducts({ q: "Ein" })).data).toMatchObject([{ productId: "c1" }]);
  expect(await client.patchLocation("lyon", { region: "south" })).toMatchObject({ region: "south" });
  await client.deleteProduct("c1", { archive: true });
  expect(await client.getProduct("c1")).toMatchObject({ status: "archived" });
  await client.deleteProduct("c1");
  expect(await failureOf(client.getProduct("c1"))).toMatchObject({ status: 404, code: "not_found" });
});

test("stock: adjust, set, read by id and SKU, refuse, look back", async () => {
  const item = await stocked("s1", 10);
  expect(item).toMatchObject({ stockLevel: 10, availableStock: 10, version: 1 });
  const take = { sku: "SKU s1", locationId: "paris", adjustment: -11 };
  const refusal = await failureOf(client.adjustInventory(take));
  expect(refusal).toMatchObject({ code: "insufficient_stock", problem: { available: 10, requested: 11 }, tries: 1 });
  const set = await client.patchInventory(
    item.inventoryId,
    { stockLevel: 8, safetyStock: 2 },
    { ifMatch: item.version },
  );
  expect(set).toMatchObject({ stockLevel: 8, safetyStock: 2 });
  expect(await client.getInventory(item.inventoryId)).toMatchObject({ stockLevel: 8 });
  expect(await client.getInventory("SKU s1")).toMatchObject({ totals: { stockLevel: 8, locations: 1 } });
  const changes: number[] = [];
  for await (const { change } of client.all.listMovements(item.inventoryId, { limit: 1 }))
    changes.push(change.stockLevel);
  expect(changes).toEqual([-2, 10]);
  expect((await client.listInventoryByProduct({ sku: "SKU s1" })).data).toMatchObject([{ totals: { stockLevel: 8 } }]);
  const wrong = await failureOf(client.adjustInventory({ ...take, adjustment: 0.5 }));
  expect(wrong).toMatchObject({ code: "validation_failed", fields: [{ pointer: "/adjustment" }] });
});

test("many changes: each by itself, or all together", async () => {
  await stocked("b1", 5);
  const take = (adjustment: number) => ({ productId: "b1", locationId: "paris", adjustment });
  const each = await client.bulkUpdateInventory({ updates: [take(-3), take(-3), take(-2)] });
  expect(each).toMatchObject({ applied: 2, rejected: 1 });
  expect(each.results[1]!.error).toMatchObject({ code: "insufficient_stock" });
  const together = await failureOf(client.bulkUpdateInventory({ mode: "atomic", updates: [take(1), take(-2)] }));
  expect(together).toMatchObject({ status: 409, code: "insufficient_stock" });
  expect(await client.getInventory("SKU b1")).toMatchObject({ totals: { stockLevel: 0 } });
});

test("a write whose answer is lost is sent again, applied once, and answered as a replay", async () => {
  await stocked("r1", 10);
  const retried: string[] = [];
  const through = createClient({
    baseUrl: proxy.url,
    apiKey,
    retry: { backoffMs: 1 },
    onRetry: ({ error }) => retried.push(error.name),
  });
  const lostBefore = proxy.lost;
  proxy.loseNextAnswer();
  const { body, meta } = await through.withMeta.adjustInventory({
    productId: "r1",
    locationId: "paris",
    adjustment: -4,
  });
  expect(proxy.lost - lostBefore).toBe(1);
  expect(retried).toEqual(["OnhandUnreachable"]);
  expect(meta).toMatchObject({ tries: 2, replayed: true });
  expect(body).toMatchObject({ stockLevel: 6, version: 2 });
  expect(await client.getInventory("SKU r1")).toMatchObject({ totals: { stockLevel: 6 } });
});

test("a key of the caller's own gives the first answer again, and refuses another change", async () => {
  await stocked("k1", 10);
  const idempotencyKey = newIdempotencyKey();
  const take = { productId: "k1", locationId: "paris", adjustment: -1 };
  const first = await client.withMeta.adjustInventory(take, { idempotencyKey });
  const second = await client.withMeta.adjustInventory(take, { idempotencyKey });
  expect(first.meta).toMatchObject({ replayed: false, idempotencyKey });
  expect(second.meta).toMatchObject({ replayed: true, idempotencyKey });
  expect(second.body).toMatchObject({ movementId: first.body.movementId, stockLevel: 9 });
  const reused = await failureOf(client.adjustInventory({ ...take, adjustment: -2 }, { idempotencyKey }));
  expect(reused).toMatchObject({ status: 422, code: "idempotency_key_reused" });
});

test("a snapshot and the changes after it miss nothing, through lost answers", async () => {
  await stocked("f1", 1);
  await stocked("f2", 1);
  const through = createClient({ baseUrl: proxy.url, apiKey, retry: { backoffMs: 1 } });
  const listing = through.all.listInventory({ locationId: "paris", limit: 1 });
  const ids: string[] = [];
  for await (const { productId } of listing) ids.push(productId);
  expect(ids).toContain("f1");
  expect(new Set(ids).size).toBe(ids.length);
  const stop = new AbortController();
  const seen: FeedEvent[] = [];
  const updates = through.updates({ since: listing.cursor, limit: 1, signal: stop.signal });
  for (const adjustment of [1, 2, 3]) {
    await client.adjustInventory({ productId: "f1", locationId: "paris", adjustment });
    proxy.loseNextAnswer();
    const { value } = await updates.next();
    if (value) seen.push(value);
  }
  expect(seen.map(({ data }) => data.change?.stockLevel)).toEqual([1, 2, 3]);
  expect(seen.map(({ data }) => data.item?.stockLevel)).toEqual([2, 4, 7]);
  const waiting = updates.next();
  stop.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
  const resumed = client.updates({ since: seen[1]!.data.cursor });
  expect((await resumed.next()).value).toMatchObject({ id: seen[2]!.id });
  await resumed.return();
});

test("a wrong key is told as such, at once", async () => {
  const stranger = createClient({ baseUrl: app.listener.url, apiKey: "nobody" });
  expect(await failureOf(stranger.listProducts())).toMatchObject({ status: 401, code: "unauthorized", tries: 1 });
  expect(await failureOf(stranger.updates().next())).toMatchObject({ code: "unauthorized" });
});

test("the example of the README runs as printed", async () => {
  const readme = await Bun.file(resolve(import.meta.dir, "../README.md")).text();
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const program = Bun.spawn([process.execPath, "run", "-"], {
    cwd: import.meta.dir,
    env: { ...process.env, ONHAND_URL: app.listener.url, ONHAND_API_KEY: apiKey },
    stdin: new Blob([example]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([program.stdout.text(), program.stderr.text()]);
  expect(stderr).toBe("");
  expect(stdout).toBe("only 100 there\nBEIGE-30 100\n");
});
