/** What the generated operations hand over, and what a caller may say about one call. */
import type { RetryOptions } from "./retry.ts";

/** A call before headers and retries. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with its parameters filled in. */
  readonly path: string;
  /** Whether it changes something, and so carries an idempotency key. */
  readonly writes: boolean;
  readonly query?: object | undefined;
  readonly body?: unknown;
}

export interface CallOptions {
  /** Ends the call, whatever it is doing; what has reached the server may still be applied. */
  readonly signal?: AbortSignal | undefined;
  /** Longest time for one try; on top of the time that the call itself asks the server to wait. */
  readonly tryTimeoutMs?: number | undefined;
  /** In place of the client's; false for a single try. */
  readonly retry?: RetryOptions | false | undefined;
  /** Further headers, for example `traceparent` or `X-Request-Id`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface ReadOptions extends CallOptions {
  /**
   * The answer has reached this cursor, of a change or of the feed: what was told there is in it. The server waits for
   * up to two seconds, then it says `not_fresh`, which is tried again.
   */
  readonly minCursor?: string | undefined;
}

export interface WriteOptions extends CallOptions {
  /** One is made when absent. Give your own to ask again for the outcome of an earlier call. */
  readonly idempotencyKey?: string | undefined;
  /** The change is made only to this version, as its number or ETag; otherwise `version_conflict` with status 412. */
  readonly ifMatch?: number | string | undefined;
}

/** Sends a call with retries and gives what `Body` stands for. */
export type Send = <Body>(call: Call, options?: WriteOptions & ReadOptions) => Promise<Body>;

/** A parameter as a part of a path. @throws TypeError when no path can hold it */
export function pathPart(value: string): string {
  // URLs fold these away, so the call would reach another path.
  if (value === "" || value === "." || value === "..") throw new TypeError(`"${value}" cannot stand in a path`);
  return encodeURIComponent(value);
}
