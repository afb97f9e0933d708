/**
 * What is known once the group in flight is committed: its draft laid over the cache. A group that is decided ahead is
 * decided on this, and what it rests on is written into its rows, for the database to compare under the locks.
 *
 * The cache itself is not touched before a COMMIT was answered, so dropping what was decided ahead leaves nothing to undo.
 * It holds from the moment that the group before was sent until this one's own effects become state.
 */
import type { Location, Product } from "../core/catalogue.ts";
import type { Item } from "../core/item.ts";
import { controlPartition, partitionOf } from "../core/partition.ts";
import { itemKey, type State } from "../core/state.ts";
import type { Reliance } from "../journal/sql/append-group.ts";
import type { Job } from "./job.ts";
import type { KnownHead, MovedHead, StateCache } from "./state-cache.ts";

/** The effects of an ordinary group whose COMMIT is on its way. */
export interface Effects {
  readonly items: ReadonlyMap<string, Item>;
  /** At least one: by its new head the next group can tell that this one was committed. */
  readonly moved: readonly MovedHead[];
}

export class AheadState implements State {
  readonly #cache: StateCache;
  readonly #items: ReadonlyMap<string, Item>;
  readonly #moved: ReadonlyMap<number, MovedHead>;

  constructor(cache: StateCache, before: Effects) {
    this.#cache = cache;
    this.#items = before.items;
    this.#moved = new Map(before.moved.map((head) => [head.partition, head]));
  }

  get partitionCount(): number {
    return this.#cache.partitionCount;
  }

  /** Heads that the group before moves. */
  get movedBefore(): readonly MovedHead[] {
    return [...this.#moved.values()];
  }

  head(partition: number): KnownHead {
    const head = this.#moved.get(partition) ?? this.#cache.head(partition);
    if (head === null) throw new Error(`the head of partition ${partition} is not remembered`);
    return head;
  }

  product(partition: number, productId: string): Product | null {
    const product = this.#cache.product(partition, productId);
    if (product === undefined) throw new Error(`product ${productId} is not remembered`);
    return product;
  }

  item(partition: number, productId: string, locationId: string): Item | null {
    const item = this.#itemOrUnknown(partition, productId, locationId);
    if (item === undefined) throw new Error(`item ${productId} at ${locationId} is not remembered`);
    return item;
  }

  location(locationId: string): Location | null {
    return this.#cache.location(locationId);
  }

  skuOwner(): string | null {
    throw new Error("who owns a SKU is only known under the locks");
  }

  movedSince(): number {
    throw new Error("what moved since a count is only known under the locks");
  }

  holdsStock(): boolean {
    throw new Error("what holds stock is only known under the locks");
  }

  /** True when the locations are remembered, and to which end of the control partition. */
  get knowsLocations(): boolean {
    return this.#cache.hasLocations && this.#cache.head(controlPartition) !== null;
  }

  /** True when the job can be decided on this alone, with nothing looked up in the database. */
  knowsAllOf(job: Job): boolean {
    const { command } = job;
    if (command.kind !== "inventory" || job.isSolo || job.isRepeat) return false;
    return command.lines.every(({ productId, locationId, change }) => {
      const partition = partitionOf(productId, this.partitionCount);
      return (
        change.countedAtMs === undefined &&
        this.#cache.head(partition) !== null &&
        this.#cache.product(partition, productId) !== undefined &&
        this.#itemOrUnknown(partition, productId, locationId) !== undefined
      );
    });
  }

  /**
   * What must still hold when the group is written, besides the heads that it moves itself. The heads that the group
   * before it moves are among it, locked or not: so it is never written when that one was not.
   */
  relianceOf(partitions: readonly number[], moved: readonly MovedHead[]): Reliance {
    const own = new Set(moved.map((head) => head.partition));
    const relied = new Set([...partitions, ...this.#moved.keys()]);
    return {
      heads: [...relied]
        .filter((partition) => !own.has(partition))
        .map((partition) => ({ partition, ...this.head(partition) })),
      controlSequence: this.head(controlPartition).sequence,
    };
  }

  #itemOrUnknown(partition: number, productId: string, locationId: string): Item | null | undefined {
    return this.#items.get(itemKey(productId, locationId)) ?? this.#cache.item(partition, productId, locationId);
  }
}
