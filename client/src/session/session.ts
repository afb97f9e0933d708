/**
 * A conversation with the server over WebSockets, of which it uses one after the other.
 *
 * Modes: connecting → open → connecting … → closed. What is owed over reconnects is in `ledger.ts`: subscriptions go
 * on from their places, commands are sent again under their keys. Full: `sessionLimits.commandsMax` unanswered
 * commands; a further one is refused with SessionFull and was not sent.
 */
import type { Operations } from "../generated/operations.ts";
import { newIdempotencyKey } from "../idempotency-key.ts";
import type { FeedFilter } from "../live/filter.ts";
import { machineLimits } from "../live/machine.ts";
import { onOnline } from "../live/online.ts";
import type { FeedEvent } from "../refined-types.ts";
import type { Transport } from "../request.ts";
import { backoffMs, isPassing, type RetryPolicy } from "../retry.ts";
import { meaningOf } from "../tail/failure.ts";
import { type TailEnd, tailLimits } from "../tail/tail.ts";
import { meaningOfClose, problemError } from "./close-codes.ts";
import { type Notice, SessionLedger, sessionLimits } from "./ledger.ts";
import type { ClientMessage, CommandMessage, ResultMessage, ServerMessage } from "./messages.ts";
import { openSocket, type Socket, type WebSocketConstructor, webSocketOf } from "./socket.ts";

export interface SessionOptions {
  /** Further servers of the same installation. */
  readonly servers?: readonly string[] | undefined;
  /** Gives a stream ticket before every connection; one is asked for with the client's key when absent. */
  readonly ticket?: (() => string | Promise<string>) | undefined;
  readonly onStatus?: ((status: SessionStatus) => void) | undefined;
  /** Closes the session. */
  readonly signal?: AbortSignal | undefined;
}

export type SessionStatus = "connecting" | "open" | "closed";

export interface SubscribeOptions {
  /** Where to begin: a cursor, or a time as `since`; from now on when both are absent. */
  readonly cursor?: string | undefined;
  readonly since?: string | undefined;
  readonly filter?: FeedFilter | undefined;
  readonly types?: readonly string[] | undefined;
  /**
   * The server sends at most so many events ahead of what was dealt with: `onEvents` is awaited, then its events are
   * acknowledged. Without it events come as fast as they can.
   */
  readonly ackWindow?: number | undefined;
  /** Events in order, and the place behind them. They may come again after a reconnect when this throws. */
  readonly onEvents: (events: readonly FeedEvent[], cursor: string) => void | Promise<void>;
  /** The place has moved past events that were not asked for. */
  readonly onProgress?: ((cursor: string) => void) | undefined;
  /** The server will not go on with it: `cursor_expired` asks for a new snapshot. */
  readonly onRefused?: ((error: unknown) => void) | undefined;
}

export interface Subscription {
  /** Where it stands; null until the server has named a place. */
  readonly cursor: string | null;
  close(): void;
}

/** A write of the API by the name of its method. */
export interface CommandRequest {
  readonly operation: keyof Operations;
  /** Parameters in the path. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  /** One is made when absent. */
  readonly idempotencyKey?: string | undefined;
  readonly ifMatch?: number | string | undefined;
  /** Gives up waiting; the command may be applied all the same. */
  readonly signal?: AbortSignal | undefined;
}

export interface CommandAnswer<Body> {
  readonly body: Body;
  readonly status: number;
  /** In lower case: `etag`, `idempotency-key`, `idempotent-replayed`, `onhand-cursor` … */
  readonly headers: Readonly<Record<string, string>>;
}

/** Too many commands are unanswered; this one was not sent. */
export class SessionFull extends Error {
  override readonly name = "SessionFull";
}

/** The session is closed; a command that was under way may have been applied: ask again with its key. */
export class SessionClosed extends Error {
  override readonly name = "SessionClosed";
  readonly idempotencyKey: string | null;
  constructor(cause: unknown, idempotencyKey: string | null) {
    super("the session is closed", { cause });
    this.idempotencyKey = idempotencyKey;
  }
}

interface Waiting {
  readonly resolve: (answer: CommandAnswer<unknown>) => void;
  readonly reject: (error: unknown) => void;
  tries: number;
}

export interface SessionParts {
  readonly servers: readonly Transport[];
  readonly webSocket: WebSocketConstructor | undefined;
}

const passingPolicy: RetryPolicy = {
  triesMax: Number.POSITIVE_INFINITY,
  totalMsMax: Number.POSITIVE_INFINITY,
  backoffMs: 100,
  backoffMsMax: 5_000,
};

export class Session {
  readonly #parts: SessionParts;
  readonly #options: SessionOptions;
  readonly #ledger = new SessionLedger();
  readonly #waiting = new Map<string, Waiting>();
  readonly #subscriptions = new Map<string, SubscribeOptions>();
  /** What each subscription is dealing with, so that it gets one batch after the other. */
  readonly #dealing = new Map<string, Promise<void>>();
  readonly #ended = new AbortController();
  #status: SessionStatus = "connecting";
  #socket: Socket | null = null;
  #wake: () => void = () => {};
  #number = 0;

  constructor(parts: SessionParts, options: SessionOptions) {
    webSocketOf(parts.webSocket);
    this.#parts = parts;
    this.#options = options;
    options.signal?.addEventListener("abort", () => this.close(), { once: true, signal: this.#ended.signal });
    const forget = onOnline(() => this.#wake());
    this.#ended.signal.addEventListener("abort", forget, { once: true });
    if (options.signal?.aborted) this.close();
    else void this.#run();
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** Follows the feed, over reconnects from where it stood. */
  subscribe(options: SubscribeOptions): Subscription {
    this.#throwIfClosed();
    const { cursor, since, filter, types, ackWindow } = options;
    const id = this.#nextId("s");
    this.#subscriptions.set(id, options);
    this.#send(
      this.#ledger.subscribe({
        type: "subscribe",
        id,
        ...(cursor === undefined ? {} : { cursor }),
        ...(since === undefined ? {} : { since }),
        ...(filter === undefined ? {} : { filter }),
        ...(types === undefined ? {} : { types }),
        ...(ackWindow === undefined ? {} : { ackWindow }),
      }),
    );
    const ledger = this.#ledger;
    return {
      get cursor() {
        return ledger.cursorOf(id);
      },
      close: () => {
        this.#subscriptions.delete(id);
        this.#dealing.delete(id);
        this.#send(this.#ledger.unsubscribe(id));
      },
    };
  }

  /**
   * Sends a write and waits for its answer, over as many reconnects as it takes; the server applies it once.
   * @throws OnhandProblem when it is refused, SessionFull, SessionClosed, or the signal's reason
   */
  async command<Body = unknown>(request: CommandRequest): Promise<CommandAnswer<Body>> {
    this.#throwIfClosed();
    request.signal?.throwIfAborted();
    const message = this.#messageOf(request);
    const { id } = message;
    const answer = new Promise<CommandAnswer<unknown>>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, tries: 1 });
    });
    const due = this.#ledger.command(message);
    if (due === null) {
      this.#waiting.delete(id);
      throw new SessionFull(
        `${sessionLimits.commandsMax} commands are unanswered; wait for answers before sending more`,
      );
    }
    const onAbort = () => {
      this.#ledger.forget(id);
      this.#waiting.get(id)?.reject(request.signal?.reason);
      this.#waiting.delete(id);
    };
    request.signal?.addEventListener("abort", onAbort, { once: true });
    this.#send(due);
    try {
      return (await answer) as CommandAnswer<Body>;
    } finally {
      request.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends the conversation. */
  close(): void {
    this.#end(null);
  }

  #messageOf({ operation, params, query, body, idempotencyKey, ifMatch }: CommandRequest): CommandMessage {
    return {
      type: "command",
      id: this.#nextId("c"),
      operation,
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body }),
      idempotencyKey: idempotencyKey ?? newIdempotencyKey(),
      ...(ifMatch === undefined ? {} : { ifMatch: typeof ifMatch === "number" ? `"${ifMatch}"` : ifMatch }),
    };
  }

  /** Connects again and again. */
  async #run(): Promise<void> {
    const { clock } = this.#parts.servers[0]!;
    let refusals = 0;
    for (let failures = 0, round = 0; !this.#ended.signal.aborted; round++) {
      const { end, wasOpen } = await this.#talk(this.#parts.servers[round % this.#parts.servers.length]!);
      this.#ledger.disconnected();
      this.#socket = null;
      if (this.#ended.signal.aborted) return;
      failures = wasOpen ? 1 : failures + 1;
      refusals = end.kind === "refused" ? (wasOpen ? 1 : refusals + 1) : 0;
      if (end.kind === "fatal" || end.kind === "expired" || refusals >= machineLimits.refusalsMax)
        return this.#end(end.kind === "ended" ? null : end.error);
      this.#tell("connecting");
      await this.#pause(pauseAfter(end, failures, clock.random()));
    }
  }

  async #talk(http: Transport): Promise<{ end: TailEnd; wasOpen: boolean }> {
    let wasOpen = false;
    let finish: (end: TailEnd) => void = () => {};
    const finished = new Promise<TailEnd>((resolve) => {
      finish = resolve;
    });
    const signal = this.#ended.signal;
    const { ticket } = this.#options;
    const message = (received: ServerMessage) => {
      this.#receive(received);
      if (received.type === "closing") {
        const pauseMs = Math.min(Math.max(0, received.retryMs), tailLimits.pauseMsMax);
        finish({ kind: "ended", end: { cursor: null, pauseMs, afterMs: 0, transport: "keep" } });
      }
    };
    let socket: Socket | null = null;
    try {
      socket = await openSocket(
        { http, ticket, webSocket: this.#parts.webSocket, signal },
        { message, closed: (code) => finish(meaningOfClose(code)) },
      );
      wasOpen = true;
      this.#socket = socket;
      this.#tell("open");
      this.#send(this.#ledger.connected());
      return { end: await finished, wasOpen };
    } catch (error) {
      return { end: meaningOf(error, false), wasOpen };
    } finally {
      socket?.close();
    }
  }

  /** Waits, unless the network comes back before. */
  async #pause(ms: number): Promise<void> {
    const early = new AbortController();
    const stop = () => early.abort();
    this.#wake = stop;
    this.#ended.signal.addEventListener("abort", stop, { once: true });
    await this.#parts.servers[0]!.clock.sleep(ms, early.signal).catch(() => {});
    this.#ended.signal.removeEventListener("abort", stop);
    this.#wake = () => {};
  }

  #send(messages: readonly ClientMessage[]): void {
    for (const message of messages) this.#socket?.send(message);
  }

  #receive(message: ServerMessage): void {
    const { notice, send } = this.#ledger.received(message);
    this.#send(send);
    if (notice !== null) this.#pass(notice);
  }

  #pass(notice: Notice): void {
    if (notice.kind === "result") {
      this.#settle(notice.result, notice.command);
      return;
    }
    const options = this.#subscriptions.get(notice.id);
    if (options === undefined) return;
    if (notice.kind === "progress") options.onProgress?.(notice.cursor);
    else if (notice.kind === "refused") {
      this.#subscriptions.delete(notice.id);
      options.onRefused?.(problemError(notice.message.problem));
    } else this.#deal(notice, options);
  }

  /** One batch after the other; acknowledged when it was dealt with. */
  #deal({ id, events, cursor }: Extract<Notice, { kind: "events" }>, options: SubscribeOptions): void {
    const before = this.#dealing.get(id) ?? Promise.resolve();
    const socket = this.#socket;
    const after = before.then(async () => {
      await options.onEvents(events, cursor);
      // What came over an earlier connection is not open on this one.
      if (options.ackWindow !== undefined && socket === this.#socket) this.#send(this.#ledger.acknowledge(id, cursor));
    });
    this.#dealing.set(id, after);
    after.catch((error) => {
      // It will not be acknowledged, nor anything behind it: the subscription is over.
      this.#subscriptions.delete(id);
      this.#dealing.delete(id);
      this.#send(this.#ledger.unsubscribe(id));
      options.onRefused?.(error);
    });
  }

  #settle(result: ResultMessage, command: CommandMessage): void {
    const waiting = this.#waiting.get(command.id);
    const { status, headers, body } = result;
    if (status < 300) {
      this.#send(this.#ledger.answered(command.id));
      this.#waiting.delete(command.id);
      waiting?.resolve({ body, status, headers });
      return;
    }
    const retryAfterMs = /^\d{1,6}$/.test(headers["retry-after"] ?? "") ? Number(headers["retry-after"]) * 1000 : null;
    const error = problemError(body as Parameters<typeof problemError>[0], retryAfterMs, command.idempotencyKey);
    if (isPassing(error) && waiting !== undefined) {
      this.#send(this.#ledger.hold(command.id));
      void this.#sendLater(command.id, backoffMs(passingPolicy, waiting.tries, this.#chance(), retryAfterMs));
      waiting.tries += 1;
      return;
    }
    this.#send(this.#ledger.answered(command.id));
    this.#waiting.delete(command.id);
    waiting?.reject(error);
  }

  async #sendLater(id: string, ms: number): Promise<void> {
    await this.#parts.servers[0]!.clock.sleep(ms, this.#ended.signal).catch(() => {});
    if (!this.#ended.signal.aborted) this.#send(this.#ledger.again(id));
  }

  #chance(): number {
    return this.#parts.servers[0]!.clock.random();
  }

  #nextId(prefix: string): string {
    this.#number += 1;
    return `${prefix}${this.#number}`;
  }

  #throwIfClosed(): void {
    if (this.#status === "closed") throw new SessionClosed(null, null);
  }

  #tell(status: SessionStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#options.onStatus?.(status);
  }

  #end(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    const commands = new Map(this.#ledger.commands().map(({ id, idempotencyKey }) => [id, idempotencyKey]));
    this.#ended.abort();
    this.#socket = null;
    for (const [id, { reject }] of this.#waiting) reject(new SessionClosed(error, commands.get(id) ?? null));
    this.#waiting.clear();
    for (const { onRefused } of this.#subscriptions.values()) if (error !== null) onRefused?.(error);
    this.#subscriptions.clear();
    this.#tell("closed");
  }
}

function pauseAfter(end: TailEnd, failures: number, chance: number): number {
  const given = end.kind === "ended" ? end.end : { pauseMs: null, afterMs: 0 };
  const { backoffMs: base, backoffMsMax } = machineLimits;
  const ceilingMs = Math.min(backoffMsMax, base * 2 ** Math.min(failures - 1, 16));
  return Math.round(given.pauseMs ?? given.afterMs + chance * ceilingMs);
}
