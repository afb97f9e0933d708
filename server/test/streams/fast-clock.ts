/** A clock whose time passes faster, for tests of what takes seconds. */
import type { Clock } from "../../src/lib/clock.ts";

/** @param times how much faster than real time */
export function fastClock(times: number): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now() * times,
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs / times);
      timer.unref?.();
      return () => clearTimeout(timer);
    },
  };
}
