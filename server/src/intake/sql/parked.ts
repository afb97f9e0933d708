/** Statements on lines that wait because they could not be applied. */
import { bigintColumn, integerColumn, textColumn, timestampColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { intakeLimits } from "../intake-limits.ts";
import type { IntakeLine, IntakeOrigin, IntakeProblem, IntakeResult, ParkedReason } from "../intake-line.ts";

export type ParkedState = "open" | "applied" | "discarded";

/** One thing that was done with a parked line. */
export interface ParkedStep {
  readonly at: string;
  readonly by: string;
  readonly did: "parked" | "assigned" | "retried" | "applied" | "discarded";
  readonly note?: string;
}

/** What of an origin is kept with its line: all but the request that brought it. */
export type KeptOrigin = Omit<IntakeOrigin, "context" | "kind" | "id">;

export interface ParkedRow {
  readonly parked_id: string;
  readonly origin_kind: "source" | "device";
  readonly origin_id: string;
  readonly operation_id: string;
  readonly reason: ParkedReason;
  readonly code: string | null;
  readonly line: IntakeLine;
  readonly origin: KeptOrigin;
  readonly owner: string | null;
  readonly state: ParkedState;
  readonly tries: number;
  readonly problem: IntakeProblem;
  readonly result: Omit<IntakeResult, "applied"> | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly history: readonly ParkedStep[];
}

const columns = `p.parked_id, p.origin_kind, p.origin_id, p.operation_id, p.reason, p.code, p.line, p.origin, p.owner, p.state, p.tries,
  p.problem, p.result, p.created_at, p.updated_at, p.history`;
const now = "date_trunc('milliseconds', clock_timestamp())";

/** The history with one step more, bounded: the first step stays, for it says how the line came. */
const longer = (step: string): string =>
  `CASE WHEN jsonb_array_length(p.history) >= ${intakeLimits.historyStepsMax} THEN p.history - 1 ELSE p.history END || ${step}`;
const stepNow = (by: string, did: string, note: string): string =>
  `jsonb_strip_nulls(jsonb_build_object('at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'by', ${by}::text, 'did', ${did}, 'note', ${note}::text))`;

export interface NewParked {
  readonly parkedId: string;
  readonly operationId: string;
  readonly reason: ParkedReason;
  readonly code: string | null;
  readonly line: IntakeLine;
  readonly tries: number;
  readonly problem: IntakeProblem;
  readonly arrivedAtMs: number;
}

/** Parks lines; those of operations that are parked already are left as they are. */
export const insertParked = (
  kind: string,
  id: string,
  origin: KeptOrigin,
  by: string,
  lines: readonly NewParked[],
): Statement => ({
  text: `INSERT INTO parked_line AS p (parked_id, origin_kind, origin_id, operation_id, reason, code, line, origin, state, tries, problem, created_at, updated_at, history)
         SELECT u.parked_id, $1, $2, u.operation_id, u.reason, u.code, u.line::jsonb, $3::jsonb, 'open', u.tries, u.problem::jsonb, u.arrived_at, ${now},
           jsonb_build_array(${stepNow("$4", "'parked'", "u.reason")})
         FROM unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::integer[], $11::text[], $12::timestamptz[])
           u(parked_id, operation_id, reason, code, line, tries, problem, arrived_at)
         ON CONFLICT (origin_kind, origin_id, operation_id) DO NOTHING RETURNING p.parked_id`,
  values: [
    kind,
    id,
    JSON.stringify(origin),
    by,
    textColumn(lines, (line) => line.parkedId),
    textColumn(lines, (line) => line.operationId),
    textColumn(lines, (line) => line.reason),
    textColumn(lines, (line) => line.code),
    textColumn(lines, (line) => JSON.stringify(line.line)),
    integerColumn(lines, (line) => line.tries),
    textColumn(lines, (line) => JSON.stringify(line.problem)),
    timestampColumn(lines, (line) => line.arrivedAtMs),
  ],
});

/** The parked lines of some operations. */
export const selectParkedOf = (kind: string, id: string, operationIds: readonly string[]): Statement => ({
  name: "parked_of",
  text: `SELECT ${columns} FROM parked_line p WHERE p.origin_kind = $1 AND p.origin_id = $2 AND p.operation_id = ANY($3::text[])`,
  values: [kind, id, textColumn(operationIds, (operationId) => operationId)],
});

export interface SettledParked {
  readonly parkedId: string;
  readonly result: Omit<IntakeResult, "applied">;
}

/** Lines that were applied; the journal has them, so it holds whatever was said of them meanwhile. */
export const settleParked = (by: string, settled: readonly SettledParked[]): Statement => ({
  text: `UPDATE parked_line p SET state = 'applied', result = u.result::jsonb, updated_at = ${now},
           history = ${longer(stepNow("$1", "'applied'", "NULL"))}
         FROM unnest($2::text[], $3::text[]) u(parked_id, result) WHERE p.parked_id = u.parked_id AND p.state <> 'applied'`,
  values: [
    by,
    textColumn(settled, (each) => each.parkedId),
    textColumn(settled, (each) => JSON.stringify(each.result)),
  ],
});

export interface RefusedParked {
  readonly parkedId: string;
  readonly reason: ParkedReason;
  readonly code: string | null;
  readonly problem: IntakeProblem;
  /** Tries before this one, and behind it. */
  readonly triesBefore: number;
  readonly tries: number;
}

/** Lines that were tried and go on waiting; of a try that others were quicker with nothing is written down. */
export const refuseParked = (by: string, refused: readonly RefusedParked[]): Statement => ({
  text: `UPDATE parked_line p SET reason = u.reason, code = u.code, problem = u.problem::jsonb, tries = u.tries, updated_at = ${now},
           history = ${longer(stepNow("$1", "'retried'", "u.reason"))}
         FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[]) u(parked_id, reason, code, problem, tries_before, tries)
         WHERE p.parked_id = u.parked_id AND p.state = 'open' AND p.tries = u.tries_before`,
  values: [
    by,
    textColumn(refused, (each) => each.parkedId),
    textColumn(refused, (each) => each.reason),
    textColumn(refused, (each) => each.code),
    textColumn(refused, (each) => JSON.stringify(each.problem)),
    bigintColumn(refused, (each) => each.triesBefore),
    bigintColumn(refused, (each) => each.tries),
  ],
});

/** Which parked lines are meant; absent members do not narrow it. */
export interface ParkedFilter {
  readonly state?: ParkedState | null;
  readonly originKind?: string | null;
  readonly originId?: string | null;
  readonly reason?: string | null;
  readonly code?: string | null;
  readonly owner?: string | null;
}

/** A page of parked lines, oldest first. @param after id of the last one before, or null */
export function listParked(filter: ParkedFilter, after: string | null, limit: number): Statement {
  const values: unknown[] = [limit];
  const where: string[] = [];
  const add = (column: string, operator: string, value: unknown): void => {
    if (value !== undefined && value !== null) where.push(`p.${column} ${operator} $${values.push(value)}`);
  };
  // Written out, so that the index of open lines serves it.
  if (filter.state === "open") where.push("p.state = 'open'");
  else add("state", "=", filter.state);
  add("origin_kind", "=", filter.originKind);
  add("origin_id", "=", filter.originId);
  add("reason", "=", filter.reason);
  add("code", "=", filter.code);
  add("owner", "=", filter.owner);
  add("parked_id", ">", after);
  const condition = where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
  return { text: `SELECT ${columns} FROM parked_line p ${condition} ORDER BY p.parked_id LIMIT $1`, values };
}

/** Some parked lines by id. */
export const selectParked = (parkedIds: readonly string[]): Statement => ({
  text: `SELECT ${columns} FROM parked_line p WHERE p.parked_id = ANY($1::text[]) ORDER BY p.parked_id`,
  values: [textColumn(parkedIds, (parkedId) => parkedId)],
});

/** Locks a parked line until the transaction ends. */
export const lockParked = (parkedId: string): Statement => ({
  text: `SELECT ${columns} FROM parked_line p WHERE p.parked_id = $1 FOR UPDATE`,
  values: [parkedId],
});

/** Gives a line to somebody, or to nobody. */
export const assignParked = (parkedId: string, owner: string | null, by: string, note: string | null): Statement => ({
  text: `UPDATE parked_line p SET owner = $2, updated_at = ${now}, history = ${longer(stepNow("$3", "'assigned'", "coalesce($4, $2)"))}
         WHERE p.parked_id = $1`,
  values: [parkedId, owner, by, note],
});

/** Gives a line up. */
export const discardParked = (parkedId: string, by: string, note: string | null): Statement => ({
  text: `UPDATE parked_line p SET state = 'discarded', updated_at = ${now}, history = ${longer(stepNow("$2", "'discarded'", "$3"))}
         WHERE p.parked_id = $1`,
  values: [parkedId, by, note],
});

/** Open lines whose code is mapped by now, oldest first; at most `limit`. @param sourceId those that use its codes, or null for all */
export const selectMapped = (sourceId: string | null, limit: number): Statement => ({
  text: `SELECT ${columns} FROM parked_line p
         WHERE p.state = 'open' AND p.reason IN ('unmapped_product', 'unmapped_location') AND ($1::text IS NULL OR p.origin->>'codesOf' = $1)
           AND EXISTS (SELECT FROM source_code c WHERE c.source_id = p.origin->>'codesOf'
             AND c.kind = CASE p.reason WHEN 'unmapped_product' THEN 0 ELSE 1 END AND c.code = p.code)
         ORDER BY p.parked_id LIMIT $2`,
  values: [sourceId, limit],
});

/** SKUs that open lines wait for, after one of them; at most `limit`. */
export const selectAwaitedSkus = (after: string, limit: number): Statement => ({
  text: `SELECT DISTINCT p.code FROM parked_line p
         WHERE p.state = 'open' AND p.reason = 'unknown_product' AND p.code > $1 ORDER BY p.code LIMIT $2`,
  values: [after, limit],
});

/** Open lines that wait for one of some SKUs, oldest first. */
export const selectAwaiting = (skus: readonly string[], limit: number): Statement => ({
  text: `SELECT ${columns} FROM parked_line p
         WHERE p.state = 'open' AND p.reason = 'unknown_product' AND p.code = ANY($1::text[]) ORDER BY p.parked_id LIMIT $2`,
  values: [textColumn(skus, (sku) => sku), limit],
});

/** How many lines are open, by reason. */
export const countOpen = (): Statement => ({
  text: "SELECT reason, count(*)::integer AS lines FROM parked_line WHERE state = 'open' GROUP BY reason",
});

export interface UntoldRow {
  readonly parked_id: string;
  readonly origin_kind: string;
  readonly origin_id: string;
  readonly reason: ParkedReason;
  readonly code: string | null;
}

/** Lines of which the journal has not told yet, oldest first. */
export const selectUntold = (limit: number): Statement => ({
  text: `SELECT parked_id, origin_kind, origin_id, reason, code FROM parked_line WHERE told_at IS NULL ORDER BY parked_id LIMIT $1`,
  values: [limit],
});

/** The journal has told of some lines. */
export const markTold = (parkedIds: readonly string[]): Statement => ({
  text: `UPDATE parked_line SET told_at = ${now} WHERE parked_id = ANY($1::text[])`,
  values: [textColumn(parkedIds, (parkedId) => parkedId)],
});
