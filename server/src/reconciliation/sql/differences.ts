/** Statements of differences: what was found, what somebody said of it, and how it went. */
import type { CheckKind, DifferenceState } from "@onhand/protocol/reconciliation";
import type { Statement } from "../../db/pool.ts";

/** What somebody did to a difference, or what became of it. */
export interface HistoryStep {
  readonly atMs: number;
  readonly by: string;
  readonly did: string;
  readonly note: string | null;
}

/** `finding` as it is stored. */
export interface StoredFinding {
  readonly expected: Readonly<Record<string, number | string | null>>;
  readonly found: Readonly<Record<string, number | string | null>>;
  readonly firstSequence: number | null;
  readonly explanation: string;
  readonly driftKind: string | null;
  readonly movements: readonly {
    readonly sequence: number;
    readonly onHandDelta: number;
    readonly occurredAtMs: number;
    readonly recordedAtMs: number;
    readonly actor: string;
    readonly source: string | null;
  }[];
  /** Where both sides stood: what lies behind it may be what closed it. */
  readonly lastSequence: number | null;
  readonly asOfMs: number | null;
}

export interface ClosedBy {
  readonly kind: string;
  readonly detail: string;
  readonly sequence: number | null;
}

/** A correction that was tried: of what the source stated when, and the entry that it came to. */
export interface Corrected {
  readonly asOfMs: number | null;
  readonly sequence: number | null;
  readonly by: string;
}

export interface DifferenceRow {
  readonly difference_id: string;
  readonly check_kind: CheckKind;
  readonly subject: string;
  readonly partition: number | null;
  readonly product_id: string | null;
  readonly location_id: string | null;
  readonly source_id: string | null;
  readonly channel_id: string | null;
  readonly order_id: string | null;
  readonly sku: string | null;
  readonly state: DifferenceState;
  readonly owner: string | null;
  readonly units: number | null;
  readonly finding: StoredFinding;
  readonly found_at: number;
  readonly seen_at: number;
  readonly closed_at: number | null;
  readonly closed_by: ClosedBy | null;
  readonly corrected: Corrected | null;
  readonly told: number;
  readonly version: number;
  readonly history: readonly HistoryStep[];
}

const columns = `d.difference_id, d.check_kind, d.subject, d.partition, d.product_id, d.location_id, d.source_id, d.channel_id, d.order_id, p.sku,
  d.state, d.owner, d.units, d.finding, d.found_at, d.seen_at, d.closed_at, d.closed_by, d.corrected, d.told, d.version, d.history`;
const from = "difference d LEFT JOIN product p ON p.partition = d.partition AND p.product_id = d.product_id";

const now = "date_trunc('milliseconds', clock_timestamp())";

export interface NewDifference {
  readonly differenceId: string;
  readonly check: CheckKind;
  readonly subject: string;
  readonly partition: number | null;
  readonly productId: string | null;
  readonly locationId: string | null;
  readonly sourceId: string | null;
  readonly channelId: string | null;
  readonly orderId: string | null;
  readonly units: number | null;
  readonly finding: StoredFinding;
  readonly history: readonly HistoryStep[];
}

/** Adds one; no row when the subject has one that is not closed, or too many are not. */
export const insertDifference = (difference: NewDifference, unclosedMax: number): Statement => ({
  name: "insert_difference",
  text: `INSERT INTO difference (difference_id, check_kind, subject, partition, product_id, location_id, source_id, channel_id, order_id,
           state, units, finding, found_at, seen_at, version, history)
         SELECT $1, $2, $3, $4::integer, $5, $6, $7, $8, $9, 'open', $10::bigint, $11::jsonb, ${now}, ${now}, 1, $12::jsonb
         WHERE (SELECT count(*) FROM (SELECT FROM difference WHERE state <> 'closed' LIMIT $13) unclosed) < $13
         ON CONFLICT (check_kind, subject) WHERE state <> 'closed' DO NOTHING RETURNING difference_id`,
  values: [
    difference.differenceId,
    difference.check,
    difference.subject,
    difference.partition,
    difference.productId,
    difference.locationId,
    difference.sourceId,
    difference.channelId,
    difference.orderId,
    difference.units,
    JSON.stringify(difference.finding),
    JSON.stringify(difference.history),
    unclosedMax,
  ],
});

/** The one of a subject that is not closed. @param lock so that it stays so */
export const unclosedOf = (check: CheckKind, subject: string, lock: boolean): Statement => ({
  text: `SELECT ${columns} FROM ${from} WHERE d.check_kind = $1 AND d.subject = $2 AND d.state <> 'closed' ${lock ? "FOR UPDATE OF d" : ""}`,
  values: [check, subject],
});

/** One difference. @param lock so that it stays as it is */
export const selectDifference = (differenceId: string, lock: boolean): Statement => ({
  text: `SELECT ${columns} FROM ${from} WHERE d.difference_id = $1 ${lock ? "FOR UPDATE OF d" : ""}`,
  values: [differenceId],
});

export type DifferenceChange = Pick<
  DifferenceRow,
  "difference_id" | "state" | "owner" | "units" | "finding" | "corrected" | "closed_by" | "history"
>;

/** Writes one as it is now. @param isNews its version rises */
export const updateDifference = (row: DifferenceChange, isNews: boolean): Statement => ({
  name: "update_difference",
  text: `UPDATE difference SET state = $2, owner = $3, units = $4, finding = $5::jsonb, corrected = $6::jsonb, closed_by = $7::jsonb, history = $8::jsonb,
           closed_at = CASE WHEN $2 = 'closed' THEN coalesce(closed_at, ${now}) END, seen_at = ${now}, version = version + $9
         WHERE difference_id = $1`,
  values: [
    row.difference_id,
    row.state,
    row.owner,
    row.units,
    JSON.stringify(row.finding),
    row.corrected === null ? null : JSON.stringify(row.corrected),
    row.closed_by === null ? null : JSON.stringify(row.closed_by),
    JSON.stringify(row.history),
    isNews ? 1 : 0,
  ],
});

/** What was told of it in the journal. */
export const setTold = (differenceId: string, told: 1 | 2): Statement => ({
  text: "UPDATE difference SET told = $2 WHERE difference_id = $1",
  values: [differenceId, told],
});

/** Those that are not closed and were not looked at for the longest. */
export const longestUnseen = (beforeMs: number, rowsMax: number): Statement => ({
  name: "longest_unseen_differences",
  text: `SELECT ${columns} FROM ${from} WHERE d.state <> 'closed' AND d.seen_at < to_timestamp($1::double precision / 1000)
         ORDER BY d.seen_at, d.difference_id LIMIT $2`,
  values: [beforeMs, rowsMax],
});

/** Closed ones that were told of, and of which it was not told that they are gone. */
export const closedUntold = (rowsMax: number): Statement => ({
  name: "closed_untold_differences",
  text: `SELECT ${columns} FROM ${from} WHERE d.state = 'closed' AND d.told = 1 ORDER BY d.closed_at LIMIT $1`,
  values: [rowsMax],
});

/** How many are not closed, by check and state. */
export const countUnclosed = (): Statement => ({
  name: "count_unclosed_differences",
  text: "SELECT check_kind, state, count(*)::integer AS count FROM difference WHERE state <> 'closed' GROUP BY check_kind, state",
});

export interface DifferenceFilter {
  readonly state: DifferenceState | "unclosed";
  readonly check: CheckKind | null;
  readonly productId: string | null;
  readonly locationId: string | null;
  readonly sourceId: string | null;
  readonly owner: string | null;
}

/** A page: those that are not closed the oldest first, closed ones the last closed first. */
export function listDifferences(filter: DifferenceFilter, after: readonly unknown[] | null, limit: number): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const isClosed = filter.state === "closed";
  const time = isClosed ? "d.closed_at" : "d.found_at";
  const order = isClosed ? " DESC" : "";
  const where = [isClosed ? "d.state = 'closed'" : "d.state <> 'closed'"];
  if (filter.state !== "unclosed" && !isClosed) where.push(`d.state = ${bind(filter.state)}`);
  const equal: readonly [string, string | null][] = [
    ["check_kind", filter.check],
    ["product_id", filter.productId],
    ["location_id", filter.locationId],
    ["source_id", filter.sourceId],
    ["owner", filter.owner],
  ];
  for (const [column, value] of equal) if (value !== null) where.push(`d.${column} = ${bind(value)}`);
  if (after !== null) {
    const [atMs, differenceId] = after;
    const place = `(to_timestamp(${bind(atMs)}::double precision / 1000), ${bind(differenceId)}::text)`;
    where.push(`(${time}, d.difference_id) ${isClosed ? "<" : ">"} ${place}`);
  }
  return {
    text: `SELECT ${columns} FROM ${from} WHERE ${where.join(" AND ")} ORDER BY ${time}${order}, d.difference_id${order} LIMIT ${bind(limit)}`,
    values,
  };
}

/** The database's time, which says when a difference was looked at. */
export const databaseNow = (): Statement => ({ text: `SELECT ${now} AS now` });
