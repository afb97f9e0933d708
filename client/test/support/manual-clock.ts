/** A clock that moves only when told: waits are over at once, deadlines come when the test says so. */
import type { Clock } from "../../src/clock.ts";

export class ManualClock implements Clock {
  /** How long each wait would have taken. */
  readonly waits: number[] = [];
  /** Called at each wait. */
  onWait: () => void = () => {};
  /** What `random` gives next. */
  chance = 0.5;
  readonly #startMs = Date.UTC(2026, 0, 1);
  readonly #deadlines = new Map<() => void, number>();
  #elapsedMs = 0;

  nowMs = (): number => this.#startMs + this.#elapsedMs;
  monotonicMs = (): number => this.#elapsedMs;
  random = (): number => this.chance;

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.waits.push(ms);
    this.onWait();
    signal?.throwIfAborted();
    this.#elapsedMs += ms;
  }

  deadline(ms: number, run: () => void): () => void {
    this.#deadlines.set(run, this.#elapsedMs + ms);
    return () => this.#deadlines.delete(run);
  }

  /** Deadlines that are still set, as milliseconds from now. */
  get deadlines(): number[] {
    return [...this.#deadlines.values()].map((atMs) => atMs - this.#elapsedMs);
  }

  /** Lets time pass, and with it deadlines. */
  advance(ms: number): void {
    this.#elapsedMs += ms;
    for (const [run, atMs] of this.#deadlines) {
      if (atMs > this.#elapsedMs) continue;
      this.#deadlines.delete(run);
      run();
    }
  }
}
