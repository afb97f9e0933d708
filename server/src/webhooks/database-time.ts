/**
 * The database's time between two looks at it: what it was told last, and what has passed here since. Schedules of all
 * servers go by it, however wrong their own clocks are.
 */
import type { Clock } from "../lib/clock.ts";

export class DatabaseTime {
  readonly #clock: Clock;
  #seenMs: number;
  #seenAtMs: number;

  constructor(clock: Clock, nowMs: number = clock.nowMs()) {
    this.#clock = clock;
    this.#seenMs = nowMs;
    this.#seenAtMs = clock.monotonicMs();
  }

  /** In whole milliseconds. */
  nowMs(): number {
    return this.#seenMs + Math.max(0, Math.floor(this.#clock.monotonicMs() - this.#seenAtMs));
  }

  /** @param nowMs as the database has just said */
  observe(nowMs: number): void {
    this.#seenMs = nowMs;
    this.#seenAtMs = this.#clock.monotonicMs();
  }
}
