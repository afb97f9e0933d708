/**
 * What is known once the group in flight is committed: its draft laid over the cache. A group that is decided ahead is
 * decided on this, and what it rests on is written into its rows, for the database to compare under the locks.
 *
 * The cache itself is not touched before a COMMIT was answered, so dropping what was decided ahead leaves nothing to undo.
 * It holds from the moment that the group before was sent until this one's own effects become state.
 */
import type { Channel, ChannelLevel, Location, Product } from "../core/catalogue/catalogue.ts";
import { withChanged } from "../core/inventory/changed-items.ts";
import type { Item } from "../core/inventory/item.ts";
import { lineKey, type StockOrder, type StockOrderLine } from "../core/orders/order.ts";
import { controlPartition } from "../core/record/partition.ts";
import {
  channelLevelKey,
  type Draft,
  type DueLines,
  type Holder,
  holdingKey,
  type ItemPlace,
  itemKey,
  type State,
} from "../core/state.ts";
import type { Reliance } from "../journal/sql/append-group.ts";
import type { CatalogueCache } from "./catalogue-cache.ts";
import type { KnownHead, MovedHead } from "./known-head.ts";
import { positionOfOrder } from "./order-place.ts";
import type { StateCache } from "./state-cache.ts";

/** The effects of an ordinary group whose COMMIT is on its way. */
export interface Effects {
  /** It changes no product, location or channel. */
  readonly draft: Draft;
  /** At least one: by its new head the next group can tell that this one was committed. */
  readonly moved: readonly MovedHead[];
}

const isOf = (line: StockOrderLine, holder: Holder): boolean =>
  "actor" in holder ? line.holder === holder.actor : line.buyerKey === holder.buyerKey;

const nothingDue: DueLines = { lines: [], isComplete: true };

const known = <Value>(value: Value | undefined, what: string): Value => {
  if (value === undefined) throw new Error(`${what} is not remembered`);
  return value;
};

export class AheadState implements State {
  readonly #cache: StateCache;
  readonly #catalogue: CatalogueCache;
  readonly #before: Draft;
  readonly #moved: ReadonlyMap<number, MovedHead>;
  /** Lines that the group before changes, by order. */
  readonly #lines: ReadonlyMap<string, readonly StockOrderLine[]>;
  /** Items of which a line that the group before makes or changes is due already. */
  readonly #dueItems = new Set<string>();
  readonly #nowMs: number;

  /** @param nowMs when the group is decided, by the database's clock: only if nothing is due by then can it be */
  constructor(cache: StateCache, catalogue: CatalogueCache, { draft, moved }: Effects, nowMs: number) {
    this.#cache = cache;
    this.#catalogue = catalogue;
    this.#before = draft;
    this.#moved = new Map(moved.map((head) => [head.partition, head]));
    this.#lines = Map.groupBy(draft.lines.values(), (line) => line.orderId);
    this.#nowMs = nowMs;
    for (const { held, expiresAtMs, productId, locationId } of draft.lines.values())
      if (held > 0 && expiresAtMs !== null && expiresAtMs <= nowMs) this.#dueItems.add(itemKey(productId, locationId!));
  }

  get partitionCount(): number {
    return this.#cache.partitionCount;
  }

  /** Heads that the group before moves. */
  get movedBefore(): readonly MovedHead[] {
    return [...this.#moved.values()];
  }

  /** Undefined: not remembered. */
  knownHead(partition: number): KnownHead | undefined {
    return this.#moved.get(partition) ?? this.#cache.head(partition) ?? undefined;
  }

  head(partition: number): KnownHead {
    return known(this.knownHead(partition), `the head of partition ${partition}`);
  }

  knownProduct(partition: number, productId: string): Product | null | undefined {
    return this.#cache.product(partition, productId);
  }

  product(partition: number, productId: string): Product | null {
    return known(this.knownProduct(partition, productId), `product ${productId}`);
  }

  knownItem({ partition, productId, locationId }: ItemPlace): Item | null | undefined {
    return this.#before.items.get(itemKey(productId, locationId)) ?? this.#cache.item(partition, productId, locationId);
  }

  item(partition: number, productId: string, locationId: string): Item | null {
    return known(this.knownItem({ partition, productId, locationId }), `item ${productId} at ${locationId}`);
  }

  itemsAt(partition: number, productId: string, locationIds: readonly string[]): readonly Item[] {
    const items = this.#cache.itemsAt(partition, productId, locationIds);
    if (items !== undefined) return withChanged(items, this.#before.items, productId, locationIds);
    const places = locationIds.map((locationId) => this.item(partition, productId, locationId));
    return places.filter((item) => item !== null);
  }

  /** Whether all that a product has at some locations is remembered. */
  knowsItemsAt(partition: number, productId: string, locationIds: readonly string[]): boolean {
    if (this.#cache.coversItems(partition, productId, locationIds)) return true;
    return locationIds.every((locationId) => this.knownItem({ partition, productId, locationId }) !== undefined);
  }

  location(locationId: string): Location | null {
    return this.#catalogue.location(locationId);
  }

  locationsOfGroup(group: string): readonly string[] {
    return this.#catalogue.locationsOfGroup(group);
  }

  channel(channelId: string): Channel | null {
    return this.#catalogue.channel(channelId);
  }

  channelsSelling(productId: string, locationId: string | null): readonly Channel[] {
    return this.#catalogue.channelsSelling(productId, locationId);
  }

  locationsOfChannel(channel: Channel): readonly string[] {
    return this.#catalogue.locationsOfChannel(channel);
  }

  knownLevel(partition: number, productId: string, channelId: string): ChannelLevel | null | undefined {
    const key = channelLevelKey(productId, channelId);
    return this.#before.channelLevels.get(key) ?? this.#cache.channelLevel(partition, productId, channelId);
  }

  channelLevel(partition: number, productId: string, channelId: string): ChannelLevel | null {
    return known(this.knownLevel(partition, productId, channelId), `what ${channelId} may sell of ${productId}`);
  }

  order(orderId: string): StockOrder | null {
    if (this.#isNotYet(orderId)) return null;
    return known(this.#before.orders.get(orderId) ?? this.#cache.order(orderId), `order ${orderId}`);
  }

  knownLines(orderId: string): readonly StockOrderLine[] | undefined {
    if (this.#isNotYet(orderId)) return [];
    const changed = this.#lines.get(orderId);
    const cached = this.#cache.orderLines(orderId);
    if (changed === undefined) return cached;
    const order = this.#before.orders.get(orderId) ?? this.#cache.order(orderId);
    if (order?.lineCount === changed.length) return changed.toSorted((a, b) => a.line - b.line);
    if (cached === undefined) return undefined;
    const byKey = new Map(changed.map((line) => [lineKey(line), line]));
    return cached.map((line) => byKey.get(lineKey(line)) ?? line);
  }

  orderLines(orderId: string): readonly StockOrderLine[] {
    return known(this.knownLines(orderId), `order ${orderId}`);
  }

  /** True when there can be no such order yet: if there is one at all, the group is making it. */
  #isNotYet(orderId: string): boolean {
    const position = positionOfOrder(orderId, this.partitionCount);
    if (position === null) return true;
    const head = this.knownHead(position.partition);
    return head !== undefined && position.sequence > head.sequence;
  }

  readonly hasDue = false;

  dueLines(): DueLines {
    return nothingDue;
  }

  /** Whether something of an item may be due by the time of the decision. */
  mayBeDue(place: ItemPlace): boolean {
    if (this.#cache.mayBeDue(place, this.#nowMs)) return true;
    return this.#dueItems.size > 0 && this.#dueItems.has(itemKey(place.productId, place.locationId));
  }

  openReservations(): readonly string[] {
    throw new Error("what a buyer holds anywhere is only known under the locks");
  }

  knownHolding(partition: number, productId: string, holder: Holder): ReadonlyMap<string, number> | undefined {
    return this.#cache.holding(partition, productId, holder);
  }

  heldBy(partition: number, productId: string, locationId: string | null, holder: Holder): number {
    const holding = known(this.knownHolding(partition, productId, holder), `what is held of ${productId}`);
    const held =
      locationId === null ? holding.values().reduce((sum, each) => sum + each, 0) : (holding.get(locationId) ?? 0);
    return held + (this.#before.holdingChanges.get(holdingKey(productId, locationId, holder)) ?? 0);
  }

  heldAt(partition: number, productId: string, holder: Holder): readonly string[] {
    const locations = new Set(
      known(this.knownHolding(partition, productId, holder), `what is held of ${productId}`).keys(),
    );
    for (const line of this.#before.lines.values()) {
      if (line.productId === productId && line.locationId !== null && isOf(line, holder))
        locations.add(line.locationId);
    }
    return [...locations].filter((id) => this.heldBy(partition, productId, id, holder) > 0).sort();
  }

  skuOwner(): string | null {
    throw new Error("who owns a SKU is only known under the locks");
  }

  movedSince(): number {
    throw new Error("what moved since a count is only known under the locks");
  }

  countedSince(): number | null {
    throw new Error("what was counted since is only known under the locks");
  }

  holdsStock(): boolean {
    throw new Error("what holds stock is only known under the locks");
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
}
