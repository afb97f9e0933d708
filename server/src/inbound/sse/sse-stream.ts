/**
 * One stream of server-sent events. It is pulled: only when the socket has taken what was written does it ask the feed
 * for more, so a client holds back nobody but itself and costs at most one write.
 *
 * Modes: waiting (for events, for the client) → ended. The cursor of its last words is that of the last event written.
 */
import { PositionLost } from "../../feed/feed-reader.ts";
import type { Follower } from "../../feed/follower.ts";
import type { FeedRecord } from "../../feed/record.ts";
import type { Clock } from "../../lib/clock.ts";
import type { StreamMetrics } from "../../telemetry/stream-metrics.ts";
import { SharedBatches, takeBatch } from "../streams/event-batches.ts";
import type { EndableStream, Slot } from "../streams/open-streams.ts";
import { type EndReason, retryMs, streamLimits } from "../streams/stream-limits.ts";
import { closingFrame, eventFrames, keepAliveFrame, openingFrame, progressFrame } from "./sse-frames.ts";

const shared = new SharedBatches(eventFrames);

export interface SseParts {
  readonly follower: Follower;
  /** Tells its filter apart. */
  readonly filter: string;
  readonly slot: Slot;
  readonly clock: Clock;
  readonly metrics: StreamMetrics;
  readonly random: () => number;
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

export class SseStream implements EndableStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #parts: SseParts;
  readonly #abort = new AbortController();
  #controller: Controller | null = null;
  #records: readonly FeedRecord[] = [];
  #cursor: string;
  #hasOpened = false;
  #hasCaughtUp = false;
  #ending: Uint8Array | null = null;
  #isEnded = false;
  #isPulling = false;
  /** Bytes of the write that the client has not taken yet. */
  #unread = 0;
  #wroteAtMs: number;
  #placedAtMs: number;
  #cancelUnread: () => void = () => {};

  constructor(parts: SseParts) {
    this.#parts = parts;
    this.#cursor = parts.follower.cursor();
    this.#wroteAtMs = parts.clock.monotonicMs();
    this.#placedAtMs = this.#wroteAtMs;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#finish("client"),
      },
      // Nothing is made before the socket asks for it.
      { highWaterMark: 0 },
    );
    parts.slot.occupy(this);
  }

  end(reason: EndReason, retryAfterMs: number): void {
    if (this.#isEnded || this.#ending !== null) return;
    this.#ending = closingFrame(reason, this.#cursor, retryAfterMs);
    this.#reason = reason;
    if (this.#isPulling) this.#abort.abort();
    else this.#close();
  }

  #reason: EndReason | "client" = "client";

  async #pull(): Promise<void> {
    this.#taken();
    this.#isPulling = true;
    const frame = await this.#next();
    this.#isPulling = false;
    if (this.#isEnded) return;
    if (this.#ending !== null) this.#close();
    else if (frame !== null) this.#write(frame);
  }

  /** @returns what comes next; null when the stream is ending */
  async #next(): Promise<Uint8Array | null> {
    if (!this.#hasOpened) {
      this.#hasOpened = true;
      return openingFrame(this.#cursor, retryMs(this.#parts.random));
    }
    const { follower, clock } = this.#parts;
    while (this.#ending === null && !this.#isEnded) {
      if (this.#records.length === 0) await this.#read();
      if (this.#ending !== null || this.#isEnded) return null;
      if (this.#records.length > 0) return this.#events();
      const now = clock.monotonicMs();
      const isNew = !this.#hasCaughtUp && follower.isAtEnd;
      if (isNew || (now - this.#placedAtMs >= streamLimits.progressMs && this.#hasMoved())) return this.#progress(now);
      if (now - this.#wroteAtMs >= streamLimits.keepAliveMs) return keepAliveFrame();
    }
    return null;
  }

  #hasMoved(): boolean {
    return this.#parts.follower.cursor() !== this.#cursor;
  }

  async #read(): Promise<void> {
    const { follower, clock, metrics } = this.#parts;
    const now = clock.monotonicMs();
    // The place is told when it has moved; how long that has been so is looked at now and then.
    const nextMs = Math.min(this.#wroteAtMs + streamLimits.keepAliveMs, this.#nextProgressMs(now));
    const waitMs = this.#hasCaughtUp ? Math.max(0, nextMs - now) : 0;
    try {
      this.#records = await follower.next({
        max: streamLimits.batchEventsMax,
        waitMs,
        signal: this.#abort.signal,
      });
    } catch (error) {
      if (error instanceof PositionLost) return this.end("expired", retryMs(this.#parts.random));
      metrics.readFailed("sse");
      await this.#pause();
    }
  }

  #nextProgressMs(now: number): number {
    const next = this.#placedAtMs + streamLimits.progressMs;
    return next > now ? next : now + streamLimits.progressMs;
  }

  /** The database may be away for a while; the client need not know. */
  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.after(streamLimits.readAgainMs, resolve);
    const { signal } = this.#abort;
    signal.addEventListener("abort", () => resolve(), { once: true });
    return promise.finally(cancel);
  }

  #events(): Uint8Array {
    const batch = takeBatch(this.#records);
    this.#records = this.#records.slice(batch.length);
    const bytes = shared.bytesOf(batch, this.#parts.filter);
    this.#cursor = batch.at(-1)!.cursor;
    this.#placedAtMs = this.#parts.clock.monotonicMs();
    this.#parts.metrics.wrote("sse", batch.length, 0);
    return bytes;
  }

  #progress(now: number): Uint8Array {
    this.#hasCaughtUp = true;
    this.#placedAtMs = now;
    this.#cursor = this.#parts.follower.cursor();
    return progressFrame(this.#cursor);
  }

  #write(frame: Uint8Array): void {
    const { clock, metrics, random } = this.#parts;
    this.#unread = frame.length;
    metrics.buffered("sse", frame.length);
    metrics.wrote("sse", 0, frame.length);
    this.#wroteAtMs = clock.monotonicMs();
    this.#cancelUnread = clock.after(streamLimits.unreadMsMax, () => this.end("slow_reader", retryMs(random)));
    this.#controller!.enqueue(frame);
  }

  /** The client has taken what was written. */
  #taken(): void {
    this.#cancelUnread();
    if (this.#unread === 0) return;
    this.#parts.metrics.buffered("sse", -this.#unread);
    this.#unread = 0;
  }

  #close(): void {
    this.#controller!.enqueue(this.#ending!);
    this.#controller!.close();
    this.#finish(this.#reason);
  }

  #finish(reason: EndReason | "client"): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#taken();
    this.#records = [];
    this.#abort.abort();
    this.#parts.follower.close();
    this.#parts.slot.free(reason);
  }
}
