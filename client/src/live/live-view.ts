/**
 * A local view of stock that is always current: a snapshot and the feed behind it. The state machine in `machine.ts`
 * decides; here its decisions are carried out and the reports of listings, tails and timers are handed to it.
 */
import type { InventoryItem, Totals } from "@onhand/protocol/resources";
import type { FeedEvent } from "../refined-types.ts";
import type { Transport } from "../request.ts";
import { pollTail } from "../tail/poll-tail.ts";
import { sseTail } from "../tail/sse-tail.ts";
import type { Tail } from "../tail/tail.ts";
import { followCatalogue } from "./catalogue-tail.ts";
import { ChangeQueue } from "./change-queue.ts";
import { type FeedFilter, filterQuery, isEverything, isOfTypes, listingsOf, type ViewFilter } from "./filter.ts";
import { type Change, type Doubt, Holdings } from "./holdings.ts";
import {
  type Effect,
  type Happening,
  initialState,
  type LiveMode,
  type LiveState,
  type Report,
  shownMode,
  step,
} from "./machine.ts";
import { onOnline } from "./online.ts";
import { readSnapshot, trySnapshot } from "./snapshot.ts";

export type TransportName = "sse" | "websocket" | "poll";

export interface LiveOptions {
  /** Which items to hold; all when absent. */
  readonly filter?: ViewFilter | undefined;
  /** Tell only of changes by events of these types; the view itself always holds everything. */
  readonly types?: readonly string[] | undefined;
  /** `all` shows archived items too. */
  readonly status?: "active" | "all" | undefined;
  /** Further servers of the same installation; the view goes on with the next one when one fails. */
  readonly servers?: readonly string[] | undefined;
  /** In the order in which they are tried: `sse`, then `poll`, when absent. */
  readonly transports?: readonly TransportName[] | undefined;
  /** Gives a stream ticket before every connection, in place of credentials in headers. */
  readonly ticket?: (() => string | Promise<string>) | undefined;
  readonly onChange?: ((change: Change) => void) | undefined;
  readonly onStatus?: ((status: LiveStatus) => void) | undefined;
  /** Told of what a listener threw, and of why the view gave up. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Closes the view. */
  readonly signal?: AbortSignal | undefined;
}

export interface LiveStatus {
  readonly mode: LiveMode;
  /** When it was last known that nothing was missing; null before the first time. */
  readonly freshAt: Date | null;
  /** How old the newest change was when it came; null before the first one. */
  readonly lagMs: number | null;
  /** Place in the feed that the view stands for; null before the first snapshot. */
  readonly cursor: string | null;
  readonly server: string;
  readonly transport: TransportName;
  /** Why the view gave up. */
  readonly error: unknown;
}

/** What a view needs from the client. */
export interface LiveParts {
  /** One for each server. */
  readonly servers: readonly Transport[];
  readonly tails: Readonly<Record<TransportName, Tail>>;
}

export const plainTails = { sse: sseTail, poll: pollTail } as const;

export class LiveView implements AsyncIterable<Change> {
  readonly #parts: LiveParts;
  readonly #options: LiveOptions;
  readonly #filter: FeedFilter;
  readonly #transports: readonly TransportName[];
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #queues = new Set<ChangeQueue>();
  readonly #forgetOnline: () => void;
  readonly #ended = new AbortController();
  #state: LiveState = initialState;
  #shown: Holdings;
  #stage: Holdings | null = null;
  #work = new AbortController();
  /** Of the newest snapshot; only a view with a filter has one. */
  #catalogue = new AbortController();
  #doubts: Promise<void> = Promise.resolve();
  #lagMs: number | null = null;
  #error: unknown = null;
  #pending: Change[] = [];
  #told: LiveStatus | null = null;
  #waitingForReady: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  constructor(parts: LiveParts, options: LiveOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#filter = options.filter ?? {};
    this.#transports = options.transports ?? ["sse", "poll"];
    if (this.#transports.length === 0) throw new TypeError("a view needs at least one transport");
    // Looked at now, so that a filter that cannot be asked for fails here and not in the background.
    filterQuery(this.#filter, []);
    listingsOf(this.#filter);
    this.#shown = this.#empty();
    if (options.onChange !== undefined) this.#listeners.add(options.onChange);
    this.#forgetOnline = onOnline(() => this.#happen({ kind: "wake" }));
    if (options.signal?.aborted) this.#happen({ kind: "close" });
    else {
      options.signal?.addEventListener("abort", () => this.close(), { once: true, signal: this.#ended.signal });
      this.#happen({ kind: "start" });
    }
  }

  /** @param name a product id, or else a SKU */
  get(name: string, locationId: string): InventoryItem | undefined {
    return this.#shown.get(name, locationId);
  }

  /** Everything in the view. */
  items(): Iterable<InventoryItem> {
    return { [Symbol.iterator]: () => this.#shown.items() };
  }

  /** Sums of a product over the locations in the view. @param name a product id, or else a SKU */
  totals(name: string): Totals {
    return this.#shown.totals(name);
  }

  get status(): LiveStatus {
    const { freshAtMs, cursor, server, transport, hasShown, isStaged } = this.#state;
    return {
      mode: shownMode(this.#state),
      freshAt: freshAtMs === null ? null : new Date(freshAtMs),
      lagMs: this.#lagMs,
      cursor: hasShown && !isStaged ? cursor : null,
      server: this.#parts.servers[server]!.baseUrl,
      transport: this.#transports[transport]!,
      error: this.#error,
    };
  }

  /** Resolves when the view shows everything for the first time. @throws when it is closed before, with the reason */
  ready(): Promise<void> {
    if (this.#state.hasShown) return Promise.resolve();
    if (this.#state.mode === "closed") return Promise.reject(this.#reasonToEnd());
    return new Promise((resolve, reject) => this.#waitingForReady.push({ resolve, reject }));
  }

  /** Tells of every change from now on. @returns stops that */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends everything. What was held stays readable. */
  close(): void {
    this.#happen({ kind: "close" });
  }

  /** Changes from now on, until the view is closed. A slow reader gets those of an item merged, never fewer items. */
  [Symbol.asyncIterator](): AsyncIterator<Change, void, undefined> {
    const queue = new ChangeQueue((ended) => this.#queues.delete(ended));
    if (this.#state.mode === "closed") queue.end(this.#error);
    else this.#queues.add(queue);
    return queue;
  }

  #empty(): Holdings {
    return new Holdings(this.#filter, this.#options.status === "all");
  }

  #happen(happening: Happening): void {
    const { servers } = this.#parts;
    const { clock } = servers[0]!;
    const around = {
      servers: servers.length,
      transports: this.#transports.length,
      nowMs: clock.nowMs(),
      chance: clock.random(),
    };
    const { state, effects } = step(this.#state, happening, around);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    this.#deliver();
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case "abort":
        this.#work.abort();
        break;
      case "stage":
        this.#catalogue.abort();
        this.#stage = this.#empty();
        break;
      case "list":
        void this.#list(effect.run, this.#begin(), this.#parts.servers[effect.server]!);
        break;
      case "tail":
        void this.#tail(effect, this.#begin());
        break;
      case "wait":
        void this.#wait(effect.run, effect.ms, this.#begin());
        break;
      case "fill":
        this.#stage?.fill(effect.rows);
        break;
      case "fold":
        this.#fold(effect);
        break;
      case "show":
        this.#show();
        break;
      case "fail":
        this.#error = effect.error;
        break;
      case "tell":
        this.#tell();
        break;
    }
  }

  /** Whatever was under way gives way to what begins. */
  #begin(): AbortSignal {
    this.#work.abort();
    this.#work = new AbortController();
    return this.#work.signal;
  }

  async #list(run: number, signal: AbortSignal, http: Transport): Promise<void> {
    const snapshot = { http, filter: this.#filter, signal };
    const end = await trySnapshot(snapshot, (rows, cursor) => {
      this.#happen({ kind: "page", run, rows, cursor });
      if (cursor !== null && !isEverything(this.#filter)) void this.#followCatalogue(this.#stage!, cursor);
    });
    if (!signal.aborted) this.#happen(end === null ? { kind: "listed", run } : { ...end, run });
  }

  async #tail(effect: Extract<Effect, { kind: "tail" }>, signal: AbortSignal): Promise<void> {
    const { run, server, transport, cursor } = effect;
    const tail = this.#parts.tails[this.#transports[transport]!];
    const request = {
      http: this.#parts.servers[server]!,
      cursor,
      filter: this.#filter,
      types: [],
      ticket: this.#options.ticket,
      signal,
      isFallback: transport > 0,
    };
    const end = await tail(request, (word) => {
      if (!signal.aborted) this.#happen({ ...word, run } as Report);
    });
    if (!signal.aborted) this.#happen({ ...end, run });
  }

  async #wait(run: number, ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.servers[0]!.clock.sleep(ms, signal);
    } catch {
      return;
    }
    this.#happen({ kind: "timer", run });
  }

  async #followCatalogue(holdings: Holdings, cursor: string): Promise<void> {
    this.#catalogue = new AbortController();
    const { signal } = this.#catalogue;
    const http = () => this.#parts.servers[this.#state.server]!;
    const isWhole = await followCatalogue({ http, cursor, signal }, (events) => {
      if (signal.aborted) return;
      this.#apply(holdings, events);
      this.#deliver();
    });
    if (!isWhole && !signal.aborted) this.#happen({ kind: "expired", run: this.#state.run, error: null });
  }

  #apply(holdings: Holdings, events: readonly FeedEvent[]): void {
    for (const event of events) {
      const { changes, doubt } = holdings.apply(event);
      if (holdings === this.#shown) this.#pending.push(...changes);
      if (doubt !== null) this.#readAgain(holdings, doubt);
    }
  }

  #fold({ events, into }: Extract<Effect, { kind: "fold" }>): void {
    this.#apply(into === "stage" ? this.#stage! : this.#shown, events);
    const recordedAtMs = Date.parse(events.at(-1)!.time);
    if (!Number.isNaN(recordedAtMs)) this.#lagMs = Math.max(0, this.#parts.servers[0]!.clock.nowMs() - recordedAtMs);
  }

  #show(): void {
    const stage = this.#stage!;
    this.#pending.push(...this.#shown.changesTo(stage));
    this.#shown = stage;
    this.#stage = null;
    for (const waiting of this.#waitingForReady.splice(0)) queueMicrotask(waiting.resolve);
  }

  /** A product or location came back; its items are read again, one doubt after the other. */
  #readAgain(holdings: Holdings, { productId, locationId }: Doubt): void {
    const filter: FeedFilter = {
      ...this.#filter,
      ...(productId === undefined ? {} : { productIds: [productId] }),
      ...(locationId === undefined ? {} : { locationIds: [locationId] }),
    };
    const { signal } = this.#ended;
    const http = { ...this.#parts.servers[this.#state.server]!, retry: endless };
    const take = (rows: readonly InventoryItem[]) => {
      const changes = holdings.fill(rows);
      if (holdings === this.#shown) this.#pending.push(...changes);
      this.#deliver();
    };
    this.#doubts = this.#doubts
      .then(() => readSnapshot({ http, filter, signal }, take))
      .catch((error) => {
        if (!signal.aborted) this.#report(error);
      });
  }

  /** Tells listeners only when everything is in place, so that they may use the view, or close it. */
  #deliver(): void {
    if (this.#pending.length === 0) return;
    const changes = this.#pending.filter(({ event }) => event === null || isOfTypes(this.#options.types ?? [], event));
    this.#pending = [];
    for (const change of changes) {
      for (const queue of this.#queues) queue.push(change);
      for (const listener of this.#listeners) this.#guarded(() => listener(change));
    }
  }

  #tell(): void {
    const { status } = this;
    if (status.mode === "closed") this.#end();
    if (status.mode === this.#told?.mode) return;
    this.#told = status;
    this.#guarded(() => this.#options.onStatus?.(status));
  }

  #end(): void {
    this.#ended.abort();
    this.#catalogue.abort();
    this.#forgetOnline();
    this.#deliver();
    for (const queue of this.#queues) queue.end(this.#error);
    this.#queues.clear();
    const waiting = this.#waitingForReady.splice(0);
    for (const { reject } of waiting) reject(this.#reasonToEnd());
    if (this.#error !== null) this.#guarded(() => this.#options.onError?.(this.#error));
  }

  #reasonToEnd(): unknown {
    return this.#error ?? new Error("the view was closed before it was ready");
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#report(error);
    }
  }

  /** A fault of a listener must not stop the view; unheard, it is thrown where the runtime shows it. */
  #report(error: unknown): void {
    const { onError } = this.#options;
    if (onError !== undefined) onError(error);
    else
      queueMicrotask(() => {
        throw error;
      });
  }
}

const endless = {
  triesMax: Number.POSITIVE_INFINITY,
  totalMsMax: Number.POSITIVE_INFINITY,
  backoffMs: 500,
  backoffMsMax: 30_000,
} as const;
