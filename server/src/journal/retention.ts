/**
 * Clears away outcomes of keys whose time is over, and thins out old observations of the heads; small steps, so that
 * writers do not wait. Modes: waiting → clearing → waiting; stopped. Any number of servers may do it at once.
 */
import type { Queryable, Statement } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { deleteOldResults, thinOldObservations } from "./sql/retention.ts";

const retentionLimits = { everyMs: 60_000, rowsPerStep: 5_000, stepsPerRun: 50 } as const;

export interface RetentionReport {
  /** How many rows a step cleared away. */
  cleared(rows: number): void;
  failed(error: Error): void;
}

export class Retention {
  readonly #database: Queryable;
  readonly #clock: Clock;
  readonly #resultDays: number;
  readonly #report: RetentionReport;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(database: Queryable, clock: Clock, resultDays: number, report: RetentionReport) {
    this.#database = database;
    this.#clock = clock;
    this.#resultDays = resultDays;
    this.#report = report;
  }

  start(): void {
    this.#cancel = this.#clock.after(retentionLimits.everyMs, () => {
      this.#running = this.clear().finally(() => this.#isStopped || this.start());
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  /** Clears away what is over by the database's clock. What fails is reported and tried again at the next turn. */
  async clear(): Promise<void> {
    for (const statement of [deleteOldResults, thinOldObservations]) {
      await this.#clear(statement).catch((error: Error) => this.#report.failed(error));
    }
  }

  async #clear(statement: (days: number, limit: number) => Statement): Promise<void> {
    for (let step = 0; step < retentionLimits.stepsPerRun && !this.#isStopped; step++) {
      const { rowCount } = await this.#database.query(statement(this.#resultDays, retentionLimits.rowsPerStep));
      this.#report.cleared(rowCount ?? 0);
      if ((rowCount ?? 0) < retentionLimits.rowsPerStep) return;
    }
  }
}
