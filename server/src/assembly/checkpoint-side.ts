/** What writes down in time how the partitions stand. */
import type { Registry } from "prom-client";
import { CheckpointKeeper } from "../checkpoints/checkpoint-keeper.ts";
import type { DatabaseTarget } from "../db/connection-options.ts";
import type { Database } from "../db/pool.ts";
import { openDatabase } from "../db/pool.ts";
import { systemClock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { checkpointMetrics } from "../telemetry/checkpoint-metrics.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

/** One for the checkpoint, and one for the duty meanwhile. */
const connectionsMax = 2;
/** Every level of a partition is written in one statement, and nobody waits for it. */
const statementTimeoutMs = 120_000;

export interface CheckpointSide {
  start(): void;
  /** Ends behind the checkpoint that is under way, before the writer stops; may be called more than once. */
  stop(): Promise<void>;
}

/** Connections for making checkpoints, apart from those that somebody waits for. */
export const openCheckpointDatabase = (target: DatabaseTarget, logger: Pick<Logger, "warn">): Database =>
  openDatabase(
    target,
    {
      name: "checkpoints",
      role: "application",
      queryTimeoutMs: statementTimeoutMs + 500,
      settings: { statement_timeout: String(statementTimeoutMs), jit: "off" },
    },
    connectionsMax,
    (error) => logger.warn({ reason: error.message }, "an idle connection was lost"),
  );

/** Puts the keeper of checkpoints together; nothing runs yet. */
export function openCheckpointSide(
  { target, config, logger, clock = systemClock }: WriteSideOptions,
  registry: Registry,
  { submitter }: WriteSide,
): CheckpointSide {
  const database = openCheckpointDatabase(target, logger);
  const keeper = new CheckpointKeeper({
    database,
    submit: submitter.submitOne.bind(submitter),
    kept: config.checkpointsKept,
    everyEntries: config.checkpointEntries,
    everyHours: config.checkpointHours,
    serverId: sortableId("srv_", clock.nowMs()),
    clock,
    metrics: checkpointMetrics(registry),
    logger,
  });
  let stopping: Promise<void> | null = null;
  return {
    start: () => keeper.start(),
    stop() {
      stopping ??= keeper.stop().then(() => database.close());
      return stopping;
    },
  };
}
