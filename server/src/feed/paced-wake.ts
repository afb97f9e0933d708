/**
 * Wakes the followers after something was committed, and not more often than the server can afford. Writing to many streams
 * takes long, and each of them costs the same for one event as for several: so after a wake it waits for a multiple of the
 * time that the wake took, and what is committed meanwhile is told together. After a quiet time a wake is never put off.
 *
 * Modes: idle → due (at the end of the turn, so that those who wrote have their answers first) → waking → resting, unless
 * nothing happens → due. Stopped.
 */
import type { Clock } from "../lib/clock.ts";
import { endOfTurn } from "../lib/turn.ts";

export const wakeLimits = {
  /** Share of the process's time that waking may take, for as long as the rest that follows from it is not too long. */
  shareMax: 0.1,
  /** The longest rest. */
  restMsMax: 40,
} as const;

export class PacedWake {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #isDue = false;
  #isStopped = false;
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #cancel: () => void = () => {};

  /** @param wake lets followers go on; what they do at once counts as its time */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** There is something to be told. */
  soon(): void {
    if (this.#isDue || this.#isStopped) return;
    this.#isDue = true;
    const leftMs = this.#restsUntilMs - this.#clock.monotonicMs();
    if (leftMs <= 0) void endOfTurn().then(() => this.#run());
    else this.#cancel = this.#clock.after(leftMs, () => void this.#run());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #run(): Promise<void> {
    if (this.#isStopped) return;
    this.#isDue = false;
    const startedAtMs = this.#clock.monotonicMs();
    this.#wake();
    await endOfTurn();
    const nowMs = this.#clock.monotonicMs();
    const restMs = (nowMs - startedAtMs) * (1 / wakeLimits.shareMax - 1);
    this.#restsUntilMs = nowMs + Math.min(restMs, wakeLimits.restMsMax);
  }
}
