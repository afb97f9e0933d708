/**
 * Totals over many items, by whatever somebody wants to see them. Every total says how much of it comes from which source
 * and how fresh that is. Totals count all that is on the books: archived items keep what they hold.
 *
 * Groups of places (locations, groups, regions, sources) are added up from sums of locations, which a projection keeps and
 * the journal completes; where products are chosen, their items are summed.
 */
import type { ChannelDocument } from "../core/catalogue/catalogue.ts";
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import { foldParts, type Group, type Part, type Sums } from "./fold.ts";
import { locationTotalsName } from "./location-totals.ts";
import { isWanted, type Place, type PlaceFilter, type PlaceMap, type Places } from "./places.ts";
import { entriesBehind, liveLocationSums } from "./sql/location-totals.ts";
import * as sql from "./sql/totals.ts";

export const totalsLimits = {
  /** Entries behind the projection that are looked through; with more, items are summed. */
  behindMax: 20_000,
  /** Products that a filter by attributes may choose when places are grouped. */
  productsMax: 10_000,
  /** Channels in a page: each is summed by itself. */
  channelsPerPageMax: 50,
} as const;

/** A filter chose more products than are summed. */
export class TooManyProducts extends Error {
  override readonly name = "TooManyProducts";
}

export interface TotalsFilter extends PlaceFilter {
  readonly product: sql.ProductKey | null;
  readonly attributes: sql.ProductFilter["attributes"];
}

export type PlaceAxis = "location" | "locationGroup" | "region" | "source";

export interface TotalsPage {
  readonly groups: readonly Group[];
  /** SKU by product id, where products are the groups. */
  readonly skus: ReadonlyMap<string, string>;
  readonly next: readonly unknown[] | null;
}

const noSkus: ReadonlyMap<string, string> = new Map();

export class TotalsQueries {
  readonly #database: Queryable;
  readonly #partitionCount: number;
  readonly #places: PlaceMap;

  constructor(database: Queryable, partitionCount: number, places: PlaceMap) {
    this.#database = database;
    this.#partitionCount = partitionCount;
    this.#places = places;
  }

  /** Groups of places, in order of their keys; '' is the key of what has none. @throws TooManyLocations, TooManyProducts */
  async byPlace(axis: PlaceAxis, filter: TotalsFilter, after: string | null, limit: number): Promise<TotalsPage> {
    const places = await this.#places.read();
    const wanted = places.all.filter((place) => isWanted(place, filter));
    const keys = new Set(wanted.flatMap((place) => keysOf(axis, place)));
    const sorted = [...keys].filter((key) => after === null || key > after).sort();
    const page = new Set(sorted.slice(0, limit));
    const chosen = wanted.filter((place) => keysOf(axis, place).some((key) => page.has(key)));
    const sums = await this.#sumsByLocation(filter, chosen);
    const parts = chosen.flatMap((place) =>
      keysOf(axis, place)
        .filter((key) => page.has(key))
        .map((group): Part => ({ group, sourceId: place.sourceId, sums: sums.get(place.locationId) ?? nothing })),
    );
    const groups = foldParts(parts, places.contactOf).sort((a, b) => (a.group < b.group ? -1 : 1));
    const last = groups.at(-1);
    return { groups, skus: noSkus, next: sorted.length > limit && last !== undefined ? [last.group] : null };
  }

  /** What the locations of each channel hold of what it sells. @throws TooManyLocations, TooManyProducts */
  async byChannel(filter: TotalsFilter, after: string | null, limit: number): Promise<TotalsPage> {
    const places = await this.#places.read();
    const size = Math.min(limit, totalsLimits.channelsPerPageMax);
    const { rows } = await this.#database.query<sql.ChannelRow>(sql.listChannelDocuments(after, size + 1));
    const page = rows.slice(0, size);
    const groups: Group[] = [];
    for (const { channel_id, document } of page) {
      const { locations, locationGroups, products } = document as ChannelDocument;
      const sells = (place: Place) =>
        locations.includes(place.locationId) || place.groups.some((group) => locationGroups.includes(group));
      const chosen = places.all.filter((place) => sells(place) && isWanted(place, filter));
      const sums = await this.#sumsByLocation(filter, chosen, products);
      const parts = chosen.map(
        ({ locationId, sourceId }): Part => ({ group: channel_id, sourceId, sums: sums.get(locationId) ?? nothing }),
      );
      groups.push(...foldParts(parts, places.contactOf));
      if (parts.length === 0)
        groups.push({ group: channel_id, total: nothing, fresh: nothing, stale: null, shares: [] });
    }
    return { groups, skus: noSkus, next: rows.length > size ? [page.at(-1)!.channel_id] : null };
  }

  /** Products that have an item at one of the places, by partition and id. @throws TooManyLocations */
  async byProduct(filter: TotalsFilter, after: readonly unknown[] | null, limit: number): Promise<TotalsPage> {
    const { places, chosen } = await this.#chosen(filter);
    const ids = chosen.map((place) => place.locationId);
    const { rows } = await this.#database.query<sql.ProductPageRow>(
      sql.listProductsWithItems(filter, ids, after, limit + 1),
    );
    const page = rows.slice(0, limit);
    const keys = page.map(({ partition, product_id }) => ({ partition, productId: product_id }));
    const parts = await this.#parts(sql.sumProductsBySource(keys, chosen));
    const groups = inOrderOf(
      page.map((row) => row.product_id),
      foldParts(parts, places.contactOf),
    );
    const last = page.at(-1);
    return {
      groups,
      skus: new Map(page.map((row) => [row.product_id, row.sku])),
      next: rows.length > limit && last !== undefined ? [last.partition, last.product_id] : null,
    };
  }

  /** Products by the value of an attribute, in order of values. @throws TooManyLocations */
  async byAttribute(
    name: string,
    filter: TotalsFilter,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<TotalsPage> {
    const { places, chosen } = await this.#chosen(filter);
    const { rows } = await this.#database.query<{ value: string }>(
      sql.listAttributeValues(filter, name, after, limit + 1),
    );
    const values = rows.slice(0, limit).map((row) => row.value);
    const parts = await this.#parts(sql.sumAttributeValues(filter, name, values, chosen));
    const folded = foldParts(parts, places.contactOf);
    const last = values.at(-1);
    return {
      groups: inOrderOf(values, folded),
      skus: noSkus,
      next: rows.length > limit && last !== undefined ? [last] : null,
    };
  }

  async #chosen(filter: TotalsFilter): Promise<{ readonly places: Places; readonly chosen: readonly Place[] }> {
    const places = await this.#places.read();
    return { places, chosen: places.all.filter((place) => isWanted(place, filter)) };
  }

  async #parts(statement: ReturnType<typeof sql.sumProductsBySource>): Promise<Part[]> {
    const { rows } = await this.#database.query<sql.PartRow>(statement);
    return rows.map((row) => ({
      group: row.group_key,
      sourceId: row.source_id === "" ? null : row.source_id,
      sums: sumsOf(row),
    }));
  }

  /** @param only products that count; null for all */
  async #sumsByLocation(
    filter: TotalsFilter,
    places: readonly Place[],
    only: readonly string[] | null = null,
  ): Promise<ReadonlyMap<string, Sums>> {
    if (places.length === 0) return new Map();
    const ids = places.map((place) => place.locationId);
    const { rows } = await this.#database.query<sql.PartRow>(await this.#sumStatement(filter, ids, only));
    return new Map(rows.map((row) => [row.group_key, sumsOf(row)]));
  }

  async #sumStatement(filter: TotalsFilter, ids: readonly string[], only: readonly string[] | null) {
    const products = await this.#productsOf(filter, only);
    if (products !== null) return sql.sumProductsByLocation(products, ids);
    const { rows } = await this.#database.query<{ entries: number | bigint }>(entriesBehind(locationTotalsName));
    return Number(rows[0]!.entries) <= totalsLimits.behindMax
      ? liveLocationSums(locationTotalsName, ids)
      : sql.sumItemsByLocation(ids);
  }

  /** @returns the products that count, or null for all of them */
  async #productsOf(filter: TotalsFilter, only: readonly string[] | null): Promise<readonly sql.ProductKey[] | null> {
    const isAny = filter.product === null && filter.attributes.length === 0;
    if (isAny && only === null) return null;
    const named = only?.map((productId) => ({ productId, partition: partitionOf(productId, this.#partitionCount) }));
    if (isAny) return named!;
    const { rows } = await this.#database.query<sql.ProductPageRow>(
      sql.listProductKeys(filter, totalsLimits.productsMax + 1),
    );
    if (rows.length > totalsLimits.productsMax)
      throw new TooManyProducts(`more than ${totalsLimits.productsMax} products have these attributes`);
    const among = only === null ? null : new Set(only);
    return rows
      .filter((row) => among === null || among.has(row.product_id))
      .map(({ partition, product_id }) => ({ partition, productId: product_id }));
  }
}

const nothing: Sums = { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };

const sumsOf = (row: Pick<sql.PartRow, "on_hand" | "reserved" | "unavailable" | "incoming">): Sums => ({
  onHand: Number(row.on_hand),
  reserved: Number(row.reserved),
  unavailable: Number(row.unavailable),
  incoming: Number(row.incoming),
});

/** A location counts in each of its groups. */
function keysOf(axis: PlaceAxis, place: Place): readonly string[] {
  switch (axis) {
    case "location":
      return [place.locationId];
    case "locationGroup":
      return place.groups;
    case "region":
      return [place.region ?? ""];
    case "source":
      return [place.sourceId ?? ""];
  }
}

/** Groups in the order of their keys; one without items has nothing. */
function inOrderOf(keys: readonly string[], groups: readonly Group[]): Group[] {
  const byKey = new Map(groups.map((group) => [group.group, group]));
  return keys.map((group) => byKey.get(group) ?? { group, total: nothing, fresh: nothing, stale: null, shares: [] });
}
