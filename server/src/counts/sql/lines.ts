/** Statements on the lines of count sessions. */
import type { CountVerdict } from "@onhand/protocol/counts";
import { bigintColumn, integerColumn, textColumn, timestampColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

/** Which products there are of those that are named, by id or by SKU; as they are named, and as they are. */
export const findProducts = (
  byId: readonly { readonly partition: number; readonly productId: string }[],
  bySku: readonly { readonly partition: number; readonly sku: string }[],
): Statement => ({
  name: "count_find_products",
  text: `SELECT NULL AS sku, p.product_id FROM unnest($1::integer[], $2::text[]) k(partition, product_id)
         JOIN product p ON p.partition = k.partition AND p.product_id = k.product_id AND p.life < 2
         UNION ALL
         SELECT s.sku, s.product_id FROM unnest($3::integer[], $4::text[]) k(partition, sku)
         JOIN product_sku s ON s.sku_partition = k.partition AND s.sku = k.sku`,
  values: [
    integerColumn(byId, (key) => key.partition),
    textColumn(byId, (key) => key.productId),
    integerColumn(bySku, (key) => key.partition),
    textColumn(bySku, (key) => key.sku),
  ],
});

/** The time by which counts are judged, in ms. */
export const selectNow = (): Statement => ({
  text: "SELECT date_trunc('milliseconds', clock_timestamp()) AS now",
});

/** Lines of some products that are there already. */
export const selectLinesOf = (sessionId: string, productIds: readonly string[]): Statement => ({
  text: "SELECT product_id, verdict FROM count_line WHERE session_id = $1 AND product_id = ANY($2::text[])",
  values: [sessionId, [...productIds]],
});

/** How many lines a session has. */
export const countLines = (sessionId: string): Statement => ({
  text: "SELECT count(*)::integer AS lines FROM count_line WHERE session_id = $1",
  values: [sessionId],
});

export interface NewLine {
  readonly partition: number;
  readonly productId: string;
  /** Of a line that is added; one that is there keeps its own. */
  readonly line: number;
  readonly counted: number;
  readonly countedAtMs: number;
  readonly deviceId: string | null;
  readonly clockErrorMs: number | null;
}

/** Adds lines, or has them counted anew. */
export const upsertLines = (sessionId: string, by: string, lines: readonly NewLine[]): Statement => ({
  text: `INSERT INTO count_line (session_id, partition, product_id, line, revision, counted, counted_at, device_id, clock_error_ms, counted_by)
         SELECT $1, u.partition, u.product_id, u.line, 1, u.counted, u.counted_at, u.device_id, u.clock_error_ms, $2
         FROM unnest($3::integer[], $4::text[], $5::integer[], $6::bigint[], $7::timestamptz[], $8::text[], $9::bigint[])
           u(partition, product_id, line, counted, counted_at, device_id, clock_error_ms)
         ON CONFLICT (session_id, product_id) DO UPDATE SET revision = count_line.revision + 1, counted = excluded.counted,
           counted_at = excluded.counted_at, device_id = excluded.device_id, clock_error_ms = excluded.clock_error_ms,
           counted_by = excluded.counted_by, verdict = NULL, code = NULL, detail = NULL`,
  values: [
    sessionId,
    by,
    integerColumn(lines, (line) => line.partition),
    textColumn(lines, (line) => line.productId),
    integerColumn(lines, (line) => line.line),
    bigintColumn(lines, (line) => line.counted),
    timestampColumn(lines, (line) => line.countedAtMs),
    textColumn(lines, (line) => line.deviceId),
    bigintColumn(lines, (line) => line.clockErrorMs),
  ],
});

/** Takes lines out. */
export const deleteLines = (sessionId: string, productIds: readonly string[]): Statement => ({
  text: "DELETE FROM count_line WHERE session_id = $1 AND product_id = ANY($2::text[])",
  values: [sessionId, [...productIds]],
});

/** What was refused before is asked again. */
export const retryRejected = (sessionId: string): Statement => ({
  text: "UPDATE count_line SET verdict = NULL, code = NULL, detail = NULL WHERE session_id = $1 AND verdict = 'rejected'",
  values: [sessionId],
});

export interface PendingRow {
  readonly partition: number;
  readonly product_id: string;
  readonly line: number;
  readonly revision: number;
  readonly counted: number;
  readonly counted_at: number;
  readonly device_id: string | null;
  readonly clock_error_ms: number | null;
}

/** Lines that nothing came of yet, in order; none when that round of posting is over. */
export const selectPending = (sessionId: string, posting: number, limit: number): Statement => ({
  name: "count_pending_lines",
  text: `SELECT l.partition, l.product_id, l.line, l.revision, l.counted, l.counted_at, l.device_id, l.clock_error_ms
         FROM count_session s JOIN count_line l ON l.session_id = s.session_id
         WHERE s.session_id = $1 AND s.status = 'posting' AND s.posting = $2 AND l.verdict IS NULL ORDER BY l.line LIMIT $3`,
  values: [sessionId, posting, limit],
});

/** One row while nothing came of a line yet and that round of posting goes on. */
export const selectIfPending = (
  sessionId: string,
  posting: number,
  { line, revision }: { readonly line: number; readonly revision: number },
): Statement => ({
  name: "count_if_pending",
  text: `SELECT l.line FROM count_session s JOIN count_line l ON l.session_id = s.session_id
         WHERE s.session_id = $1 AND s.status = 'posting' AND s.posting = $2 AND l.line = $3 AND l.revision = $4 AND l.verdict IS NULL`,
  values: [sessionId, posting, line, revision],
});

/** What came of a line. */
export interface PostedLine {
  readonly line: number;
  readonly revision: number;
  readonly verdict: CountVerdict;
  readonly sequence: number | null;
  readonly code: string | null;
  readonly detail: string | null;
}

/**
 * Records what came of lines, as they were then, unless that round of posting is over: one that was counted anew since is
 * left alone. A refusal raises the
 * revision, so that the line has another key when it is posted again.
 */
export const recordPosted = (sessionId: string, posting: number, lines: readonly PostedLine[]): Statement => ({
  name: "count_record_posted",
  text: `UPDATE count_line l SET verdict = u.verdict, sequence = u.sequence, code = u.code, detail = u.detail,
           revision = l.revision + CASE WHEN u.verdict = 'rejected' THEN 1 ELSE 0 END
         FROM count_session s, unnest($2::integer[], $3::integer[], $4::text[], $5::bigint[], $6::text[], $7::text[])
           u(line, revision, verdict, sequence, code, detail)
         WHERE s.session_id = $1 AND s.status = 'posting' AND s.posting = $8 AND l.session_id = $1 AND l.line = u.line AND l.revision = u.revision AND l.verdict IS NULL`,
  values: [
    sessionId,
    integerColumn(lines, (line) => line.line),
    integerColumn(lines, (line) => line.revision),
    textColumn(lines, (line) => line.verdict),
    bigintColumn(lines, (line) => line.sequence),
    textColumn(lines, (line) => line.code),
    textColumn(lines, (line) => line.detail),
    posting,
  ],
});
