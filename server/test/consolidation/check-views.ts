/** Holds every view of the stock to the truth. */
import { expect } from "bun:test";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/server-process.ts";
import { chanceOf } from "./chance.ts";
import { channelsOf, placesOf, shadeOf, sourcesOf } from "./retailer.ts";
import { itemKey, type Place, type Truth } from "./truth.ts";
import { allOf, itemsOf, levelsOf, movesOf, totalsBy } from "./views.ts";
import { quietMoment, type World } from "./world.ts";

const hourMs = 3_600_000;
const asOfMoments = 12;
const historiesLookedAt = 25;

const trueLevels = (truth: Truth, places: readonly Place[], atMs?: number): Map<string, number> =>
  new Map(
    places.map((place) => [itemKey(place), truth.levelOf(place, atMs)] as const).filter(([, units]) => units !== 0),
  );

const sorted = <Key extends string | null>(entries: Iterable<readonly [Key, number]>): (readonly [Key, number])[] =>
  [...entries].filter(([, units]) => units !== 0).sort(([a], [b]) => String(a).localeCompare(String(b)));

/** Items, and each sum of them by whatever it is grouped. */
export async function checkLevels(server: ServerProcess, world: World): Promise<void> {
  const { truth } = world;
  expect(sorted(levelsOf(await itemsOf(server)))).toEqual(sorted(trueLevels(truth, truth.items)));
  const places = placesOf(world);
  const sources = [...sourcesOf(world)];
  const channels = [...channelsOf(world)];
  const speaks = (locationId: string) => sources.find(([, locations]) => locations.includes(locationId))?.[0] ?? null;
  const groupings: [string, string, (place: Place) => readonly (string | null)[], string?][] = [
    ["product", "productId", ({ productId }) => [productId]],
    ["location", "locationId", ({ locationId }) => [locationId]],
    ["locationGroup", "locationGroup", ({ locationId }) => places.get(locationId)!.groups],
    ["region", "region", ({ locationId }) => [places.get(locationId)!.region]],
    ["channel", "channelId", ({ locationId }) => channels.flatMap(([id, of]) => (of.includes(locationId) ? [id] : []))],
    ["attribute", "value", ({ productId }) => [shadeOf(productId)], "&attribute=shade"],
    ["source", "sourceId", ({ locationId }) => [speaks(locationId)]],
  ];
  for (const [groupBy, name, groupsOf, query] of groupings) {
    const rows = await totalsBy(server, groupBy, name, query);
    const told = rows.map(({ group, totals }) => [group, totals.stockLevel] as const);
    expect([groupBy, sorted(told)]).toEqual([groupBy, sorted(truth.sumsBy(groupsOf))]);
    for (const { totals, fresh, stale } of rows)
      expect((fresh?.stockLevel ?? 0) + (stale?.stockLevel ?? 0)).toBe(totals.stockLevel);
  }
  // The kiosk fell silent: what it speaks for is told apart, and nothing else is.
  const kiosk = truth.sumsBy(({ locationId }) => [locationId === "kiosk" ? "stale" : "fresh"]);
  const bySource = await totalsBy(server, "source", "sourceId");
  expect(bySource.reduce((sum, row) => sum + (row.stale?.stockLevel ?? 0), 0)).toBe(kiosk.get("stale"));
}

/** What channels may sell. */
export async function checkChannels(server: ServerProcess, world: World): Promise<void> {
  for (const [channelId, locations] of channelsOf(world)) {
    const path = `/v1/channels/${channelId}/inventory?limit=100000`;
    const read = () =>
      server.expect<{ data: { productId: string; available: number }[]; upToDate: boolean }>("GET", path);
    // The server that was killed may have had the duty to walk behind the making of the channel.
    await until("channels are up to date", async () => (await read()).upToDate);
    const page = await read();
    const sellable = world.productIds.map((productId): [string, number] => [
      productId,
      locations.reduce((sum, locationId) => sum + Math.max(0, world.truth.levelOf({ productId, locationId })), 0),
    ]);
    expect([channelId, sorted(page.data.map((row) => [row.productId, row.available]))]).toEqual([
      channelId,
      sorted(sellable),
    ]);
  }
}

/** Past moments: what really was there by the truth, what was known then by a fold of the feed. */
export async function checkPast(server: ServerProcess, world: World): Promise<void> {
  const { truth, size } = world;
  const chance = chanceOf(size.seed + 1);
  let compared = 0;
  for (let index = 0; index < asOfMoments; index++) {
    const atMs = quietMoment(world, chance);
    const settled = truth.items.filter((place) => truth.settledSinceMs(place) <= atMs);
    const keys = new Set(settled.map(itemKey));
    const asOf = new Date(atMs).toISOString();
    const then = levelsOf(await allOf(server, `/v1/inventory?asOf=${asOf}&asOfBasis=occurred`));
    expect([asOf, sorted([...then].filter(([key]) => keys.has(key)))]).toEqual([
      asOf,
      sorted(trueLevels(truth, settled, atMs)),
    ]);
    compared += settled.length;
  }
  expect(compared).toBeGreaterThan(0);
  const moves = (await movesOf(server)).filter(({ data }) => data.item !== undefined);
  const times = moves.map(({ data }) => Date.parse(data.recordedAt));
  for (let index = 0; index < asOfMoments; index++) {
    const atMs = chance.pick(times);
    const known = new Map<string, number>();
    for (const [place, { data }] of moves.entries())
      if (times[place]! <= atMs) known.set(itemKey(data.item), data.item.stockLevel);
    const asOf = new Date(atMs).toISOString();
    const then = levelsOf(await allOf(server, `/v1/inventory?asOf=${asOf}&asOfBasis=recorded`));
    expect([asOf, sorted(then)]).toEqual([asOf, sorted(known)]);
  }
}

interface Period {
  readonly start: string;
  readonly sold: number;
  readonly returned: number;
  readonly received: number;
  readonly closingLevel: number;
}

/** What was sold and came back in each hour, and how it ended. */
export async function checkHistory(server: ServerProcess, world: World): Promise<void> {
  const chance = chanceOf(world.size.seed + 2);
  const items = chance.shuffled((await itemsOf(server)).filter(({ locationId }) => locationId !== "web-b"));
  const range = `from=${new Date(world.startMs).toISOString()}&to=${new Date(Date.now() + hourMs).toISOString()}`;
  for (const { inventoryId, productId, locationId } of items.slice(0, historiesLookedAt)) {
    const place = { productId, locationId };
    const path = `/v1/inventory/${inventoryId}/history?period=hour&${range}`;
    await until(
      "history is up to date",
      async () => (await server.expect<{ upToDate: boolean }>("GET", path)).upToDate,
    );
    const { data } = await server.expect<{ data: Period[] }>("GET", path);
    const changes = world.truth.changesOf(place);
    const truths = data.map(({ start }) => {
      const within = changes.filter(({ atMs }) => atMs >= Date.parse(start) && atMs < Date.parse(start) + hourMs);
      const sold = within.reduce((sum, { units }) => sum + Math.max(0, -units), 0);
      const cameIn = within.reduce((sum, { units }) => sum + Math.max(0, units), 0);
      return { start, sold, cameIn };
    });
    const told = data.map(({ start, sold, returned, received }) => ({ start, sold, cameIn: returned + received }));
    expect([place, told]).toEqual([place, truths]);
    expect([place, data.at(-1)!.closingLevel]).toEqual([place, world.truth.levelOf(place)]);
  }
}
