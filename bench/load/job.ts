/**
 * What the harness tells the load generator, and what it hears back.
 *
 * The generator is a process of its own. It takes one job as JSON in its arguments and writes one JSON object per line:
 * `measuring` and `measured` mark the ends of the measured window, so that the harness can read the CPU counters of every
 * process at those moments; `finished` carries the result.
 */

/** The kinds of request the generator can make. */
export type WorkloadName =
  | "adjust"
  | "bulk"
  | "checkout"
  | "read"
  | "sync"
  | "source"
  | "source-levels"
  | "totals-sku"
  | "totals-groups"
  | "as-of";

/** One run of the load generator. */
export interface LoadJob {
  /** Base address of the server, without a path: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly bearer: string;
  readonly workload: WorkloadName;
  readonly connections: number;
  /** Answered but not measured. */
  readonly warmUpSeconds: number;
  /** Length of the measured window; ignored when `requestCount` is given. */
  readonly seconds: number;
  /** Measure this many requests instead of a length of time. */
  readonly requestCount?: number;
  /** Send at this rate whatever the answers do, and note every write; see `paced-run.ts`. Not with `requestCount`. */
  readonly requestsPerSecond?: number;
  /** Requests go to products 0 … productCount − 1. One means a single hot product. */
  readonly productCount: number;
  readonly locationId: string;
  /** Lines in one bulk request, or in one reservation. */
  readonly linesPerRequest: number;
  /** Sent with every request; used to choose the bulk mode of the plain server. */
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** Seeds the choice of products, so that every target sees the same mix. */
  readonly seed: number;
}

/** Latencies in microseconds. */
export interface LatencySummary {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  readonly meanUs: number;
}

/** Requests and units of work; one bulk line is a unit, and so is one single request. */
export interface LoadCounts {
  readonly requests: number;
  readonly ok: number;
  readonly units: number;
  readonly notOkByStatus: Readonly<Record<string, number>>;
}

/** A write of the measured window, noted by a job with `requestsPerSecond`; times as `wallMs` says. */
export interface WriteAnswer {
  /** The number in the reference of its first line; those of the lines after it follow. */
  readonly firstReference: number;
  readonly lines: number;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** The outcome of one job. */
export interface LoadResult {
  readonly job: LoadJob;
  /** The requests sent inside the window, the last of them awaited to their end. */
  readonly measured: LoadCounts;
  /** Everything this job sent, warm-up included: what the audit after the run must find. */
  readonly lifetime: LoadCounts;
  readonly windowSeconds: number;
  /** Successful requests a second; `load-run.ts` says by which clock. */
  readonly okPerSecond: number;
  /** The same for units of work. */
  readonly unitsPerSecond: number;
  readonly latency: LatencySummary;
  readonly connectionErrors: number;
  /** Empty unless the job asked for a rate. */
  readonly answers: readonly WriteAnswer[];
}

/** A line on the generator's standard output. */
export type LoadMessage =
  | { readonly phase: "measuring" }
  | { readonly phase: "measured" }
  | { readonly phase: "finished"; readonly result: LoadResult };
