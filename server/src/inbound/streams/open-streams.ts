/**
 * All streams that this server keeps open: counts them against their limit, ends those whose key was revoked, and ends
 * all of them when the server stops. Modes: open → draining (none is admitted any more).
 */
import type { Keyring } from "../../auth/keyring.ts";
import type { Principal } from "../../auth/principal.ts";
import { ProblemError } from "../../host/problem.ts";
import type { StreamMetrics, Transport } from "../../telemetry/stream-metrics.ts";
import { type EndReason, retryMs, streamLimits } from "./stream-limits.ts";

/** A stream as whoever ends it sees it. */
export interface EndableStream {
  /** Tells the client why and where to go on, and closes. Later calls do nothing. */
  end(reason: EndReason, retryMs: number): void;
}

/** A stream's place among all. */
export interface Slot {
  /** The stream is there and can be ended from now on. */
  occupy(stream: EndableStream): void;
  /** Later calls do nothing. @param reason why the server ended it, or `client` */
  free(reason: string): void;
}

interface Occupied {
  readonly keyId: string;
  stream: EndableStream | null;
}

export class OpenStreams {
  readonly #max: number;
  readonly #metrics: StreamMetrics;
  readonly #keyring: Pick<Keyring, "current">;
  readonly #random: () => number;
  readonly #slots = new Set<Occupied>();
  #isDraining = false;

  /** @param random numbers from 0 to 1, for spreading reconnects */
  constructor(
    max: number,
    metrics: StreamMetrics,
    keyring: Pick<Keyring, "current" | "onRefreshed">,
    random: () => number = Math.random,
  ) {
    this.#max = max;
    this.#metrics = metrics;
    this.#keyring = keyring;
    this.#random = random;
    keyring.onRefreshed(() => this.#endRevoked());
  }

  get isFull(): boolean {
    return this.#slots.size >= this.#max;
  }

  /** @throws ProblemError 503 while the server stops or has as many streams as it may */
  admit(transport: Transport, principal: Principal): Slot {
    this.requireOpen(transport);
    if (!this.isFull) return this.take(transport, principal);
    this.refuse(transport);
    const detail = `This server keeps ${this.#max} streams open and takes no more. Wait for Retry-After, or ask another server.`;
    throw new ProblemError("overloaded", detail, {}, { headers: { "retry-after": "5" } });
  }

  /** @throws ProblemError 503 while the server stops */
  requireOpen(transport: Transport): void {
    if (!this.#isDraining) return;
    this.refuse(transport);
    const detail = "The server is stopping. Wait for Retry-After, or ask another server.";
    throw new ProblemError("not_ready", detail, {}, { headers: { "retry-after": "1" } });
  }

  /** Counts a stream that was turned away. */
  refuse(transport: Transport): void {
    this.#metrics.refused(transport);
  }

  /** Takes a place; the caller has seen that there is one. */
  take(transport: Transport, principal: Principal): Slot {
    const slot: Occupied = { keyId: principal.keyId, stream: null };
    this.#slots.add(slot);
    this.#metrics.opened(transport);
    return {
      occupy: (stream) => {
        slot.stream = stream;
        // What happened while it was being opened has told nobody.
        if (this.#isDraining) this.#end(slot, "shutdown");
        else if (this.#keyring.current(slot.keyId) === null) this.#end(slot, "revoked");
      },
      free: (reason) => {
        if (this.#slots.delete(slot)) this.#metrics.closed(transport, reason);
      },
    };
  }

  /** Ends every stream, with reconnects spread over time, and admits none from now on. */
  drain(): void {
    this.#isDraining = true;
    const spreadMs = this.#spreadMs();
    for (const slot of [...this.#slots]) this.#end(slot, "shutdown", spreadMs);
  }

  #spreadMs(): number {
    return Math.max(streamLimits.reconnectSpreadMsMin, (this.#slots.size / streamLimits.reconnectsPerSecond) * 1000);
  }

  #endRevoked(): void {
    for (const slot of [...this.#slots]) {
      if (this.#keyring.current(slot.keyId) === null) this.#end(slot, "revoked");
    }
  }

  #end(slot: Occupied, reason: EndReason, spreadMs?: number): void {
    slot.stream?.end(reason, retryMs(this.#random, spreadMs));
  }
}
