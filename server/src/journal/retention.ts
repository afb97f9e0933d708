/**
 * Clears away outcomes of keys whose time is over, and thins out old observations of the heads; small steps, so that
 * writers do not wait. Modes: waiting → clearing → waiting; stopped. Any number of servers may do it at once.
 */
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { deleteResultsBefore, thinObservationsBefore } from "./sql/retention.ts";

const retentionLimits = { everyMs: 60_000, rowsPerStep: 5_000, stepsPerRun: 50 } as const;
const dayMs = 86_400_000;

export class Retention {
  readonly #database: Queryable;
  readonly #clock: Clock;
  readonly #resultDays: number;
  readonly #onCleared: (rows: number) => void;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  /** @param onCleared is told how many rows each step cleared away */
  constructor(database: Queryable, clock: Clock, resultDays: number, onCleared: (rows: number) => void) {
    this.#database = database;
    this.#clock = clock;
    this.#resultDays = resultDays;
    this.#onCleared = onCleared;
  }

  start(): void {
    this.#cancel = this.#clock.after(retentionLimits.everyMs, () => {
      // A database that is away is tried again at the next turn.
      this.#running = this.clear()
        .catch(() => {})
        .finally(() => this.#isStopped || this.start());
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  /** Clears away what is over now. */
  async clear(): Promise<void> {
    const overMs = this.#clock.nowMs() - this.#resultDays * dayMs;
    for (const statement of [deleteResultsBefore, thinObservationsBefore]) {
      for (let step = 0; step < retentionLimits.stepsPerRun && !this.#isStopped; step++) {
        const { rowCount } = await this.#database.query(statement(overMs, retentionLimits.rowsPerStep));
        this.#onCleared(rowCount ?? 0);
        if ((rowCount ?? 0) < retentionLimits.rowsPerStep) break;
      }
    }
  }
}
