/**
 * Watches where the partitions end: each second, and at once when this process has committed something. Observations
 * are kept with the database's time, which is what turns a timestamp into a position: an entry that was committed after
 * an observation is behind its heads, however early it was recorded, so none is missed.
 *
 * One watcher serves all waiting readers, up to `waitersMax`: the heads are read once for all of them.
 */
import { checkOf, encodeVector, type PositionVector } from "../core/record/position-vector.ts";
import type { Queryable } from "../db/pool.ts";
import { readBoard } from "../journal/board-reader.ts";
import type { HeadRow } from "../journal/sql/lock-heads.ts";
import type { Clock } from "../lib/clock.ts";
import { insertObservation } from "./sql/feed.ts";

const watcherLimits = { observeMs: 1_000, pollWhileWaitedForMs: 200, waitersMax: 5_000 } as const;

/** As many readers wait for changes as this server lets wait. */
class TooManyReaders extends Error {
  override readonly name = "TooManyReaders";
}

interface Waiter {
  readonly from: PositionVector;
  readonly wake: () => void;
}

/** Heads that were read together, all of them committed. */
export interface SeenHeads {
  readonly heads: readonly HeadRow[];
  readonly vector: PositionVector;
}

export class HeadsWatcher {
  readonly #database: Queryable;
  readonly #clock: Clock;
  readonly #onHeads: (heads: readonly HeadRow[]) => void;
  #lastObserved = "";
  readonly #waiters = new Set<Waiter>();
  #reading: Promise<SeenHeads> | null = null;
  #readsNext: Promise<SeenHeads> | null = null;
  #looking: Promise<void> | null = null;
  #looksAgain = false;
  #cancelObserving: () => void = () => {};
  #cancelPolling: (() => void) | null = null;
  #latest: SeenHeads | null = null;
  isStopped = false;

  /** @param onHeads is told every vector of heads that was seen committed */
  constructor(database: Queryable, clock: Clock, onHeads: (heads: readonly HeadRow[]) => void) {
    this.#database = database;
    this.#clock = clock;
    this.#onHeads = onHeads;
  }

  async start(): Promise<void> {
    await this.observe();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.#cancelObserving();
    this.#cancelPolling?.();
    for (const { wake } of this.#waiters) wake();
  }

  /** Number of readers that wait for a change. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Reads the heads; they belong to entries that are all committed. Whoever asks while they are being read shares the next
   * reading, which begins after that was asked: however many poll, there is one at a time.
   */
  read(): Promise<SeenHeads> {
    if (this.#reading === null) return this.#begin();
    const begin = (): Promise<SeenHeads> => {
      this.#readsNext = null;
      return this.#begin();
    };
    this.#readsNext ??= this.#reading.then(begin, begin);
    return this.#readsNext;
  }

  #begin(): Promise<SeenHeads> {
    const reading = this.#readNow().finally(() => {
      if (this.#reading === reading) this.#reading = null;
    });
    this.#reading = reading;
    return reading;
  }

  async #readNow(): Promise<SeenHeads> {
    const { heads } = await readBoard(this.#database);
    this.#onHeads(heads);
    this.#latest = { heads, vector: vectorOf(heads) };
    return this.#latest;
  }

  /** The heads as they were last seen, read now when they never were. */
  async latest(): Promise<SeenHeads> {
    return this.#latest ?? this.read();
  }

  /** Reads the heads and keeps them with the time, when they have moved since the last time. */
  async observe(): Promise<void> {
    const { vector } = await this.read();
    const encoded = encodeVector(vector);
    const text = Buffer.from(encoded).toString("base64");
    if (text === this.#lastObserved) return;
    await this.#database.query(insertObservation(encoded));
    this.#lastObserved = text;
  }

  /** Something was committed here: the heads are read once, and who waits for what moved is woken. */
  nudge(): void {
    if (this.#waiters.size > 0) void this.#look();
  }

  /**
   * Waits until there are entries behind a position, the time is over, or the reader has gone.
   * @throws TooManyReaders
   */
  changed(from: PositionVector, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.isStopped || signal.aborted) return Promise.resolve();
    if (this.#waiters.size >= watcherLimits.waitersMax)
      return Promise.reject(new TooManyReaders("too many readers wait for changes"));
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      cancel();
      signal.removeEventListener("abort", wake);
      this.#waiters.delete(waiter);
      resolve();
    };
    const cancel = this.#clock.after(timeoutMs, wake);
    const waiter: Waiter = { from, wake };
    signal.addEventListener("abort", wake);
    this.#waiters.add(waiter);
    this.#pollForOthers();
    return promise;
  }

  /** Reads the heads, one look at a time, and wakes whoever has something to read. */
  #look(): Promise<void> {
    this.#looksAgain = this.#looking !== null;
    this.#looking ??= this.read()
      .then(({ vector }) => this.#wakeFor(vector))
      .catch(() => {})
      .finally(() => {
        this.#looking = null;
        if (this.#looksAgain) this.nudge();
      });
    return this.#looking;
  }

  #wakeFor(heads: PositionVector): void {
    for (const { from, wake } of this.#waiters) {
      if (
        from.epoch !== heads.epoch ||
        heads.positions.some((position, index) => position > (from.positions[index] ?? 0))
      )
        wake();
    }
  }

  /** While somebody waits, other servers' commits are found by looking at the heads. */
  #pollForOthers(): void {
    if (this.#cancelPolling !== null || this.#waiters.size === 0 || this.isStopped) return;
    this.#cancelPolling = this.#clock.after(watcherLimits.pollWhileWaitedForMs, () => {
      this.#cancelPolling = null;
      void this.#look().finally(() => this.#pollForOthers());
    });
  }

  #schedule(): void {
    if (this.isStopped) return;
    this.#cancelObserving = this.#clock.after(watcherLimits.observeMs, () => {
      void this.observe()
        .catch(() => {})
        .finally(() => this.#schedule());
    });
  }
}

/** @returns the vector of some heads, all partitions in order */
export function vectorOf(heads: readonly Pick<HeadRow, "sequence" | "hash" | "epoch">[]): PositionVector {
  return {
    epoch: Math.max(...heads.map((head) => head.epoch)),
    positions: heads.map((head) => head.sequence),
    check: checkOf(heads.map((head) => head.hash)),
  };
}
