/**
 * A reader of the feed with its place. Modes: catching up (reads the journal towards the tail) ⇄ joined (reads the ring
 * that all share) ; a joined follower that the ring has left behind catches up again. In every mode it hands out each
 * event behind its place once, in an order that keeps that of each partition.
 */
import { isWithin, type PositionVector } from "../core/record/position-vector.ts";
import type { Clock } from "../lib/clock.ts";
import type { Course } from "./course.ts";
import type { FeedReader } from "./feed-reader.ts";
import type { FilterTest } from "./filter.ts";
import type { LocationGroups } from "./location-groups.ts";
import { type EventWriter, FeedRecord } from "./record.ts";
import type { FeedRing } from "./ring.ts";
import { type FeedTail, tailLimits } from "./tail.ts";

export interface NextOptions {
  /** Most events to hand out, up to `tailLimits.pageEntriesMax`. */
  readonly max: number;
  /** How long to wait, in milliseconds, when nothing that the filter lets pass is there; exact to `tailLimits.sweepMs`. */
  readonly waitMs: number;
  /** Ends the wait; the same one at every call. */
  readonly signal: AbortSignal;
}

/** A reader of the feed. It takes what it wants when it wants it: one that is slow costs nobody else. */
export interface Follower {
  /** Everything up to here was handed out or did not pass the filter. */
  readonly position: PositionVector;
  /** Nothing more is there at the moment: the place is the end of the feed. */
  readonly isAtEnd: boolean;
  /** The signed cursor of `position`. */
  cursor(): string;
  /**
   * What comes next, in order; one call at a time. Empty when the wait was over, or when it has looked through a long
   * history for long enough: the position may have moved all the same, past events that the filter does not let pass. @throws PositionLost when the place is no longer there
   */
  next(options: NextOptions): Promise<readonly FeedRecord[]>;
  close(): void;
}

export interface FollowerParts {
  readonly tail: FeedTail;
  readonly reader: FeedReader;
  readonly groups: LocationGroups;
  readonly writer: EventWriter;
  readonly clock: Clock;
}

interface Joined {
  readonly ring: FeedRing;
  count: number;
}

const followerLimits = {
  /** How long it looks for something that the filter lets pass before it says where it stands. */
  scanMsMax: 1_000,
} as const;

const nothing: readonly FeedRecord[] = [];

export class TailFollower implements Follower {
  readonly #parts: FollowerParts;
  readonly #test: FilterTest | null;
  readonly #leave: () => void;
  #course: Course | null;
  #joined: Joined | null = null;
  #signal: AbortSignal | null = null;
  #wake: () => void = () => {};
  #isClosed = false;
  position: PositionVector;

  /** @param course where it begins when that is known to be of this history, else null */
  constructor(parts: FollowerParts, from: PositionVector, course: Course | null, test: FilterTest | null) {
    this.#parts = parts;
    this.#test = test;
    this.#course = course;
    this.position = from;
    this.#leave = parts.tail.join();
  }

  get isAtEnd(): boolean {
    return this.#joined !== null && this.#joined.count === this.#joined.ring.endCount;
  }

  cursor(): string {
    return this.#parts.writer.cursorAt(this.position);
  }

  async next({ max, waitMs, signal }: NextOptions): Promise<readonly FeedRecord[]> {
    const { tail, clock } = this.#parts;
    this.#listenTo(signal);
    const most = Math.min(max, tailLimits.pageEntriesMax);
    const startedAtMs = clock.monotonicMs();
    let deadlineMs: number | null = null;
    for (;;) {
      const records = this.#joined === null ? await this.#fromJournal(most) : this.#fromRing(this.#joined, most);
      if (records.length > 0 || signal.aborted || tail.isStopped || this.#isClosed) return records;
      if (!this.isAtEnd) {
        // A filter that lets nothing pass may go through a long history: its reader hears of its place meanwhile.
        if (clock.monotonicMs() - startedAtMs >= Math.max(waitMs, followerLimits.scanMsMax)) return nothing;
        continue;
      }
      deadlineMs ??= clock.monotonicMs() + waitMs;
      if (clock.monotonicMs() >= deadlineMs) return nothing;
      await this.#moved(deadlineMs);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#leave();
    this.#wake();
  }

  #fromRing(joined: Joined, max: number): readonly FeedRecord[] {
    // A tail that rested and began again has another ring: this one gets nothing any more.
    const taken = this.#parts.tail.ring === joined.ring ? joined.ring.take(joined.count, max, this.#test) : null;
    if (taken === null) {
      this.#joined = null;
      return nothing;
    }
    joined.count = taken.count;
    this.position = taken.position;
    return taken.records;
  }

  async #fromJournal(max: number): Promise<readonly FeedRecord[]> {
    const { tail, reader, groups, writer } = this.#parts;
    const ring = await tail.started();
    const count = ring.countAt(this.position);
    if (count !== null) {
      this.#joined = { ring, count };
      this.#course = null;
      return nothing;
    }
    // Another server's cursor may be ahead of what this one has read so far.
    if (this.position.epoch !== ring.end.epoch || !isWithin(this.position, ring.end)) await tail.advance();
    const heads = (await tail.started()).end;
    // The epoch may have been raised since this one was found to be of this history.
    if (this.#course?.place.epoch !== heads.epoch) this.#course = null;
    this.#course ??= await reader.courseFrom(this.position, heads);
    const entries = await reader.along(this.#course, heads, max);
    this.position = this.#course.place;
    const records = entries.map((entry) => new FeedRecord(entry, groups.of(entry.entry.locationId), writer));
    const test = this.#test;
    return test === null ? records : records.filter((record) => test(record));
  }

  #moved(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waiter = { deadlineMs, wake: resolve };
      this.#wake = () => {
        this.#parts.tail.unwait(waiter);
        resolve();
      };
      this.#parts.tail.wait(waiter);
    });
  }

  #listenTo(signal: AbortSignal): void {
    if (this.#signal === signal) return;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.#wake();
}
