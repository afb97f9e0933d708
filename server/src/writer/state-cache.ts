/**
 * What this process remembers of the levels, the orders and the catalogue, shared by all lanes.
 *
 * Invariant: what is cached of a partition is the fold of its entries up to the cached head. It changes only after a
 * COMMIT of ours, or when entries of another server are read under the lock of the head. A partition that is too far
 * behind, or too large, is dropped and loaded again as needed.
 */
import type { Channel, ChannelLevel, Location, Product } from "../core/catalogue/catalogue.ts";
import { type Effect, evolve } from "../core/evolve.ts";
import type { Item } from "../core/inventory/item.ts";
import type { StockOrder, StockOrderLine } from "../core/orders/order.ts";
import type { SealedEntry } from "../core/record/entry.ts";
import { controlPartition, partitionOf } from "../core/record/partition.ts";
import type { Draft, Holder, ItemPlace } from "../core/state.ts";
import { CatalogueCache } from "./catalogue-cache.ts";
import type { KnownHead } from "./known-head.ts";
import type { Holding } from "./order-cache.ts";
import { partitionOfOrder } from "./order-place.ts";
import { type CoveredLocations, PartitionCache } from "./partition-cache.ts";

export class StateCache {
  readonly partitionCount: number;
  readonly #partitions: PartitionCache[];
  readonly #itemsPerPartitionMax: number;
  /** Of lists of locations, for as long as somebody has them. */
  readonly #sets = new WeakMap<readonly string[], ReadonlySet<string>>();
  /** Null before it is loaded. */
  #catalogue: CatalogueCache | null = null;

  /** @param itemsMax items, products and levels of channels each, over all partitions, and half as many of what is remembered of orders */
  constructor(partitionCount: number, itemsMax: number) {
    this.partitionCount = partitionCount;
    this.#partitions = Array.from({ length: partitionCount + 1 }, (_, partition) => new PartitionCache(partition));
    this.#itemsPerPartitionMax = Math.max(1, Math.floor(itemsMax / partitionCount));
  }

  head(partition: number): KnownHead | null {
    return this.#partitions[partition]!.head;
  }

  setHead(partition: number, head: KnownHead): void {
    this.#partitions[partition]!.head = head;
  }

  /** Forgets a partition; whatever a group needs of it is loaded again. */
  drop(partition: number): void {
    this.#partitions[partition]!.clear();
    if (partition === controlPartition) this.#catalogue = null;
  }

  /** Undefined: not cached. Null: known not to exist. */
  product(partition: number, productId: string): Product | null | undefined {
    return this.#partitions[partition]!.products.get(productId);
  }

  item(partition: number, productId: string, locationId: string): Item | null | undefined {
    const cache = this.#partitions[partition]!;
    const item = cache.items.get(productId)?.get(locationId);
    if (item !== undefined || cache.coverages.size === 0) return item;
    return cache.coverages.get(productId)?.locationIds.has(locationId) === true ? null : undefined;
  }

  /** Whether all that a product has at some locations is remembered; the list is known by its identity. */
  coversItems(partition: number, productId: string, locationIds: readonly string[]): boolean {
    return (
      locationIds.length === 0 || this.#partitions[partition]!.coverages.get(productId)?.lists.has(locationIds) === true
    );
  }

  /** What a product has at some locations. Undefined: not all of it is cached. */
  itemsAt(partition: number, productId: string, locationIds: readonly string[]): readonly Item[] | undefined {
    const ofProduct = this.#partitions[partition]!.items.get(productId);
    const items: Item[] = [];
    // Mostly a product is at few locations, of which there may be a thousand.
    if (this.coversItems(partition, productId, locationIds) && (ofProduct?.size ?? 0) < locationIds.length) {
      const there = this.#setOf(locationIds);
      for (const [locationId, item] of ofProduct ?? []) if (item !== null && there.has(locationId)) items.push(item);
      return items;
    }
    for (const locationId of locationIds) {
      const item = this.item(partition, productId, locationId);
      if (item === undefined) return undefined;
      if (item !== null) items.push(item);
    }
    return items;
  }

  #setOf(locationIds: readonly string[]): ReadonlySet<string> {
    const known = this.#sets.get(locationIds);
    if (known !== undefined) return known;
    const set = new Set(locationIds);
    this.#sets.set(locationIds, set);
    return set;
  }

  /** All that a product has at some locations was put; what was said of it before is forgotten. */
  coverItems(partition: number, productId: string, coverage: CoveredLocations): void {
    this.#partitions[partition]!.coverages.set(productId, coverage);
  }

  channelLevel(partition: number, productId: string, channelId: string): ChannelLevel | null | undefined {
    return this.#partitions[partition]!.levels.get(productId)?.get(channelId);
  }

  order(orderId: string): StockOrder | null | undefined {
    const partition = partitionOfOrder(orderId, this.partitionCount);
    return partition === null ? null : this.#partitions[partition]!.promised.order(orderId);
  }

  /** All lines of an order, in order. Undefined when one of them is not cached. */
  orderLines(orderId: string): readonly StockOrderLine[] | undefined {
    const order = this.order(orderId);
    if (order === undefined || order === null) return order === null ? [] : undefined;
    if (order.partitions.length === 1) return this.#partitions[order.partition]!.promised.lines(orderId);
    const lines: StockOrderLine[] = [];
    for (const partition of order.partitions) {
      const there = this.#partitions[partition]!.promised.lines(orderId);
      if (there === undefined) return undefined;
      lines.push(...there);
    }
    return lines.sort((a, b) => a.line - b.line);
  }

  /** What a holder holds of a product, by location. */
  holding(partition: number, productId: string, holder: Holder): ReadonlyMap<string, number> | undefined {
    return this.#partitions[partition]!.promised.holding(productId, holder);
  }

  /** Whether something may be due of an item at a moment: false is certain. */
  mayBeDue({ partition, productId, locationId }: ItemPlace, momentMs: number): boolean {
    return this.#partitions[partition]!.promised.mayBeDue(productId, locationId, momentMs);
  }

  /** Null when locations and channels are not loaded. */
  get catalogue(): CatalogueCache | null {
    return this.#catalogue;
  }

  setCatalogue(locations: readonly Location[], channels: readonly Channel[]): void {
    this.#catalogue = new CatalogueCache(locations, channels);
  }

  putProduct(partition: number, productId: string, product: Product | null): void {
    this.#partitions[partition]!.products.set(productId, product);
  }

  putItem(partition: number, productId: string, locationId: string, item: Item | null): void {
    const cache = this.#partitions[partition]!;
    let ofProduct = cache.items.get(productId);
    if (ofProduct === undefined) {
      ofProduct = new Map();
      cache.items.set(productId, ofProduct);
    }
    if (!ofProduct.has(locationId)) cache.itemCount += 1;
    ofProduct.set(locationId, item);
  }

  putChannelLevel(partition: number, productId: string, channelId: string, level: ChannelLevel | null): void {
    const cache = this.#partitions[partition]!;
    let ofProduct = cache.levels.get(productId);
    if (ofProduct === undefined) {
      ofProduct = new Map();
      cache.levels.set(productId, ofProduct);
    }
    if (!ofProduct.has(channelId)) cache.levelCount += 1;
    ofProduct.set(channelId, level);
  }

  /** Takes over an order with all its lines; its partitions must be locked. */
  putOrder(order: StockOrder, lines: readonly StockOrderLine[]): void {
    this.#partitions[order.partition]!.promised.putOrder(order.orderId, order);
    for (const partition of order.partitions) {
      const there = lines.filter((line) => line.partition === partition);
      this.#partitions[partition]!.promised.putLines(order.orderId, there);
    }
  }

  /** Takes over the lines of an order that lie in one partition. */
  putLinesThere(partition: number, orderId: string, lines: readonly StockOrderLine[]): void {
    this.#partitions[partition]!.promised.putLines(orderId, lines);
  }

  /** An order is known not to exist. */
  putNoOrder(orderId: string): void {
    const partition = partitionOfOrder(orderId, this.partitionCount);
    if (partition !== null) this.#partitions[partition]!.promised.putOrder(orderId, null);
  }

  putHolding(partition: number, productId: string, holder: Holder, holding: Holding): void {
    this.#partitions[partition]!.promised.putHolding(productId, holder, holding);
  }

  /** Nothing that is held of the item expires before. @param expiresAtMs null: nothing expires */
  setExpiry({ partition, productId, locationId }: ItemPlace, expiresAtMs: number | null): void {
    this.#partitions[partition]!.promised.setExpiry(productId, locationId, expiresAtMs);
  }

  /** Of what is remembered of a partition's orders, in its younger half. */
  get #ordersMax(): number {
    return Math.ceil(this.#itemsPerPartitionMax / 4);
  }

  /** Items cached in all partitions. */
  get itemCount(): number {
    return this.#partitions.reduce((sum, cache) => sum + cache.itemCount, 0);
  }

  /** Drops what has grown too large; called between groups, when nothing that was decided is in flight. */
  trim(partition: number): void {
    const cache = this.#partitions[partition]!;
    cache.promised.turn(this.#ordersMax);
    // With many channels there are more of them than of anything else, and they are quickly read again.
    if (cache.levelCount > this.#itemsPerPartitionMax) cache.forgetLevels();
    // What other servers hold is noted of items that are not remembered here, too.
    const largest = Math.max(cache.itemCount, cache.products.size, cache.coverages.size, cache.promised.expiryCount);
    if (largest <= this.#itemsPerPartitionMax) return;
    const { head } = cache;
    cache.clear();
    cache.head = head;
  }

  /**
   * Applies entries that were written elsewhere and moves the cached head along. Entries that are already contained are
   * passed over, so two lanes may read the same ones. Only what is cached has to be kept right.
   * @returns orders whose lines here may expire at other times than is remembered: they have to be looked at
   */
  catchUp(partition: number, entries: readonly SealedEntry[], epoch: number): ReadonlySet<string> {
    const cache = this.#partitions[partition]!;
    const retimed = new Set<string>();
    const locations: Location[] = [];
    const channels: Channel[] = [];
    for (const entry of entries) {
      if (entry.sequence !== (cache.head?.sequence ?? 0) + 1) continue;
      const effect = evolve(entry);
      if (effect.kind === "location") locations.push(effect.location);
      else if (effect.kind === "channel") channels.push(effect.channel);
      const orderId = this.#apply(partition, entry, effect);
      if (orderId !== null) retimed.add(orderId);
      cache.head = { sequence: entry.sequence, hash: entry.hash, recordedAtMs: entry.recordedAtMs, epoch };
    }
    this.#putInCatalogue(locations, channels);
    return retimed;
  }

  #putInCatalogue(locations: readonly Location[], channels: readonly Channel[]): void {
    if (locations.length + channels.length > 0) this.#catalogue = this.#catalogue?.with(locations, channels) ?? null;
  }

  /** @returns an order that has to be looked at, see `catchUp` */
  #apply(partition: number, entry: SealedEntry, effect: Effect): string | null {
    const cache = this.#partitions[partition]!;
    switch (effect.kind) {
      case "item":
        return this.#applyItem(cache, entry, effect);
      case "order":
        return cache.promised.applyForeign(entry, effect.detail);
      case "product":
        this.putProduct(partition, effect.product.productId, effect.product);
        cache.forgetLevelsOf(effect.product.productId);
        return null;
      case "channelLevel":
        cache.forgetLevelsOf(entry.productId!);
        return null;
      case "location":
      case "channel":
      case "record":
        return null;
    }
  }

  #applyItem(
    cache: PartitionCache,
    entry: SealedEntry,
    { item, detail }: Extract<Effect, { kind: "item" }>,
  ): string | null {
    const { partition, productId, locationId } = item;
    if (this.item(partition, productId, locationId) !== undefined) this.putItem(partition, productId, locationId, item);
    // What channels may sell of it follows without an entry, as long as no number changes.
    if (cache.levels.size > 0) cache.forgetLevelsOf(productId);
    const belongsToOrder = detail.line !== undefined || detail.order !== undefined;
    return belongsToOrder ? cache.promised.applyForeign(entry, detail) : null;
  }

  /** Makes a committed draft state, and lets go of old orders. */
  adopt(draft: Draft): void {
    for (const item of draft.items.values()) this.putItem(item.partition, item.productId, item.locationId, item);
    for (const product of draft.products.values())
      this.putProduct(partitionOf(product.productId, this.partitionCount), product.productId, product);
    this.#putInCatalogue([...draft.locations.values()], [...draft.channels.values()]);
    for (const level of draft.channelLevels.values())
      this.putChannelLevel(level.partition, level.productId, level.channelId, level);
    if (draft.lines.size > 0 || draft.orders.size > 0) this.#adoptOrders(draft);
  }

  #adoptOrders(draft: Draft): void {
    for (const order of draft.orders.values())
      this.#partitions[order.partition]!.promised.putOrder(order.orderId, order);
    for (const [orderId, changed] of Map.groupBy(draft.lines.values(), (line) => line.orderId)) {
      changed.sort((a, b) => a.line - b.line);
      const order = draft.orders.get(orderId) ?? this.order(orderId);
      // With all its lines here, each partition's are complete, whether or not they were known before.
      const isWhole = order?.lineCount === changed.length;
      for (const [partition, there] of Map.groupBy(changed, (line) => line.partition))
        this.#partitions[partition]!.promised.adoptLines(orderId, there, isWhole);
    }
    for (const [key, more] of draft.holdingChanges) {
      const [productId, locationId, holder] = key.split("\n") as [string, string, string];
      if (locationId === "") continue;
      const name = holder.slice(1);
      const partition = partitionOf(productId, this.partitionCount);
      const of: Holder = holder.startsWith("a") ? { actor: name } : { buyerKey: name };
      this.#partitions[partition]!.promised.adoptHolding(productId, locationId, of, more);
    }
    const touched = new Set([...draft.lines.values()].map((line) => line.partition));
    for (const partition of touched) this.#partitions[partition]!.promised.turn(this.#ordersMax);
  }
}
