/** The client's calls on orders, counts and channels, its listings and its view, against a real server. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type App, startApp } from "../../server/src/app.ts";
import { prepareDatabase } from "../../server/src/assembly/prepare-database.ts";
import { readConfig } from "../../server/src/config/config.ts";
import { createLogger } from "../../server/src/telemetry/logger.ts";
import { createDatabase, type TestDatabase } from "../../server/test/support/database.ts";
import { until } from "../../server/test/support/server-process.ts";
import { type Change, type Client, createClient, type FeedEvent, type InventoryItem } from "../src/index.ts";
import { failureOf } from "./support/scripted-client.ts";

const apiKey = "an-admin-key-for-tests";
let database: TestDatabase;
let app: App;
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
  client = createClient({ baseUrl: app.listener.url, apiKey });
  await client.createLocation({ locationId: "paris", name: "Paris", type: "warehouse" });
  await client.createLocation({ locationId: "lyon", name: "Lyon", type: "store" });
});
afterAll(async () => {
  await app.stop();
  await database.close();
});

/** A product with stock in Paris. */
async function stocked(productId: string, stockLevel: number) {
  await client.createProduct({ productId, sku: `SKU-${productId}`, name: productId });
  return client.adjustInventory({ productId, locationId: "paris", adjustment: stockLevel, type: "restock" });
}

async function all<Item>(listing: AsyncIterable<Item>): Promise<Item[]> {
  const rows: Item[] = [];
  for await (const row of listing) rows.push(row);
  return rows;
}

test("a reservation is held, paid, committed; too late it is refused with its code", async () => {
  await stocked("r", 5);
  const line = { sku: "SKU-r", locationId: "paris", quantity: 2 };
  const { body: cart, meta } = await client.withMeta.createReservation({ lines: [line], buyer: "b" });
  expect(meta).toMatchObject({ status: 201, replayed: false });
  expect(await client.payReservation(cart.reservationId, { ttlSeconds: 60 })).toMatchObject({ phase: "paying" });
  const sold = await client.commitReservation(cart.reservationId, {}, { idempotencyKey: "payment-1" });
  expect(sold).toMatchObject({ phase: "committed", lines: [{ committed: 2 }], items: [{ stockLevel: 3 }] });
  const again = await client.withMeta.commitReservation(cart.reservationId, {}, { idempotencyKey: "payment-1" });
  expect(again.meta.replayed).toBe(true);
  expect(await failureOf(client.releaseReservation(cart.reservationId, {}))).toMatchObject({ code: "already_ended" });
  const many = { lines: [{ ...line, quantity: 4 }] };
  const refusal = { code: "insufficient_stock", problem: { available: 3, requested: 4 } };
  expect(await failureOf(client.createReservation(many))).toMatchObject(refusal);
});

test("each new list goes over all its pages", async () => {
  await stocked("l", 30);
  const lines = [{ productId: "l", quantity: 1 }];
  for (let index = 0; index < 3; index++) {
    await client.createReservation({ lines: [{ ...lines[0]!, locationId: "paris" }], reference: "listed" });
    await client.createTransfer({ fromLocationId: "paris", toLocationId: "lyon", lines });
    await client.createSupply({ locationId: "lyon", reference: `PO-${index}`, lines });
    await client.createChannel({ channelId: `c${index}`, name: "C", locations: ["paris"], products: ["l"] });
    const { sessionId } = await client.openCountSession({ locationId: "lyon" });
    await client.putCountLines(sessionId, { lines: [{ productId: "l", stockLevel: index }] });
    await client.adjustInventory({ productId: "l", locationId: "lyon", adjustment: -1, allowNegative: true });
  }
  const lists = client.all;
  expect(await all(lists.listReservations({ reference: "listed", limit: 1 }))).toHaveLength(3);
  expect(await all(lists.listTransfers({ productId: "l", limit: 1 }))).toHaveLength(3);
  expect(await all(lists.listSupplies({ productId: "l", limit: 1 }))).toHaveLength(3);
  expect(await all(lists.listIncoming({ productId: "l", limit: 1 }))).toMatchObject([{ quantity: 1 }, {}, {}]);
  expect(await all(lists.listChannels({ limit: 1 }))).toHaveLength(3);
  const sessions = await all(lists.listCountSessions({ locationId: "lyon", limit: 1 }));
  expect(sessions).toHaveLength(3);
  expect(await all(lists.listCountLines(sessions[0]!.sessionId, { limit: 1 }))).toMatchObject([{ counted: 2 }]);
  await until(
    "reviews are there",
    async () => (await all(lists.listReviews({ productId: "l", limit: 1 }))).length === 3,
  );
});

test("a channel's list and the feed behind it fit together", async () => {
  await stocked("s", 10);
  await client.createChannel({ channelId: "shop", name: "Shop", locations: ["paris"], products: ["s"], buffer: 2 });
  await until("its numbers are made", async () => {
    const { data, upToDate } = await client.listChannelInventory("shop");
    return upToDate && data[0]?.available === 8;
  });
  const listing = client.all.listChannelInventory("shop");
  expect(await all(listing)).toEqual([{ productId: "s", sku: "SKU-s", available: 8 }]);
  const hold = { lines: [{ sku: "SKU-s", quantity: 3 }], channelId: "shop" };
  await client.createReservation(hold);
  const stop = new AbortController();
  const heard: FeedEvent[] = [];
  const following = { since: listing.cursor, filter: { channelIds: ["shop"] }, signal: stop.signal };
  for await (const event of client.updates(following)) {
    heard.push(event);
    stop.abort();
  }
  const told = { type: "channel.availability.v1", data: { channelId: "shop", available: 5, previousAvailable: 8 } };
  expect(heard).toMatchObject([told]);
});

test("a view shows what the server lists through holds, transfers, counts, thresholds and channels", async () => {
  const { inventoryId } = await stocked("v", 20);
  const changes: Change[] = [];
  const errors: unknown[] = [];
  const view = client.live({
    filter: { productIds: ["v"] },
    onChange: (change) => changes.push(change),
    onError: (error) => errors.push(error),
  });
  await view.ready();
  const byPlace = (items: Iterable<InventoryItem>) =>
    [...items].sort((one, other) => one.locationId.localeCompare(other.locationId));
  const agrees = async (what: string) =>
    until(what, async () => {
      const listed = await all(client.all.listInventory({ productId: "v" }));
      return JSON.stringify(byPlace(listed)) === JSON.stringify(byPlace(view.items()));
    });

  await client.patchInventory(inventoryId, { reorderPoint: 5 });
  const lines = [{ productId: "v", locationId: "paris", quantity: 16 }];
  const { reservationId } = await client.createReservation({ lines });
  await agrees("it is low, and the view says so");
  expect(view.get("SKU-v", "paris")).toMatchObject({ reservedStock: 16, availableStock: 4, alert: "low" });
  await client.extendReservation(reservationId, { ttlSeconds: 600 });
  await client.commitReservation(reservationId, { lines: [{ line: 1, quantity: 1 }], releaseRest: true });
  await agrees("it is back");
  expect(view.get("SKU-v", "paris")?.alert).toBeUndefined();
  await client.createReservation({ lines: [{ ...lines[0]!, quantity: 1 }], ttlSeconds: 1 });
  await until("the hold is over", () => changes.at(-1)?.event?.type === "inventory.hold_expired.v1");
  const moved = [{ productId: "v", quantity: 4 }];
  const route = { fromLocationId: "paris", toLocationId: "lyon", lines: moved };
  const { transferId } = await client.createTransfer(route);
  await client.shipTransfer(transferId, {});
  await client.receiveTransfer(transferId, { lines: [{ line: 1, quantity: 3, state: "damaged" }], close: true });
  await agrees("goods have arrived");
  expect(view.get("v", "lyon")).toMatchObject({ stockLevel: 3, availableStock: 0, states: { damaged: 3 } });
  const countedAt = new Date().toISOString();
  await client.countInventory({ locationId: "paris", countedAt, lines: [{ productId: "v", stockLevel: 9 }] });
  await client.createChannel({ channelId: "seen", name: "Seen", locations: ["paris", "lyon"] });
  const sale = { productId: "v", locationId: "paris", type: "sale" } as const;
  await client.adjustInventory({
    ...sale,
    adjustment: -2,
    timestamp: new Date(Date.parse(countedAt) - 1).toISOString(),
  });
  await client.adjustInventory({ ...sale, adjustment: -12, allowNegative: true });
  await agrees("it is counted and oversold");
  expect(view.get("v", "paris")).toMatchObject({ stockLevel: -3, lastCountedAt: countedAt, alert: "out" });

  expect(changes.filter(({ isRewound }) => isRewound)).toEqual([]);
  expect(errors).toEqual([]);
  // Each change goes on from the one before, and nothing is told that changed nothing.
  for (const [index, { previous, item, locationId }] of changes.entries()) {
    const before = changes.slice(0, index).findLast((change) => change.locationId === locationId);
    if (before !== undefined) expect(previous).toEqual(before.item);
    expect(item).not.toEqual(previous);
  }
  view.close();
}, 60_000);
