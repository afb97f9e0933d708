/**
 * The list of a channel and the feed behind it are the whole truth: whatever happens meanwhile, one list and the events
 * after its cursor come to the numbers of the end, each event beginning where the one before it ended. Two servers write,
 * so that each has to hear of what the other did.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type App, startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config/config.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import {
  adjust,
  type Caller,
  createLocation,
  createProduct,
  type Json,
  readAll,
  startTestServer,
  type TestServer,
} from "./support.ts";

const products = Array.from({ length: 8 }, (_, index) => `p${index}`);
const locations = ["shop", "depot", "attic"];
const channels = ["web", "market"];
const seed = Number(process.env.ONHAND_TEST_SEED ?? 20_260_101);

let server: TestServer;
let other: App;
let writer: Caller;
beforeAll(async () => {
  server = await startTestServer();
  writer = server.writer;
  const config = readConfig({ PORT: "0", ONHAND_BOOTSTRAP_KEY: server.bootstrapKey });
  other = await startApp({ config, target: server.database.target, logger: createLogger("silent") });
  for (const locationId of locations) await createLocation(writer, locationId, { groups: ["all"] });
  for (const productId of products) await createProduct(writer, productId);
});
afterAll(async () => {
  await other.stop();
  await server.close();
});

/** The same call at the other server. */
async function sendElsewhere(method: string, path: string, body?: object): Promise<{ status: number; body: Json }> {
  const headers = { authorization: `Bearer ${server.bootstrapKey}`, "content-type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(other.listener.url + path, { method, headers, ...sent });
  return { status: response.status, body: response.status === 204 ? null : await response.json() };
}

type Send = typeof sendElsewhere;

/** Numbers that look random and are the same each time. */
function dice(start: number): (sides: number) => number {
  let state = start;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

interface Snapshot {
  readonly channelId: string;
  readonly cursor: string;
  readonly numbers: Map<string, number>;
}

async function snapshotOf(channelId: string): Promise<Snapshot & { readonly isUpToDate: boolean }> {
  const { headers, body } = await server.reader.get(`/v1/channels/${channelId}/inventory`);
  const rows = body.data as { productId: string; available: number }[];
  const numbers = new Map(rows.map(({ productId, available }) => [productId, available]));
  return { channelId, cursor: headers.get("onhand-cursor")!, numbers, isUpToDate: body.upToDate };
}

/** Takes the events behind a snapshot into it, and insists that none is missing or told twice. */
async function foldTail({ channelId, cursor, numbers }: Snapshot): Promise<Map<string, number>> {
  const folded = new Map(numbers);
  for (let since = cursor; ; ) {
    const query = `channelId=${channelId}&types=channel.availability.v1&limit=1000&since=${since}`;
    const { body } = await server.reader.get(`/v1/inventory/updates?${query}`);
    for (const { data } of body.data as Json[]) {
      expect(data.channelId).toBe(channelId);
      expect(data.previousAvailable).toBe(folded.get(data.productId) ?? 0);
      expect(data.available).not.toBe(data.previousAvailable);
      folded.set(data.productId, data.available);
    }
    if (body.data.length === 0) return folded;
    since = body.nextCursor;
  }
}

async function settledNumbers(channelId: string): Promise<Map<string, number>> {
  for (;;) {
    const { isUpToDate, numbers } = await snapshotOf(channelId);
    if (isUpToDate) return numbers;
  }
}

/** What a channel should be told, added up from the items. */
async function naive(channelId: string): Promise<Map<string, number>> {
  const { body: channel } = await server.reader.get(`/v1/channels/${channelId}`);
  const { pages: places } = await readAll(server.reader, "/v1/locations");
  const taken = places
    .flat()
    .filter(
      ({ locationId, groups }) =>
        channel.locations.includes(locationId) ||
        groups.some((group: string) => channel.locationGroups.includes(group)),
    )
    .map(({ locationId }) => locationId);
  const { pages } = await readAll(server.reader, "/v1/inventory");
  const sums = new Map<string, number>();
  for (const { productId, locationId, availableStock, safetyStock } of pages.flat()) {
    if (!taken.includes(locationId) || channel.products?.includes(productId) === false) continue;
    sums.set(productId, (sums.get(productId) ?? 0) + Math.max(0, availableStock - safetyStock));
  }
  for (const [productId, sum] of sums)
    sums.set(productId, Math.max(0, sum - (channel.buffers[productId] ?? channel.buffer)));
  return sums;
}

const told = (numbers: Map<string, number>): [string, number][] =>
  [...numbers].filter(([, available]) => available > 0).sort(([a], [b]) => (a < b ? -1 : 1));

async function oneChange(send: Send, roll: (sides: number) => number): Promise<void> {
  const productId = products[roll(products.length)]!;
  const locationId = locations[roll(locations.length)]!;
  const kind = roll(20);
  if (kind < 13) {
    const { status } = await send("POST", "/v1/inventory", { productId, locationId, adjustment: roll(12) - 4 });
    expect([200, 409]).toContain(status);
  } else if (kind < 16) {
    const { body } = await send("GET", `/v1/inventory?productId=${productId}&locationId=${locationId}`);
    const [item] = body.data;
    if (item !== undefined) await send("PATCH", `/v1/inventory/${item.inventoryId}`, { safetyStock: roll(4) });
  } else if (kind < 18) {
    const channelId = channels[roll(channels.length)]!;
    const sold = roll(3) === 0 ? products.slice(0, 1 + roll(products.length)) : null;
    await send("PATCH", `/v1/channels/${channelId}`, { buffer: roll(4), products: sold });
  } else if (kind < 19) await send("PATCH", `/v1/locations/${locationId}`, { groups: roll(2) === 0 ? [] : ["all"] });
  else {
    await send("DELETE", `/v1/products/${productId}?archive=true`);
    await send("PATCH", `/v1/products/${productId}`, { status: "active" });
  }
}

test("a list and the tail behind it come to the numbers of the end under random changes of everything", async () => {
  await writer.post("/v1/channels", { channelId: "web", name: "Web", locations: ["shop"], buffer: 1 });
  await writer.post("/v1/channels", { channelId: "market", name: "Market", locationGroups: ["all"] });
  for (const productId of products) await adjust(writer, productId, "shop", 10);
  const snapshots: Snapshot[] = [];
  const writing = Array.from({ length: 6 }, async (_, index) => {
    const roll = dice(seed + index);
    const sendHere: Send = (method, path, body) => writer.send(method, path, body === undefined ? {} : { body });
    for (let count = 0; count < 30; count++) await oneChange(index % 2 === 0 ? sendHere : sendElsewhere, roll);
  });
  const looking = (async () => {
    for (let count = 0; count < 40; count++)
      for (const channelId of channels) snapshots.push(await snapshotOf(channelId));
  })();
  await Promise.all([...writing, looking]);
  for (const channelId of channels) {
    const end = told(await settledNumbers(channelId));
    expect(end).toEqual(told(await naive(channelId)));
    for (const snapshot of snapshots.filter((each) => each.channelId === channelId))
      expect(told(await foldTail(snapshot))).toEqual(end);
  }
  expect((await verifyJournal(server.database.application)).faults).toEqual([]);
}, 60_000);
