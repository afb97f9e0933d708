/**
 * What came of tries, gathered until it is recorded: one transaction at a time takes whatever has come meanwhile. What
 * cannot be recorded because the database is away is tried again for as long as the lease holds.
 */
import type { KeptDelivery, LoggedTry, Recorded } from "./sql/deliveries.ts";

export interface Settled {
  readonly logged: LoggedTry;
  readonly finishedIds: readonly string[];
  readonly kept: readonly KeptDelivery[];
  readonly hasSucceeded: boolean;
}

export class OutcomeBuffer {
  #settled: Settled[] = [];
  #underWay = 0;

  /** Tries whose outcome is not on record yet. */
  get size(): number {
    return this.#settled.length + this.#underWay;
  }

  get isEmpty(): boolean {
    return this.#settled.length === 0;
  }

  add(settled: Settled): void {
    this.#settled.push(settled);
  }

  /** Takes everything that has come; `done` or `putBack` must follow. */
  take(): readonly Settled[] {
    const taken = this.#settled;
    this.#settled = [];
    this.#underWay = taken.length;
    return taken;
  }

  done(): void {
    this.#underWay = 0;
  }

  putBack(taken: readonly Settled[]): void {
    this.#settled = [...taken, ...this.#settled];
    this.#underWay = 0;
  }
}

/** Several outcomes as one record; of a delivery that is kept, what was said last holds. */
export function recordOf(settled: readonly Settled[]): Recorded {
  const finished = new Set(settled.flatMap((each) => each.finishedIds));
  const kept = new Map(settled.flatMap((each) => each.kept).map((each) => [each.eventId, each]));
  for (const eventId of finished) kept.delete(eventId);
  return {
    tries: settled.map((each) => each.logged),
    finishedIds: [...finished],
    kept: [...kept.values()],
    hasSucceeded: settled.some((each) => each.hasSucceeded),
  };
}
