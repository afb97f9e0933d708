/** The built package in a real browser: a live view through a restart of its server, over each transport, and a queue. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { buildClient } from "../../scripts/build-client.ts";
import { createEmptyDatabase } from "../../server/test/support/database.ts";
import { type ServerProcess, startServer, stopAll } from "../../server/test/support/server-process.ts";
import { requireChromium } from "../../server/test/support/tools.ts";

/** Of the page, where the functions given to `evaluate` run. */
declare const location: { readonly origin: string };

const apiKey = "an-admin-key-for-tests";
const folder = mkdtempSync(join(tmpdir(), "onhand-browser-"));
let browser: Browser;
let database: { url: string; drop(): Promise<void> };
let server: ServerProcess;
let front: ReturnType<typeof Bun.serve>;

/** A shop's own server: serves the page, and passes the API on, so that both have one origin. */
function openFront() {
  const script = readFileSync(join(folder, "index.js"), "utf8");
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const url = new URL(request.url);
      if (url.pathname === "/")
        return new Response("<!doctype html><title>Shop</title>", { headers: { "content-type": "text/html" } });
      if (url.pathname === "/client.js")
        return new Response(script, { headers: { "content-type": "text/javascript" } });
      const { method, headers, body, signal } = request;
      const passed = new Headers(headers);
      passed.delete("host");
      try {
        return await fetch(server.url + url.pathname + url.search, { method, headers: passed, body, signal });
      } catch {
        return new Response("the server is away", { status: 502 });
      }
    },
  });
}

const settings = { ONHAND_ALLOW_UNSAFE_DATABASE: "true", ONHAND_DRAIN_SECONDS: "1" };

beforeAll(async () => {
  await buildClient(folder);
  database = await createEmptyDatabase();
  server = await startServer({ databaseUrl: database.url, settings });
  front = openFront();
  await server.expect("POST", "/v1/locations", { locationId: "shop", name: "Shop", type: "store" });
  await server.expect("POST", "/v1/products", { productId: "a", sku: "A", name: "A" });
  await server.expect("POST", "/v1/inventory", { sku: "A", locationId: "shop", adjustment: 100 });
  browser = await chromium.launch({ executablePath: requireChromium(), args: ["--no-sandbox", "--disable-gpu"] });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await front?.stop(true);
  await stopAll();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const restart = async () => {
  const { port } = new URL(server.url);
  await server.terminate();
  server = await startServer({ databaseUrl: database.url, settings: { ...settings, PORT: port } });
};
const sell = () =>
  server.expect("POST", "/v1/inventory", { sku: "A", locationId: "shop", adjustment: -1, type: "sale" });

async function openPage(): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(front.url.href);
  return { page, faults };
}

const level = (page: Page, expected: number) =>
  page.waitForFunction(
    (wanted) =>
      (
        globalThis as never as { view: { get(name: string, place: string): { stockLevel: number } | undefined } }
      ).view.get("A", "shop")?.stockLevel === wanted,
    expected,
    { timeout: 60_000 },
  );

for (const transport of ["sse", "poll", "websocket"]) {
  test(`a live view over ${transport} survives a restart of the server and misses nothing`, async () => {
    const { page, faults } = await openPage();
    const { stockLevel } = ((await server.expect("GET", "/v1/inventory")) as { data: { stockLevel: number }[] })
      .data[0]!;
    // The page's server does not pass WebSockets on, so these go straight to Onhand with a ticket from the page's server.
    await page.evaluate(
      async ([key, name, direct]) => {
        const module = "/client.js";
        const { createClient } = await import(module);
        const client = createClient({ baseUrl: location.origin, apiKey: () => key });
        const given = globalThis as unknown as Record<string, unknown>;
        const levels: number[] = [];
        given.levels = levels;
        const WebSocketHere = globalThis.WebSocket;
        if (name === "websocket")
          given.WebSocket = class extends WebSocketHere {
            constructor(url: string, protocols: string[]) {
              super(url.replace(location.origin.replace(/^http/, "ws"), direct!.replace(/^http/, "ws")), protocols);
            }
          };
        const view = client.live({
          transports: [name],
          onChange: (change: { item: { stockLevel: number } }) => levels.push(change.item.stockLevel),
        });
        given.view = view;
        await view.ready();
      },
      [apiKey, transport, server.url],
    );
    await sell();
    await level(page, stockLevel - 1);
    await restart();
    await sell();
    await level(page, stockLevel - 2);
    expect(await page.evaluate("levels")).toEqual([stockLevel, stockLevel - 1, stockLevel - 2]);
    expect(await page.evaluate("view.status.transport")).toBe(transport);
    expect(faults).toEqual([]);
    await page.close();
  }, 120_000);
}

test("a queue in IndexedDB is sent once after the page was closed without a network, and one tab at a time has it", async () => {
  const before = ((await server.expect("GET", "/v1/inventory")) as { data: { stockLevel: number }[] }).data[0]!
    .stockLevel;
  const context = await browser.newContext();
  const open = (fails: boolean) => async (page: Page) => {
    await page.goto(front.url.href);
    return page.evaluate(
      async ([key, isOffline]) => {
        const module = "/client.js";
        const { createClient, indexedDbStore } = await import(module);
        const away = () => Promise.reject(new TypeError("offline"));
        const client = createClient({ baseUrl: location.origin, apiKey: key, ...(isOffline ? { fetch: away } : {}) });
        try {
          const given = globalThis as unknown as Record<string, unknown>;
          const queue = await client.offlineQueue({ store: indexedDbStore() });
          given.queue = queue;
          if (isOffline) {
            for (const adjustment of [-1, -2])
              await queue.add((api: { adjustInventory(body: object): Promise<unknown> }) =>
                api.adjustInventory({ sku: "A", locationId: "shop", adjustment }),
              );
          } else await queue.idle();
          return queue.commands().map(({ state }: { state: string }) => state);
        } catch (error) {
          return (error as Error).name;
        }
      },
      [apiKey, fails] as const,
    );
  };
  const first = await context.newPage();
  expect(await open(true)(first)).toHaveLength(2);
  const other = await context.newPage();
  expect(await open(false)(other)).toBe("QueueLocked");
  await other.close();
  await first.close();
  const later = await context.newPage();
  expect(await open(false)(later)).toEqual([]);
  const after = ((await server.expect("GET", "/v1/inventory")) as { data: { stockLevel: number }[] }).data[0]!
    .stockLevel;
  expect(after).toBe(before - 3);
  await context.close();
}, 120_000);
