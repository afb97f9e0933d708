/**
 * What a view holds: the fold of a snapshot and the events behind it. No I/O, no time.
 *
 * Invariants. An item is replaced only by a higher version of itself, or by what is told of the version that is held; a
 * deleted one leaves its version behind, so that no row read earlier brings it back. An item is as archived as the most
 * archived of item, product and location, as in lists of the server. Full: it has no limit of its own, it holds what the
 * filter lets through; of deleted items the newest `tombstonesMax` are remembered.
 */
import type { InventoryItem, Totals } from "@onhand/protocol/resources";
import type { FeedEvent } from "../refined-types.ts";
import { type FeedFilter, isAmong, isOfFilter } from "./filter.ts";

/** Something in a view is no longer as it was. */
export interface Change {
  readonly kind: "added" | "changed" | "removed";
  readonly productId: string;
  readonly locationId: string;
  readonly sku: string;
  /** As it is now; null when it was removed. */
  readonly item: InventoryItem | null;
  /** As the view showed it before; null when it did not. */
  readonly previous: InventoryItem | null;
  /** `snapshot`: found by comparing with a new snapshot, because the events in between were not to be had. */
  readonly cause: "event" | "snapshot";
  readonly event: FeedEvent | null;
  /**
   * The history of the server was set back, as by a restore from a backup: what is here now is right, though it has
   * no higher version than what was shown before.
   */
  readonly isRewound: boolean;
}

/** Items that must be read again, because a product or location came back. */
export interface Doubt {
  readonly productId?: string;
  readonly locationId?: string;
}

export interface Folded {
  readonly changes: readonly Change[];
  readonly doubt: Doubt | null;
}

/** Versions of deleted items that are remembered. */
const tombstonesMax = 100_000;

const lives = ["active", "archived", "deleted"] as const;
type Life = (typeof lives)[number];
interface Subject {
  readonly version: number;
  readonly life: Life;
}

const nothing: Folded = { changes: [], doubt: null };

const withDoubt = (folded: Folded | null, doubt: Doubt | null): Folded =>
  folded === null ? nothing : { ...folded, doubt: folded.doubt ?? doubt };

export class Holdings {
  readonly #filter: FeedFilter;
  readonly #showsArchived: boolean;
  /** By product, then by location. */
  readonly #items = new Map<string, Map<string, InventoryItem>>();
  readonly #productOfSku = new Map<string, string>();
  readonly #tombstones = new Map<string, number>();
  readonly #products = new Map<string, Subject>();
  readonly #locations = new Map<string, Subject>();

  constructor(filter: FeedFilter, showsArchived: boolean) {
    this.#filter = filter;
    this.#showsArchived = showsArchived;
  }

  /** @param name a product id, or else a SKU */
  get(name: string, locationId: string): InventoryItem | undefined {
    const item = this.#itemsOf(name)?.get(locationId);
    return (item && this.#shown(item)) ?? undefined;
  }

  /** Everything that is shown, product by product. */
  *items(): Generator<InventoryItem, void, undefined> {
    for (const places of this.#items.values()) {
      for (const item of places.values()) {
        const shown = this.#shown(item);
        if (shown !== null) yield shown;
      }
    }
  }

  /** Sums over the locations that the view holds. @param name a product id, or else a SKU */
  totals(name: string): Totals {
    const shown = [...(this.#itemsOf(name)?.values() ?? [])].flatMap((item) => this.#shown(item) ?? []);
    const sum = (of: (item: InventoryItem) => number) => shown.reduce((total, item) => total + of(item), 0);
    return {
      stockLevel: sum((item) => item.stockLevel),
      reservedStock: sum((item) => item.reservedStock),
      unavailableStock: sum((item) => item.unavailableStock),
      incomingStock: sum((item) => item.incomingStock),
      availableStock: sum((item) => item.availableStock),
      locations: shown.length,
    };
  }

  /** Takes rows of a list, which say how an item was when it was read. */
  fill(rows: readonly InventoryItem[]): readonly Change[] {
    return rows.flatMap((row) => this.#replace(row, null, true));
  }

  /** Takes an event. One that tells nothing new changes nothing. */
  apply(event: FeedEvent): Folded {
    const { item, product, location } = event.data;
    const isDeleted = /\.deleted\./.test(event.type);
    if (item !== undefined) {
      return { changes: isDeleted ? this.#remove(item, event) : this.#replace(item, event, false), doubt: null };
    }
    const life = (status: string): Life => (isDeleted ? "deleted" : status === "archived" ? "archived" : "active");
    if (product !== undefined) {
      const { productId, version, sku } = product;
      const places = [...(this.#items.get(productId)?.values() ?? [])];
      // By its new SKU it may belong to the filter, or no longer.
      const isWanted = isAmong(this.#filter.productIds, productId) && isAmong(this.#filter.skus, sku);
      const next = { version, life: isWanted ? life(product.status) : "deleted" } as const;
      const isNew = isWanted && places.length === 0 && (this.#filter.skus?.length ?? 0) > 0;
      const folded = this.#takeSubject(this.#products, productId, next, places, sku, event);
      return withDoubt(folded, isNew && next.life === "active" ? { productId } : null);
    }
    if (location !== undefined) {
      const { locationId, version, groups } = location;
      const asked = this.#filter.locationGroups ?? [];
      const isWanted =
        isAmong(this.#filter.locationIds, locationId) &&
        (asked.length === 0 || groups.some((group) => asked.includes(group)));
      const next = { version, life: isWanted ? life(location.status) : "deleted" } as const;
      const here = [...this.#items.values()].flatMap((places) => places.get(locationId) ?? []);
      const isNew = isWanted && here.length === 0 && asked.length > 0;
      const folded = this.#takeSubject(this.#locations, locationId, next, here, null, event);
      return withDoubt(folded, isNew && next.life === "active" ? { locationId } : null);
    }
    return nothing;
  }

  /** What differs in another state of the same view, as changes that lead to it. */
  changesTo(next: Holdings): Change[] {
    const changes: Change[] = [];
    for (const previous of this.items()) {
      const item = next.#itemAt(previous);
      if (item === null) changes.push(changeOf(previous, null, null));
      else if (!isSame(previous, item)) changes.push(changeOf(previous, item, null));
    }
    for (const item of next.items()) if (this.#itemAt(item) === null) changes.push(changeOf(null, item, null));
    return changes;
  }

  #itemAt({ productId, locationId }: InventoryItem): InventoryItem | null {
    const item = this.#items.get(productId)?.get(locationId);
    return item === undefined ? null : this.#shown(item);
  }

  #itemsOf(name: string): Map<string, InventoryItem> | undefined {
    const byId = this.#items.get(name);
    if (byId !== undefined) return byId;
    const bySku = this.#items.get(this.#productOfSku.get(name) ?? "");
    // A product that was renamed is no longer found by the SKU it had.
    return bySku?.values().next().value?.sku === name ? bySku : undefined;
  }

  /** As lists of the server show it; null when they would not. */
  #shown(item: InventoryItem): InventoryItem | null {
    const ranks = [
      item.status === "archived" ? 1 : 0,
      lives.indexOf(this.#products.get(item.productId)?.life ?? "active"),
      lives.indexOf(this.#locations.get(item.locationId)?.life ?? "active"),
    ];
    const life = Math.max(...ranks);
    if (life === 0) return item;
    if (life === 2 || !this.#showsArchived) return null;
    return item.status === "archived" ? item : { ...item, status: "archived" };
  }

  /** @param isRow whether it comes from a list, which knows better than events whether product and location live */
  #replace(item: InventoryItem, event: FeedEvent | null, isRow: boolean): readonly Change[] {
    const { productId, locationId, version } = item;
    if (!isOfFilter(this.#filter, item)) return [];
    const places = this.#items.get(productId);
    const held = places?.get(locationId);
    const known = held?.version ?? this.#tombstones.get(keyOf(item)) ?? 0;
    if (version < known) return [];
    const isTold = isRow || event?.data.notice !== undefined;
    if (version === known && !(isTold && held !== undefined)) return [];
    const before = held === undefined ? null : this.#shown(held);
    const next = version === known ? toldOf(held!, item, isRow) : item;
    this.#tombstones.delete(keyOf(item));
    if (places === undefined) this.#items.set(productId, new Map([[locationId, next]]));
    else places.set(locationId, next);
    this.#name(item.sku, productId);
    return changesBetween(before, this.#shown(next), event);
  }

  #remove(item: InventoryItem, event: FeedEvent): readonly Change[] {
    const { productId, locationId, version } = item;
    const places = this.#items.get(productId);
    const held = places?.get(locationId);
    const known = held?.version ?? this.#tombstones.get(keyOf(item)) ?? 0;
    if (version <= known || !isOfFilter(this.#filter, item)) return [];
    const before = held === undefined ? null : this.#shown(held);
    places?.delete(locationId);
    if (places?.size === 0) this.#items.delete(productId);
    this.#tombstones.set(keyOf(item), version);
    if (this.#tombstones.size > tombstonesMax) this.#tombstones.delete(this.#tombstones.keys().next().value as string);
    return changesBetween(before, null, event);
  }

  /** A product or location changed, and with it perhaps how its items are shown. */
  #takeSubject(
    subjects: Map<string, Subject>,
    id: string,
    next: Subject,
    items: readonly InventoryItem[],
    sku: string | null,
    event: FeedEvent,
  ): Folded | null {
    const known = subjects.get(id);
    if (known !== undefined && next.version <= known.version) return null;
    const before = items.map((item) => this.#shown(item));
    subjects.set(id, next);
    const renamed = items.map((item) => {
      if (sku === null || next.life === "deleted" || item.sku === sku) return item;
      const named = { ...item, sku };
      this.#items.get(item.productId)!.set(item.locationId, named);
      this.#name(sku, item.productId);
      return named;
    });
    const changes = renamed.flatMap((item, index) => changesBetween(before[index] ?? null, this.#shown(item), event));
    return { changes, doubt: this.#doubtAbout(known, next, items, event) };
  }

  /** Lists hide how archived an item is by itself, so when its product or location comes back it is read again. */
  #doubtAbout(
    known: Subject | undefined,
    next: Subject,
    items: readonly InventoryItem[],
    { type, data: { product, location } }: FeedEvent,
  ): Doubt | null {
    if (next.life !== "active") return null;
    const cameBack = /\.created\./.test(type) && next.version > 1;
    const wasHidden = known !== undefined && known.life !== "active";
    if (!cameBack && !wasHidden && !items.some(({ status }) => status === "archived")) return null;
    if (product !== undefined) return { productId: product.productId };
    return location === undefined ? null : { locationId: location.locationId };
  }

  #name(sku: string, productId: string): void {
    this.#productOfSku.set(sku, productId);
  }
}

const keyOf = ({ productId, locationId }: InventoryItem): string => `${productId}/${locationId}`;

function changesBetween(
  previous: InventoryItem | null,
  item: InventoryItem | null,
  event: FeedEvent | null,
): readonly Change[] {
  if (previous === item) return [];
  if (previous !== null && item !== null && isSame(previous, item)) return [];
  return [changeOf(previous, item, event)];
}

function changeOf(previous: InventoryItem | null, item: InventoryItem | null, event: FeedEvent | null): Change {
  const { productId, locationId, sku } = (item ?? previous)!;
  const kind = item === null ? "removed" : previous === null ? "added" : "changed";
  const isRewound = item !== null && previous !== null && isOfAnotherHistory(previous, item);
  const cause = event === null ? "snapshot" : "event";
  return { kind, productId, locationId, sku, item, previous, cause, event, isRewound };
}

/**
 * Notices tell of an item, and change when it was updated and its alert, but not its version.
 * @param item what a row or a notice says of the version that is held
 */
function toldOf(held: InventoryItem, item: InventoryItem, isRow: boolean): InventoryItem {
  const isOlder = item.lastUpdated < held.lastUpdated;
  if (isRow) return isOlder ? { ...item, lastUpdated: held.lastUpdated } : item;
  // The name and life of its product may be newer here.
  return isOlder ? held : { ...item, sku: held.sku, status: held.status };
}

/** What notices change of an item whose version stays, and what is a product's or location's and not its own. */
const notOfVersion: readonly string[] = ["lastUpdated", "alert", "sku", "status"] satisfies (keyof InventoryItem)[];

function isOfAnotherHistory(previous: InventoryItem, item: InventoryItem): boolean {
  if (item.version !== previous.version) return item.version < previous.version;
  return (
    item.lastUpdated < previous.lastUpdated || differences(previous, item).some((name) => !notOfVersion.includes(name))
  );
}

const isSame = (one: InventoryItem, other: InventoryItem): boolean => differences(one, other).length === 0;

/** @returns names of the fields in which two states of an item differ */
function differences(one: InventoryItem, other: InventoryItem): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof InventoryItem>;
  // `states` is an object of numbers, in an order of its own kind's.
  return [...names].filter(
    (name) => one[name] !== other[name] && JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  );
}
