/** A state for tests: keeps every entry, folds them with `evolve`, and answers each question by looking at all it has. */
import type { Channel, ChannelLevel, Location, Product } from "../../src/core/catalogue/catalogue.ts";
import { evolve } from "../../src/core/evolve.ts";
import { isAppliedCount } from "../../src/core/inventory/containment.ts";
import type { Item } from "../../src/core/inventory/item.ts";
import { lineKey, type StockOrder, type StockOrderLine } from "../../src/core/orders/order.ts";
import type { Entry } from "../../src/core/record/entry.ts";
import type { EntryDetail } from "../../src/core/record/entry-detail.ts";
import type { Draft, DueLines, Head, Holder, ItemPlace, State } from "../../src/core/state.ts";
import { deepFreeze } from "./deep-freeze.ts";

export class MemoryState implements State {
  readonly partitionCount: number;
  entries: readonly Entry[] = Object.freeze([]);
  items: readonly Item[] = Object.freeze([]);
  products: readonly Product[] = Object.freeze([]);
  locations: readonly Location[] = Object.freeze([]);
  channels: readonly Channel[] = Object.freeze([]);
  channelLevels: readonly ChannelLevel[] = Object.freeze([]);
  orders: readonly StockOrder[] = Object.freeze([]);
  lines: readonly StockOrderLine[] = Object.freeze([]);
  /** The moment that is decided at: what is due depends on it. */
  nowMs = 0;
  /** Due lines that are read for a group, the longest due first; those behind them are hidden. */
  dueReadMax = Number.POSITIVE_INFINITY;

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
        this.#absorbDetail(effect.detail);
      } else if (effect.kind === "product") {
        const { product } = effect;
        this.products = [...this.products.filter((other) => other.productId !== product.productId), product];
      } else if (effect.kind === "location") {
        const { location } = effect;
        this.locations = [...this.locations.filter((other) => other.locationId !== location.locationId), location];
      } else if (effect.kind === "channel") {
        const { channel } = effect;
        this.channels = [...this.channels.filter((other) => other.channelId !== channel.channelId), channel];
      } else if (effect.kind === "order") {
        this.#absorbDetail(effect.detail);
      }
      this.entries = [...this.entries, entry];
    }
    this.#freeze();
  }

  /** Adds what a group came to: its entries, and the levels of channels, of which not every change is told. */
  adopt(draft: Draft): void {
    this.absorb(draft.entries);
    for (const level of draft.channelLevels.values()) {
      const isOther = (other: ChannelLevel) =>
        other.productId !== level.productId || other.channelId !== level.channelId;
      this.channelLevels = [...this.channelLevels.filter(isOther), level];
    }
    this.#freeze();
  }

  #absorbDetail({ order, line, lines }: EntryDetail): void {
    if (order !== undefined) {
      const known = this.orders.find((other) => other.orderId === order.orderId);
      // How its locations were chosen stands where it was made.
      const whole: StockOrder = { ...order, allocation: known === undefined ? order.allocation! : known.allocation };
      // In the order in which they were made.
      this.orders =
        known === undefined
          ? [...this.orders, whole]
          : this.orders.map((other) => (other.orderId === order.orderId ? whole : other));
      // A change of the order concerns its lines that it names.
      const { phase, expiresAtMs } = order;
      this.lines = this.lines.map((known) =>
        known.orderId === order.orderId && lines?.includes(known.line) === true
          ? { ...known, phase, expiresAtMs }
          : known,
      );
    }
    if (line === undefined) return;
    const isOther = (other: StockOrderLine) => other.orderId !== line.orderId || other.line !== line.line;
    this.lines = [...this.lines.filter(isOther), line];
  }

  #freeze(): void {
    const { entries, items, products, locations, channels, channelLevels, orders, lines } = this;
    deepFreeze([entries, items, products, locations, channels, channelLevels, orders, lines]);
  }

  /** Another state with the same content, sharing the frozen values. */
  copy(): MemoryState {
    const copy = new MemoryState(this.partitionCount);
    copy.entries = this.entries;
    copy.items = this.items;
    copy.products = this.products;
    copy.locations = this.locations;
    copy.channels = this.channels;
    copy.channelLevels = this.channelLevels;
    copy.orders = this.orders;
    copy.lines = this.lines;
    copy.nowMs = this.nowMs;
    copy.dueReadMax = this.dueReadMax;
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

  itemsAt(_partition: number, productId: string, locationIds: readonly string[]): readonly Item[] {
    return this.items.filter((item) => item.productId === productId && locationIds.includes(item.locationId));
  }

  location(locationId: string): Location | null {
    return this.locations.find((location) => location.locationId === locationId) ?? null;
  }

  locationsOfGroup(group: string): readonly string[] {
    return this.locations
      .filter(({ life, document }) => life === "active" && document.groups.includes(group))
      .map(({ locationId }) => locationId)
      .sort();
  }

  channel(channelId: string): Channel | null {
    return this.channels.find((channel) => channel.channelId === channelId) ?? null;
  }

  channelsSelling(productId: string, locationId: string | null): readonly Channel[] {
    return this.channels.filter(
      (channel) =>
        channel.life === "active" &&
        (channel.document.products === null || channel.document.products.includes(productId)) &&
        (locationId === null || this.locationsOfChannel(channel).includes(locationId)),
    );
  }

  locationsOfChannel({ document }: Channel): readonly string[] {
    const named = document.locations.filter((locationId) => this.location(locationId)?.life === "active");
    return [...new Set([...named, ...document.locationGroups.flatMap((group) => this.locationsOfGroup(group))])];
  }

  channelLevel(_partition: number, productId: string, channelId: string): ChannelLevel | null {
    return this.channelLevels.find((level) => level.productId === productId && level.channelId === channelId) ?? null;
  }

  order(orderId: string): StockOrder | null {
    return this.orders.find((order) => order.orderId === orderId) ?? null;
  }

  orderLines(orderId: string): readonly StockOrderLine[] {
    return this.lines.filter((line) => line.orderId === orderId).sort((a, b) => a.line - b.line);
  }

  get hasDue(): boolean {
    return this.dueReadMax > 0 && this.lines.some((line) => this.#isDue(line));
  }

  dueLines({ productId, locationId }: ItemPlace): DueLines {
    const due = this.lines
      .filter((line) => this.#isDue(line))
      .sort((a, b) => a.expiresAtMs! - b.expiresAtMs! || (lineKey(a) < lineKey(b) ? -1 : 1));
    const isHere = (line: StockOrderLine) => line.productId === productId && line.locationId === locationId;
    const lines = due.slice(0, this.dueReadMax).filter(isHere);
    return { lines, isComplete: !due.slice(this.dueReadMax).some(isHere) };
  }

  #isDue(line: StockOrderLine): boolean {
    return line.held > 0 && line.expiresAtMs !== null && line.expiresAtMs <= this.nowMs;
  }

  openReservations(buyerKey: string): readonly string[] {
    return this.orders
      .filter((order) => order.kind === "reservation" && order.buyerKey === buyerKey)
      .filter((order) => this.orderLines(order.orderId).some((line) => line.held > 0))
      .map((order) => order.orderId);
  }

  heldBy(_partition: number, productId: string, locationId: string | null, holder: Holder): number {
    return this.lines
      .filter((line) => line.kind === "reservation" && line.productId === productId)
      .filter((line) => locationId === null || line.locationId === locationId)
      .filter((line) => ("actor" in holder ? line.holder === holder.actor : line.buyerKey === holder.buyerKey))
      .reduce((sum, line) => sum + line.held, 0);
  }

  heldAt(partition: number, productId: string, holder: Holder): readonly string[] {
    const locationIds = new Set(this.lines.flatMap(({ locationId }) => (locationId === null ? [] : [locationId])));
    return [...locationIds].filter((id) => this.heldBy(partition, productId, id, holder) > 0).sort();
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

  countedSince(item: Item, momentMs: number): number | null {
    const counts = this.entries
      .filter((entry) => entry.partition === item.partition && entry.itemNumber === item.itemNumber)
      .filter((entry) => entry.occurredAtMs > momentMs && isAppliedCount(entry));
    return counts.length === 0 ? null : Math.max(...counts.map((entry) => entry.occurredAtMs));
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
