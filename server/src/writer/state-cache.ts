/**
 * What this process remembers of the levels and the catalogue, shared by all lanes.
 *
 * Invariant: what is cached of a partition is the fold of its entries up to the cached head. It changes only after a
 * COMMIT of ours, or when entries of another server are read under the lock of the head. A partition that is too far
 * behind, or too large, is dropped and loaded again as needed.
 */
import type { Location, Product } from "../core/catalogue.ts";
import type { SealedEntry } from "../core/entry.ts";
import { evolve } from "../core/evolve.ts";
import type { Item } from "../core/item.ts";
import type { Draft } from "../core/state.ts";

export interface KnownHead {
  readonly sequence: number;
  readonly hash: Uint8Array;
  readonly recordedAtMs: number;
  readonly epoch: number;
}

/** A head as it is once a group is committed. */
export interface MovedHead extends KnownHead {
  readonly partition: number;
}

class PartitionCache {
  head: KnownHead | null = null;
  /** `null` is known not to exist. */
  readonly products = new Map<string, Product | null>();
  readonly items = new Map<string, Map<string, Item | null>>();
  itemCount = 0;

  clear(): void {
    this.head = null;
    this.products.clear();
    this.items.clear();
    this.itemCount = 0;
  }
}

export class StateCache {
  readonly partitionCount: number;
  readonly #partitions: PartitionCache[];
  readonly #itemsPerPartitionMax: number;
  /** Every location, or null before they are loaded. */
  #locations: Map<string, Location> | null = null;

  /** @param itemsMax items and products each, over all partitions */
  constructor(partitionCount: number, itemsMax: number) {
    this.partitionCount = partitionCount;
    this.#partitions = Array.from({ length: partitionCount + 1 }, () => new PartitionCache());
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
    if (partition === 0) this.#locations = null;
  }

  /** Undefined: not cached. Null: known not to exist. */
  product(partition: number, productId: string): Product | null | undefined {
    return this.#partitions[partition]!.products.get(productId);
  }

  item(partition: number, productId: string, locationId: string): Item | null | undefined {
    return this.#partitions[partition]!.items.get(productId)?.get(locationId);
  }

  location(locationId: string): Location | null {
    return this.#locations?.get(locationId) ?? null;
  }

  get hasLocations(): boolean {
    return this.#locations !== null;
  }

  setLocations(locations: readonly Location[]): void {
    this.#locations = new Map(locations.map((location) => [location.locationId, location]));
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

  /** Items cached in all partitions. */
  get itemCount(): number {
    return this.#partitions.reduce((sum, cache) => sum + cache.itemCount, 0);
  }

  /** Drops what has grown too large; called between groups, when nothing that was decided is in flight. */
  trim(partition: number): void {
    const cache = this.#partitions[partition]!;
    if (cache.itemCount <= this.#itemsPerPartitionMax && cache.products.size <= this.#itemsPerPartitionMax) return;
    const { head } = cache;
    cache.clear();
    cache.head = head;
  }

  /**
   * Applies entries that were written elsewhere and moves the cached head along. Entries that are already contained are
   * passed over, so two lanes may read the same ones. Only what is cached has to be kept right.
   */
  catchUp(partition: number, entries: readonly SealedEntry[], epoch: number): void {
    const cache = this.#partitions[partition]!;
    for (const entry of entries) {
      if (entry.sequence !== (cache.head?.sequence ?? 0) + 1) continue;
      this.#apply(partition, entry);
      cache.head = { sequence: entry.sequence, hash: entry.hash, recordedAtMs: entry.recordedAtMs, epoch };
    }
  }

  #apply(partition: number, entry: SealedEntry): void {
    const effect = evolve(entry);
    if (effect.kind === "location") this.#locations?.set(effect.location.locationId, effect.location);
    else if (effect.kind === "product") this.putProduct(partition, effect.product.productId, effect.product);
    else if (this.item(partition, effect.item.productId, effect.item.locationId) !== undefined) {
      this.putItem(partition, effect.item.productId, effect.item.locationId, effect.item);
    }
  }

  /** Makes a committed draft state. */
  adopt(draft: Draft, partitionOfProduct: (productId: string) => number): void {
    for (const item of draft.items.values()) this.putItem(item.partition, item.productId, item.locationId, item);
    for (const product of draft.products.values())
      this.putProduct(partitionOfProduct(product.productId), product.productId, product);
    for (const location of draft.locations.values()) this.#locations?.set(location.locationId, location);
  }
}
