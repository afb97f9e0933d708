/**
 * One keep-alive connection of the load generator, with at most one request under way.
 *
 * Modes: connecting, waiting for a response, idle (after the run's end). A request belongs to the measured window when it
 * was sent inside it; the run awaits it to its end, so that a stall over the end of the window is measured in full.
 */

import type { Socket } from "bun";
import type { RequestSource } from "../workloads/request-source.ts";
import { ResponseParser } from "./response-parser.ts";

/** What a connection tells the run that owns it. */
export interface ConnectionEvents {
  /** A response arrived. The answer says whether to send another request. */
  onResponse(connection: LoadConnection, nowMs: number): boolean;
  /** The connection was lost or the response could not be read. */
  onLost(connection: LoadConnection, cause: string): void;
}

/** A socket with the request and response under way on it. */
export class LoadConnection {
  /** When the request under way was sent, by `performance.now()`. */
  sentAtMs = 0;
  /** Whether a request is under way. */
  isBusy = false;
  /** Whether the request under way was sent inside the measured window. */
  isMeasured = false;
  /** Successful requests and units sent inside the window, and when the first was sent and the last answered. */
  measuredOk = 0;
  measuredUnits = 0;
  firstSentAtMs = 0;
  lastAnsweredAtMs = 0;

  readonly source: RequestSource;
  readonly #events: ConnectionEvents;
  #parser: ResponseParser;
  #socket: Socket | null = null;
  #unsent: Buffer | null = null;

  constructor(source: RequestSource, events: ConnectionEvents) {
    this.source = source;
    this.#events = events;
    this.#parser = new ResponseParser(source.readsBody);
  }

  get status(): number {
    return this.#parser.status;
  }

  get body(): Buffer {
    return this.#parser.body;
  }

  /** Connects, or connects again after a loss. */
  async open(hostname: string, port: number): Promise<void> {
    this.#parser = new ResponseParser(this.source.readsBody);
    this.#unsent = null;
    this.#socket = await Bun.connect({
      hostname,
      port,
      socket: {
        data: (_socket, chunk) => this.#receive(chunk),
        drain: () => this.#sendRest(),
        close: () => this.#lose("connection closed by the server"),
        error: (_socket, error) => this.#lose(error.message),
      },
    });
  }

  /** Sends the next request. */
  send(isMeasured: boolean): void {
    const bytes = this.source.next();
    this.isBusy = true;
    this.isMeasured = isMeasured;
    this.sentAtMs = performance.now();
    if (isMeasured && this.firstSentAtMs === 0) this.firstSentAtMs = this.sentAtMs;
    const written = this.#socket!.write(bytes);
    if (written < bytes.length) this.#unsent = bytes.subarray(Math.max(written, 0));
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.end();
  }

  #receive(chunk: Buffer): void {
    try {
      if (!this.#parser.feed(chunk)) return;
    } catch (error) {
      this.#lose(error instanceof Error ? error.message : String(error));
      return;
    }
    this.isBusy = false;
    const sendsMore = this.#events.onResponse(this, performance.now());
    if (!sendsMore) this.isMeasured = false;
  }

  #sendRest(): void {
    const rest = this.#unsent;
    if (rest === null || this.#socket === null) return;
    const written = this.#socket.write(rest);
    this.#unsent = written < rest.length ? rest.subarray(Math.max(written, 0)) : null;
  }

  #lose(cause: string): void {
    if (this.#socket === null) return;
    this.close();
    this.isBusy = false;
    this.#events.onLost(this, cause);
  }
}
