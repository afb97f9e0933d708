/**
 * What goes out over one WebSocket. Modes: open → closing (answers under way and what is buffered still go out) → closed.
 *
 * Nothing is queued here: the socket buffers what the client has not read, and whoever has more to send waits for
 * `writable`. A client that reads nothing for `unreadMsMax`, or leaves more than `bufferedBytesMax` unread, is slow.
 */
import type { ClientSocket } from "../../host/socket.ts";
import type { Clock } from "../../lib/clock.ts";
import type { StreamMetrics } from "../../telemetry/stream-metrics.ts";
import { streamLimits } from "../streams/stream-limits.ts";
import { wsLimits } from "./ws-limits.ts";

export interface OutboxOptions {
  readonly clock: Clock;
  readonly metrics: StreamMetrics;
  /** The client does not read what it is sent. */
  readonly slow: () => void;
}

export class Outbox {
  readonly #socket: ClientSocket;
  readonly #options: OutboxOptions;
  #isClosed = false;
  #buffered = 0;
  #cancelUnread: (() => void) | null = null;
  #cancelClosing: () => void = () => {};
  #closesWith: { readonly code: number; readonly reason: string } | null = null;
  #underWay = 0;
  #writable: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  constructor(socket: ClientSocket, options: OutboxOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(text: string, events = 0): void {
    if (this.#isClosed) return;
    const isTaken = this.#socket.send(text);
    this.#options.metrics.wrote("websocket", events, Buffer.byteLength(text));
    this.#measure();
    if (isTaken) return;
    this.#waitForClient();
    if (this.#buffered > wsLimits.bufferedBytesMax) this.#options.slow();
  }

  ping(): void {
    if (!this.#isClosed) this.#socket.ping();
  }

  /** Resolves when the client has read what it was sent, or is gone. */
  writable(): Promise<void> | undefined {
    if (this.#isClosed || this.#cancelUnread === null) return undefined;
    this.#writable ??= Promise.withResolvers<void>();
    return this.#writable.promise;
  }

  drained(): void {
    this.#measure();
    this.#cancelUnread?.();
    this.#cancelUnread = null;
    if (this.#buffered > 0) {
      this.#waitForClient();
      return;
    }
    this.#release();
    this.#closeWhenDone();
  }

  /** An answer is being made that has to go out before a close. */
  answering(): void {
    this.#underWay += 1;
  }

  answered(): void {
    this.#underWay -= 1;
    this.#closeWhenDone();
  }

  /** Closes as soon as everything has gone out, or `closingMsMax` from now. */
  closeSoon(code: number, reason: string): void {
    if (this.#isClosed || this.#closesWith !== null) return;
    this.#closesWith = { code, reason };
    this.#cancelClosing = this.#options.clock.after(wsLimits.closingMsMax, () => this.#close());
    this.#closeWhenDone();
  }

  /** The connection is gone. */
  closed(): void {
    this.#isClosed = true;
    this.#cancelUnread?.();
    this.#cancelUnread = null;
    this.#cancelClosing();
    this.#options.metrics.buffered("websocket", -this.#buffered);
    this.#buffered = 0;
    this.#release();
  }

  #closeWhenDone(): void {
    if (this.#closesWith !== null && this.#underWay === 0 && this.#cancelUnread === null) this.#close();
  }

  #close(): void {
    if (this.#isClosed || this.#closesWith === null) return;
    this.#socket.close(this.#closesWith.code, this.#closesWith.reason);
  }

  #measure(): void {
    const now = this.#socket.bufferedBytes;
    this.#options.metrics.buffered("websocket", now - this.#buffered);
    this.#buffered = now;
  }

  #waitForClient(): void {
    this.#cancelUnread ??= this.#options.clock.after(streamLimits.unreadMsMax, () => this.#options.slow());
  }

  #release(): void {
    this.#writable?.resolve();
    this.#writable = null;
  }
}
