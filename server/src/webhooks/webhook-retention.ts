/** Clears away tries, dead letters and remembered answers whose time is over, in small steps. Any number of servers may do it. */
import type { Queryable, Statement } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { clearOldDeadLetters, clearOldRequests, clearOldTries } from "./sql/delivery-log.ts";

const webhookRetention = {
  everyMs: 60_000,
  logDays: 30,
  requestDays: 7,
  rowsPerStep: 5_000,
  stepsPerRun: 50,
} as const;

export class WebhookRetention {
  readonly #database: Queryable;
  readonly #clock: Clock;
  readonly #failed: (error: Error) => void;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(database: Queryable, clock: Clock, failed: (error: Error) => void) {
    this.#database = database;
    this.#clock = clock;
    this.#failed = failed;
  }

  start(): void {
    this.#cancel = this.#clock.after(webhookRetention.everyMs, () => {
      this.#running = this.clear().finally(() => this.#isStopped || this.start());
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  /** Clears away what is over by the database's clock; what fails is reported and tried again at the next turn. */
  async clear(): Promise<void> {
    const { logDays, requestDays } = webhookRetention;
    await this.#clear(clearOldTries, logDays);
    await this.#clear(clearOldDeadLetters, logDays);
    await this.#clear(clearOldRequests, requestDays);
  }

  async #clear(statement: (days: number, limit: number) => Statement, days: number): Promise<void> {
    const { rowsPerStep, stepsPerRun } = webhookRetention;
    try {
      for (let step = 0; step < stepsPerRun && !this.#isStopped; step++) {
        const { rowCount } = await this.#database.query(statement(days, rowsPerStep));
        if ((rowCount ?? 0) < rowsPerStep) return;
      }
    } catch (error) {
      this.#failed(error as Error);
    }
  }
}
