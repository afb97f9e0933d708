/** What is remembered of one partition, and how much of it there is. The cache over all partitions decides what goes. */
import type { ChannelLevel, Product } from "../core/catalogue/catalogue.ts";
import type { Item } from "../core/inventory/item.ts";
import type { KnownHead } from "./known-head.ts";
import { OrderCache } from "./order-cache.ts";

/**
 * Locations at which all that a product has is remembered: what is not, is not there. It spares remembering that there is
 * nothing, a thousand times for each product.
 */
export interface CoveredLocations {
  readonly locationIds: ReadonlySet<string>;
  /** The lists that it was made from, of which all are in it. */
  readonly lists: ReadonlySet<readonly string[]>;
}

export class PartitionCache {
  head: KnownHead | null = null;
  /** `null` is known not to exist. */
  readonly products = new Map<string, Product | null>();
  readonly items = new Map<string, Map<string, Item | null>>();
  readonly coverages = new Map<string, CoveredLocations>();
  /** By product and channel; null: the channel was never told of it. */
  readonly levels = new Map<string, Map<string, ChannelLevel | null>>();
  readonly promised: OrderCache;
  itemCount = 0;
  /** Of all products, those included that channels were never told of. */
  levelCount = 0;

  constructor(partition: number) {
    this.promised = new OrderCache(partition);
  }

  clear(): void {
    this.head = null;
    this.products.clear();
    this.items.clear();
    this.coverages.clear();
    this.promised.clear();
    this.itemCount = 0;
    this.forgetLevels();
  }

  forgetLevels(): void {
    this.levels.clear();
    this.levelCount = 0;
  }

  forgetLevelsOf(productId: string): void {
    this.levelCount -= this.levels.get(productId)?.size ?? 0;
    this.levels.delete(productId);
  }
}
