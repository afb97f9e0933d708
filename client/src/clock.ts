/** Time and chance, passed in so that tests decide about both. */
export interface Clock {
  /** Wall clock, for dates that a server names. */
  nowMs(): number;
  /** Never goes back; only differences mean something. */
  monotonicMs(): number;
  /** Waits. @throws the signal's reason as soon as it aborts */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Sets a deadline. @returns cancels it */
  deadline(ms: number, run: () => void): () => void;
  /** From 0 up to, but not including, 1. */
  random(): number;
}

/** Longer timers would go off at once. */
const timerMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
        Math.min(ms, timerMsMax),
      );
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
  deadline(ms, run) {
    const timer = setTimeout(run, Math.min(ms, timerMsMax));
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
