/** Statements on count sessions. Whoever changes one or its lines locks its row first. */
import type { CountSessionStatus } from "@onhand/protocol/counts";
import type { Statement } from "../../db/pool.ts";

export interface SessionRow {
  readonly session_id: string;
  readonly location_id: string;
  readonly status: CountSessionStatus;
  readonly is_blind: boolean;
  readonly reference: string | null;
  readonly version: number;
  readonly next_line: number;
  readonly created_by: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly posted_by: string | null;
  readonly ended_at: number | null;
  /** Rounds of posting that were begun. */
  readonly posting: number;
}

/** With how many lines it has, by what came of them. */
export interface ShownSession extends SessionRow {
  readonly lines: number;
  readonly pending: number;
  readonly applied: number;
  readonly contained: number;
  readonly review: number;
  readonly rejected: number;
}

const columns = `s.session_id, s.location_id, s.status, s.is_blind, s.reference, s.version, s.next_line, s.created_by, s.created_at,
  s.updated_at, s.posted_by, s.ended_at, s.posting`;
const now = "date_trunc('milliseconds', clock_timestamp())";
const lineCounts = `CROSS JOIN LATERAL (
  SELECT count(*)::integer AS lines, count(*) FILTER (WHERE verdict IS NULL)::integer AS pending,
    count(*) FILTER (WHERE verdict = 'applied')::integer AS applied, count(*) FILTER (WHERE verdict = 'contained')::integer AS contained,
    count(*) FILTER (WHERE verdict = 'review')::integer AS review, count(*) FILTER (WHERE verdict = 'rejected')::integer AS rejected
  FROM count_line l WHERE l.session_id = s.session_id) c`;

/** Lets sessions at a location be opened one after another: the next statement sees those that were opened meanwhile. */
export const lockLocation = (locationId: string): Statement => ({
  text: "SELECT FROM location WHERE location_id = $1 FOR NO KEY UPDATE",
  values: [locationId],
});

/** The life of a location, and how many sessions there have not ended. */
export const locationForSession = (locationId: string): Statement => ({
  text: `SELECT l.life, (SELECT count(*)::integer FROM count_session s WHERE s.location_id = l.location_id AND s.ended_at IS NULL) AS open
         FROM location l WHERE l.location_id = $1`,
  values: [locationId],
});

/** Opens a session. */
export const insertSession = (
  sessionId: string,
  locationId: string,
  isBlind: boolean,
  reference: string | null,
  by: string,
): Statement => ({
  text: `INSERT INTO count_session (session_id, location_id, status, is_blind, reference, version, next_line, created_by, created_at, updated_at)
         VALUES ($1, $2, 'open', $3, $4, 1, 1, $5, ${now}, ${now})`,
  values: [sessionId, locationId, isBlind, reference, by],
});

/** Locks a session until the transaction ends. */
export const lockSession = (sessionId: string): Statement => ({
  name: "count_lock_session",
  text: `SELECT ${columns} FROM count_session s WHERE s.session_id = $1 FOR UPDATE`,
  values: [sessionId],
});

/** Records that a session or its lines changed; its row is locked. @param lines how many lines were added */
export const touchSession = (sessionId: string, lines: number): Statement => ({
  text: `UPDATE count_session SET version = version + 1, next_line = next_line + $2, updated_at = ${now} WHERE session_id = $1`,
  values: [sessionId, lines],
});

/** Gives a session another status than posting; its row is locked. */
export const setStatus = (sessionId: string, status: Exclude<CountSessionStatus, "posting">): Statement => ({
  text: `UPDATE count_session SET status = $2, version = version + 1, updated_at = ${now},
           ended_at = CASE WHEN $2 IN ('posted', 'cancelled') THEN ${now} END
         WHERE session_id = $1`,
  values: [sessionId, status],
});

/** Begins another round of posting; its row is locked. @param by who has it posted; the first stays */
export const startPosting = (sessionId: string, by: string): Statement => ({
  text: `UPDATE count_session SET status = 'posting', posting = posting + 1, version = version + 1, updated_at = ${now},
           posted_by = coalesce(posted_by, $2)
         WHERE session_id = $1 RETURNING posting`,
  values: [sessionId, by],
});

/** One session. */
export const selectSession = (sessionId: string): Statement => ({
  name: "count_select_session",
  text: `SELECT ${columns}, c.* FROM count_session s ${lineCounts} WHERE s.session_id = $1`,
  values: [sessionId],
});

/** A page of sessions, newest first. @param before id of the last one of the page before, or null */
export function listSessions(
  filter: { readonly locationId: string | null; readonly status: string | null },
  before: string | null,
  limit: number,
): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ["true"];
  if (filter.locationId !== null) where.push(`s.location_id = ${bind(filter.locationId)}`);
  if (filter.status !== null) where.push(`s.status = ${bind(filter.status)}`);
  if (before !== null) where.push(`s.session_id < ${bind(before)}`);
  return {
    text: `SELECT ${columns}, c.* FROM count_session s ${lineCounts} WHERE ${where.join(" AND ")} ORDER BY s.session_id DESC LIMIT ${bind(limit)}`,
    values,
  };
}
