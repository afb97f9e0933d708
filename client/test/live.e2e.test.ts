/** The client's view and session against whole servers that come and go. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { InventoryItem } from "@onhand/protocol/resources";
import { createEmptyDatabase } from "../../server/test/support/database.ts";
import { type ServerProcess, startServer, stopAll, until } from "../../server/test/support/server-process.ts";
import { type Change, type Client, createClient, type LiveView, type TransportName } from "../src/index.ts";

const apiKey = "an-admin-key-for-tests";
let database: { url: string; drop(): Promise<void> };
let server: ServerProcess;
let client: Client;

const start = () =>
  startServer({
    databaseUrl: database.url,
    settings: { ONHAND_ALLOW_UNSAFE_DATABASE: "true", ONHAND_DRAIN_SECONDS: "2" },
  });

beforeEach(async () => {
  database = await createEmptyDatabase();
  server = await start();
  client = createClient({ baseUrl: server.url, apiKey });
  await client.createLocation({ locationId: "paris", name: "Paris", type: "warehouse" });
  for (const name of ["a", "b", "c"]) {
    await client.createProduct({ productId: name, sku: `SKU-${name}`, name });
    await client.adjustInventory({ productId: name, locationId: "paris", adjustment: 100, type: "restock" });
  }
}, 60_000);
afterEach(async () => {
  await stopAll();
  await database.drop();
}, 60_000);

const sorted = (items: Iterable<InventoryItem>) =>
  [...items].sort((a, b) => a.inventoryId.localeCompare(b.inventoryId));

/** Waits until the view shows what the server lists. */
async function agrees(view: LiveView, from: Client = client): Promise<void> {
  const expected: InventoryItem[] = [];
  for await (const item of from.all.listInventory()) expected.push(item);
  const wanted = JSON.stringify(sorted(expected));
  await until("the view shows what the server lists", () => JSON.stringify(sorted(view.items())) === wanted, 20_000);
}

async function sell(count: number, from: Client = client): Promise<void> {
  for (let index = 0; index < count; index++) {
    const productId = ["a", "b", "c"][index % 3]!;
    await from.adjustInventory({ productId, locationId: "paris", adjustment: -1, type: "sale" });
  }
}

const versionsOf = (changes: readonly Change[], productId: string) =>
  changes.filter((change) => change.productId === productId && change.item !== null).map(({ item }) => item!.version);

test.each<TransportName>(["sse", "poll", "websocket"])(
  "a view over %s follows every change, once and in order",
  async (transport) => {
    const changes: Change[] = [];
    const view = client.live({ transports: [transport], onChange: (change) => changes.push(change) });
    await view.ready();
    expect(view.status).toMatchObject({ mode: "live", transport });
    expect(view.get("SKU-a", "paris")?.stockLevel).toBe(100);
    await sell(30);
    await agrees(view);
    expect(versionsOf(changes, "a")).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(view.totals("b")).toMatchObject({ stockLevel: 90, locations: 1 });
    await client.patchProduct("a", { sku: "NEW-a" });
    await client.deleteProduct("b", { archive: true });
    await agrees(view);
    expect(view.get("NEW-a", "paris")?.stockLevel).toBe(90);
    expect(view.get("b", "paris")).toBeUndefined();
    view.close();
  },
  60_000,
);

test("a filtered view holds only what it asks for", async () => {
  const view = client.live({ filter: { skus: ["SKU-b", "SKU-c"], locationIds: ["paris"] } });
  await view.ready();
  await sell(6);
  await until("the sales have come", () => view.get("c", "paris")?.stockLevel === 98);
  const shown = () =>
    [...view.items()]
      .map(({ productId }) => productId)
      .sort()
      .join();
  expect(shown()).toBe("b,c");
  await client.patchProduct("b", { sku: "OTHER" });
  await until("the product that was renamed is gone", () => shown() === "c");
  await client.patchProduct("a", { sku: "SKU-b" });
  await until("the product that has its SKU now is there", () => shown() === "a,c");
  expect(view.get("SKU-b", "paris")?.stockLevel).toBe(98);
  await client.deleteLocation("paris", { archive: true });
  await until("a location that is closed takes its items with it", () => shown() === "");
  view.close();
}, 60_000);

test("a view of a group follows locations that leave it and join it", async () => {
  await client.patchLocation("paris", { groups: ["eu"] });
  await client.createLocation({ locationId: "rome", name: "Rome", type: "store" });
  await client.adjustInventory({ productId: "a", locationId: "rome", adjustment: 5, type: "restock" });
  const view = client.live({ filter: { productIds: ["a"], locationGroups: ["eu"] } });
  await view.ready();
  const shown = () =>
    [...view.items()]
      .map(({ locationId }) => locationId)
      .sort()
      .join();
  expect(shown()).toBe("paris");
  await client.patchLocation("rome", { groups: ["eu"] });
  await until("the one that joined is there", () => shown() === "paris,rome");
  await client.patchLocation("paris", { groups: [] });
  await until("the one that left is gone", () => shown() === "rome");
  await client.deleteProduct("a", { archive: true });
  await until("a product that is archived takes its items with it", () => shown() === "");
  view.close();
}, 60_000);

test("a view goes over to another server when its own is stopped or killed, and misses and doubles nothing", async () => {
  const second = await start();
  const other = createClient({ baseUrl: second.url, apiKey });
  const changes: Change[] = [];
  const view = client.live({ servers: [second.url], onChange: (change) => changes.push(change) });
  await view.ready();
  await sell(9);
  await server.terminate();
  await sell(9, other);
  await until("it follows the other server", () => view.get("a", "paris")?.stockLevel === 94, 20_000);
  const third = await start();
  const again = createClient({ baseUrl: third.url, apiKey });
  await second.killHard();
  await sell(3, again);
  expect(view.status.mode).not.toBe("closed");
  expect(versionsOf(changes, "a")).toEqual([1, 2, 3, 4, 5, 6, 7]);
  view.close();
}, 90_000);

test("wrong credentials end a view with the reason", async () => {
  const view = createClient({ baseUrl: server.url, apiKey: "wrong-key-wrong-key" }).live({ onError: () => {} });
  const error = await view.ready().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "unauthorized" });
  expect(view.status.mode).toBe("closed");
}, 60_000);

test("a session answers commands, follows the feed, and goes on after its server was killed", async () => {
  const second = await start();
  const levels: number[] = [];
  const session = client.connect({ servers: [second.url] });
  session.subscribe({
    filter: { productIds: ["a"] },
    ackWindow: 2,
    // What was refused is told as well, and moved nothing.
    onEvents: (events) => {
      const moved = events.filter(({ type }) => type !== "inventory.demand_refused.v1");
      levels.push(...moved.map(({ data }) => data.item!.stockLevel));
    },
  });
  await until("it is open", () => session.status === "open");
  const sale = { productId: "a", locationId: "paris", adjustment: -1, type: "sale" } as const;
  const first = await session.command<InventoryItem>({
    operation: "adjustInventory",
    body: sale,
    idempotencyKey: "k1",
  });
  expect(first.body.stockLevel).toBe(99);
  const again = await session.command({ operation: "adjustInventory", body: sale, idempotencyKey: "k1" });
  expect(again.headers["idempotent-replayed"]).toBe("true");
  const greedy = session.command({ operation: "adjustInventory", body: { ...sale, adjustment: -500 } });
  expect(await greedy.catch((error: unknown) => error)).toMatchObject({
    code: "insufficient_stock",
    problem: { available: 99 },
  });
  const under = Array.from({ length: 40 }, () => session.command({ operation: "adjustInventory", body: sale }));
  await server.killHard();
  await Promise.all(under);
  const other = createClient({ baseUrl: second.url, apiKey });
  expect((await other.listInventory({ productId: "a" })).data[0]!.stockLevel).toBe(59);
  await until("all events have come", () => levels.length >= 41);
  expect(levels).toEqual(Array.from({ length: 41 }, (_, index) => 99 - index));
  session.close();
}, 90_000);
