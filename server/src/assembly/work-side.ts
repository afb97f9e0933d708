/** What stands beside the journal: projections that are built from it, reviews, totals, and working papers of counts. */
import type { Registry } from "prom-client";
import { locationTotalsProjection } from "../consolidated/location-totals.ts";
import { PlaceMap } from "../consolidated/places.ts";
import { TotalsQueries } from "../consolidated/totals.ts";
import { ValuationQueries } from "../consolidated/valuation.ts";
import { controlPartition } from "../core/record/partition.ts";
import { CountLines } from "../counts/count-lines.ts";
import { CountPoster } from "../counts/count-poster.ts";
import { CountSessions } from "../counts/count-sessions.ts";
import { openDatabase } from "../db/pool.ts";
import { historyProjection } from "../history/history-projection.ts";
import { HistoryQueries, historyOverdue } from "../history/history-queries.ts";
import type { Route } from "../host/route.ts";
import type { RestContext } from "../inbound/rest/context.ts";
import { type CountContext, countRoutes } from "../inbound/rest/count-routes.ts";
import { type HistoryContext, historyRoutes } from "../inbound/rest/history-routes.ts";
import { type ReviewContext, reviewRoutes } from "../inbound/rest/review-routes.ts";
import { type TotalsContext, totalsRoutes } from "../inbound/rest/totals-routes.ts";
import { systemClock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { ProjectionRunner } from "../projections/projection-runner.ts";
import { rememberedOverdue } from "../registry/remembered.ts";
import { reviewProjection } from "../reviews/review-projection.ts";
import { ReviewQueries } from "../reviews/review-queries.ts";
import { projectionMetrics, registerProjectionGauges } from "../telemetry/projection-metrics.ts";
import { unusualProjection } from "../unusual/unusual-projection.ts";
import type { FeedSide } from "./feed-side.ts";
import { lineFailureOf } from "./line-failure.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

/** Connections for projections, apart from those for reading: one for each, and one for what they read meanwhile. */
const connectionsMax = 6;
/** A batch may read and write much, and nobody waits for it. */
const statementTimeoutMs = 30_000;

export interface WorkSide
  extends Pick<CountContext, "countSessions" | "countLines" | "countPoster">,
    Pick<ReviewContext, "reviews">,
    Pick<HistoryContext, "history">,
    Pick<TotalsContext, "totals" | "valuation"> {
  /** Begins to build projections. */
  start(): void;
  /** Finishes what is under way and gives leases back, before the writer stops; may be called more than once. */
  stop(): Promise<void>;
}

/** What of it is cleared away in time. @param resultDays how long answers under keys are remembered */
export const workOverdue = (resultDays: number) => [rememberedOverdue(resultDays), historyOverdue];

/** The routes that work with it. */
export const workRoutes = (rest: RestContext, work: WorkSide): Route[] => [
  ...countRoutes({ ...rest, ...work }),
  ...reviewRoutes({ ...rest, ...work }),
  ...historyRoutes({ ...rest, ...work }),
  ...totalsRoutes({ ...rest, ...work }),
];

/** Puts it together; nothing runs yet. */
export function openWorkSide(
  { target, logger, clock = systemClock }: WriteSideOptions,
  registry: Registry,
  { database, installation, submitter, board }: WriteSide,
  { watcher }: FeedSide,
): WorkSide {
  const own = openDatabase(
    target,
    {
      name: "projections",
      role: "application",
      queryTimeoutMs: statementTimeoutMs + 500,
      settings: { statement_timeout: String(statementTimeoutMs), jit: "off" },
    },
    connectionsMax,
    (error) => logger.warn({ reason: error.message }, "an idle connection was lost"),
  );
  const submit = submitter.submitOne.bind(submitter);
  const metrics = projectionMetrics(registry);
  const serverId = sortableId("srv_", clock.nowMs());
  const heads = () => watcher.read();
  const runners = [
    reviewProjection,
    locationTotalsProjection,
    historyProjection(own),
    unusualProjection({ database: own, submit, logger }),
  ].map((projection) => new ProjectionRunner({ projection, database: own, serverId, heads, clock, metrics, logger }));
  registerProjectionGauges(registry, () => runners);
  const countSessions = new CountSessions(database, clock);
  const countPoster = new CountPoster({
    database,
    sessions: countSessions,
    submit,
    explain: lineFailureOf,
    clock,
  });
  const places = new PlaceMap(database, clock, () => board.sequenceOf(controlPartition));
  let stopping: Promise<void> | null = null;
  return {
    countSessions,
    countLines: new CountLines(database, installation.partitionCount),
    countPoster,
    reviews: new ReviewQueries(database, installation.partitionCount),
    history: new HistoryQueries(database),
    totals: new TotalsQueries(database, installation.partitionCount, places),
    valuation: new ValuationQueries(database, places),
    start() {
      for (const runner of runners) runner.start();
    },
    stop() {
      stopping ??= Promise.all([countPoster.stop(), ...runners.map((runner) => runner.stop())]).then(() => own.close());
      return stopping;
    },
  };
}
