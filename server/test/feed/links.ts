/** The three ways to read the feed from a cursor on, as one: a link brings events until it ends or is cut. */
import type { FeedEvent } from "@onhand/protocol/events";
import type { SeenEvent } from "./seen-events.ts";

export const apiKey = "an-admin-key-for-tests";
export const bearer = { authorization: `Bearer ${apiKey}` } as const;

/** What the server said about the end of a stream. */
export interface Closing {
  readonly reason: string;
  readonly cursor: string;
  readonly retryMs: number;
}

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly earliest?: string;
  readonly snapshot?: string;
}

/** How a link ended. Without any of these the connection broke, or was never made. */
export interface LinkEnd {
  readonly closing: Closing | null;
  readonly problem: Problem | null;
  /** Close code of a WebSocket. */
  readonly code: number | null;
}

export interface LinkHandlers {
  /** The server has taken the cursor. */
  opened(): void;
  events(events: readonly SeenEvent[]): void;
  /** Everything up to here was there. */
  place(cursor: string): void;
  /** The last call; none comes after `cut`. */
  ended(end: LinkEnd): void;
}

export interface Link {
  /** Breaks the connection off at once. */
  cut(): void;
}

/** @param url of the server */
export type OpenLink = (url: string, cursor: string, handlers: LinkHandlers) => Link;

/** A page of the polled feed. */
export interface Page {
  readonly data: readonly FeedEvent[];
  readonly nextCursor: string;
}
