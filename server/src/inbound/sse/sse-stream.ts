/**
 * One stream of server-sent events. It is pulled: only when the socket has taken what was written does it ask for more,
 * so a client holds back nobody but itself and costs at most one write. One that takes nothing for `unreadMsMax` is
 * closed. The cursor of its last words is that of the last event that was written.
 *
 * Modes: open → ending (the last words come with the next pull, or at once when there is none) → ended.
 */
import type { Follower } from "../../feed/follower.ts";
import type { ReplyStream } from "../../host/route.ts";
import type { Clock } from "../../lib/clock.ts";
import type { StreamMetrics } from "../../telemetry/stream-metrics.ts";
import { SharedBatches } from "../streams/event-batches.ts";
import { FeedSource } from "../streams/feed-source.ts";
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

interface Ending {
  readonly reason: EndReason;
  readonly lastWords: Uint8Array;
}

export class SseStream implements EndableStream, ReplyStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly ended: Promise<void>;
  readonly #end: () => void;
  readonly #parts: SseParts;
  readonly #source: FeedSource;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #hasOpened = false;
  #isPulling = false;
  #ending: Ending | null = null;
  #isEnded = false;
  /** Bytes of the write that the client has not taken yet. */
  #unread = 0;
  #cancelUnread: () => void = () => {};

  constructor(parts: SseParts) {
    this.#parts = parts;
    ({ promise: this.ended, resolve: this.#end } = Promise.withResolvers<void>());
    const { follower, clock, metrics } = parts;
    const readFailed = (): void => metrics.readFailed("sse");
    this.#source = new FeedSource({ follower, clock, silenceMs: streamLimits.keepAliveMs, readFailed });
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
    this.#ending = { reason, lastWords: closingFrame(reason, this.#source.cursor, retryAfterMs) };
    if (this.#isPulling) this.#source.stop();
    else this.#close(this.#ending);
  }

  async #pull(): Promise<void> {
    this.#taken();
    this.#isPulling = true;
    const frame = await this.#next();
    this.#isPulling = false;
    if (this.#isEnded) return;
    if (frame !== null) this.#write(frame);
    if (this.#ending !== null) this.#close(this.#ending);
  }

  /** @returns what is to be written next; null when the stream is ending */
  async #next(): Promise<Uint8Array | null> {
    const { filter, metrics, random } = this.#parts;
    if (!this.#hasOpened) {
      this.#hasOpened = true;
      return openingFrame(this.#source.cursor, retryMs(random));
    }
    const item = await this.#source.next();
    switch (item?.kind) {
      case "events":
        metrics.wrote("sse", item.records.length, 0);
        return shared.of(item.records, filter);
      case "progress":
        return progressFrame(item.cursor, item.isCaughtUp);
      case "silence":
        return keepAliveFrame();
      case "lost":
        this.end("expired", retryMs(random));
    }
    return null;
  }

  #write(frame: Uint8Array): void {
    const { clock, metrics, random } = this.#parts;
    this.#unread = frame.length;
    metrics.buffered("sse", frame.length);
    metrics.wrote("sse", 0, frame.length);
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

  #close({ reason, lastWords }: Ending): void {
    this.#controller!.enqueue(lastWords);
    this.#controller!.close();
    this.#finish(reason);
  }

  #finish(reason: EndReason | "client"): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#taken();
    this.#source.stop();
    this.#parts.slot.free(reason);
    this.#end();
  }
}
