/** `onhand tail` as its users run it. */
import { afterEach, expect, test } from "bun:test";
import { resolve } from "node:path";
import { createEmptyDatabase } from "../support/database.ts";
import { runCommand, type ServerProcess, startServer, stopAll, until } from "../support/server-process.ts";

const mainFile = resolve(import.meta.dir, "../../src/main.ts");
let drop: (() => Promise<void>) | null = null;

afterEach(async () => {
  await stopAll();
  await drop?.();
}, 60_000);

function tail(...options: string[]) {
  const env = { PATH: process.env.PATH ?? "", ONHAND_API_KEY: "an-admin-key-for-tests" };
  const child = Bun.spawn([process.execPath, mainFile, "tail", ...options], { env, stdout: "pipe", stderr: "pipe" });
  const shown = { text: "" };
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) shown.text += decoder.decode(chunk, { stream: true });
  })();
  return { child, shown, reading };
}

const sell = (server: ServerProcess, sku: string) =>
  server.expect("POST", "/v1/inventory", { sku, locationId: "shop", adjustment: -1, type: "sale" });

test("it shows what is asked for, goes on after the server was away, and ends quietly on Ctrl-C", async () => {
  const database = await createEmptyDatabase();
  drop = database.drop;
  const settings = { ONHAND_ALLOW_UNSAFE_DATABASE: "true", ONHAND_DRAIN_SECONDS: "1" };
  const server = await startServer({ databaseUrl: database.url, settings });
  const port = new URL(server.url).port;
  await server.expect("POST", "/v1/locations", { locationId: "shop", name: "Shop", type: "store" });
  for (const sku of ["A", "B"]) {
    await server.expect("POST", "/v1/products", { productId: sku, sku, name: sku });
    await server.expect("POST", "/v1/inventory", { sku, locationId: "shop", adjustment: 10, type: "restock" });
  }
  const some = tail("--url", server.url, "--sku", "A", "--type", "inventory.*", "--since", "1h");
  const whole = tail("--url", server.url, "--json", "--since", "1h");
  await until(
    "the past is shown",
    () => /\+10 +10 \(10 available\)/.test(some.shown.text) && whole.shown.text.split("\n").length > 5,
  );
  await sell(server, "B");
  await sell(server, "A");
  await until("the sale is shown", () => some.shown.text.includes("9 (9 available)"));
  await server.terminate();
  const again = await startServer({ databaseUrl: database.url, settings: { ...settings, PORT: port } });
  await sell(again, "A");
  await until("the sale after the restart is shown", () => some.shown.text.includes("8 (8 available)"), 30_000);
  await until("it is shown as a document too", () => whole.shown.text.trim().split("\n").length >= 8, 30_000);
  for (const { child } of [some, whole]) child.kill("SIGINT");
  expect(await Promise.all([some.child.exited, whole.child.exited])).toEqual([0, 0]);
  await Promise.all([some.reading, whole.reading]);
  expect(some.shown.text.trim().split("\n")).toHaveLength(3);
  const events = whole.shown.text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).id);
  expect(new Set(events).size).toBe(events.length);
}, 120_000);

test("wrong use and a server that is not there are said in a sentence", async () => {
  const help = await runCommand(["tail", "--help"]);
  expect(help.out).toContain("npx onhand tail --sku BEIGE-30 --location shop");
  const wrong = await runCommand(["tail", "--since", "yesterday"]);
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.errors).toContain("--since takes a span");
  const away = await runCommand(["tail", "--url", "http://127.0.0.1:1"]);
  expect(away.code).toBe(1);
  expect(away.errors).toMatch(/^No server answers at http:\/\/127\.0\.0\.1:1 .*npm start/);
}, 60_000);
