/** A state for tests: keeps every entry, folds them with `evolve`, and answers each question by looking at all it has. */
import type { Location, Product } from "../../src/core/catalogue.ts";
import type { Entry } from "../../src/core/entry.ts";
import { evolve } from "../../src/core/evolve.ts";
import type { Item } from "../../src/core/item.ts";
import type { Head, State } from "../../src/core/state.ts";
import { deepFreeze } from "./deep-freeze.ts";

export class MemoryState implements State {
  readonly partitionCount: number;
  entries: readonly Entry[] = Object.freeze([]);
  items: readonly Item[] = Object.freeze([]);
  products: readonly Product[] = Object.freeze([]);
  locations: readonly Location[] = Object.freeze([]);

  constructor(partitionCount: number, entries: readonly Entry[] = []) {
    this.partitionCount = partitionCount;
    this.absorb(entries);
  }

  /** Adds committed entries; all that is kept is deep-frozen. */
  absorb(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const effect = evolve(entry);
      if (effect.kind === "item") {
        const isOther = (item: Item) =>
          item.productId !== effect.item.productId || item.locationId !== effect.item.locationId;
        this.items = [...this.items.filter(isOther), effect.item];
      } else if (effect.kind === "product") {
        const { product } = effect;
        this.products = [...this.products.filter((other) => other.productId !== product.productId), product];
      } else {
        const { location } = effect;
        this.locations = [...this.locations.filter((other) => other.locationId !== location.locationId), location];
      }
      this.entries = [...this.entries, entry];
    }
    deepFreeze([this.entries, this.items, this.products, this.locations]);
  }

  /** Another state with the same content, sharing the frozen values. */
  copy(): MemoryState {
    const copy = new MemoryState(this.partitionCount);
    copy.entries = this.entries;
    copy.items = this.items;
    copy.products = this.products;
    copy.locations = this.locations;
    return copy;
  }

  head(partition: number): Head {
    const last = this.entries.findLast((entry) => entry.partition === partition);
    return last === undefined
      ? { sequence: 0, recordedAtMs: 0 }
      : { sequence: last.sequence, recordedAtMs: last.recordedAtMs };
  }

  product(_partition: number, productId: string): Product | null {
    return this.products.find((product) => product.productId === productId) ?? null;
  }

  item(_partition: number, productId: string, locationId: string): Item | null {
    return this.items.find((item) => item.productId === productId && item.locationId === locationId) ?? null;
  }

  location(locationId: string): Location | null {
    return this.locations.find((location) => location.locationId === locationId) ?? null;
  }

  skuOwner(sku: string): string | null {
    const owner = this.products.find((product) => product.life !== "deleted" && product.document.sku === sku);
    return owner?.productId ?? null;
  }

  movedSince(item: Item, momentMs: number): number {
    const moved = this.entries
      .filter((entry) => entry.partition === item.partition && entry.itemNumber === item.itemNumber)
      .filter((entry) => entry.occurredAtMs > momentMs)
      .reduce((sum, entry) => sum + BigInt(entry.delta.onHand), 0n);
    return Number(moved);
  }

  holdsStock(subject: { readonly productId: string } | { readonly locationId: string }): boolean {
    return this.items.some((item) => {
      const concerns =
        "productId" in subject ? item.productId === subject.productId : item.locationId === subject.locationId;
      const empty = item.onHand === 0 && item.reserved === 0 && item.unavailable === 0 && item.incoming === 0;
      return concerns && !empty;
    });
  }
}
