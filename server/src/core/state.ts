/**
 * What `decide` may know: everything has been loaded before it runs, so reading is synchronous.
 *
 * `Draft` lays the effects of a group over a state without touching it; the writer makes them state only after COMMIT.
 */
import type { Location, Product } from "./catalogue.ts";
import type { Entry } from "./entry.ts";
import type { Item } from "./item.ts";

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
  location(locationId: string): Location | null;
  /** Product that owns a SKU, or null. */
  skuOwner(sku: string): string | null;
  /** Units on hand that moved at the item after a moment, by time of occurrence. */
  movedSince(item: Item, momentMs: number): number;
  /** Whether a product or location still holds stock, reservations, unsellable or incoming units anywhere. */
  holdsStock(subject: { readonly productId: string } | { readonly locationId: string }): boolean;
}

/** Key of an item in `Draft.items`. */
export const itemKey = (productId: string, locationId: string): string => `${productId}\n${locationId}`;

export class Draft implements State {
  readonly #base: State;
  readonly #heads = new Map<number, Head>();
  readonly items = new Map<string, Item>();
  readonly products = new Map<string, Product>();
  readonly locations = new Map<string, Location>();
  readonly #skuOwners = new Map<string, string | null>();
  readonly entries: Entry[] = [];

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

  location(locationId: string): Location | null {
    return this.locations.get(locationId) ?? this.#base.location(locationId);
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

  holdsStock(subject: { readonly productId: string } | { readonly locationId: string }): boolean {
    return this.#base.holdsStock(subject);
  }

  /** Number that the next entry of the partition gets. */
  nextSequence(partition: number): number {
    return this.head(partition).sequence + 1;
  }

  /** Adds an entry; it must be the next of its partition. */
  append(entry: Entry): void {
    if (entry.sequence !== this.nextSequence(entry.partition)) throw new Error("an entry must take the next number");
    this.#heads.set(entry.partition, { sequence: entry.sequence, recordedAtMs: entry.recordedAtMs });
    this.entries.push(entry);
  }

  putItem(item: Item): void {
    this.items.set(itemKey(item.productId, item.locationId), item);
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
