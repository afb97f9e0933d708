/**
 * How fast one endpoint is sent to. Modes: closed (as many at once as it bears) → open (nothing, until a time) → probing
 * (one at a time) → closed or open again.
 *
 * It opens after at least ten tries of which 70 % failed. How many are sent at once grows by one with each success and
 * is halved when the endpoint says that it is too much. Pure: it is told the time.
 */
export const paceLimits = {
  concurrencyAtStart: 8,
  concurrencyMax: 64,
  /** The latest tries that are judged. */
  windowTries: 20,
  triesBeforeOpening: 10,
  failureShareToOpen: 0.7,
  openMsAtFirst: 10_000,
  openMsMax: 300_000,
  /** The longest that `Retry-After` holds the whole endpoint. */
  holdMsMax: 3_600_000,
} as const;

export interface TryResult {
  readonly hasSucceeded: boolean;
  /** The endpoint said that it gets too much: 429, 502, 503 or 504. */
  readonly isTooMuch: boolean;
  readonly retryAfterMs: number | null;
}

export class EndpointPace {
  readonly #latest: boolean[] = [];
  #concurrency: number = paceLimits.concurrencyAtStart;
  #openUntilMs: number | null = null;
  #openMs: number = paceLimits.openMsAtFirst;
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  get isOpen(): boolean {
    return this.#openUntilMs !== null;
  }

  get concurrency(): number {
    return this.isOpen ? 1 : this.#concurrency;
  }

  /** How many tries may start now. */
  slots(nowMs: number, inFlight: number): number {
    if (nowMs < this.restsUntilMs) return 0;
    return Math.max(0, this.concurrency - inFlight);
  }

  /** Nothing may start before this time. */
  get restsUntilMs(): number {
    return Math.max(this.#openUntilMs ?? Number.NEGATIVE_INFINITY, this.#heldUntilMs);
  }

  /** Takes note of a try that has ended. */
  record({ hasSucceeded, isTooMuch, retryAfterMs }: TryResult, nowMs: number): void {
    if (retryAfterMs !== null && !hasSucceeded)
      this.#heldUntilMs = Math.max(this.#heldUntilMs, nowMs + Math.min(retryAfterMs, paceLimits.holdMsMax));
    if (hasSucceeded) this.#succeeded();
    else this.#failed(isTooMuch, nowMs);
  }

  #succeeded(): void {
    if (this.isOpen) {
      this.#openUntilMs = null;
      this.#openMs = paceLimits.openMsAtFirst;
      this.#concurrency = 1;
      this.#latest.length = 0;
    }
    this.#note(true);
    this.#concurrency = Math.min(paceLimits.concurrencyMax, this.#concurrency + 1);
  }

  #failed(isTooMuch: boolean, nowMs: number): void {
    if (isTooMuch) this.#concurrency = Math.max(1, Math.floor(this.#concurrency / 2));
    if (this.#openUntilMs !== null) {
      // Those that were under way when it opened say nothing new; a probe that failed does.
      if (nowMs < this.#openUntilMs) return;
      this.#openMs = Math.min(paceLimits.openMsMax, this.#openMs * 2);
      this.#openUntilMs = nowMs + this.#openMs;
      return;
    }
    this.#note(false);
    const failures = this.#latest.filter((hasSucceeded) => !hasSucceeded).length;
    if (this.#latest.length < paceLimits.triesBeforeOpening) return;
    if (failures >= this.#latest.length * paceLimits.failureShareToOpen) this.#openUntilMs = nowMs + this.#openMs;
  }

  #note(hasSucceeded: boolean): void {
    this.#latest.push(hasSucceeded);
    if (this.#latest.length > paceLimits.windowTries) this.#latest.shift();
  }
}
