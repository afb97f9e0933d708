/**
 * A copy of the levels for reads without a network: what the server said last, over restarts, with what waits in the queue
 * on top.
 *
 * Invariants. What is stored of the copy is of one moment or newer, and `asOf` is not younger than it. Of an item the
 * newest version is held that the view or a verdict told of. Full: `levelsMax` items; those that changed longest ago make
 * room, and `isCut` says so.
 */
import type { InventoryItem } from "@onhand/protocol/resources";
import type { Clock } from "../clock.ts";
import type { LiveView } from "../live/live-view.ts";
import { type Contents, isLine, isWaiting, type QueueEntry } from "./contents.ts";
import { offlineLimits } from "./limits.ts";
import type { Fact, QueueStore, StoredCopy, StoredLevel } from "./store.ts";

/** An item as it is believed to be. */
export interface OfflineLevel {
  readonly productId: string;
  readonly sku: string;
  readonly locationId: string;
  /** What waits in the queue is in these. */
  readonly stockLevel: number;
  readonly availableStock: number;
  /** As the server last told of it. */
  readonly item: InventoryItem;
  /** When it was last known that nothing is missing in what the server told; null when it never was. */
  readonly asOf: Date | null;
  /** Entries of the queue that are on top. */
  readonly queued: number;
  /** Of those, how many were sent and not answered: the server may have counted them already. */
  readonly unanswered: number;
}

export interface LevelsParts {
  readonly clock: Clock;
  readonly store: QueueStore;
  readonly contents: Contents;
  readonly signal: AbortSignal;
}

/** What is used of a live view. */
export type FollowedView = Pick<LiveView, "get" | "items" | "ready" | "status">;

const keyOf = ({ productId, locationId }: { readonly productId: string; readonly locationId: string }): string =>
  `${productId}/${locationId}`;

export class OfflineLevels {
  readonly #parts: LevelsParts;
  /** By product and location; what changed longest ago comes first. */
  readonly #levels = new Map<string, StoredLevel>();
  readonly #productOfSku = new Map<string, string>();
  #asOfMs: number | null;
  #nextId = -2;
  #isCut = false;
  #view: FollowedView | null = null;
  #cancel: () => void = () => {};
  /** Keys whose level was newer than the view at the last look. */
  #ahead = new Set<string>();
  #changed = new Set<string>();
  #removed: number[] = [];
  #writtenAsOfMs: number | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    parts: LevelsParts,
    found: { readonly copy: StoredCopy | null; readonly levels: readonly StoredLevel[] },
  ) {
    this.#parts = parts;
    this.#asOfMs = found.copy?.asOfMs ?? null;
    for (const level of found.levels) {
      this.#hold(level);
      this.#nextId = Math.min(this.#nextId, level.id - 1);
    }
  }

  /** When it was last known that nothing is missing; null when it never was. */
  get asOf(): Date | null {
    const { freshAt = null } = this.#view?.status ?? {};
    if (freshAt !== null) return freshAt;
    return this.#asOfMs === null ? null : new Date(this.#asOfMs);
  }

  /** There are more items than are kept. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** @param name a product id, or else a SKU @returns undefined for what nobody told of */
  get(name: string, locationId: string): OfflineLevel | undefined {
    const productId = this.#levels.has(keyOf({ productId: name, locationId })) ? name : this.#productOfSku.get(name);
    const known = productId === undefined ? undefined : this.#levels.get(keyOf({ productId, locationId }))?.item;
    const seen = this.#view?.get(name, locationId);
    const item = seen !== undefined && (known === undefined || known.version <= seen.version) ? seen : known;
    return item && this.#shown(item, this.#parts.contents.entries());
  }

  /** Everything that was told of. */
  items(): readonly OfflineLevel[] {
    this.#copyView();
    const entries = new Map<string, QueueEntry[]>();
    for (const entry of this.#parts.contents.entries()) {
      const { productId, sku, locationId } = factIn(entry) ?? {};
      const product = productId ?? this.#productOfSku.get(sku ?? "");
      if (product === undefined || locationId === undefined) continue;
      const key = keyOf({ productId: product, locationId });
      entries.set(key, [...(entries.get(key) ?? []), entry]);
    }
    return [...this.#levels].map(([key, { item }]) => this.#shown(item, entries.get(key) ?? []));
  }

  /** Keeps the copy as a live view is, from now on. @returns stops that */
  follow(view: FollowedView): () => void {
    this.#cancel();
    this.#view = view;
    this.#look();
    const lookAgain = () => {
      if (this.#view === view && !this.#parts.signal.aborted) this.#look();
    };
    // A view that gives up says so itself.
    view.ready().then(lookAgain, () => {});
    return () => {
      if (this.#view !== view) return;
      this.#cancel();
      this.#view = null;
    };
  }

  /** Replaces the copy, by a list that was read: `take(await all(onhand.all.listInventory(…)), new Date())`. */
  async take(items: Iterable<InventoryItem>, asOf: Date): Promise<void> {
    this.#replaceBy(items, () => true);
    this.#asOfMs = asOf.getTime();
    await this.store();
  }

  /** Takes what an answer told of an item. */
  hear(item: InventoryItem): void {
    const known = this.#levels.get(keyOf(item))?.item;
    if (known === undefined || known.version < item.version) this.#set(item);
  }

  /** Stores what is not stored yet, and no more. */
  async stop(): Promise<void> {
    this.#cancel();
    this.#copyView();
    await this.store().catch(() => {});
    this.#view = null;
  }

  #look(): void {
    this.#cancel();
    this.#copyView();
    // What could not be stored is tried again with the next look.
    this.store().catch(() => {});
    if (this.#view?.status.mode === "closed") this.#view = null;
    else if (!this.#parts.signal.aborted)
      this.#cancel = this.#parts.clock.deadline(offlineLimits.copyMs, () => this.#look());
  }

  #copyView(): void {
    if (this.#view === null) return;
    const { freshAt, mode } = this.#view.status;
    // What a view shows while it cannot reach the server was copied while it could.
    if (freshAt === null || mode === "connecting" || mode === "snapshotting") return;
    const ahead = new Set<string>();
    this.#replaceBy(this.#view.items(), (known, item) => {
      // A verdict comes before its event. What stays ahead is of a history that was set back.
      if (known.version <= item.version || this.#ahead.has(keyOf(item))) return true;
      ahead.add(keyOf(item));
      return false;
    });
    this.#ahead = ahead;
    this.#asOfMs = freshAt.getTime();
  }

  #replaceBy(items: Iterable<InventoryItem>, mayReplace: (known: InventoryItem, item: InventoryItem) => boolean): void {
    const told = [...items];
    const gone = new Set(this.#levels.keys());
    for (const item of told) gone.delete(keyOf(item));
    for (const key of gone) this.#drop(key);
    this.#isCut = false;
    for (const item of told) {
      const known = this.#levels.get(keyOf(item))?.item;
      // A notice of an item keeps its version, and a product may get another SKU.
      const isSame =
        known?.version === item.version && known.lastUpdated === item.lastUpdated && known.sku === item.sku;
      if (known === undefined && this.#levels.size >= offlineLimits.levelsMax) this.#isCut = true;
      else if (known === undefined || (!isSame && mayReplace(known, item))) this.#set(item);
    }
    if (this.#productOfSku.size > 2 * offlineLimits.levelsMax) this.#forgetSkus();
  }

  #set(item: InventoryItem): void {
    const key = keyOf(item);
    const known = this.#levels.get(key);
    if (known === undefined && this.#levels.size >= offlineLimits.levelsMax) {
      this.#isCut = true;
      this.#drop(this.#levels.keys().next().value!);
    }
    this.#levels.delete(key);
    this.#hold({ kind: "level", id: known?.id ?? this.#nextId--, item });
    this.#changed.add(key);
  }

  #hold(level: StoredLevel): void {
    this.#levels.set(keyOf(level.item), level);
    this.#productOfSku.set(level.item.sku, level.item.productId);
  }

  #drop(key: string): void {
    this.#removed.push(this.#levels.get(key)!.id);
    this.#levels.delete(key);
    this.#changed.delete(key);
  }

  /** Of products that were dropped, or have another SKU now. */
  #forgetSkus(): void {
    this.#productOfSku.clear();
    for (const { item } of this.#levels.values()) this.#productOfSku.set(item.sku, item.productId);
  }

  /** Stores what is not stored yet. One write at a time; what could not be written is in the next one. */
  store(): Promise<void> {
    const write = async () => {
      const changed = this.#changed;
      const removed = this.#removed;
      const asOfMs = this.#asOfMs;
      if (changed.size === 0 && removed.length === 0 && asOfMs === this.#writtenAsOfMs) return;
      this.#changed = new Set();
      this.#removed = [];
      const copy: StoredCopy[] = asOfMs === null ? [] : [{ kind: "copy", id: -1, asOfMs }];
      const levels = [...changed].flatMap((key) => this.#levels.get(key) ?? []);
      try {
        await this.#parts.store.write([...copy, ...levels], removed);
        this.#writtenAsOfMs = asOfMs;
      } catch (error) {
        for (const key of changed) this.#changed.add(key);
        this.#removed.push(...removed);
        throw error;
      }
    };
    this.#writing = this.#writing.catch(() => {}).then(write);
    return this.#writing;
  }

  #shown(item: InventoryItem, entries: Iterable<QueueEntry>): OfflineLevel {
    const { productId, sku, locationId } = item;
    let { stockLevel, availableStock } = item;
    let [queued, unanswered] = [0, 0];
    for (const entry of entries) {
      const fact = factIn(entry);
      if (fact === null || fact.locationId !== locationId) continue;
      if (fact.productId !== productId && (fact.productId !== undefined || fact.sku !== sku)) continue;
      const by = fact.adjustment ?? fact.stockLevel! - stockLevel;
      stockLevel += by;
      // Units in a state cannot be sold.
      if (fact.state === undefined) availableStock += by;
      queued += 1;
      if (entry.state === "sent") unanswered += 1;
    }
    return { productId, sku, locationId, stockLevel, availableStock, item, asOf: this.asOf, queued, unanswered };
  }
}

/** What an entry that waits does to an item; null when it does nothing, or nobody can tell. */
function factIn(entry: QueueEntry): Partial<Fact> | null {
  if (!isWaiting(entry)) return null;
  if (isLine(entry)) return entry.fact;
  const { path, method, body } = entry.call;
  const fact = body as Partial<Fact> | undefined;
  return method === "POST" && path === "/v1/inventory" && fact?.adjustment !== undefined ? fact : null;
}
