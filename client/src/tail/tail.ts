/** A tail: the feed from a cursor on, over one connection or a row of polls. Which one, its user need not know. */

import type { FeedFilter } from "../live/filter.ts";
import type { End } from "../live/machine.ts";
import type { FeedEvent } from "../refined-types.ts";
import type { Transport } from "../request.ts";

export interface TailRequest {
  readonly http: Transport;
  /** Where to begin. */
  readonly cursor: string;
  readonly filter: FeedFilter;
  readonly types: readonly string[];
  /** Gives a single-use ticket in place of credentials in headers. */
  readonly ticket: (() => string | Promise<string>) | undefined;
  /** Ends it; nothing is reported any more. */
  readonly signal: AbortSignal;
  /** A better transport was tried before and did not work; ends now and then, so that it is tried again. */
  readonly isFallback: boolean;
}

/** A word from the server. */
export type Word =
  | { readonly kind: "opened"; readonly retryMs: number | null }
  | { readonly kind: "events"; readonly events: readonly FeedEvent[]; readonly cursor: string }
  /** Nothing of interest up to the cursor; with `caughtUp` there is nothing more at present. */
  | { readonly kind: "progress" | "caughtUp"; readonly cursor: string | null }
  | { readonly kind: "alive" };

/** Why it ended. */
export type TailEnd =
  | { readonly kind: "ended"; readonly end: End }
  | { readonly kind: "expired" | "refused" | "fatal"; readonly error: unknown };

/** Follows the feed until it ends. Never throws. */
export type Tail = (request: TailRequest, report: (word: Word) => void) => Promise<TailEnd>;

export const tailLimits = {
  /** A connection that says nothing for so long is given up; the server says something each 15 s. */
  silenceMsMax: 45_000,
  /** A connection on which not even the first words come is given up sooner. */
  firstWordMsMax: 10_000,
  /** The longest pause that a server may ask for. */
  pauseMsMax: 300_000,
  /** How long a fallback is used before the first transport is tried again. */
  fallbackMsMax: 600_000,
  /** Events in a poll. */
  pollEventsMax: 500,
  /** Seconds that the server may hold a poll. */
  pollWaitSeconds: 20,
} as const;
