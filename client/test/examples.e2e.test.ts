/** The examples, run as they are. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createEmptyDatabase } from "../../server/test/support/database.ts";
import { type ServerProcess, startServer, stopAll, until } from "../../server/test/support/server-process.ts";

const examples = resolve(import.meta.dir, "../../examples");
const folder = mkdtempSync(join(tmpdir(), "onhand-examples-"));
let database: { url: string; drop(): Promise<void> };
let server: ServerProcess;
const programs: Bun.Subprocess[] = [];

beforeAll(async () => {
  database = await createEmptyDatabase();
  server = await startServer({ databaseUrl: database.url, settings: { ONHAND_ALLOW_UNSAFE_DATABASE: "true" } });
  await server.expect("POST", "/v1/locations", { locationId: "shop", name: "Shop", type: "store" });
  await server.expect("POST", "/v1/products", { productId: "a", sku: "A", name: "A" });
  await server.expect("POST", "/v1/inventory", { sku: "A", locationId: "shop", adjustment: 10 });
}, 60_000);
afterEach(async () => {
  for (const child of programs.splice(0)) {
    child.kill();
    await child.exited;
  }
});
afterAll(async () => {
  await stopAll();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

function run(program: string, options: readonly string[], more: Record<string, string> = {}) {
  const env = {
    PATH: process.env.PATH ?? "",
    ONHAND_URL: server.url,
    ONHAND_API_KEY: "an-admin-key-for-tests",
    PORT: "0",
    ...more,
  };
  const command = [process.execPath, join(examples, program), ...options];
  const child = Bun.spawn(command, { cwd: folder, env, stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const shown = { text: "" };
  void (async () => {
    for await (const chunk of child.stdout) shown.text += new TextDecoder().decode(chunk);
  })();
  programs.push(child);
  return { child, shown };
}
const addressIn = (text: string) => /http:\/\/\S+?\/(?=\s|;)/.exec(text)?.[0] ?? null;

test("the till notes what happens, sends it, shows what is left, and knows it without a server, too", async () => {
  const till = run("till.ts", ["shop"]);
  await until("the till shows stock", () => till.shown.text.includes("stock is live"));
  till.child.stdin.write("A 3\nA 20\nA -1\nnobody\n");
  till.child.stdin.end();
  expect(await till.child.exited).toBe(0);
  expect(till.shown.text).toContain("noted as line 1; 7 of A should be left as of 20");
  expect(till.shown.text).toContain("line 1: A, ");
  // It happened: it is recorded below zero, too.
  expect(till.shown.text).toContain("line 3: A, -12 left");
  expect(till.shown.text).toMatch(/line 4 waits for somebody as \S+: /);
  const offline = run("till.ts", ["shop"], { ONHAND_URL: "http://127.0.0.1:9" });
  offline.child.stdin.write("count A 5\nA\n");
  await until("it is noted", () => offline.shown.text.includes("line 6;"));
  expect(offline.shown.text).toContain("5 of A should be left as of 20");
  expect(offline.shown.text).toContain("4 of A should be left as of 20");
  offline.child.kill("SIGKILL");
  await offline.child.exited;
  const again = run("till.ts", ["shop"]);
  await until("it is sent", () => again.shown.text.includes("line 6: A, 4 left"));
  again.child.stdin.end();
  expect(await again.child.exited).toBe(0);
}, 60_000);

test("the shop's server serves the page and passes on reads, and nothing else", async () => {
  const shop = run("shop-page/server.ts", []);
  await until("it listens", () => addressIn(shop.shown.text) !== null);
  const address = addressIn(shop.shown.text)!;
  expect(await (await fetch(address)).text()).toContain('src="/page.js"');
  expect(await (await fetch(`${address}page.js`)).text()).toContain("/v1/inventory/stream");
  const list = await fetch(`${address}v1/inventory?status=all`);
  expect(list.headers.get("onhand-cursor")).toBeTruthy();
  expect(await list.json()).toMatchObject({ data: [{ sku: "A" }] });
  expect((await fetch(`${address}v1/products`)).status).toBe(404);
  expect((await fetch(`${address}v1/inventory`, { method: "POST", body: "{}" })).status).toBe(405);
}, 60_000);

test("the marketplace takes signed events once, and says what is missing", async () => {
  const secret = randomBytes(32);
  const receiver = run("marketplace-receiver.ts", [], { WEBHOOK_SECRET: `whsec_${secret.toString("base64")}` });
  await until("it listens", () => addressIn(receiver.shown.text) !== null);
  const address = addressIn(receiver.shown.text)!;
  const send = (sequence: number, available: number, key = secret) => {
    const item = { inventoryId: "inv_1", sku: "A", locationId: "shop", availableStock: available, version: sequence };
    const body = JSON.stringify({ type: "inventory.adjusted.v1", data: { item } });
    const seconds = Math.floor(Date.now() / 1000);
    const signature = createHmac("sha256", key).update(`mov_${sequence}.${seconds}.${body}`).digest("base64");
    const headers = {
      "webhook-id": `mov_${sequence}`,
      "webhook-timestamp": String(seconds),
      "webhook-signature": `v1,${signature}`,
      "webhook-sequence": String(sequence),
      "webhook-feed-cursor": "c",
    };
    return fetch(address, { method: "POST", body, headers }).then(({ status }) => status);
  };
  expect([
    await send(1, 5),
    await send(1, 5),
    await send(3, 3),
    await send(2, 4),
    await send(4, 0, randomBytes(32)),
  ]).toEqual([204, 204, 204, 204, 400]);
  await until("it has said so", () => receiver.shown.text.includes("refused: no signature fits"));
  expect(receiver.shown.text.match(/offer \d+/g)).toEqual(["offer 5", "offer 3"]);
  expect(receiver.shown.text.match(/not here yet: .*?;/g)).toEqual(["not here yet: 2 to 2;"]);
}, 60_000);
