import type { LatencySummary } from "../load/job.ts";
import type { CpuSpent } from "./cpu-meter.ts";
import type { FeedFigures } from "./feed-figures.ts";

/** One measured run of one cell, in numbers that can be compared. */
export interface Measurement {
  /** Units of work a second: requests, or lines of bulk requests. */
  readonly unitsPerSecond: number;
  readonly requests: number;
  readonly notOkByStatus: Readonly<Record<string, number>>;
  readonly connectionErrors: number;
  /** Null where there are no requests. */
  readonly latency: LatencySummary | null;
  readonly cpu: CpuSpent;
  /** The same per unit of work, in µs. */
  readonly serverUs: number | null;
  readonly postgresUs: number | null;
  readonly loadUs: number | null;
  readonly serverPeakBytes: number | null;
  readonly postgresBytes: number | null;
  /** µs per unit by metric; see `stage-columns.ts`. */
  readonly stagesUs: Readonly<Record<string, number>>;
  /** What readers of the feed had of it, in the scenarios that have readers. */
  readonly feed?: FeedFigures;
}

/** Share of the machine that the run did not get. */
export function lostShare(measurement: Measurement): number {
  return (measurement.cpu.stolenShare ?? 0) + (measurement.cpu.elsewhereShare ?? 0);
}
