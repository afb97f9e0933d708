/**
 * What a reader is to be told next, whatever carries it: events, its place when only that has moved, or that nothing
 * happens. Asked when the client can take something, never before. Modes: following → stopped.
 */
import { PositionLost } from "../../feed/feed-reader.ts";
import type { Follower } from "../../feed/follower.ts";
import type { FeedRecord } from "../../feed/record.ts";
import type { Clock } from "../../lib/clock.ts";
import { takeBatch } from "./event-batches.ts";
import { streamLimits } from "./stream-limits.ts";

export type SourceItem =
  | { readonly kind: "events"; readonly records: readonly FeedRecord[] }
  /** Everything up to the cursor was handed out or did not pass the filter; `isCaughtUp`: and that is all there is. */
  | { readonly kind: "progress"; readonly cursor: string; readonly isCaughtUp: boolean }
  /** Nothing was handed out for `silenceMs`. */
  | { readonly kind: "silence" }
  /** Its place can no longer be read from. */
  | { readonly kind: "lost"; readonly error: PositionLost };

export interface SourceOptions {
  readonly follower: Follower;
  readonly clock: Clock;
  /** After how long silence is told; `Infinity` for never. */
  readonly silenceMs: number;
  /** Is told of reads that failed and will be repeated. */
  readonly readFailed: () => void;
}

export class FeedSource {
  readonly #options: SourceOptions;
  readonly #abort = new AbortController();
  #records: readonly FeedRecord[] = [];
  #hasCaughtUp = false;
  #toldAtMs: number;
  #placedAtMs: number;
  /** Behind the last event that was handed out, or the last place that was told. */
  cursor: string;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.cursor = options.follower.cursor();
    this.#toldAtMs = options.clock.monotonicMs();
    this.#placedAtMs = this.#toldAtMs;
  }

  get isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  /** @param eventsMax most events to hand out @returns null once it was stopped */
  async next(eventsMax: number = streamLimits.batchEventsMax): Promise<SourceItem | null> {
    const { follower, clock, silenceMs } = this.#options;
    while (!this.isStopped) {
      if (this.#records.length === 0) {
        const lost = await this.#read(Math.min(eventsMax, streamLimits.batchEventsMax));
        if (this.isStopped) return null;
        if (lost !== null) return lost;
      }
      if (this.#records.length > 0) return this.#events(eventsMax);
      const now = clock.monotonicMs();
      const isDue = now - this.#placedAtMs >= streamLimits.progressMs;
      if (follower.isAtEnd && !this.#hasCaughtUp) return this.#progress(now, follower.cursor());
      if (isDue && follower.cursor() !== this.cursor) return this.#progress(now, follower.cursor());
      if (now - this.#toldAtMs >= silenceMs) {
        this.#toldAtMs = now;
        return { kind: "silence" };
      }
    }
    return null;
  }

  /** Ends whatever it waits for. */
  stop(): void {
    if (this.isStopped) return;
    this.#abort.abort();
    this.#records = [];
    this.#options.follower.close();
  }

  async #read(max: number): Promise<SourceItem | null> {
    const { follower, readFailed } = this.#options;
    try {
      this.#records = await follower.next({ max, waitMs: this.#waitMs(), signal: this.#abort.signal });
    } catch (error) {
      if (error instanceof PositionLost) return { kind: "lost", error };
      readFailed();
      await this.#pause();
    }
    return null;
  }

  /** Until silence or the place is to be told; what has been due for long is looked at again after a while. */
  #waitMs(): number {
    if (!this.#hasCaughtUp) return 0;
    const now = this.#options.clock.monotonicMs();
    const progressInMs = this.#placedAtMs + streamLimits.progressMs - now;
    const silenceInMs = this.#toldAtMs + this.#options.silenceMs - now;
    return Math.max(0, Math.min(silenceInMs, progressInMs > 0 ? progressInMs : streamLimits.progressMs));
  }

  /** The database may be away for a while; the client need not know. */
  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const cancel = this.#options.clock.after(streamLimits.readAgainMs, wake);
    this.#abort.signal.addEventListener("abort", wake);
    return promise.finally(() => {
      cancel();
      this.#abort.signal.removeEventListener("abort", wake);
    });
  }

  #events(eventsMax: number): SourceItem {
    const records = takeBatch(this.#records, eventsMax);
    this.#records = this.#records.slice(records.length);
    this.cursor = records.at(-1)!.cursor;
    this.#toldAtMs = this.#options.clock.monotonicMs();
    this.#placedAtMs = this.#toldAtMs;
    return { kind: "events", records };
  }

  #progress(now: number, cursor: string): SourceItem {
    const isCaughtUp = this.#options.follower.isAtEnd;
    this.#hasCaughtUp ||= isCaughtUp;
    this.#toldAtMs = now;
    this.#placedAtMs = now;
    this.cursor = cursor;
    return { kind: "progress", cursor, isCaughtUp };
  }
}
