/**
 * One WebSocket that speaks `onhand.v1`. Modes: opening → open (after `welcome`) → closed. A connection on which nothing
 * is heard is asked with a ping, and given up when that is not answered.
 */
import { request, type Transport } from "../request.ts";
import { tailLimits } from "../tail/tail.ts";
import type { ClientMessage, ServerMessage, Welcome } from "./messages.ts";

/** The part of WebSocket that is used; that of browsers, Bun, Node 22 and the package `ws` all have it. */
export interface WebSocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
}
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export interface SocketOptions {
  readonly http: Transport;
  /** Gives a stream ticket; one is asked for with the client's credentials when absent. */
  readonly ticket: (() => string | Promise<string>) | undefined;
  /** In place of the runtime's. */
  readonly webSocket: WebSocketConstructor | undefined;
  readonly signal: AbortSignal;
}

export interface Socket {
  readonly welcome: Welcome;
  send(message: ClientMessage): void;
  close(): void;
}

export interface SocketListener {
  message(message: ServerMessage): void;
  /** Called once, whatever ended it, but not before it was open. */
  closed(code: number): void;
}

/** No WebSocket here. */
export class WebSocketMissing extends Error {
  override readonly name = "WebSocketMissing";
}

/** The runtime's WebSocket. @throws WebSocketMissing */
export function webSocketOf(given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found = given ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (found !== undefined) return found;
  throw new WebSocketMissing(
    "this runtime has no WebSocket: give one as `webSocket`, for example that of the package ws",
  );
}

const pingAnswerMsMax = 15_000;
const subprotocol = "onhand.v1";

/** Opens a connection and waits for its welcome. @throws OnhandProblem when no ticket is given, or an error of the network */
export async function openSocket(options: SocketOptions, listener: SocketListener): Promise<Socket> {
  const { http, signal } = options;
  const WebSocket = webSocketOf(options.webSocket);
  const ticket = await (options.ticket ?? (() => askForTicket(http, signal)))();
  signal.throwIfAborted();
  const url = `${http.baseUrl.replace(/^http/, "ws")}/v1/inventory/ws?ticket=${encodeURIComponent(ticket)}`;
  const socket = new WebSocket(url, [subprotocol]);
  return new Promise((resolve, reject) => {
    const connection = new Connection(http, socket, listener, resolve, reject);
    signal.addEventListener("abort", () => connection.close(), { once: true, signal: connection.ended });
  });
}

async function askForTicket(http: Transport, signal: AbortSignal): Promise<string> {
  const call = { method: "POST", path: "/v1/stream-tickets", writes: false } as const;
  const { body } = await request<{ ticket: string }>(http, call, { signal, retry: false });
  return body.ticket;
}

class Connection {
  readonly #http: Transport;
  readonly #socket: WebSocketLike;
  readonly #listener: SocketListener;
  readonly #reject: (error: unknown) => void;
  readonly #end = new AbortController();
  #cancel: () => void = () => {};
  #welcome: Welcome | null = null;

  constructor(
    http: Transport,
    socket: WebSocketLike,
    listener: SocketListener,
    resolve: (socket: Socket) => void,
    reject: (error: unknown) => void,
  ) {
    this.#http = http;
    this.#socket = socket;
    this.#listener = listener;
    this.#reject = reject;
    this.#watch(tailLimits.firstWordMsMax, () => this.#finish(1006));
    socket.onmessage = ({ data }) => this.#hear(String(data), resolve);
    socket.onerror = () => {};
    socket.onclose = ({ code }) => this.#finish(code);
  }

  get ended(): AbortSignal {
    return this.#end.signal;
  }

  close(): void {
    this.#finish(1000);
  }

  #hear(text: string, resolve: (socket: Socket) => void): void {
    if (this.ended.aborted) return;
    const message = JSON.parse(text) as ServerMessage;
    if (message.type === "welcome") {
      this.#welcome = message;
      const send = (sent: ClientMessage) => {
        if (!this.ended.aborted) this.#socket.send(JSON.stringify(sent));
      };
      resolve({ welcome: message, send, close: () => this.close() });
    } else if (this.#welcome !== null) this.#listener.message(message);
    this.#watch((this.#welcome?.heartbeatSeconds ?? 30) * 1000, () => this.#ask());
  }

  #ask(): void {
    this.#watch(pingAnswerMsMax, () => this.#finish(1006));
    this.#socket.send(JSON.stringify({ type: "ping" } satisfies ClientMessage));
  }

  #watch(ms: number, run: () => void): void {
    this.#cancel();
    this.#cancel = this.#http.clock.deadline(ms, run);
  }

  #finish(code: number): void {
    if (this.ended.aborted) return;
    this.#cancel();
    this.#end.abort();
    this.#socket.close(1000);
    if (this.#welcome === null) this.#reject(new Error(`the WebSocket was closed with ${code} before its welcome`));
    else this.#listener.closed(code);
  }
}
