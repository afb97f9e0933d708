/** Time as something that is handed in, so that tests decide what time it is. */
export interface Clock {
  /** Milliseconds of the Unix epoch; only for telling callers and logs, never for deciding. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start that never go back; for ages and deadlines. */
  monotonicMs(): number;
  /** Calls back once after a delay; the returned function cancels. Never keeps the process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref?.();
    return () => clearTimeout(timer);
  },
};
