/**
 * Works on jobs. Modes of a slot: looking → working → looking; stopped. A job is this server's by a lease that every recorded
 * step renews; a server that died or froze loses it to another one, which goes on behind the last recorded rows. Rows that the
 * first one had handed over are handed over again under the same keys, so none is applied twice.
 *
 * Invariants: verdicts are recorded in the order of rows; at most `chunksInFlightMax` chunks are under way; whoever lost the
 * lease records nothing.
 */
import type { Database } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { jobLimits } from "./job-limits.ts";
import type { KeptRow } from "./job-store.ts";
import * as sql from "./sql/jobs.ts";

/** What came of some rows. */
export interface ChunkVerdicts {
  readonly counts: Readonly<Record<"applied" | "duplicate" | "rejected" | "valid", number>>;
  /** A line of JSON for each row, in order. */
  readonly lines: readonly string[];
}

/** Applies the rows of one job. */
export interface RowWorker {
  /** Resolves when the rows are handed over. @param isAgain whether they may have been handed over before */
  apply(rows: readonly KeptRow[], isAgain: boolean): Promise<{ readonly verdicts: Promise<ChunkVerdicts> }>;
}

export interface JobReport {
  rows(list: string, counts: ChunkVerdicts["counts"]): void;
  ended(status: string): void;
  failed(jobId: string | null, error: Error): void;
}

export interface JobRunnerOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly serverId: string;
  readonly open: (job: sql.JobRow) => RowWorker;
  readonly report: JobReport;
}

/** Another server has the job now. */
class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

export class JobRunner {
  readonly #options: JobRunnerOptions;
  #isStopped = false;
  #slots: Promise<void>[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#slots = Array.from({ length: jobLimits.atOnceMax }, () => this.#run());
  }

  /** There may be something to do. */
  nudge(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Begins no more rows, records those under way, and gives jobs back. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.nudge();
    await Promise.all(this.#slots);
  }

  async #run(): Promise<void> {
    const { report } = this.#options;
    while (!this.#isStopped) {
      let hasWorked = false;
      let pauseMs: number = jobLimits.lookMs;
      try {
        hasWorked = await this.#turn();
      } catch (error) {
        report.failed(null, error as Error);
        pauseMs = jobLimits.failurePauseMs;
      }
      if (!hasWorked && !this.#isStopped) await this.#pause(pauseMs);
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#options.clock.after(delayMs, wake);
      this.#waiting.add(wake);
    });
  }

  /** Works on one job for a while. @returns whether there was one with something to do */
  async #turn(): Promise<boolean> {
    const { database, serverId, report } = this.#options;
    const { rows } = await database.query<sql.ClaimedRow>(sql.claimJob(serverId, jobLimits.leaseMs));
    const [job] = rows;
    if (job === undefined) return false;
    try {
      const chunks = await this.#work(job);
      const { rows: finished } = await database.query<{ status: string }>(sql.finishJob(job.job_id, job.token));
      if (finished[0] !== undefined) report.ended(finished[0].status);
      else await database.query(sql.releaseJob(job.job_id, job.token, true));
      return chunks > 0 || finished[0] !== undefined;
    } catch (error) {
      if (error instanceof LeaseLost) return true;
      report.failed(job.job_id, error as Error);
      const problem = {
        code: "internal",
        title: "Something went wrong",
        detail: "The rows could not be applied, again and again; the server's log says why. What has a verdict stands.",
      };
      await database.query(
        sql.failJob(job.job_id, job.token, {
          failuresMax: jobLimits.failuresMax,
          pauseMs: jobLimits.failurePauseMs,
          problem,
        }),
      );
      return true;
    }
  }

  /** @returns how many chunks were applied; all of them are recorded @throws whatever keeps one from being so */
  async #work(job: sql.ClaimedRow): Promise<number> {
    const worker = this.#options.open(job);
    const inFlight: Promise<void>[] = [];
    const progress = { isStopping: job.status === "cancelling" };
    let recorded: Promise<void> = Promise.resolve();
    let next = job.chunks_done;
    try {
      while (!this.#isStopped && !progress.isStopping && next - job.chunks_done < jobLimits.chunksPerTurn) {
        const chunks = await this.#load(job.job_id, next);
        if (chunks.length === 0) break;
        for (const { chunk, rows } of chunks) {
          if (this.#isStopped || progress.isStopping) break;
          const isAgain = !job.was_clean && chunk < job.chunks_done + jobLimits.chunksInFlightMax;
          const kept = JSON.parse(rows) as KeptRow[];
          const { verdicts } = await worker.apply(kept, isAgain);
          next = chunk + 1;
          recorded = Promise.all([verdicts, recorded]).then(async ([came]) => {
            if ((await this.#record(job, chunk, kept, came)) === "cancelling") progress.isStopping = true;
          });
          recorded.catch(() => {});
          inFlight.push(recorded);
          if (inFlight.length >= jobLimits.chunksInFlightMax) await inFlight.shift();
        }
      }
    } finally {
      await Promise.allSettled(inFlight);
    }
    await recorded;
    return next - job.chunks_done;
  }

  async #load(jobId: string, from: number): Promise<readonly sql.ChunkRow[]> {
    const { rows } = await this.#options.database.query<sql.ChunkRow>(
      sql.selectChunks(jobId, from, jobLimits.chunksInFlightMax),
    );
    return rows;
  }

  /** @returns the status of the job @throws LeaseLost */
  async #record(
    job: sql.ClaimedRow,
    chunk: number,
    rows: readonly KeptRow[],
    { counts, lines }: ChunkVerdicts,
  ): Promise<string> {
    const { database, report } = this.#options;
    const result = {
      chunk,
      firstRow: rows[0]!.row,
      lastRow: rows.at(-1)!.row,
      ...counts,
      verdicts: lines.join("\n"),
    };
    const { rows: held } = await database.query<{ status: string }>(
      sql.recordChunk(job.job_id, job.token, jobLimits.leaseMs, result),
    );
    if (held[0] === undefined) throw new LeaseLost(`job ${job.job_id} is another server's now`);
    report.rows(job.list, counts);
    return held[0].status;
  }
}
