/**
 * What `decide` may know: everything has been loaded before it runs, so reading is synchronous.
 *
 * `Draft` lays the effects of a group over a state without touching it; the writer makes them state only after COMMIT.
 */
import type { Channel, ChannelLevel, Location, Product } from "./catalogue/catalogue.ts";
import type { EntryText } from "./command.ts";
import { withChanged } from "./inventory/changed-items.ts";
import { isAppliedCount } from "./inventory/containment.ts";
import type { Item } from "./inventory/item.ts";
import { lineKey, type StockOrder, type StockOrderLine } from "./orders/order.ts";
import type { Entry } from "./record/entry.ts";

/** The end of a partition. */
export interface Head {
  readonly sequence: number;
  readonly recordedAtMs: number;
}

export interface State {
  /** Partitions that products are spread over. */
  readonly partitionCount: number;
  head(partition: number): Head;
  /** `null`: known not to exist, deleted ones included only if they were ever recorded. */
  product(partition: number, productId: string): Product | null;
  item(partition: number, productId: string, locationId: string): Item | null;
  /** What a product has at some locations, in no particular order. */
  itemsAt(partition: number, productId: string, locationIds: readonly string[]): readonly Item[];
  location(locationId: string): Location | null;
  /** Product that owns a SKU, or null. */
  skuOwner(sku: string): string | null;
  /** Units on hand that moved at the item after a moment, by time of occurrence. */
  movedSince(item: Item, momentMs: number): number;
  /** Moment of the latest count after a moment that was applied to the item, in its earlier lives too; null for none. */
  countedSince(item: Item, momentMs: number): number | null;
  /** Locations in use that belong to a group, by id. */
  locationsOfGroup(group: string): readonly string[];
  channel(channelId: string): Channel | null;
  /** Channels in use that sell a product from a location; with null from anywhere. */
  channelsSelling(productId: string, locationId: string | null): readonly Channel[];
  /** Locations in use that a channel takes from, in its order. */
  locationsOfChannel(channel: Channel): readonly string[];
  /** Null: the channel was never told of the product. */
  channelLevel(partition: number, productId: string, channelId: string): ChannelLevel | null;
  order(orderId: string): StockOrder | null;
  /** All lines of an order, in order. */
  orderLines(orderId: string): readonly StockOrderLine[];
  /** False: nothing is due of any item that the group concerns. */
  readonly hasDue: boolean;
  /** Lines that hold units of an item and are due at the time of the decision, the longest due first. */
  dueLines(item: ItemPlace): DueLines;
  /** Reservations of a buyer that held units when the group was loaded, oldest first. */
  openReservations(buyerKey: string): readonly string[];
  /**
   * Units of a product that one holder holds.
   * @param locationId null: over all locations
   */
  heldBy(partition: number, productId: string, locationId: string | null, holder: Holder): number;
  /** Locations at which a holder holds units of a product, by id. */
  heldAt(partition: number, productId: string, holder: Holder): readonly string[];
  /** Whether a product or location still holds stock, reservations, unsellable or incoming units anywhere. */
  holdsStock(subject: { readonly productId: string } | { readonly locationId: string }): boolean;
}

/** Where an item lies. */
export interface ItemPlace {
  readonly partition: number;
  readonly productId: string;
  readonly locationId: string;
}

export interface DueLines {
  readonly lines: readonly StockOrderLine[];
  /** False: more are due than could be loaded, so that a refusal for want of stock is not final. */
  readonly isComplete: boolean;
}

/** A key that asked, or a buyer by the digest of its name. */
export type Holder = { readonly actor: string } | { readonly buyerKey: string };

/** Key of what a holder holds of a product, at a location or over all. */
export const holdingKey = (productId: string, locationId: string | null, holder: Holder): string =>
  `${productId}\n${locationId ?? ""}\n${"actor" in holder ? `a${holder.actor}` : `b${holder.buyerKey}`}`;

/** What is said of an entry beside its columns. */
export interface EntryWords {
  /** SKU of its product at the time; null where there is none. */
  readonly sku: string | null;
  readonly text: EntryText | null;
}

const noWords: EntryWords = { sku: null, text: null };

/** Key of an item in `Draft.items`. */
export const itemKey = (productId: string, locationId: string): string => `${productId}\n${locationId}`;

/** Key of a channel's level in `Draft.channelLevels`; a product is in one partition. */
export const channelLevelKey = (productId: string, channelId: string): string => `${productId}\n${channelId}`;

export class Draft implements State {
  readonly #base: State;
  readonly #heads = new Map<number, Head>();
  readonly items = new Map<string, Item>();
  readonly products = new Map<string, Product>();
  readonly locations = new Map<string, Location>();
  readonly channels = new Map<string, Channel>();
  /** By partition, product and channel. */
  readonly channelLevels = new Map<string, ChannelLevel>();
  readonly orders = new Map<string, StockOrder>();
  /** Changed lines by `lineKey`. */
  readonly lines = new Map<string, StockOrderLine>();
  /** Lines of the orders that the group makes, as they are now, by order and in order. */
  readonly #made = new Map<string, StockOrderLine[]>();
  /** Reservations that the group makes or changes, by buyer. */
  readonly #ofBuyers = new Map<string, string[]>();
  /** How much more each holder holds than in the state below, by `holdingKey`. */
  readonly #holdings = new Map<string, number>();
  /** Items that the command under way changed, as they were before it and as they are. */
  readonly #touched = new Map<string, { readonly before: Item | null; after: Item }>();
  readonly #skuOwners = new Map<string, string | null>();
  readonly entries: Entry[] = [];
  /** Words of each entry, in the same order. */
  readonly words: EntryWords[] = [];

  constructor(base: State) {
    this.#base = base;
  }

  get partitionCount(): number {
    return this.#base.partitionCount;
  }

  head(partition: number): Head {
    return this.#heads.get(partition) ?? this.#base.head(partition);
  }

  product(partition: number, productId: string): Product | null {
    return this.products.get(productId) ?? this.#base.product(partition, productId);
  }

  item(partition: number, productId: string, locationId: string): Item | null {
    return this.items.get(itemKey(productId, locationId)) ?? this.#base.item(partition, productId, locationId);
  }

  itemsAt(partition: number, productId: string, locationIds: readonly string[]): readonly Item[] {
    return withChanged(this.#base.itemsAt(partition, productId, locationIds), this.items, productId, locationIds);
  }

  location(locationId: string): Location | null {
    return this.locations.get(locationId) ?? this.#base.location(locationId);
  }

  locationsOfGroup(group: string): readonly string[] {
    return this.#base.locationsOfGroup(group);
  }

  channel(channelId: string): Channel | null {
    return this.channels.get(channelId) ?? this.#base.channel(channelId);
  }

  /** Channels as they were before the group: those that change are made right afterwards, product by product. */
  channelsSelling(productId: string, locationId: string | null): readonly Channel[] {
    return this.#base.channelsSelling(productId, locationId);
  }

  locationsOfChannel(channel: Channel): readonly string[] {
    return this.#base.locationsOfChannel(channel);
  }

  channelLevel(partition: number, productId: string, channelId: string): ChannelLevel | null {
    return (
      this.channelLevels.get(channelLevelKey(productId, channelId)) ??
      this.#base.channelLevel(partition, productId, channelId)
    );
  }

  order(orderId: string): StockOrder | null {
    return this.orders.get(orderId) ?? this.#base.order(orderId);
  }

  orderLines(orderId: string): readonly StockOrderLine[] {
    const before = this.#base.orderLines(orderId);
    if (this.lines.size === 0) return before;
    // An order that this group makes has all its lines here.
    if (before.length > 0) return before.map((line) => this.lines.get(lineKey(line)) ?? line);
    return this.#made.get(orderId)?.slice() ?? [];
  }

  get hasDue(): boolean {
    return this.#base.hasDue;
  }

  dueLines(item: ItemPlace): DueLines {
    const { lines, isComplete } = this.#base.dueLines(item);
    if (this.lines.size === 0 || lines.length === 0) return { lines, isComplete };
    return {
      lines: lines.map((line) => this.lines.get(lineKey(line)) ?? line).filter((line) => line.held > 0),
      isComplete,
    };
  }

  openReservations(buyerKey: string): readonly string[] {
    const before = this.#base.openReservations(buyerKey);
    const made = this.#ofBuyers.get(buyerKey)?.filter((orderId) => !before.includes(orderId)) ?? [];
    const holds = (orderId: string) => this.orderLines(orderId).some((line) => line.held > 0);
    return [...before, ...made].filter(holds);
  }

  heldBy(partition: number, productId: string, locationId: string | null, holder: Holder): number {
    const more = this.#holdings.get(holdingKey(productId, locationId, holder)) ?? 0;
    return this.#base.heldBy(partition, productId, locationId, holder) + more;
  }

  /** What the group itself took is not due yet, so that only what was held before it is told. */
  heldAt(partition: number, productId: string, holder: Holder): readonly string[] {
    const before = this.#base.heldAt(partition, productId, holder);
    if (this.#holdings.size === 0) return before;
    return before.filter((locationId) => this.heldBy(partition, productId, locationId, holder) > 0);
  }

  /** How much more each holder holds than before the group, by `holdingKey`. */
  get holdingChanges(): ReadonlyMap<string, number> {
    return this.#holdings;
  }

  /** The item as it was before the group. */
  itemBefore(partition: number, productId: string, locationId: string): Item | null {
    return this.#base.item(partition, productId, locationId);
  }

  /** What a product had at some locations before the group. */
  itemsBefore(partition: number, productId: string, locationIds: readonly string[]): readonly Item[] {
    return this.#base.itemsAt(partition, productId, locationIds);
  }

  /** What the channel could sell and was told before the group. */
  channelLevelBefore(partition: number, productId: string, channelId: string): ChannelLevel | null {
    return this.#base.channelLevel(partition, productId, channelId);
  }

  skuOwner(sku: string): string | null {
    const owner = this.#skuOwners.get(sku);
    return owner === undefined ? this.#base.skuOwner(sku) : owner;
  }

  movedSince(item: Item, momentMs: number): number {
    let moved = this.#base.movedSince(item, momentMs);
    if (!Number.isSafeInteger(moved)) return Number.NaN;
    for (const entry of this.entries) {
      if (entry.itemNumber === item.itemNumber && entry.partition === item.partition && entry.occurredAtMs > momentMs) {
        moved += entry.delta.onHand;
        if (!Number.isSafeInteger(moved)) return Number.NaN;
      }
    }
    return moved;
  }

  countedSince(item: Item, momentMs: number): number | null {
    let latestMs = this.#base.countedSince(item, momentMs);
    for (const entry of this.entries) {
      if (entry.itemNumber !== item.itemNumber || entry.partition !== item.partition) continue;
      if (entry.occurredAtMs <= Math.max(momentMs, latestMs ?? momentMs) || !isAppliedCount(entry)) continue;
      latestMs = entry.occurredAtMs;
    }
    return latestMs;
  }

  holdsStock(subject: { readonly productId: string } | { readonly locationId: string }): boolean {
    return this.#base.holdsStock(subject);
  }

  /** Number that the next entry of the partition gets. */
  nextSequence(partition: number): number {
    return this.head(partition).sequence + 1;
  }

  /** Adds an entry; it must be the next of its partition. */
  append(entry: Entry, words: EntryWords = noWords): void {
    if (entry.sequence !== this.nextSequence(entry.partition)) throw new Error("an entry must take the next number");
    this.#heads.set(entry.partition, { sequence: entry.sequence, recordedAtMs: entry.recordedAtMs });
    this.entries.push(entry);
    this.words.push(words);
  }

  putItem(item: Item): void {
    const key = itemKey(item.productId, item.locationId);
    const touched = this.#touched.get(key);
    if (touched === undefined) {
      const before = this.items.get(key) ?? this.#base.item(item.partition, item.productId, item.locationId);
      this.#touched.set(key, { before, after: item });
    } else touched.after = item;
    this.items.set(key, item);
  }

  /** Items that were changed since it was last asked, each as it was before and as it is now. */
  takeTouched(): readonly { readonly before: Item | null; readonly after: Item }[] {
    const touched = [...this.#touched.values()];
    this.#touched.clear();
    return touched;
  }

  putOrder(order: StockOrder): void {
    const { orderId, kind, buyerKey } = order;
    if (buyerKey !== null && kind === "reservation" && !this.orders.has(orderId)) {
      const ofBuyer = this.#ofBuyers.get(buyerKey);
      if (ofBuyer === undefined) this.#ofBuyers.set(buyerKey, [orderId]);
      else ofBuyer.push(orderId);
    }
    this.orders.set(order.orderId, order);
  }

  /** @param before the line as it was, null when it is new */
  putLine(before: StockOrderLine | null, line: StockOrderLine): void {
    this.lines.set(lineKey(line), line);
    let made = this.#made.get(line.orderId);
    if (made === undefined && before === null) {
      made = [];
      this.#made.set(line.orderId, made);
    }
    if (made !== undefined) made[line.line - 1] = line;
    const more = line.held - (before?.held ?? 0);
    if (more === 0 || line.kind !== "reservation") return;
    const holders: Holder[] = [{ actor: line.holder }];
    if (line.buyerKey !== null) holders.push({ buyerKey: line.buyerKey });
    for (const holder of holders) {
      for (const locationId of [line.locationId, null]) {
        const key = holdingKey(line.productId, locationId, holder);
        this.#holdings.set(key, (this.#holdings.get(key) ?? 0) + more);
      }
    }
  }

  putChannel(channel: Channel): void {
    this.channels.set(channel.channelId, channel);
  }

  putChannelLevel(level: ChannelLevel): void {
    this.channelLevels.set(channelLevelKey(level.productId, level.channelId), level);
  }

  putProduct(product: Product): void {
    this.products.set(product.productId, product);
  }

  putLocation(location: Location): void {
    this.locations.set(location.locationId, location);
  }

  putSkuOwner(sku: string, productId: string | null): void {
    this.#skuOwners.set(sku, productId);
  }

  /** SKUs whose owner this draft changes: new owner, or null when set free. */
  get skuChanges(): ReadonlyMap<string, string | null> {
    return this.#skuOwners;
  }
}
