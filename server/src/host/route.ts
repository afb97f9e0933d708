/** What a route is to the host: what it takes, what it needs, and how it answers. */
import type { OperationId } from "@onhand/protocol/operations";
import type { Principal } from "../auth/principal.ts";
import type { SocketSession } from "./socket.ts";

/** A request after authentication, authorisation and validation. */
export interface Call {
  readonly principal: Principal;
  readonly requestId: string;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  readonly traceparent: string | null;
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Query parameters, validated and converted. */
  readonly query: Readonly<Record<string, unknown>>;
  /** Validated body; undefined where the operation takes none. */
  readonly body: unknown;
  /** The body as it was sent, of an operation that takes payloads and came over HTTP; null of any other. */
  readonly payload: Uint8Array | null;
  /** The body as it comes in, of an operation that takes rows; null of any other. */
  readonly incoming: ReadableStream<Uint8Array> | null;
  /** From the header; null when the caller sent none. */
  readonly idempotencyKey: string | null;
  /** Version named by `If-Match`; null when there is none or it is `*`. */
  readonly ifMatchVersion: number | null;
  /** Any other header; null when the caller sent none. */
  header(name: string): string | null;
}

export interface ReplyStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when nothing more will come. */
  readonly ended: Promise<void>;
}

export interface Reply {
  readonly status: number;
  /** Turned into JSON; null for no body. */
  readonly body: unknown;
  /** In place of `body`: JSON text that was there already. */
  readonly json?: string;
  /** In place of `body`: what is sent bit by bit, as fast as the caller reads it. */
  readonly stream?: ReplyStream;
  /** In place of an answer: the connection becomes a WebSocket, and this is behind it. */
  readonly socket?: SocketSession;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly operationId: OperationId;
  readonly bodyBytesMax: number;
  /** Of an operation that takes payloads: the largest from somebody who is not known yet. */
  readonly unverifiedBytesMax?: number;
  handle(call: Call): Promise<Reply>;
}
