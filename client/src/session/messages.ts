/** What crosses a WebSocket that speaks `onhand.v1`. */
import type { Problem } from "@onhand/protocol/problems";
import type { FeedFilter } from "../live/filter.ts";
import type { FeedEvent } from "../refined-types.ts";

export interface Subscribe {
  readonly type: "subscribe";
  readonly id: string;
  readonly cursor?: string;
  readonly since?: string;
  readonly filter?: FeedFilter;
  readonly types?: readonly string[];
  readonly ackWindow?: number;
}

export interface CommandMessage {
  readonly type: "command";
  readonly id: string;
  /** Id of a write of the API, e.g. `adjustInventory`. */
  readonly operation: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly idempotencyKey: string;
  readonly ifMatch?: string;
}

export type ClientMessage =
  | Subscribe
  | CommandMessage
  | { readonly type: "unsubscribe"; readonly id: string }
  | { readonly type: "ack"; readonly id: string; readonly cursor: string }
  | { readonly type: "ping"; readonly id?: string };

export interface Welcome {
  readonly type: "welcome";
  readonly heartbeatSeconds: number;
  readonly maxSubscriptions: number;
  readonly maxMessageBytes: number;
}

export interface ResultMessage {
  readonly type: "result";
  readonly id: string;
  readonly status: number;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Closing {
  readonly type: "closing";
  readonly reason: string;
  readonly retryMs: number;
  readonly subscriptions: readonly { readonly id: string; readonly cursor: string }[];
}

export interface ErrorMessage {
  readonly type: "error";
  readonly id?: string;
  readonly problem: Problem;
}

export type ServerMessage =
  | Welcome
  | { readonly type: "subscribed" | "unsubscribed"; readonly id: string; readonly cursor: string }
  | { readonly type: "progress"; readonly id: string; readonly cursor: string; readonly caughtUp: boolean }
  | { readonly type: "events"; readonly id: string; readonly events: readonly FeedEvent[]; readonly cursor: string }
  | ResultMessage
  | ErrorMessage
  | Closing
  | { readonly type: "pong"; readonly id?: string };
