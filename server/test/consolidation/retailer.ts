/** Registers in Onhand what a world consists of. */
import type { ServerProcess } from "../support/server-process.ts";
import { codeOf, lateMapped, type World } from "./world.ts";

export interface PlaceOf {
  readonly groups: readonly string[];
  readonly region: string | null;
}

/** @returns groups and region of each location */
export function placesOf(world: Pick<World, "shopIds">): ReadonlyMap<string, PlaceOf> {
  const shops = world.shopIds.map(
    (shopId, index) =>
      [
        shopId,
        { groups: ["shops", index % 2 === 0 ? "even" : "odd"], region: index % 3 === 0 ? "north" : "south" },
      ] as const,
  );
  const web = ["web-a", "web-b", "web-c"].map((id) => [id, { groups: ["web"], region: null }] as const);
  return new Map<string, PlaceOf>([
    ...shops,
    ...web,
    ["dc", { groups: [], region: "north" }],
    ["kiosk", { groups: ["shops"], region: "south" }],
  ]);
}

export const shadeOf = (productId: string): string => ["beige", "rose", "red"][Number(productId.slice(1)) % 3]!;

/** Channels by id, with the locations that they sell from. */
export const channelsOf = (world: Pick<World, "shopIds">): ReadonlyMap<string, readonly string[]> =>
  new Map([
    ["market", ["web-c"]],
    ["app", ["dc", ...world.shopIds]],
  ]);

/** Sources by id, with the locations that they speak for. */
export const sourcesOf = (world: Pick<World, "shopIds">): ReadonlyMap<string, readonly string[]> =>
  new Map([
    ["shopify", ["web-a"]],
    ["bazaar", ["web-b"]],
    ["market", ["web-c"]],
    ["erp", ["dc", ...world.shopIds]],
    ["kiosk", ["kiosk"]],
    ["ledger", []],
  ]);

/** Products, places, channels and sources, and what was counted before anything happened. */
export async function openShop(server: ServerProcess, world: World): Promise<void> {
  const places = placesOf(world);
  for (const [locationId, place] of places)
    await server.expect("POST", "/v1/locations", { locationId, name: locationId, type: "store", ...place });
  for (const productId of world.productIds)
    await server.expect("POST", "/v1/products", {
      ...{ productId, sku: productId.toUpperCase(), name: productId, attributes: { shade: shadeOf(productId) } },
    });
  for (const [channelId, locations] of channelsOf(world))
    await server.expect("POST", "/v1/channels", { channelId, name: channelId, locations });
  const settings: Record<string, object> = {
    shopify: { mode: "changes" },
    bazaar: { mode: "levels", trust: 60 },
    market: { mode: "both", echoWindowSeconds: 604_800 },
    erp: { mode: "both", trust: 40 },
    kiosk: { mode: "levels", freshForSeconds: 1 },
    ledger: { mode: "levels", role: "statements" },
  };
  for (const [sourceId, locationIds] of sourcesOf(world))
    await server.expect("POST", "/v1/sources", {
      sourceId,
      name: sourceId,
      kind: sourceId,
      locationIds,
      ...settings[sourceId],
    });
  await mapCodes(server, world.productIds.slice(0, -lateMapped));
  await server.expect("POST", "/v1/sources/shopify/codes", {
    codes: [{ kind: "location", code: "gid://location/88", targetId: "web-a" }],
  });
  const countedAt = new Date(world.startMs).toISOString();
  const updates = world.openings.map(({ units, ...place }) => ({ ...place, stockLevel: units, countedAt }));
  for (let from = 0; from < updates.length; from += 500)
    await server.expect("POST", "/v1/inventory/bulk-update", {
      mode: "independent",
      updates: updates.slice(from, from + 500),
    });
}

export const mapCodes = (server: ServerProcess, productIds: readonly string[]): Promise<unknown> =>
  server.expect("POST", "/v1/sources/shopify/codes", {
    codes: productIds.map((productId) => ({ kind: "product", code: codeOf(productId), targetId: productId })),
  });
