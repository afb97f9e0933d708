/** When a call is tried again, and after how long: exponential backoff with full jitter, never before `Retry-After`. */
import type { Clock } from "./clock.ts";
import { type OnhandError, OnhandProblem } from "./errors.ts";

export interface RetryOptions {
  /** Tries in all, the first one included. */
  readonly triesMax?: number;
  /** No try begins later than this after the first one. */
  readonly totalMsMax?: number;
  /** The wait before the second try is up to this; it doubles from try to try. */
  readonly backoffMs?: number;
  /** The wait doubles up to this. */
  readonly backoffMsMax?: number;
}

export type RetryPolicy = Required<RetryOptions>;

export const defaultRetry: RetryPolicy = { triesMax: 6, totalMsMax: 60_000, backoffMs: 100, backoffMsMax: 5_000 };

/** For calls that go on until their signal ends them. */
export const endlessRetry = { triesMax: Number.POSITIVE_INFINITY, totalMsMax: Number.POSITIVE_INFINITY } as const;

/** Options upon a base; false means a single try. */
export function retryPolicy(base: RetryPolicy, options: RetryOptions | false | undefined): RetryPolicy {
  return options === false ? { ...base, triesMax: 1 } : { ...base, ...options };
}

const passingStatuses: readonly number[] = [429, 502, 503, 504];
const passingCodes: readonly string[] = ["outcome_unknown", "idempotency_in_progress"];

/**
 * Whether the same call may fare better later. Asking again is always safe: reads change nothing, and writes carry a
 * key by which the server applies them once.
 */
export function isPassing(error: OnhandError): boolean {
  if (!(error instanceof OnhandProblem)) return true;
  return passingStatuses.includes(error.status) || passingCodes.includes(error.code);
}

/** How long to wait before the next try. @param tries made so far */
export function backoffMs(policy: RetryPolicy, tries: number, random: number, retryAfterMs: number | null): number {
  const ceiling = Math.min(policy.backoffMsMax, policy.backoffMs * 2 ** (tries - 1));
  return (retryAfterMs ?? 0) + random * ceiling;
}

/** `Retry-After` in milliseconds, from seconds or a date; null when there is none that can be read. */
export function retryAfterMs(headers: Headers, clock: Clock): number | null {
  const given = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(given)) return Number(given) * 1000;
  const date = Date.parse(given);
  return Number.isNaN(date) ? null : Math.max(0, date - clock.nowMs());
}
