/** What compares the journal with what is made of it and with what sources say. */
import type { Registry } from "prom-client";
import type { Command } from "../core/command.ts";
import { type Database, openDatabase } from "../db/pool.ts";
import { systemClock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { channelCheck } from "../reconciliation/channel-check.ts";
import { DifferenceStore } from "../reconciliation/difference-store.ts";
import { Examiner } from "../reconciliation/examiner.ts";
import { holdCheck } from "../reconciliation/hold-check.ts";
import { itemCheck } from "../reconciliation/item-check.ts";
import { movementCheck } from "../reconciliation/movement-check.ts";
import { totalCheck } from "../reconciliation/total-check.ts";
import { Watch } from "../reconciliation/watch.ts";
import { reconciliationMetrics } from "../telemetry/reconciliation-metrics.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

/** Connections of its own: one for who looks continuously, and a few for who asks. */
const connectionsMax = 4;
/** A page may be slow on a busy database, and nobody waits for it. */
const statementTimeoutMs = 30_000;

export interface ReconciliationSide {
  readonly differences: DifferenceStore;
  readonly examiner: Examiner;
  readonly watch: Watch;
  start(): void;
  stop(): Promise<void>;
}

/** Connections for looking: every page goes row by row through keys, whatever the planner knows of young tables. */
export const openLooking = (
  target: WriteSideOptions["target"],
  onIdleError: (error: Error) => void = () => {},
): Database =>
  openDatabase(
    target,
    {
      name: "reconciliation",
      role: "application",
      queryTimeoutMs: statementTimeoutMs + 500,
      settings: {
        statement_timeout: String(statementTimeoutMs),
        jit: "off",
        enable_hashjoin: "off",
        enable_mergejoin: "off",
        default_transaction_isolation: "read committed",
      },
    },
    connectionsMax,
    onIdleError,
  );

/** Puts it together; nothing runs yet. */
export function openReconciliationSide(
  { target, logger, clock = systemClock }: WriteSideOptions,
  registry: Registry,
  {
    installation,
    submitter,
  }: Pick<WriteSide, "installation"> & {
    readonly submitter: { submitOne(command: Command): ReturnType<WriteSide["submitter"]["submitOne"]> };
  },
): ReconciliationSide {
  const database = openLooking(target, (error) =>
    logger.warn({ reason: error.message }, "an idle connection was lost"),
  );
  const metrics = reconciliationMetrics(registry);
  const { partitionCount } = installation;
  const movements = movementCheck(database, partitionCount);
  const checks = [
    itemCheck(database, partitionCount),
    totalCheck(database, partitionCount),
    holdCheck(database, partitionCount),
    channelCheck(database, partitionCount),
  ];
  const store = new DifferenceStore(database, clock);
  const examiner = new Examiner({
    database,
    store,
    checks: [...checks, movements],
    rules: async () => [],
    submit: (command) => submitter.submitOne(command),
    clock,
    metrics,
  });
  const serverId = sortableId("srv_", clock.nowMs());
  const watch = new Watch({ database, serverId, checks, movements, examiner, clock, metrics, logger });
  let stopping: Promise<void> | null = null;
  return {
    differences: store,
    examiner,
    watch,
    start: () => watch.start(),
    stop() {
      stopping ??= watch.stop().then(() => database.close());
      return stopping;
    },
  };
}
