/**
 * What a reader makes of the feed: levels, folded from a snapshot and the events behind it. It insists that the events
 * of each partition come as n, n + 1, n + 2 … over all its connections, so none is missed and none comes twice, and that
 * each event of an item continues the one before.
 */
import type { InventoryItem } from "@onhand/protocol/resources";
import type { SeenEvent } from "./seen-events.ts";

/** Faults that are kept; one is bad enough. */
const faultsMax = 10;

export class Fold {
  readonly items = new Map<string, InventoryItem>();
  readonly faults: string[] = [];
  /** Last sequence by partition; those that nothing was seen of are missing. */
  readonly positions: Map<number, number>;
  eventCount = 0;
  /** A snapshot may be ahead of its cursor: its items hold events that are still to come. */
  readonly #snapshot = new Map<string, number>();

  /** @param positions where it begins, when that is known */
  constructor(items: readonly InventoryItem[], positions: ReadonlyMap<number, number> = new Map()) {
    this.positions = new Map(positions);
    for (const item of items) {
      this.items.set(item.inventoryId, item);
      this.#snapshot.set(item.inventoryId, item.version);
    }
  }

  take(event: SeenEvent): void {
    this.eventCount += 1;
    const before = this.positions.get(event.partition) ?? event.sequence - 1;
    if (event.sequence !== before + 1) this.#fault(`partition ${event.partition}: ${event.sequence} follows ${before}`);
    this.positions.set(event.partition, event.sequence);
    if (event.change !== null) this.#change(event.id, event.change);
  }

  #change(id: string, { item, before, delta }: NonNullable<SeenEvent["change"]>): void {
    const known = this.items.get(item.inventoryId);
    if (known !== undefined && item.version <= known.version) {
      if (known.version !== this.#snapshot.get(item.inventoryId)) this.#fault(`${id}: version ${item.version} again`);
      return;
    }
    if (item.version !== (known?.version ?? 0) + 1) this.#fault(`${id} skips a version of its item`);
    if (before !== (known?.stockLevel ?? 0)) this.#fault(`${id} continues another level`);
    if (before + delta !== item.stockLevel) this.#fault(`${id} does not add up`);
    this.items.set(item.inventoryId, item);
  }

  #fault(text: string): void {
    if (this.faults.length < faultsMax) this.faults.push(text);
  }
}
