/**
 * Makes checkpoints in time, on one server at a time. Modes: elsewhere (another server does it; asked for now and then) →
 * held (looks where one is due, and makes it, partition by partition) → elsewhere; stopped. What fails is tried again, in
 * growing pauses; what was made by then stays.
 */
import { Duty } from "../channels/duty.ts";
import type { Clock } from "../lib/clock.ts";
import type { CheckpointMetrics } from "../telemetry/checkpoint-metrics.ts";
import type { Logger } from "../telemetry/logger.ts";
import { type MakerParts, makeCheckpoint } from "./checkpoint-maker.ts";
import { type DueRow, dueCheckpoints, partitionsUntold } from "./sql/checkpoints.ts";

const keeperLimits = {
  /** How often the server that does it looks for what is due, and how often the others ask whether it is free. */
  lookMs: 10_000,
  /** After the first failure in a row; doubled with each. */
  retryMsMin: 1_000,
  retryMsMax: 300_000,
} as const;

const dutyName = "checkpoints";

export interface KeeperOptions extends MakerParts {
  /** A checkpoint is due so many entries of its partition behind the last one, or so many hours after it. */
  readonly everyEntries: number;
  readonly everyHours: number;
  readonly serverId: string;
  readonly clock: Clock;
  readonly metrics: CheckpointMetrics;
  readonly logger: Pick<Logger, "warn">;
}

/** What a step came to: another server's work, or so many checkpoints. */
export type KeeperStep = "elsewhere" | { readonly made: number };

export class CheckpointKeeper {
  readonly #options: KeeperOptions;
  readonly #duty: Duty;
  #failuresInARow = 0;
  #stepping: Promise<void> | null = null;
  #cancelWait: () => void = () => {};
  #isStopped = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#duty = new Duty(options.database, options.clock, dutyName, options.serverId);
  }

  start(): void {
    this.#isStopped = false;
    this.#go();
  }

  /** Ends behind the checkpoint that is under way, and lets another server go on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelWait();
    await this.#stepping;
    await this.#duty.release().catch(() => {});
  }

  /** Makes what is due. @throws whatever fails; the next step begins anew */
  async step(): Promise<KeeperStep> {
    if (!(await this.#duty.hold())) return "elsewhere";
    const { database, everyEntries, everyHours, clock, metrics } = this.#options;
    const due = await database.query<DueRow>(dueCheckpoints(everyEntries, everyHours));
    const untold = await database.query<DueRow>(partitionsUntold());
    const partitions = new Set([...untold.rows, ...due.rows].map(({ partition }) => partition));
    let made = 0;
    for (const partition of partitions) {
      if (this.#isStopped || !(await this.#duty.hold())) break;
      const startedAtMs = clock.monotonicMs();
      const checkpoint = await makeCheckpoint(this.#options, partition);
      if (checkpoint === null) continue;
      metrics.made(checkpoint, clock.monotonicMs() - startedAtMs);
      made += 1;
    }
    return { made };
  }

  #go(): void {
    this.#stepping ??= this.step()
      .then(
        () => {
          this.#failuresInARow = 0;
          return keeperLimits.lookMs;
        },
        (error: Error) => this.#failed(error),
      )
      .then((waitMs) => {
        this.#stepping = null;
        if (!this.#isStopped) this.#cancelWait = this.#options.clock.after(waitMs, () => this.#go());
      });
  }

  #failed(error: Error): number {
    this.#options.metrics.failed();
    this.#options.logger.warn({ reason: error.message }, "a checkpoint could not be made; it is tried again");
    const { retryMsMin, retryMsMax } = keeperLimits;
    return Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.#failuresInARow++, 10));
  }
}
