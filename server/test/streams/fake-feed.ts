/** A feed in memory: events that a test adds, and followers that read them. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { PositionVector } from "../../src/core/record/position-vector.ts";
import { CursorCodec } from "../../src/feed/cursor.ts";
import type { FeedEntry } from "../../src/feed/feed-reader.ts";
import type { Follower, NextOptions } from "../../src/feed/follower.ts";
import { type EventWriter, FeedRecord } from "../../src/feed/record.ts";
import type { FeedAccess } from "../../src/inbound/streams/feed-place.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { tokenSigner } from "../../src/lib/signed-token.ts";

export class FakeFeed {
  readonly cursors = new CursorCodec(tokenSigner(new Uint8Array(32)));
  readonly records: FeedRecord[] = [];
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  /** Thrown by the next read, once. */
  failure: Error | null = null;
  /** Followers that are open. */
  open = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds events of some length. @param isWanted whether filters let them pass */
  add(count: number, bytes = 10, isWanted = true): void {
    for (let index = 0; index < count; index++) {
      const sequence = this.records.length + 1;
      const writer: EventWriter = {
        cursorAt: (place) => this.cursors.fromVector(place),
        write: () => JSON.stringify({ sequence, text: "x".repeat(bytes) }),
      };
      const entry = { entry: { kind: entryKinds.inventoryAdjusted }, after: placeAt(sequence) } as FeedEntry;
      this.records.push(new FeedRecord(entry, isWanted ? [] : ["unwanted"], writer));
    }
    for (const wake of [...this.#waiting]) wake();
  }

  cursorAt(sequence: number): string {
    return this.cursors.fromVector(placeAt(sequence));
  }

  get access(): FeedAccess {
    const here = async (): Promise<PositionVector> => placeAt(this.records.length);
    return {
      cursors: this.cursors,
      feedReader: { heads: here, positionAt: here, beginning: async () => placeAt(0) },
      feed: { follow: async (from) => this.follow(from.positions[0]!) },
    };
  }

  follow(from: number): Follower {
    let sequence = from;
    this.open += 1;
    const take = (max: number): FeedRecord[] => {
      const taken: FeedRecord[] = [];
      while (sequence < this.records.length && taken.length < max) {
        const record = this.records[sequence++]!;
        if (record.locationGroups.length === 0) taken.push(record);
      }
      return taken;
    };
    const isAtEnd = (): boolean => sequence === this.records.length;
    return {
      get position() {
        return placeAt(sequence);
      },
      get isAtEnd() {
        return isAtEnd();
      },
      cursor: () => this.cursorAt(sequence),
      next: async ({ max, waitMs, signal }: NextOptions) => {
        if (this.failure !== null) {
          const { failure } = this;
          this.failure = null;
          throw failure;
        }
        const deadlineMs = this.#clock.monotonicMs() + waitMs;
        for (;;) {
          const taken = take(max);
          if (taken.length > 0 || signal.aborted || this.#clock.monotonicMs() >= deadlineMs) return taken;
          await this.#moved(deadlineMs, signal);
        }
      },
      close: () => {
        this.open -= 1;
      },
    };
  }

  async #moved(deadlineMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(deadlineMs - this.#clock.monotonicMs(), resolve);
    this.#waiting.add(resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    this.#waiting.delete(resolve);
    cancel();
  }
}

const placeAt = (sequence: number): PositionVector => ({
  epoch: 1,
  positions: [sequence],
  check: new Uint8Array(8),
});
