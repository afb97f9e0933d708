/**
 * Clears away rows whose time is over, in small steps, so that nobody waits for it. Any number of servers may do it at
 * once. Modes: waiting → clearing → waiting; stopped.
 */
import type { Clock } from "../lib/clock.ts";
import type { Queryable, Statement } from "./pool.ts";

const clearingLimits = { everyMs: 60_000, rowsPerStep: 5_000, stepsPerRun: 50 } as const;

/** One kind of rows. */
export interface Overdue {
  /** Clears away at most `limit` rows that are older than `days` by the database's clock. */
  readonly statement: (days: number, limit: number) => Statement;
  readonly days: number;
}

export interface ClearingReport {
  /** How many rows a step cleared away. */
  cleared(rows: number): void;
  /** What fails is tried again at the next turn. */
  failed(error: Error): void;
}

export class Clearing {
  readonly #database: Queryable;
  readonly #clock: Clock;
  readonly #overdue: readonly Overdue[];
  readonly #report: ClearingReport;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(database: Queryable, clock: Clock, overdue: readonly Overdue[], report: ClearingReport) {
    this.#database = database;
    this.#clock = clock;
    this.#overdue = overdue;
    this.#report = report;
  }

  start(): void {
    this.#cancel = this.#clock.after(clearingLimits.everyMs, () => {
      this.#running = this.clear().finally(() => this.#isStopped || this.start());
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  /** One turn: each kind until nothing of it is left, or as far as a turn goes. Never rejects. */
  async clear(): Promise<void> {
    for (const kind of this.#overdue) await this.#clear(kind).catch((error: Error) => this.#report.failed(error));
  }

  async #clear({ statement, days }: Overdue): Promise<void> {
    for (let step = 0; step < clearingLimits.stepsPerRun && !this.#isStopped; step++) {
      const { rowCount } = await this.#database.query(statement(days, clearingLimits.rowsPerStep));
      this.#report.cleared(rowCount ?? 0);
      if ((rowCount ?? 0) < clearingLimits.rowsPerStep) return;
    }
  }
}
