/**
 * The end of the feed as this process follows it: one tail, however many followers there are.
 *
 * Modes: resting (nobody follows: it knows nothing and costs nothing) → following → resting again a while after the last
 * follower has gone; stopped. While following it has every event from the base of its ring on, each once, in an order
 * that keeps that of each partition. What this process commits is handed over; it is taken only when it is the next of
 * its partition, and everything else is read from the journal: other servers' entries, and what a hand-over left out.
 */
import type { CommittedEntry } from "../core/record/committed-entry.ts";
import type { PositionVector } from "../core/record/position-vector.ts";
import type { Clock } from "../lib/clock.ts";
import type { Course } from "./course.ts";
import type { FeedReader } from "./feed-reader.ts";
import type { HeadsWatcher } from "./heads-watcher.ts";
import type { LocationGroups } from "./location-groups.ts";
import { PacedWake } from "./paced-wake.ts";
import { type EventWriter, FeedRecord } from "./record.ts";
import { FeedRing } from "./ring.ts";

export const tailLimits = {
  /** Events kept for followers that are a little behind; who is further behind reads the journal. */
  ringRecordsMax: 20_000,
  /** Events read from the journal at once. */
  pageEntriesMax: 1_000,
  /** How long the tail goes on after its last follower has gone, so that one that polls finds it again. */
  lingerMs: 60_000,
  /** How often it looks after its followers' deadlines. */
  sweepMs: 250,
  /** How soon it tries again when the database does not answer. */
  retryMs: 200,
} as const;

/** A follower that waits for the tail to move. */
export interface TailWaiter {
  readonly deadlineMs: number;
  wake(): void;
}

export interface TailParts {
  readonly reader: FeedReader;
  readonly watcher: HeadsWatcher;
  readonly groups: LocationGroups;
  readonly writer: EventWriter;
  readonly clock: Clock;
  /** Is told of a reading that failed; it is repeated. */
  readonly failed: (error: Error) => void;
  /** Instead of `tailLimits.ringRecordsMax`; tests make it small. */
  readonly ringRecordsMax?: number;
}

interface Following {
  readonly course: Course;
  readonly ring: FeedRing;
  readonly stop: AbortController;
}

export class FeedTail {
  readonly #parts: TailParts;
  readonly #waiters = new Set<TailWaiter>();
  readonly #pacedWake: PacedWake;
  #following: Following | null = null;
  #starting: Promise<Following> | null = null;
  #advancing: Promise<void> | null = null;
  #followers = 0;
  /** A hand-over left something out while the tail was reading, when nothing would have woken it. */
  #isBehind = false;
  #cancelLinger: () => void = () => {};
  #cancelSweep: (() => void) | null = null;
  isStopped = false;
  /** Events that were handed over and events that were read from the journal, since the start. */
  readonly counts = { handedOver: 0, read: 0 };

  constructor(parts: TailParts) {
    this.#parts = parts;
    this.#pacedWake = new PacedWake(parts.clock, () => this.#wakeAll());
  }

  /** The newest events, or null while nobody follows. A new ring has nothing in common with the one before. */
  get ring(): FeedRing | null {
    return this.#following?.ring ?? null;
  }

  get followerCount(): number {
    return this.#followers;
  }

  /** Counts a follower in and makes sure that the tail follows. @returns what counts it out again */
  join(): () => void {
    this.#followers += 1;
    this.#cancelLinger();
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#followers -= 1;
      if (this.#followers > 0) return;
      this.#cancelLinger = this.#parts.clock.after(tailLimits.lingerMs, () => this.#rest());
    };
  }

  /** @returns the ring, once the tail follows */
  async started(): Promise<FeedRing> {
    if (this.#following !== null) return this.#following.ring;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return (await this.#starting).ring;
  }

  /** Reads up to where the heads are now. */
  async advance(): Promise<void> {
    await this.started();
    await this.#advancing;
    await this.#advance((await this.#parts.watcher.read()).vector);
  }

  /**
   * Takes what this process has just committed.
   * @returns false when some of it was not the next of its partition: then the journal has to be read
   */
  handOver(items: readonly CommittedEntry[]): boolean {
    const following = this.#following;
    if (following === null) return true;
    for (const item of items) {
      const ahead = following.course.ahead(item.entry.partition, item.entry.sequence);
      if (ahead > 1) {
        this.#isBehind = true;
        return false;
      }
      if (ahead < 1) continue;
      this.#append(following, item);
      this.counts.handedOver += 1;
    }
    this.#pacedWake.soon();
    return true;
  }

  /** Whether a hand-over would be of use. */
  get isFollowing(): boolean {
    return this.#following !== null;
  }

  wait(waiter: TailWaiter): void {
    this.#waiters.add(waiter);
    this.#cancelSweep ??= this.#parts.clock.after(tailLimits.sweepMs, () => this.#sweep());
  }

  unwait(waiter: TailWaiter): void {
    this.#waiters.delete(waiter);
  }

  stop(): void {
    this.isStopped = true;
    this.#cancelLinger();
    this.#rest();
    this.#cancelSweep?.();
    this.#pacedWake.stop();
    this.#wakeAll();
  }

  async #start(): Promise<Following> {
    const { watcher, reader, groups } = this.#parts;
    const { vector } = await watcher.read();
    const course = await reader.courseFrom(vector, vector);
    // Groups are read behind the heads, so a change after them is in the events that are still to come.
    await groups.load();
    const ring = new FeedRing(vector, this.#parts.ringRecordsMax ?? tailLimits.ringRecordsMax);
    const following: Following = { course, ring, stop: new AbortController() };
    this.#following = following;
    if (this.#followers === 0) this.#cancelLinger = this.#parts.clock.after(tailLimits.lingerMs, () => this.#rest());
    void this.#follow(following);
    return following;
  }

  #rest(): void {
    this.#following?.stop.abort();
    this.#following = null;
  }

  /** Goes on for as long as this ring is the current one. */
  async #follow(following: Following): Promise<void> {
    const { watcher, clock } = this.#parts;
    const { signal } = following.stop;
    while (this.#following === following && !this.isStopped && !watcher.isStopped) {
      try {
        if (!this.#isBehind) await watcher.changed(following.ring.end, 60_000, signal);
        if (signal.aborted || watcher.isStopped) return;
        const isBehind = this.#isBehind;
        this.#isBehind = false;
        const { vector } = isBehind ? await watcher.read() : await watcher.latest();
        await this.#advance(vector);
      } catch (error) {
        this.#parts.failed(error as Error);
        await new Promise<void>((resolve) => void clock.after(tailLimits.retryMs, resolve));
      }
    }
  }

  /** One reading at a time; whoever comes while one is under way waits for it and then looks for itself. */
  async #advance(heads: PositionVector): Promise<void> {
    while (this.#advancing !== null) await this.#advancing;
    const following = this.#following;
    if (following === null) return;
    if (heads.epoch !== following.ring.end.epoch) {
      this.#rest();
      // Whoever waits for more of the history that was left is told at once that its place is lost.
      return this.#wakeAll();
    }
    this.#advancing = this.#readUpTo(following, heads);
    try {
      await this.#advancing;
    } finally {
      this.#advancing = null;
    }
  }

  async #readUpTo(following: Following, heads: PositionVector): Promise<void> {
    for (;;) {
      const items = await this.#parts.reader.between(following.ring.end, heads, tailLimits.pageEntriesMax);
      if (items.length === 0 || this.#following !== following) return;
      for (const item of items) {
        // What was handed over meanwhile is there already.
        if (following.course.ahead(item.entry.partition, item.entry.sequence) > 0) {
          this.#append(following, item);
          this.counts.read += 1;
        }
      }
      this.#pacedWake.soon();
    }
  }

  #append({ course, ring }: Following, item: CommittedEntry): void {
    const { groups, writer } = this.#parts;
    const after = course.step(item.entry.partition, item.entry.sequence, item.entry.hash);
    groups.observe(item.entry);
    ring.push(new FeedRecord({ ...item, after }, groups.of(item.entry.locationId), writer));
  }

  #wakeAll(): void {
    const waiting = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiting) waiter.wake();
  }

  #sweep(): void {
    this.#cancelSweep = null;
    const nowMs = this.#parts.clock.monotonicMs();
    for (const waiter of this.#waiters) {
      if (waiter.deadlineMs > nowMs) continue;
      this.#waiters.delete(waiter);
      waiter.wake();
    }
    if (this.#waiters.size > 0) this.#cancelSweep = this.#parts.clock.after(tailLimits.sweepMs, () => this.#sweep());
  }
}
