/** Statements of jobs: rows that come in, who works on them, and what came of them. */
import type { Statement } from "../../db/pool.ts";

export interface JobRow {
  readonly job_id: string;
  readonly list: string;
  readonly status: string;
  readonly principal: { readonly keyId: string; readonly name: string; readonly role: string };
  readonly options: object;
  readonly request_hash: string;
  readonly request_id: string;
  readonly traceparent: string | null;
  readonly upload_token: number;
  readonly rows_in: number;
  readonly chunks_in: number;
  readonly is_complete: boolean;
  readonly input_digest: string;
  readonly chunks_done: number;
  readonly rows_done: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly valid: number;
  readonly problem: object | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly ended_at: number | null;
}

const columns = `j.job_id, j.list, j.status, j.principal, j.options, j.request_hash, j.request_id, j.traceparent, j.upload_token,
  j.rows_in, j.chunks_in, j.is_complete, j.input_digest, j.chunks_done, j.rows_done, j.applied, j.duplicate, j.rejected, j.valid,
  j.problem, j.created_at, j.updated_at, j.ended_at`;

/** One moment for a row: as callers are shown it. */
const now = "date_trunc('milliseconds', clock_timestamp())";

/** How many jobs have not ended. */
export const countOpen: Statement = { text: "SELECT count(*) AS count FROM job WHERE ended_at IS NULL" };

export interface NewJob {
  readonly jobId: string;
  readonly list: string;
  readonly principal: object;
  readonly options: object;
  readonly requestHash: string;
  readonly requestId: string;
  readonly traceparent: string | null;
}

/** Makes a job, unless there is one. */
export const insertJob = (job: NewJob): Statement => ({
  text: `INSERT INTO job (job_id, list, status, principal, options, request_hash, request_id, traceparent, created_at, updated_at)
         VALUES ($1, $2, 'receiving', $3, $4, $5, $6, $7, ${now}, ${now}) ON CONFLICT DO NOTHING`,
  values: [
    job.jobId,
    job.list,
    JSON.stringify(job.principal),
    JSON.stringify(job.options),
    job.requestHash,
    job.requestId,
    job.traceparent,
  ],
});

/** Begins an upload: one that is still under way can add nothing more. */
export const beginUpload = (jobId: string): Statement => ({
  text: `UPDATE job j SET upload_token = j.upload_token + 1, updated_at = CASE WHEN j.ended_at IS NULL THEN ${now} ELSE j.updated_at END
         WHERE j.job_id = $1 RETURNING ${columns}`,
  values: [jobId],
});

export interface Chunk {
  readonly rows: string;
  readonly rowCount: number;
  /** Digest of all rows up to its end. */
  readonly digest: string;
}

/** Adds rows; none when another upload has begun or the job takes no more. */
export const appendChunk = (jobId: string, uploadToken: number, { rows, rowCount, digest }: Chunk): Statement => ({
  name: "append_job_chunk",
  text: `WITH taken AS (
           UPDATE job SET rows_in = rows_in + $4, chunks_in = chunks_in + 1, input_digest = $5,
             waiting_bytes = waiting_bytes + octet_length($3), updated_at = ${now}
           WHERE job_id = $1 AND upload_token = $2 AND status = 'receiving'
           RETURNING chunks_in - 1 AS chunk, waiting_bytes),
         stored AS (INSERT INTO job_chunk (job_id, chunk, rows) SELECT $1, chunk, $3 FROM taken)
         SELECT waiting_bytes FROM taken`,
  values: [jobId, uploadToken, rows, rowCount, digest],
});

/** Says that all rows are there. */
export const completeInput = (jobId: string, uploadToken: number): Statement => ({
  text: `UPDATE job SET is_complete = true, status = 'running', updated_at = ${now}
         WHERE job_id = $1 AND upload_token = $2 AND status = 'receiving'`,
  values: [jobId, uploadToken],
});

/** Bytes of a job's rows that wait. */
export const waitingBytes = (jobId: string): Statement => ({
  text: "SELECT waiting_bytes, status FROM job WHERE job_id = $1",
  values: [jobId],
});

/** One job. */
export const selectJob = (jobId: string): Statement => ({
  text: `SELECT ${columns} FROM job j WHERE j.job_id = $1`,
  values: [jobId],
});

/** A page of jobs, newest first. @param before (created at in ms, id) of the last one before, or null */
export function listJobs(status: string | null, before: readonly unknown[] | null, limit: number): Statement {
  const values: unknown[] = [limit];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where: string[] = ["true"];
  if (status !== null) where.push(`j.status = ${bind(status)}`);
  if (before !== null)
    where.push(
      `(j.created_at, j.job_id) < (to_timestamp(${bind(before[0])}::double precision / 1000), ${bind(before[1])})`,
    );
  return {
    text: `SELECT ${columns} FROM job j WHERE ${where.join(" AND ")} ORDER BY j.created_at DESC, j.job_id DESC LIMIT $1`,
    values,
  };
}

/** Asks a job to stop; what nobody works on has stopped. */
export const cancelJob = (jobId: string): Statement => ({
  text: `UPDATE job SET updated_at = ${now},
           status = CASE WHEN holder IS NULL THEN 'cancelled' ELSE 'cancelling' END,
           ended_at = CASE WHEN holder IS NULL THEN ${now} END
         WHERE job_id = $1 AND ended_at IS NULL AND status <> 'cancelling' RETURNING job_id`,
  values: [jobId],
});

export interface ClaimedRow extends JobRow {
  readonly token: number;
  /** Whether everything that was handed over before is recorded. */
  readonly was_clean: boolean;
}

/** Takes the job that has waited longest and has something to do. */
export const claimJob = (holder: string, leaseMs: number): Statement => ({
  text: `UPDATE job j SET holder = $1, token = j.token + 1, is_clean = false, worked_at = clock_timestamp(),
           lease_until = clock_timestamp() + make_interval(secs => $2::double precision / 1000)
         FROM (SELECT job_id, is_clean FROM job
               WHERE ended_at IS NULL AND (lease_until IS NULL OR lease_until < clock_timestamp())
                 AND (chunks_in > chunks_done OR is_complete OR status = 'cancelling')
               ORDER BY worked_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED) due
         WHERE j.job_id = due.job_id RETURNING ${columns}, j.token, due.is_clean AS was_clean`,
  values: [holder, leaseMs],
});

export interface ChunkRow {
  readonly chunk: number;
  readonly rows: string;
}

/** The next rows that wait. */
export const selectChunks = (jobId: string, from: number, limit: number): Statement => ({
  name: "select_job_chunks",
  text: "SELECT chunk, rows FROM job_chunk WHERE job_id = $1 AND chunk >= $2 ORDER BY chunk LIMIT $3",
  values: [jobId, from, limit],
});

export interface ChunkResult {
  readonly chunk: number;
  readonly firstRow: number;
  readonly lastRow: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly valid: number;
  /** A line for each row. */
  readonly verdicts: string;
}

/** Records what came of rows, in their order; no row when the job is another holder's now. */
export const recordChunk = (jobId: string, token: number, leaseMs: number, result: ChunkResult): Statement => ({
  name: "record_job_chunk",
  text: `WITH gone AS (SELECT octet_length(rows) AS bytes FROM job_chunk WHERE job_id = $1 AND chunk = $4),
         held AS (
           UPDATE job SET chunks_done = chunks_done + 1, rows_done = rows_done + $6 - $5 + 1, applied = applied + $7,
             duplicate = duplicate + $8, rejected = rejected + $9, valid = valid + $10, failures = 0,
             waiting_bytes = waiting_bytes - coalesce((SELECT bytes FROM gone), 0), updated_at = ${now},
             lease_until = clock_timestamp() + make_interval(secs => $3::double precision / 1000)
           WHERE job_id = $1 AND token = $2 AND chunks_done = $4 AND ended_at IS NULL RETURNING status),
         stored AS (
           INSERT INTO job_result (job_id, chunk, first_row, last_row, rejected, verdicts)
           SELECT $1, $4, $5, $6, $9, $11 FROM held),
         freed AS (DELETE FROM job_chunk WHERE job_id = $1 AND chunk = $4 AND EXISTS (SELECT FROM held))
         SELECT status FROM held`,
  values: [
    jobId,
    token,
    leaseMs,
    result.chunk,
    result.firstRow,
    result.lastRow,
    result.applied,
    result.duplicate,
    result.rejected,
    result.valid,
    result.verdicts,
  ],
});

/** Ends a job that has nothing more to do, or was asked to stop. */
export const finishJob = (jobId: string, token: number): Statement => ({
  text: `UPDATE job SET status = CASE WHEN status = 'cancelling' THEN 'cancelled' ELSE 'done' END, ended_at = ${now},
           updated_at = ${now}, holder = NULL, lease_until = NULL, is_clean = true
         WHERE job_id = $1 AND token = $2 AND ended_at IS NULL
           AND (status = 'cancelling' OR (is_complete AND chunks_done = chunks_in)) RETURNING status`,
  values: [jobId, token],
});

/** Gives a job back. @param isClean whether all that was handed over is recorded */
export const releaseJob = (jobId: string, token: number, isClean: boolean): Statement => ({
  text: "UPDATE job SET holder = NULL, lease_until = NULL, is_clean = $3 WHERE job_id = $1 AND token = $2",
  values: [jobId, token, isClean],
});

/** Gives a job back for a while after a failure; the last one of many ends it. */
export const failJob = (
  jobId: string,
  token: number,
  options: { readonly failuresMax: number; readonly pauseMs: number; readonly problem: object },
): Statement => ({
  text: `UPDATE job SET failures = failures + 1, holder = NULL, is_clean = false, updated_at = ${now},
           lease_until = clock_timestamp() + make_interval(secs => $4::double precision / 1000),
           status = CASE WHEN failures + 1 >= $3 THEN 'failed' ELSE status END,
           ended_at = CASE WHEN failures + 1 >= $3 THEN ${now} END, problem = CASE WHEN failures + 1 >= $3 THEN $5::json END
         WHERE job_id = $1 AND token = $2 AND ended_at IS NULL`,
  values: [jobId, token, options.failuresMax, options.pauseMs, JSON.stringify(options.problem)],
});

export interface ResultRow {
  readonly first_row: number;
  readonly last_row: number;
  readonly verdicts: string;
}

/** Verdicts behind a row. @param isRejectedOnly only where a row was rejected */
export const selectResults = (jobId: string, afterRow: number, isRejectedOnly: boolean, limit: number): Statement => ({
  text: `SELECT first_row, last_row, verdicts FROM job_result
         WHERE job_id = $1 AND last_row > $2 ${isRejectedOnly ? "AND rejected > 0" : ""} ORDER BY last_row LIMIT $3`,
  values: [jobId, afterRow, limit],
});

/** Gives up uploads that do not go on, at most `limit`. */
export const abandonUploads = (days: number, limit: number): Statement => ({
  text: `UPDATE job SET status = 'failed', ended_at = ${now}, updated_at = ${now}, holder = NULL, token = token + 1,
           problem = json_build_object('code', 'validation_failed', 'title', 'The request is not valid',
             'detail', 'The rest of the rows never came. Send the file again under another id, or its rest by itself.')
         WHERE ctid = ANY(ARRAY(SELECT ctid FROM job WHERE ended_at IS NULL AND status = 'receiving' AND chunks_in = chunks_done
           AND updated_at < now() - make_interval(days => $1::integer) LIMIT $2))`,
  values: [days, limit],
});

const overdue =
  (table: string) =>
  (days: number, limit: number): Statement => ({
    text: `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT t.ctid FROM ${table} t JOIN job j ON j.job_id = t.job_id
           WHERE j.ended_at < now() - make_interval(days => $1::integer) LIMIT $2))`,
    values: [days, limit],
  });

/** Forgets verdicts of jobs that ended long ago, at most `limit` times some hundred. */
export const clearResults = overdue("job_result");

/** Forgets rows that were never applied, of jobs that ended long ago. */
export const clearChunks = overdue("job_chunk");

/** Forgets jobs that ended long ago and have nothing left. */
export const clearJobs = (days: number, limit: number): Statement => ({
  text: `DELETE FROM job WHERE ctid = ANY(ARRAY(SELECT j.ctid FROM job j WHERE j.ended_at < now() - make_interval(days => $1::integer)
           AND NOT EXISTS (SELECT FROM job_result r WHERE r.job_id = j.job_id)
           AND NOT EXISTS (SELECT FROM job_chunk c WHERE c.job_id = j.job_id) LIMIT $2))`,
  values: [days, limit],
});

/** What is open, for the metrics. */
export const sumOpen: Statement = {
  text: `SELECT count(*) AS jobs, coalesce(sum(waiting_bytes), 0)::bigint AS bytes FROM job WHERE ended_at IS NULL`,
};
