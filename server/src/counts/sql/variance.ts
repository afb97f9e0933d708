/** Statements that compare what was counted with what the journal says. */

import type { CountVerdict } from "@onhand/protocol/counts";
import { futureToleranceMs } from "@onhand/protocol/vocabulary";
import { limits } from "../../core/limits.ts";
import type { Statement } from "../../db/pool.ts";

export interface ComparedRow {
  readonly line: number;
  readonly partition: number;
  readonly product_id: string;
  readonly sku: string | null;
  readonly counted: number;
  readonly counted_at: number;
  readonly counted_by: string;
  readonly device_id: string | null;
  readonly verdict: CountVerdict | null;
  readonly sequence: number | null;
  readonly code: string | null;
  readonly detail: string | null;
  /** Units on hand now. */
  readonly on_hand: number;
  /** Units on hand that moved after the count; null for a line that was posted, or when too much moved to tell. */
  readonly moved_since: number | null;
  /** How a line that was posted differed when it was. */
  readonly posted_variance: number | null;
}

/**
 * Lines in order of their numbers, with what the journal says of each in the same moment: follows the entries of each
 * item back until they were recorded so long before the count that they cannot have occurred after it. Of a line that was
 * posted, its own entry says how it differed.
 */
export const compareLines = (
  sessionId: string,
  filter: { readonly verdict: CountVerdict | "pending" | null },
  afterLine: number,
  limit: number,
): Statement => ({
  name: "count_compare_lines",
  text: `SELECT l.line, l.partition, l.product_id, p.sku, l.counted, l.counted_at, l.counted_by, l.device_id, l.verdict, l.sequence, l.code, l.detail,
           coalesce(i.on_hand, 0) AS on_hand, CASE WHEN l.sequence IS NULL AND m.is_whole THEN m.moved END AS moved_since,
           coalesce((j.detail->'contained'->>'onHand')::bigint, j.on_hand_delta) AS posted_variance
         FROM (SELECT * FROM count_line WHERE session_id = $1 AND line > $2 AND ($3::text IS NULL OR coalesce(verdict, 'pending') = $3)
               ORDER BY line LIMIT $4) l
         JOIN count_session s ON s.session_id = l.session_id
         LEFT JOIN product p ON p.partition = l.partition AND p.product_id = l.product_id
         LEFT JOIN item i ON i.partition = l.partition AND i.product_id = l.product_id AND i.location_id = s.location_id
         LEFT JOIN journal j ON j.partition = l.partition AND j.sequence = l.sequence
         CROSS JOIN LATERAL (
           WITH RECURSIVE back AS (
             SELECT e.previous_sequence, e.on_hand_delta, e.occurred_at, e.recorded_at, 1 AS depth FROM journal e
             WHERE l.sequence IS NULL AND e.partition = l.partition AND e.sequence = i.last_sequence
             UNION ALL
             SELECT e.previous_sequence, e.on_hand_delta, e.occurred_at, e.recorded_at, back.depth + 1
             FROM back JOIN journal e ON e.partition = l.partition AND e.sequence = back.previous_sequence
             WHERE back.recorded_at >= l.counted_at - $5 * interval '1 millisecond' AND back.depth <= $6)
           SELECT coalesce(sum(on_hand_delta) FILTER (WHERE occurred_at > l.counted_at), 0)::bigint AS moved,
             coalesce(max(depth), 0) <= $6 AS is_whole FROM back) m
         ORDER BY l.line`,
  values: [sessionId, afterLine, filter.verdict, limit, futureToleranceMs, limits.countWalkEntriesMax],
});

/** How many items at a session's location hold units and have no line. */
export const countNotCounted = (sessionId: string): Statement => ({
  text: `SELECT count(*)::integer AS items FROM count_session s JOIN item i ON i.location_id = s.location_id AND i.on_hand <> 0 AND i.life = 0
         WHERE s.session_id = $1
           AND NOT EXISTS (SELECT FROM count_line l WHERE l.session_id = s.session_id AND l.product_id = i.product_id)`,
  values: [sessionId],
});
