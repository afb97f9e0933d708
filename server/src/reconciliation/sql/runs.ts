/** Statements of reconciliations that somebody asked for. */
import type { CheckKind, StatementReport } from "@onhand/protocol/reconciliation";
import type { Statement } from "../../db/pool.ts";
import type { Scope } from "../check.ts";

export type AskedScope = Scope & { readonly checks: readonly CheckKind[] };

/** How much was looked at and found, by check. */
export type Progress = Partial<Record<CheckKind, { readonly checked: number; readonly differences: number }>>;

export interface RunRow {
  readonly reconciliation_id: string;
  readonly status: "running" | "done" | "failed";
  readonly scope: AskedScope;
  readonly progress: Progress;
  readonly requested_by: string;
  readonly started_at: number;
  readonly updated_at: number;
  readonly ended_at: number | null;
  readonly problem: string | null;
  /** Of a statement that was uploaded; in lists it is left out. */
  readonly report?: StatementReport | null;
  /** Differences that are not closed now, of its checks. */
  readonly unclosed: number;
}

const now = "date_trunc('milliseconds', clock_timestamp())";
const columns = `r.reconciliation_id, r.status, r.scope, r.progress, r.requested_by, r.started_at, r.updated_at, r.ended_at, r.problem,
  (SELECT count(*)::integer FROM difference d WHERE d.state <> 'closed' AND r.scope->'checks' ? d.check_kind
     AND (r.scope->>'productId' IS NULL OR d.product_id = r.scope->>'productId')
     AND (r.scope->>'locationId' IS NULL OR d.location_id = r.scope->>'locationId')
     AND (r.scope->>'sourceId' IS NULL OR d.source_id = r.scope->>'sourceId')) AS unclosed`;

/** Begins one. */
export const insertRun = (reconciliationId: string, scope: AskedScope, by: string): Statement => ({
  text: `INSERT INTO reconciliation (reconciliation_id, status, scope, progress, requested_by, started_at, updated_at)
         VALUES ($1, 'running', $2::jsonb, '{}', $3, ${now}, ${now})`,
  values: [reconciliationId, JSON.stringify(scope), by],
});

/** Says how far it is. */
export const progressRun = (reconciliationId: string, progress: Progress): Statement => ({
  name: "progress_reconciliation",
  text: `UPDATE reconciliation SET progress = $2::jsonb, updated_at = ${now} WHERE reconciliation_id = $1 AND status = 'running'`,
  values: [reconciliationId, JSON.stringify(progress)],
});

/** @param problem why it failed, or null @param report of a statement's lines */
export const endRun = (
  reconciliationId: string,
  progress: Progress,
  problem: string | null,
  report: StatementReport | null = null,
): Statement => ({
  text: `UPDATE reconciliation SET status = CASE WHEN $3::text IS NULL THEN 'done' ELSE 'failed' END, problem = $3, progress = $2::jsonb,
           report = $4::json, updated_at = ${now}, ended_at = ${now} WHERE reconciliation_id = $1 AND status = 'running'`,
  values: [reconciliationId, JSON.stringify(progress), problem, report === null ? null : JSON.stringify(report)],
});

/** Those that have not said anything for so long: the server that did them is gone. */
export const endLostRuns = (lostMs: number, problem: string): Statement => ({
  text: `UPDATE reconciliation SET status = 'failed', problem = $2, ended_at = ${now}
         WHERE status = 'running' AND updated_at < clock_timestamp() - $1 * interval '1 millisecond'`,
  values: [lostMs, problem],
});

/** One, with what came of a statement. */
export const selectRun = (reconciliationId: string): Statement => ({
  text: `SELECT ${columns}, r.report FROM reconciliation r WHERE r.reconciliation_id = $1`,
  values: [reconciliationId],
});

/** The newest first: ids sort by age. */
export const listRuns = (before: string | null, limit: number): Statement => ({
  text: `SELECT ${columns} FROM reconciliation r WHERE $1::text IS NULL OR r.reconciliation_id < $1 ORDER BY r.reconciliation_id DESC LIMIT $2`,
  values: [before, limit],
});

/** Forgets those that ended so long ago. */
export const clearOldRuns = (days: number, limit: number): Statement => ({
  text: `DELETE FROM reconciliation WHERE reconciliation_id IN (SELECT reconciliation_id FROM reconciliation
           WHERE ended_at < clock_timestamp() - $1 * interval '1 day' LIMIT $2)`,
  values: [days, limit],
});

/** Forgets differences that have been gone for so long. */
export const clearOldDifferences = (days: number, limit: number): Statement => ({
  text: `DELETE FROM difference WHERE difference_id IN (SELECT difference_id FROM difference
           WHERE state = 'closed' AND closed_at < clock_timestamp() - $1 * interval '1 day' ORDER BY closed_at LIMIT $2)`,
  values: [days, limit],
});
