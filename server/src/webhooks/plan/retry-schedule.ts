/** When a delivery that failed is tried again: the schedule of Standard Webhooks, ten tries over at least 75 hours. */
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Time between two tries, before jitter. */
export const retryDelaysMs: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

export const retryLimits = {
  triesMax: retryDelaysMs.length + 1,
  /** Share of a delay by which it may be shorter or longer. */
  jitter: 0.2,
  /** A receiver may ask for more time, but not for ever. */
  retryAfterMsMax: 24 * hour,
} as const;

export interface FailedTry {
  readonly firstTriedAtMs: number;
  readonly nowMs: number;
  /** Tries made so far, this one too. */
  readonly tries: number;
  /** What `Retry-After` asked for, or null. */
  readonly retryAfterMs: number | null;
}

/**
 * Each delay lies within 20 % of its step. What jitter took away is given back by the next step, so that the last try
 * never comes before the whole schedule is over.
 * @param random from 0 to 1
 * @returns when to try again, or null when the schedule has ended
 */
export function nextTryAt({ firstTriedAtMs, nowMs, tries, retryAfterMs }: FailedTry, random: number): number | null {
  const delayMs = retryDelaysMs[tries - 1];
  if (delayMs === undefined) return null;
  const elapsedMs = Math.max(0, nowMs - firstTriedAtMs);
  const plannedMs = retryDelaysMs.slice(0, tries).reduce((sum, step) => sum + step, 0);
  const laterMs = (retryDelaysMs[tries] ?? 0) * retryLimits.jitter;
  const longestMs = delayMs * (1 + retryLimits.jitter);
  const shortestMs = Math.min(longestMs, Math.max(delayMs * (1 - retryLimits.jitter), plannedMs - laterMs - elapsedMs));
  const chosenMs = shortestMs + (longestMs - shortestMs) * random;
  const askedMs = Math.min(retryAfterMs ?? 0, retryLimits.retryAfterMsMax);
  return nowMs + Math.round(Math.max(chosenMs, askedMs));
}
