/**
 * What is remembered of the orders of one partition: orders whose id carries it, lines that lie in it, what is held of
 * its items by whom, and when something of them is due at the earliest.
 *
 * Invariant: like the levels beside it, everything here is as of the cached head of the partition. Entries of other
 * servers do not say all of it; what they touch is forgotten.
 */

import type { StockOrder, StockOrderLine } from "../core/orders/order.ts";
import type { Entry } from "../core/record/entry.ts";
import type { EntryDetail } from "../core/record/entry-detail.ts";
import { type Holder, holdingKey, itemKey } from "../core/state.ts";
import { Generations } from "./generations.ts";

/** What a holder holds of a product, by location. */
export type Holding = Map<string, number>;

export class OrderCache {
  readonly #partition: number;
  /** Null is known not to exist. */
  readonly #orders = new Generations<string, StockOrder | null>();
  /** Lines of an order that lie here, in order; empty: it is known to have none. */
  readonly #lines = new Generations<string, readonly StockOrderLine[]>();
  /** By `holdingKey` without a location. */
  readonly #holdings = new Generations<string, Holding>();
  /** By `itemKey`: nothing that is held of the item is due before, in ms. Absent for items of which nothing expires. */
  readonly #expiries = new Map<string, number>();

  constructor(partition: number) {
    this.#partition = partition;
  }

  clear(): void {
    this.#orders.clear();
    this.#lines.clear();
    this.#holdings.clear();
    this.#expiries.clear();
  }

  /** Forgets what was not asked for in a long time. @param sizeMax of each kind; twice as many may be kept */
  turn(sizeMax: number): void {
    this.#orders.turn(sizeMax);
    this.#lines.turn(sizeMax);
    this.#holdings.turn(sizeMax);
  }

  /** Items of which it is known when something is due. */
  get expiryCount(): number {
    return this.#expiries.size;
  }

  /** Undefined: not cached. */
  order(orderId: string): StockOrder | null | undefined {
    return this.#orders.get(orderId);
  }

  lines(orderId: string): readonly StockOrderLine[] | undefined {
    return this.#lines.get(orderId);
  }

  holding(productId: string, holder: Holder): Holding | undefined {
    return this.#holdings.get(holdingKey(productId, null, holder));
  }

  /** Whether something may be due of an item at a moment: false is certain. */
  mayBeDue(productId: string, locationId: string, momentMs: number): boolean {
    if (this.#expiries.size === 0) return false;
    const expiresAtMs = this.#expiries.get(itemKey(productId, locationId));
    return expiresAtMs !== undefined && expiresAtMs <= momentMs;
  }

  putOrder(orderId: string, order: StockOrder | null): void {
    this.#orders.set(orderId, order);
  }

  putLines(orderId: string, lines: readonly StockOrderLine[]): void {
    this.#lines.set(orderId, lines);
    for (const line of lines) this.noteExpiry(line);
  }

  putHolding(productId: string, holder: Holder, holding: Holding): void {
    this.#holdings.set(holdingKey(productId, null, holder), holding);
  }

  /** What was found out of an item: nothing expires before. @param expiresAtMs null: nothing expires */
  setExpiry(productId: string, locationId: string, expiresAtMs: number | null): void {
    const key = itemKey(productId, locationId);
    if (expiresAtMs === null) this.#expiries.delete(key);
    else this.#expiries.set(key, expiresAtMs);
  }

  /** Takes a line into account that holds units. */
  noteExpiry({ productId, locationId, held, expiresAtMs }: StockOrderLine): void {
    if (held === 0 || expiresAtMs === null || locationId === null) return;
    const key = itemKey(productId, locationId);
    const known = this.#expiries.get(key);
    if (known === undefined || expiresAtMs < known) this.#expiries.set(key, expiresAtMs);
  }

  /** Makes the changed lines of an order that lie here state. @param isAll they are all that it has */
  adoptLines(orderId: string, changed: readonly StockOrderLine[], isAll: boolean): void {
    const known = this.#lines.get(orderId);
    if (isAll) this.#lines.set(orderId, changed);
    else if (known !== undefined) {
      const byNumber = new Map(changed.map((line) => [line.line, line]));
      this.#lines.set(
        orderId,
        known.map((line) => byNumber.get(line.line) ?? line),
      );
    }
    for (const line of changed) this.noteExpiry(line);
  }

  /** Makes it state that a holder holds more of a product at a location. */
  adoptHolding(productId: string, locationId: string, holder: Holder, more: number): void {
    const holding = this.holding(productId, holder);
    holding?.set(locationId, (holding.get(locationId) ?? 0) + more);
  }

  /**
   * Takes an entry of another server into account that belongs to an order.
   * @returns the order when its lines here may expire at other times now, which the entry does not say line by line
   */
  applyForeign(entry: Entry, { order, line }: EntryDetail): string | null {
    if (order !== undefined) {
      if (order.partition === this.#partition) this.#orders.delete(order.orderId);
      this.#lines.delete(order.orderId);
    }
    if (line === undefined) return order !== undefined && order.expiresAtMs !== null ? order.orderId : null;
    this.#lines.delete(line.orderId);
    this.noteExpiry(line);
    if (entry.delta.reserved !== 0 && line.kind === "reservation" && line.locationId !== null) {
      for (const holder of holdersOf(line))
        this.adoptHolding(line.productId, line.locationId, holder, entry.delta.reserved);
    }
    return null;
  }
}

const holdersOf = (line: StockOrderLine): Holder[] => [
  { actor: line.holder },
  ...(line.buyerKey === null ? [] : [{ buyerKey: line.buyerKey }]),
];
