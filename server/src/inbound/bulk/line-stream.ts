/**
 * An answer of lines that are written as they come. Modes: open → closed; cut when the caller has gone or reads nothing for
 * long. What is written and not read yet is bounded: whoever writes more waits.
 */
import type { ReplyStream } from "../../host/route.ts";
import type { Clock } from "../../lib/clock.ts";
import { bulkLimits } from "./bulk-limits.ts";

/** The caller has gone, or does not read. */
export class NobodyReads extends Error {
  override readonly name = "NobodyReads";
}

export class LineStream implements ReplyStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly ended: Promise<void>;
  readonly #clock: Clock;
  readonly #encoder = new TextEncoder();
  readonly #end: () => void;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isOver = false;
  #wake: () => void = () => {};
  /** Called once, when the caller has gone. */
  onGone: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#wake(),
        cancel: () => this.#gone(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: bulkLimits.unreadBytesMax }),
    );
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when there is room for more. @throws NobodyReads */
  async write(text: string): Promise<void> {
    if (this.#isOver) throw new NobodyReads("the caller has gone");
    this.#controller.enqueue(this.#encoder.encode(text));
    const startedAtMs = this.#clock.monotonicMs();
    while ((this.#controller.desiredSize ?? 0) <= 0 && !this.#isOver) {
      const leftMs = bulkLimits.unreadMsMax - (this.#clock.monotonicMs() - startedAtMs);
      if (leftMs <= 0) {
        this.cut(new NobodyReads("the caller reads nothing"));
        break;
      }
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(leftMs, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
    if (this.#isOver) throw new NobodyReads("the caller has gone");
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller.close();
    this.#end();
  }

  /** Breaks the connection, so that nobody takes what there is for the whole. */
  cut(error: Error): void {
    if (this.#isOver) return;
    this.#controller.error(error);
    this.#gone();
  }

  #gone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end();
    this.#wake();
    this.onGone();
  }
}
