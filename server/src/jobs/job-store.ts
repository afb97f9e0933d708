/** Jobs as callers see them: rows come in, verdicts can be read, a job can be stopped. Everything lies in the database. */
import { createHash, hash } from "node:crypto";
import type { JobStatus } from "@onhand/protocol/bulk";
import type { Database, Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { type KeyedRequest, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { jobLimits } from "./job-limits.ts";
import * as sql from "./sql/jobs.ts";

export type { JobRow } from "./sql/jobs.ts";

/** A row in the form in which it is kept. */
export interface KeptRow {
  readonly row: number;
}

/** What is asked under an id. */
export interface JobRequest {
  readonly jobId: string;
  readonly list: string;
  readonly principal: { readonly keyId: string; readonly name: string; readonly role: string };
  readonly options: object;
  readonly requestId: string;
  readonly traceparent: string | null;
}

const otherRequest = (jobId: string): WorkRefusal =>
  new WorkRefusal(
    "idempotency_key_reused",
    `The job ${jobId} is there already, for another request or other rows. Send this under another id or key.`,
  );

const ended = (jobId: string): WorkRefusal =>
  new WorkRefusal(
    "already_ended",
    `The job ${jobId} takes no more rows: it has ended, was asked to stop, or is being sent once more. Read it to see how it went.`,
  );

export class JobStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #nudge: () => void;

  /** @param nudge told when there is something to do */
  constructor(database: Database, clock: Clock, nudge: () => void) {
    this.#database = database;
    this.#clock = clock;
    this.#nudge = nudge;
  }

  /** Makes a job, or goes on with one that was begun. @throws WorkRefusal */
  async upload(request: JobRequest): Promise<Upload> {
    const { jobId, list, principal, options } = request;
    const requestHash = hash("sha256", JSON.stringify([principal.keyId, list, options]), "hex");
    if ((await this.find(jobId)) === null) {
      const { rows } = await this.#database.query<{ count: number }>(sql.countOpen);
      if (Number(rows[0]!.count) >= jobLimits.openMax)
        throw new WorkRefusal(
          "overloaded",
          `${jobLimits.openMax} jobs are open. Wait until one has ended, or cancel one, and send it again.`,
        );
      await this.#database.query(sql.insertJob({ ...request, requestHash }));
    }
    const { rows } = await this.#database.query<sql.JobRow>(sql.beginUpload(jobId));
    const [job] = rows;
    if (job === undefined || job.request_hash !== requestHash) throw otherRequest(jobId);
    return new Upload(this.#database, this.#clock, this.#nudge, job);
  }

  /** @returns null when there is none */
  async find(jobId: string): Promise<sql.JobRow | null> {
    const { rows } = await this.#database.query<sql.JobRow>(sql.selectJob(jobId));
    return rows[0] ?? null;
  }

  /** @throws WorkRefusal */
  async get(jobId: string): Promise<sql.JobRow> {
    const job = await this.find(jobId);
    if (job !== null) return job;
    throw new WorkRefusal(
      "not_found",
      `There is no job ${jobId}. Check the id; jobs are forgotten ${jobLimits.keptDays} days after they ended.`,
    );
  }

  async list(
    status: string | null,
    before: readonly unknown[] | null,
    limit: number,
  ): Promise<{ readonly rows: readonly sql.JobRow[]; readonly next: readonly unknown[] | null }> {
    const { rows } = await this.#database.query<sql.JobRow>(sql.listJobs(status, before, limit + 1));
    const last = rows[limit - 1];
    return {
      rows: rows.slice(0, limit),
      next: rows.length > limit && last !== undefined ? [last.created_at, last.job_id] : null,
    };
  }

  /** Asks a job to stop. @throws WorkRefusal */
  async cancel(request: KeyedRequest, jobId: string): Promise<{ readonly isReplayed: boolean }> {
    const { isReplayed } = await remembered(this.#database, request, async (connection) => {
      const job = await this.get(jobId);
      const { rowCount } = await connection.query(sql.cancelJob(jobId));
      if (rowCount === 0 && job.ended_at !== null && job.status !== "cancelled") throw ended(jobId);
      return { jobId };
    });
    this.#nudge();
    return { isReplayed };
  }

  /** Verdicts behind a row, as lines of JSON: some hundred at a time. @param isRejectedOnly leaves out stretches without any */
  async results(jobId: string, afterRow: number, isRejectedOnly: boolean, stretches: number): Promise<string[]> {
    const { rows } = await this.#database.query<sql.ResultRow>(
      sql.selectResults(jobId, afterRow, isRejectedOnly, stretches),
    );
    return rows.flatMap(({ verdicts, first_row: first }) =>
      verdicts.split("\n").slice(first <= afterRow ? afterRow - first + 1 : 0),
    );
  }

  async open(): Promise<{ readonly jobs: number; readonly bytes: number }> {
    const { rows } = await this.#database.query<{ jobs: number; bytes: number }>(sql.sumOpen);
    return rows[0]!;
  }
}

/** Rows of a job as they come in, from the first one on: those that are there already are compared, the others are kept. */
export class Upload {
  readonly #database: Queryable;
  readonly #clock: Clock;
  readonly #nudge: () => void;
  readonly #job: sql.JobRow;
  #rows = 0;
  #digest = "";

  constructor(database: Queryable, clock: Clock, nudge: () => void, job: sql.JobRow) {
    this.#database = database;
    this.#clock = clock;
    this.#nudge = nudge;
    this.#job = job;
  }

  /** Takes rows, at most `rowsPerChunk`; resolves when they are kept and there is room for more. @throws WorkRefusal */
  async take(rows: readonly KeptRow[]): Promise<void> {
    const { job_id: jobId, rows_in: known, upload_token: uploadToken } = this.#job;
    const added: string[] = [];
    for (const row of rows) {
      const text = JSON.stringify(row);
      this.#digest = createHash("sha256").update(this.#digest).update(text).digest("hex");
      this.#rows += 1;
      if (this.#rows > known) added.push(text);
      else if (this.#rows === known) this.#requireSame();
    }
    if (added.length === 0) return;
    if (this.#job.is_complete) throw otherRequest(jobId);
    const chunk = { rows: `[${added.join(",")}]`, rowCount: added.length, digest: this.#digest };
    const { rows: taken } = await this.#database.query<{ waiting_bytes: number }>(
      sql.appendChunk(jobId, uploadToken, chunk),
    );
    if (taken[0] === undefined) throw ended(jobId);
    this.#nudge();
    if (taken[0].waiting_bytes > jobLimits.waitingBytesMax) await this.#room();
  }

  /** Says that there are no more rows. @throws WorkRefusal */
  async complete(): Promise<void> {
    const { job_id: jobId, rows_in: known, upload_token: uploadToken, is_complete: isComplete } = this.#job;
    if (this.#rows < known) throw otherRequest(jobId);
    if (isComplete) return;
    const { rowCount } = await this.#database.query(sql.completeInput(jobId, uploadToken));
    if (rowCount === 0) throw ended(jobId);
    this.#nudge();
  }

  #requireSame(): void {
    if (this.#digest !== this.#job.input_digest) throw otherRequest(this.#job.job_id);
  }

  /** The journal takes rows more slowly than they come in. */
  async #room(): Promise<void> {
    const { job_id: jobId } = this.#job;
    const startedAtMs = this.#clock.monotonicMs();
    for (;;) {
      const { rows } = await this.#database.query<{ waiting_bytes: number; status: JobStatus }>(
        sql.waitingBytes(jobId),
      );
      if (rows[0]?.status !== "receiving") throw ended(jobId);
      if (rows[0].waiting_bytes <= jobLimits.waitingBytesMax) return;
      if (this.#clock.monotonicMs() - startedAtMs > jobLimits.roomWaitMsMax)
        throw new WorkRefusal(
          "overloaded",
          "Rows come in faster than they can be applied. Wait, and send the whole file again under the same id: it is gone on with.",
        );
      await new Promise<void>((resolve) => void this.#clock.after(jobLimits.roomLookMs, resolve));
    }
  }
}
