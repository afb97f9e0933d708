/** What a group is decided on under its locks: the cache, into which everything was loaded, and what it never holds. */
import type { Channel, ChannelLevel, Location, Product } from "../core/catalogue/catalogue.ts";
import type { Item } from "../core/inventory/item.ts";
import type { StockOrder, StockOrderLine } from "../core/orders/order.ts";
import type { DueLines, Head, Holder, ItemPlace, State } from "../core/state.ts";
import { itemKey } from "../core/state.ts";
import { WriteConflict } from "../db/errors.ts";
import type { SinceMoment } from "../journal/walk-back.ts";
import type { CatalogueCache } from "./catalogue-cache.ts";
import { NotLoaded } from "./errors.ts";
import { positionOfOrder } from "./order-place.ts";
import type { StateCache } from "./state-cache.ts";

/** What was found out about when something of an item is due. */
export interface CheckedItem {
  readonly place: ItemPlace;
  /** Lines that were due. */
  readonly due: readonly StockOrderLine[];
  /** When next something is due, in ms; null: nothing that is held of it expires. */
  readonly nextExpiryMs: number | null;
}

/** What the cache never holds. */
export interface Facts {
  readonly skuOwners: Map<string, string>;
  /** What moved at counted items since the moments of their counts, by `movedKey`. */
  readonly moved: Map<string, SinceMoment>;
  readonly holders: Set<string>;
  /** Orders that do not lie in the locked partitions alone. */
  readonly elsewhere: Map<string, { readonly order: StockOrder; readonly lines: readonly StockOrderLine[] }>;
  /** Reservations that hold units for a buyer, oldest first. */
  readonly openReservations: Map<string, readonly string[]>;
  /** By `itemKey`: items of which something is due. */
  readonly due: Map<string, StockOrderLine[]>;
  /** False: more lines are due than were loaded. */
  isDueComplete: boolean;
  checked: readonly CheckedItem[];
}

/** Before anything was loaded. */
export const noFacts = (): Facts => ({
  skuOwners: new Map(),
  moved: new Map(),
  holders: new Set(),
  elsewhere: new Map(),
  openReservations: new Map(),
  due: new Map(),
  isDueComplete: true,
  checked: [],
});

/** Key of an item and the moment of a count in `Facts.moved`. */
export const movedKey = (item: Item, momentMs: number): string => `${item.partition}/${item.itemNumber}/${momentMs}`;

const nothingDue: DueLines = { lines: [], isComplete: true };

export class LoadedState implements State {
  readonly #cache: StateCache;
  readonly #catalogue: CatalogueCache;
  readonly #locked: ReadonlySet<number>;
  readonly facts: Facts;

  constructor(cache: StateCache, locked: readonly number[], facts: Facts) {
    // Another lane met a new epoch meanwhile and dropped what was loaded: to be tried again.
    if (cache.catalogue === null) throw new WriteConflict("control");
    this.#cache = cache;
    this.#catalogue = cache.catalogue;
    this.#locked = new Set(locked);
    this.facts = facts;
  }

  get partitionCount(): number {
    return this.#cache.partitionCount;
  }

  isLocked(partition: number): boolean {
    return this.#locked.has(partition);
  }

  head(partition: number): Head {
    const head = this.#locked.has(partition) ? this.#cache.head(partition) : null;
    if (head === null) throw new Error(`partition ${partition} was not locked`);
    return head;
  }

  product(partition: number, productId: string): Product | null {
    const product = this.#cache.product(partition, productId);
    if (product === undefined) throw new NotLoaded(`product ${productId} was not loaded`);
    return product;
  }

  item(partition: number, productId: string, locationId: string): Item | null {
    const item = this.#cache.item(partition, productId, locationId);
    if (item === undefined) throw new NotLoaded(`item ${productId} at ${locationId} was not loaded`);
    return item;
  }

  itemsAt(partition: number, productId: string, locationIds: readonly string[]): readonly Item[] {
    const items = this.#cache.itemsAt(partition, productId, locationIds);
    if (items === undefined) throw new NotLoaded(`what there is of ${productId} was not loaded`);
    return items;
  }

  location(locationId: string): Location | null {
    return this.#catalogue.location(locationId);
  }

  locationsOfGroup(group: string): readonly string[] {
    return this.#catalogue.locationsOfGroup(group);
  }

  channel(channelId: string): Channel | null {
    return this.#catalogue.channel(channelId);
  }

  channelsSelling(productId: string, locationId: string | null): readonly Channel[] {
    return this.#catalogue.channelsSelling(productId, locationId);
  }

  locationsOfChannel(channel: Channel): readonly string[] {
    return this.#catalogue.locationsOfChannel(channel);
  }

  channelLevel(partition: number, productId: string, channelId: string): ChannelLevel | null {
    const level = this.#cache.channelLevel(partition, productId, channelId);
    if (level === undefined) throw new NotLoaded(`what ${channelId} may sell of ${productId} was not loaded`);
    return level;
  }

  /** True when there can be no such order in the database: if there is one at all, the group is making it. */
  isNotYet(orderId: string): boolean {
    const position = positionOfOrder(orderId, this.partitionCount);
    if (position === null) return true;
    const head = this.#locked.has(position.partition) ? this.#cache.head(position.partition) : null;
    return head !== null && position.sequence > head.sequence;
  }

  order(orderId: string): StockOrder | null {
    if (this.isNotYet(orderId)) return null;
    const order = this.facts.elsewhere.get(orderId)?.order ?? this.#cache.order(orderId);
    if (order === undefined) throw new NotLoaded(`order ${orderId} was not loaded`);
    return order;
  }

  orderLines(orderId: string): readonly StockOrderLine[] {
    if (this.isNotYet(orderId)) return [];
    const lines = this.facts.elsewhere.get(orderId)?.lines ?? this.#cache.orderLines(orderId);
    if (lines === undefined) throw new NotLoaded(`the lines of order ${orderId} were not loaded`);
    return lines;
  }

  get hasDue(): boolean {
    return this.facts.due.size > 0;
  }

  dueLines({ productId, locationId }: ItemPlace): DueLines {
    const { due, isDueComplete } = this.facts;
    const lines = due.get(itemKey(productId, locationId));
    return lines === undefined && isDueComplete ? nothingDue : { lines: lines ?? [], isComplete: isDueComplete };
  }

  openReservations(buyerKey: string): readonly string[] {
    return this.facts.openReservations.get(buyerKey) ?? [];
  }

  heldBy(partition: number, productId: string, locationId: string | null, holder: Holder): number {
    const holding = this.#cache.holding(partition, productId, holder);
    if (holding === undefined) throw new NotLoaded(`what is held of ${productId} was not loaded`);
    if (locationId !== null) return holding.get(locationId) ?? 0;
    return holding.values().reduce((sum, held) => sum + held, 0);
  }

  heldAt(partition: number, productId: string, holder: Holder): readonly string[] {
    const holding = this.#cache.holding(partition, productId, holder);
    if (holding === undefined) throw new NotLoaded(`what is held of ${productId} was not loaded`);
    return [...holding].flatMap(([locationId, held]) => (held > 0 ? [locationId] : [])).sort();
  }

  skuOwner(sku: string): string | null {
    return this.facts.skuOwners.get(sku) ?? null;
  }

  movedSince(item: Item, momentMs: number): number {
    // An item that the group itself creates has no past in the database.
    return this.facts.moved.get(movedKey(item, momentMs))?.moved ?? 0;
  }

  countedSince(item: Item, momentMs: number): number | null {
    return this.facts.moved.get(movedKey(item, momentMs))?.countedAtMs ?? null;
  }

  holdsStock(subject: { readonly productId: string } | { readonly locationId: string }): boolean {
    return this.facts.holders.has("productId" in subject ? `p${subject.productId}` : `l${subject.locationId}`);
  }
}
