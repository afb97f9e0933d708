/** How jobs look in answers. */
import type { Job } from "@onhand/protocol/bulk";
import type { JobRow } from "../../jobs/job-store.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";

/** A job as callers see it. */
export const jobOf = (row: JobRow): Job => ({
  jobId: row.job_id,
  kind: "import",
  list: row.list,
  status: row.status,
  input: { rows: row.rows_in, complete: row.is_complete },
  rows: {
    done: row.rows_done,
    applied: row.applied,
    duplicate: row.duplicate,
    rejected: row.rejected,
    valid: row.valid,
  },
  problem: row.problem as Job["problem"],
  createdBy: row.principal.keyId,
  createdAt: formatRfc3339(row.created_at),
  updatedAt: formatRfc3339(row.updated_at),
  endedAt: row.ended_at === null ? null : formatRfc3339(row.ended_at),
});
