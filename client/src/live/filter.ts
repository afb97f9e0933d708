/** Which part of the stock a view or a subscription is about. Lists are alternatives, fields must all hold. */
import type { InventoryItem } from "@onhand/protocol/resources";
import type { FeedEvent } from "../refined-types.ts";

/** Absent or empty asks for everything. Each list holds at most `filterValuesMax` values. */
export interface FeedFilter {
  readonly productIds?: readonly string[] | undefined;
  readonly skus?: readonly string[] | undefined;
  readonly locationIds?: readonly string[] | undefined;
  /** Groups of locations. */
  readonly locationGroups?: readonly string[] | undefined;
  /** What these channels may sell, and the channels themselves; nothing else. */
  readonly channelIds?: readonly string[] | undefined;
}

/** A view holds items, of which channels have none. */
export type ViewFilter = Omit<FeedFilter, "channelIds">;

const filterValuesMax = 100;
/** A filter of several lists is listed combination by combination; past this, everything is listed and sifted here. */
const listingsMax = 50;

/** @returns the filter as parameters of a stream */
export function filterQuery(filter: FeedFilter, types: readonly string[]): Record<string, string> {
  const lists = {
    productId: filter.productIds,
    sku: filter.skus,
    locationId: filter.locationIds,
    locationGroup: filter.locationGroups,
    channelId: filter.channelIds,
    types,
  };
  const query: Record<string, string> = {};
  for (const [name, list] of Object.entries(lists)) {
    if (list === undefined || list.length === 0) continue;
    if (list.length > filterValuesMax)
      throw new TypeError(`a filter takes at most ${filterValuesMax} values of ${name}`);
    query[name] = list.join(",");
  }
  return query;
}

/** A listing takes one value of each kind; several listings together show what the filter asks for. */
export interface ListingFilter {
  readonly productId?: string;
  readonly sku?: string;
  readonly locationId?: string;
  readonly locationGroup?: string;
}

/** @returns listings that together show every item of the filter, and possibly more @throws TypeError */
export function listingsOf(filter: FeedFilter): ListingFilter[] {
  const lists: [keyof ListingFilter, readonly string[]][] = [
    ["productId", filter.productIds ?? []],
    ["sku", filter.skus ?? []],
    ["locationId", filter.locationIds ?? []],
    ["locationGroup", filter.locationGroups ?? []],
  ];
  if ((filter.channelIds ?? []).length > 0)
    throw new TypeError("a view holds items, not what channels may sell: follow updates() with channelIds instead");
  let listings: ListingFilter[] = [{}];
  // Groups first: unlike the others they cannot be sifted here.
  for (const [name, values] of lists.reverse()) {
    if (values.length === 0) continue;
    const combined = listings.flatMap((listing) => values.map((value) => ({ ...listing, [name]: value })));
    if (combined.length <= listingsMax) listings = combined;
    else if (name === "locationGroup") throw new TypeError(`a view takes at most ${listingsMax} groups of locations`);
  }
  return listings;
}

/** Whether a value is in a list, of which an empty one asks for everything. */
export const isAmong = (list: readonly string[] | undefined, value: string): boolean =>
  list === undefined || list.length === 0 || list.includes(value);

/** Whether a filter asks for everything. */
export const isEverything = (filter: FeedFilter): boolean =>
  Object.values(filter).every((list: readonly string[] | undefined) => list === undefined || list.length === 0);

/** Whether an item belongs to the filter, as far as can be told from it: groups are known to the server alone. */
export function isOfFilter(filter: FeedFilter, item: InventoryItem): boolean {
  return (
    isAmong(filter.productIds, item.productId) &&
    isAmong(filter.skus, item.sku) &&
    isAmong(filter.locationIds, item.locationId)
  );
}

/** Whether a type of event is among those asked for: whole types, or beginnings with a star behind them. */
export function isOfTypes(types: readonly string[], event: FeedEvent): boolean {
  return (
    types.length === 0 ||
    types.some((type) => (type.endsWith("*") ? event.type.startsWith(type.slice(0, -1)) : type === event.type))
  );
}
