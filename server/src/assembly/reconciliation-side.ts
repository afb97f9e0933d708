/** What compares the journal with what is made of it and with what sources say. */
import type { Registry } from "prom-client";
import type { Command } from "../core/command.ts";
import { type Database, openDatabase } from "../db/pool.ts";
import type { Route } from "../host/route.ts";
import type { RestContext } from "../inbound/rest/context.ts";
import { type ReconciliationContext, reconciliationRoutes } from "../inbound/rest/reconciliation-routes.ts";
import { Resolver } from "../intake/resolver.ts";
import { Stated } from "../intake/stated.ts";
import { systemClock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { channelCheck } from "../reconciliation/channel-check.ts";
import { DifferenceActions } from "../reconciliation/difference-actions.ts";
import { DifferenceStore } from "../reconciliation/difference-store.ts";
import { Examiner } from "../reconciliation/examiner.ts";
import { holdCheck } from "../reconciliation/hold-check.ts";
import { itemCheck } from "../reconciliation/item-check.ts";
import { movementCheck } from "../reconciliation/movement-check.ts";
import { Rules } from "../reconciliation/rules.ts";
import { Runs } from "../reconciliation/runs.ts";
import { parkedCheck, staleCheck } from "../reconciliation/source-check.ts";
import { statementCheck } from "../reconciliation/statement-check.ts";
import { totalCheck } from "../reconciliation/total-check.ts";
import { Uploads } from "../reconciliation/uploads.ts";
import { Watch } from "../reconciliation/watch.ts";
import { reconciliationMetrics } from "../telemetry/reconciliation-metrics.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

/** Connections of its own: one for who looks continuously, and a few for who asks. */
const connectionsMax = 4;
/** A page may be slow on a busy database, and nobody waits for it. */
const statementTimeoutMs = 30_000;

export interface ReconciliationSide
  extends Pick<ReconciliationContext, "runs" | "uploads" | "differenceActions" | "reconciliationRules"> {
  /** Begins to look continuously. */
  start(): void;
  /** Ends behind what is under way, before the writer stops; may be called more than once. */
  stop(): Promise<void>;
}

/** The routes that work with it. */
export const reconciliationSideRoutes = (rest: RestContext, side: ReconciliationSide): Route[] =>
  reconciliationRoutes({ ...rest, ...side });

/** Connections for looking: every page goes row by row through keys, whatever the planner knows of young tables. */
const openLooking = (target: WriteSideOptions["target"], onIdleError: (error: Error) => void = () => {}): Database =>
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
        // A page comes from its index in order: what is gathered first is sorted as a whole, for every page again.
        enable_bitmapscan: "off",
        enable_seqscan: "off",
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
    statementCheck(database, partitionCount),
    staleCheck(database),
    parkedCheck(database),
  ];
  const rules = new Rules(database, clock);
  const store = new DifferenceStore(database, clock);
  const examiner = new Examiner({
    database,
    store,
    checks: [...checks, movements],
    rules: () => rules.all(),
    submit: (command) => submitter.submitOne(command),
    clock,
    metrics,
  });
  const serverId = sortableId("srv_", clock.nowMs());
  const watch = new Watch({ database, serverId, checks, movements, examiner, clock, metrics, logger });
  const runs = new Runs({ database, checks: [...checks, movements], examiner, clock, metrics });
  const uploads = new Uploads({
    database,
    resolver: new Resolver(database, partitionCount),
    stated: new Stated(database, partitionCount),
    examiner,
    partitionCount,
  });
  let stopping: Promise<void> | null = null;
  return {
    runs,
    uploads,
    differenceActions: new DifferenceActions(database, store, examiner),
    reconciliationRules: rules,
    start: () => watch.start(),
    stop() {
      stopping ??= Promise.all([watch.stop(), runs.stop()]).then(() => database.close());
      return stopping;
    },
  };
}
