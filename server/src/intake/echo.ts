/** Whether a level that a source reports is the echo of a number that was published to it. Pure. */
import { intakeLimits } from "./intake-limits.ts";

export interface Published {
  readonly stockLevel: number;
  readonly reference: string | null;
  readonly publishedAtMs: number;
}

export interface ReportedLevel {
  readonly stockLevel: number;
  readonly reference: string | null;
  /** When it was so, as the source says; null when it says nothing. */
  readonly occurredAtMs: number | null;
  readonly arrivedAtMs: number;
}

/**
 * An echo says the number that was published, within the window behind that. Where the source says a time of its own, that
 * one counts, so that an echo that is delivered again days later is still one. It is an echo as well when it carries the
 * publication's reference, whatever the time.
 */
export function isEcho(level: ReportedLevel, published: readonly Published[], windowMs: number): boolean {
  if (windowMs === 0) return false;
  const momentMs = level.occurredAtMs ?? level.arrivedAtMs;
  return published.some(({ stockLevel, reference, publishedAtMs }) => {
    if (stockLevel !== level.stockLevel) return false;
    if (reference !== null && reference === level.reference) return true;
    const behindMs = momentMs - publishedAtMs;
    return behindMs >= -intakeLimits.echoClockToleranceMs && behindMs <= windowMs;
  });
}
