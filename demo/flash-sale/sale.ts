/**
 * Replays a listing as a flash sale: what a row says was sold is wanted by buyers in three channels, who hold, pay and
 * buy. There is less than is wanted, and payments go as they go: refused, lost, late, twice.
 */
import { type Api, inParallel } from "../api.ts";
import type { ListingRow } from "./listing.ts";
import { type Fates, noFates } from "./tally.ts";

/** Where the goods lie, and who sells them. The buffer is what the marketplace is not shown, for it lags behind. */
const warehouses = ["warehouse-north", "warehouse-south"] as const;
const channels = [
  { channelId: "app", name: "App", buffer: 0 },
  { channelId: "marketplace", name: "Marketplace", buffer: 2 },
  { channelId: "shops", name: "Own shops", buffer: 0 },
] as const;

/** Share of what is wanted that is there. */
const stockedShare = 0.7;
const holdSeconds = 5;
const linesPerRequest = 500;
const requestsAtOnce = 48;

/** Units of an item that lie in each warehouse when the sale begins. */
export function openingLevels(rows: readonly ListingRow[]): Map<string, number> {
  const wanted = new Map<string, number>();
  for (const { itemId, units } of rows) wanted.set(itemId, (wanted.get(itemId) ?? 0) + units);
  return new Map([...wanted].map(([itemId, units]) => [itemId, Math.ceil((units * stockedShare) / warehouses.length)]));
}

/** Makes locations, products, stock and channels. @throws Error when the server refuses */
export async function openShop(
  api: Api,
  rows: readonly ListingRow[],
  levels: ReadonlyMap<string, number>,
): Promise<void> {
  const titles = new Map(rows.map(({ itemId, title }) => [itemId, title]));
  for (const locationId of warehouses) {
    const body = { locationId, name: locationId, type: "warehouse", groups: ["flash-sale"] };
    await expect(api, "/v1/locations", body, `location/${locationId}`);
  }
  await inParallel([...titles], requestsAtOnce, async ([productId, title]) => {
    const name = title.trim().slice(0, 500) || productId;
    await expect(api, "/v1/products", { productId, sku: productId, name }, `product/${productId}`);
  });
  const updates = [...levels].flatMap(([productId, units]) =>
    warehouses.map((locationId) => ({
      ...{ productId, locationId, adjustment: units, type: "restock", reason: "stock for the sale" },
      operationId: `opening/${productId}/${locationId}`,
    })),
  );
  for (let first = 0; first < updates.length; first += linesPerRequest) {
    const lines = updates.slice(first, first + linesPerRequest);
    const { status, body } = await api.post("/v1/inventory/bulk-update", { updates: lines }, `opening/${first}`);
    if (status !== 200 || body.applied !== lines.length) throw new Error(`opening stock: ${JSON.stringify(body)}`);
  }
  for (const { channelId, name, buffer } of channels) {
    await expect(api, "/v1/channels", { channelId, name, buffer, locations: warehouses }, `channel/${channelId}`);
  }
}

async function expect(api: Api, path: string, body: object, key: string): Promise<void> {
  const answer = await api.post(path, body, key);
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** Sells what the rows say was wanted, day after day. @returns what became of each row's units, in the order of rows */
export async function sell(
  api: Api,
  rows: readonly ListingRow[],
  onRow: (done: number) => void,
): Promise<ReadonlyMap<ListingRow, Fates>> {
  const fates = new Map<ListingRow, Fates>();
  let done = 0;
  for (const day of new Set(rows.map(({ date }) => date))) {
    const wanted = rows.filter(({ date, kind }) => date === day && kind === "sold");
    await inParallel(wanted, requestsAtOnce, async (row) => {
      const tally = noFates();
      fates.set(row, tally);
      const shares = sharesOf(row.units);
      await Promise.all(channels.map(({ channelId }, index) => buy(api, row, channelId, shares[index]!, index, tally)));
      done += 1;
      onRow(done);
    });
  }
  return fates;
}

/** Half is wanted in the app, most of the rest at the marketplace. */
function sharesOf(units: number): [number, number, number] {
  const app = Math.ceil(units / 2);
  const marketplace = Math.floor((units - app) * 0.7);
  return [app, marketplace, units - app - marketplace];
}

interface HeldLine {
  readonly quantity: number;
}

/** One buyer of many units, or many of one: they hold, and their payment goes as chance has it. */
async function buy(
  api: Api,
  row: ListingRow,
  channelId: string,
  quantity: number,
  index: number,
  tally: Fates,
): Promise<void> {
  if (quantity === 0) return;
  const key = `sale/${row.date}/${row.itemId}/${channelId}`;
  tally.asked += quantity;
  const request = {
    lines: [{ productId: row.itemId, quantity }],
    ...{ channelId, policy: "partial", sourcing: { policy: "most_stock" } },
    ...{ ttlSeconds: holdSeconds, reference: key },
  };
  const { status, body } = await api.post("/v1/reservations", request, key);
  if (status === 409) {
    tally.refused += quantity;
    return;
  }
  if (status !== 201) throw new Error(`${key}: ${status} ${JSON.stringify(body)}`);
  const held = (body.lines as HeldLine[]).reduce((sum, line) => sum + line.quantity, 0);
  tally.held += held;
  tally.refused += quantity - held;
  const act = (action: string, sent: object, again = ""): Promise<{ status: number; body: Record<string, unknown> }> =>
    api.post(`/v1/reservations/${body.reservationId}/${action}`, sent, `${key}/${action}${again}`);
  const chance = chanceOf(`${key}/${index}`);
  if (chance < 3) {
    // The buyer closes the app: nobody says anything, and the time runs out.
    tally.expired += held;
    return;
  }
  await act("pay", { ttlSeconds: holdSeconds });
  if (chance < 6) {
    const released = await act("release", {});
    if (released.status !== 200) throw new Error(`${key}: ${JSON.stringify(released.body)}`);
    tally.released += held;
    return;
  }
  const commits = [act("commit", {})];
  // The provider says it twice: once under the same key, once under another.
  if (chance < 12) commits.push(act("commit", {}), act("commit", {}, "/again"));
  const answers = await Promise.all(commits);
  const won = answers.some((answer) => answer.status === 200);
  if (won) tally.sold += held;
  else if (answers.every((answer) => answer.body.code === "reservation_expired")) tally.expired += held;
  else throw new Error(`${key}: ${JSON.stringify(answers.map((answer) => answer.body))}`);
}

/** 0 … 99, the same for the same text. */
function chanceOf(text: string): number {
  let hash = 7;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) >>> 0;
  return hash % 100;
}
