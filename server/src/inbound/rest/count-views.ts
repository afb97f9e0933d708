/** How counts, sessions and reviews look in answers. */
import type { CountLine, CountSession, CountVariance } from "@onhand/protocol/counts";
import type { Review } from "@onhand/protocol/reviews";
import { formatMovementId } from "../../core/record/ids.ts";
import type { Compared, Variance } from "../../counts/count-lines.ts";
import type { ShownSession } from "../../counts/count-sessions.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import type { ReviewRow } from "../../reviews/review-queries.ts";

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : formatRfc3339(ms));
const movementOrNull = (partition: number, sequence: number | null): string | null =>
  sequence === null ? null : formatMovementId(partition, sequence);

/** A session with how far it is. */
export const sessionOf = (row: ShownSession): CountSession => ({
  sessionId: row.session_id,
  locationId: row.location_id,
  status: row.status,
  blind: row.is_blind,
  reference: row.reference,
  lines: row.lines,
  pending: row.pending,
  applied: row.applied,
  contained: row.contained,
  review: row.review,
  rejected: row.rejected,
  createdBy: row.created_by,
  postedBy: row.posted_by,
  createdAt: formatRfc3339(row.created_at),
  updatedAt: formatRfc3339(row.updated_at),
  endedAt: timeOrNull(row.ended_at),
  version: row.version,
});

/** Whether what is expected is kept from those who count. */
export const hidesExpected = ({ is_blind, ended_at }: ShownSession): boolean => is_blind && ended_at === null;

const shortLine = ({ row }: Compared) => ({
  line: row.line,
  productId: row.product_id,
  sku: row.sku,
  counted: row.counted,
  countedAt: formatRfc3339(row.counted_at),
  verdict: row.verdict,
});

/** A line of a session. @param isBlind leaves out what was expected */
export const countLineOf = (compared: Compared, isBlind: boolean): CountLine => {
  const { row, expected, variance } = compared;
  return {
    ...shortLine(compared),
    countedBy: row.counted_by,
    deviceId: row.device_id,
    movementId: movementOrNull(row.partition, row.sequence),
    error: row.code === null ? null : { code: row.code, detail: row.detail! },
    ...(isBlind ? {} : { expected, variance }),
  };
};

/** The report on a session. */
export const varianceOf = (session: ShownSession, { totals, lines }: Variance): CountVariance => ({
  sessionId: session.session_id,
  locationId: session.location_id,
  status: session.status,
  totals,
  lines: lines.map((compared) => ({
    ...shortLine(compared),
    stockLevel: compared.row.on_hand,
    movedSince: compared.movedSince,
    expected: compared.expected,
    variance: compared.variance,
  })),
});

/** What somebody should look at, or has looked at. The answer to a repeat was stored as JSON, with the same numbers. */
export const reviewOf = (row: ReviewRow): Review => ({
  movementId: formatMovementId(row.partition, row.sequence),
  kind: row.kind,
  state: row.resolved_at === null ? "open" : "resolved",
  aboutMovementId: movementOrNull(row.partition, row.about),
  productId: row.product_id,
  sku: row.sku,
  locationId: row.location_id,
  reason: row.reason,
  figures: row.figures,
  occurredAt: formatRfc3339(row.occurred_at),
  recordedAt: formatRfc3339(row.recorded_at),
  resolvedAt: timeOrNull(row.resolved_at),
  resolvedBy: row.resolved_by,
  note: row.note,
});
