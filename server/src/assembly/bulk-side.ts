/** What takes rows in bulk: imports that are answered as they go, and jobs behind an answer. */
import type { Registry } from "prom-client";
import type { Overdue } from "../db/clearing.ts";
import { openDatabase } from "../db/pool.ts";
import type { Route } from "../host/route.ts";
import { exporting } from "../inbound/bulk/export.ts";
import { type BulkRoutesContext, importRoute } from "../inbound/bulk/import-route.ts";
import { jobRoutes } from "../inbound/bulk/job-routes.ts";
import { rowWorker } from "../inbound/bulk/job-worker.ts";
import { countInto, noCounts } from "../inbound/bulk/live-import.ts";
import type { RestContext } from "../inbound/rest/context.ts";
import { jobLimits } from "../jobs/job-limits.ts";
import { JobRunner } from "../jobs/job-runner.ts";
import { JobStore } from "../jobs/job-store.ts";
import { abandonUploads, clearChunks, clearJobs, clearResults } from "../jobs/sql/jobs.ts";
import { systemClock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { bulkMetrics } from "../telemetry/bulk-metrics.ts";
import type { WriteSideOptions } from "./write-side.ts";

/** Connections for jobs, apart from those for reading: uploads, the slots of the runner, and what is asked of them. */
const connectionsMax = 4;
/** A statement may carry some hundred rows. */
const statementTimeoutMs = 10_000;

export interface BulkSide {
  /** The routes of bulk, and those of all lists with their whole form. */
  routes(rest: RestContext, others: readonly Route[]): Route[];
  start(): void;
  /** Ends imports and exports that are under way at a row, and takes no more. */
  drain(): void;
  /** Gives jobs back; before the writer stops. May be called more than once. */
  stop(): Promise<void>;
}

/** What of it is cleared away in time. */
export const bulkOverdue: readonly Overdue[] = [
  { statement: abandonUploads, days: jobLimits.abandonedDays },
  ...[clearResults, clearChunks, clearJobs].map((statement) => ({ statement, days: jobLimits.keptDays })),
];

/** Puts it together; nothing runs yet. */
export function openBulkSide(
  { target, logger, clock = systemClock }: WriteSideOptions,
  registry: Registry,
  rest: RestContext,
): BulkSide {
  const database = openDatabase(
    target,
    {
      name: "jobs",
      role: "application",
      queryTimeoutMs: statementTimeoutMs + 500,
      settings: { statement_timeout: String(statementTimeoutMs), jit: "off" },
    },
    connectionsMax,
    (error) => logger.warn({ reason: error.message }, "an idle connection was lost"),
  );
  const underWay = new Set<Promise<void>>();
  let isStopping = false;
  const jobs: JobStore = new JobStore(database, clock, () => runner.nudge());
  const metrics = bulkMetrics(registry, { importsUnderWay: () => underWay.size, open: () => jobs.open() });
  const runner = new JobRunner({
    database,
    clock,
    serverId: sortableId("srv_", clock.nowMs()),
    open: (job) => rowWorker(rest, job),
    report: {
      rows: metrics.imported,
      ended: metrics.ended,
      failed(jobId, error) {
        metrics.failed();
        logger.warn({ jobId, reason: error.message }, "a step of a job failed; it is tried again");
      },
    },
  });
  let stopping: Promise<void> | null = null;
  return {
    routes(context, others) {
      const bulk: BulkRoutesContext = {
        ...context,
        jobs,
        imports: {
          underWay,
          isStopping: () => isStopping,
          onRows(list, results) {
            const counts = noCounts();
            countInto(counts, results);
            const { done: _, ...byVerdict } = counts;
            metrics.imported(list, byVerdict);
          },
        },
      };
      return exporting([...others, importRoute(bulk), ...jobRoutes(bulk)], {
        clock,
        isStopping: () => isStopping,
        onRows: metrics.exported,
        onFailure: ({ requestId }, error) => logger.error({ requestId, err: error }, "an export failed"),
      });
    },
    start: () => runner.start(),
    drain() {
      isStopping = true;
    },
    stop() {
      isStopping = true;
      stopping ??= Promise.all([runner.stop(), ...underWay]).then(() => database.close());
      return stopping;
    },
  };
}
