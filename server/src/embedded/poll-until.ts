import { setTimeout as delay } from "node:timers/promises";
import { LIMITS } from "./limits.ts";

/**
 * Asks `check` again and again, with growing pauses, for things that no event announces: a process that is not our
 * child, a server that begins to answer.
 * @returns true as soon as `check` gave true; false when `limitMs` have passed.
 */
export async function pollUntil(check: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  for (let pauseMs: number = LIMITS.pollMinMs; ; pauseMs = Math.min(pauseMs * 1.5, LIMITS.pollMaxMs)) {
    if (await check()) return true;
    if (performance.now() >= deadline) return false;
    await delay(pauseMs);
  }
}

/** Waits for `promise`, at most `limitMs`. @returns whether it settled in time. Never rejects. */
export async function settlesWithin(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  const abort = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const late = delay(limitMs, false, { signal: abort.signal }).catch(() => false);
  try {
    return await Promise.race([settled, late]);
  } finally {
    abort.abort();
  }
}
