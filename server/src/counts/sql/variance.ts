/** Statements that compare what was counted with what the journal says. */

import type { CountVerdict } from "@onhand/protocol/counts";
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
  /** The item's last entry, from which on hand is as it is; null: there is no item. */
  readonly last_sequence: number | null;
  /** How a line that was posted differed when it was. */
  readonly posted_variance: number | null;
}

/** Lines in order of their numbers, with what is there now. Of a line that was posted, its own entry says how it differed. */
export const compareLines = (
  sessionId: string,
  filter: { readonly verdict: CountVerdict | "pending" | null },
  afterLine: number,
  limit: number,
): Statement => ({
  name: "count_compare_lines",
  text: `SELECT l.line, l.partition, l.product_id, p.sku, l.counted, l.counted_at, l.counted_by, l.device_id, l.verdict, l.sequence, l.code, l.detail,
           coalesce(i.on_hand, 0) AS on_hand, i.last_sequence,
           coalesce((j.detail->'contained'->>'onHand')::bigint, j.on_hand_delta) AS posted_variance
         FROM (SELECT * FROM count_line WHERE session_id = $1 AND line > $2 AND ($3::text IS NULL OR coalesce(verdict, 'pending') = $3)
               ORDER BY line LIMIT $4) l
         JOIN count_session s ON s.session_id = l.session_id
         LEFT JOIN product p ON p.partition = l.partition AND p.product_id = l.product_id
         LEFT JOIN item i ON i.partition = l.partition AND i.product_id = l.product_id AND i.location_id = s.location_id
         LEFT JOIN journal j ON j.partition = l.partition AND j.sequence = l.sequence
         ORDER BY l.line`,
  values: [sessionId, afterLine, filter.verdict, limit],
});

/** How many items at a session's location hold units and have no line. */
export const countNotCounted = (sessionId: string): Statement => ({
  text: `SELECT count(*)::integer AS items FROM count_session s JOIN item i ON i.location_id = s.location_id AND i.on_hand <> 0 AND i.life = 0
         WHERE s.session_id = $1
           AND NOT EXISTS (SELECT FROM count_line l WHERE l.session_id = s.session_id AND l.product_id = i.product_id)`,
  values: [sessionId],
});
