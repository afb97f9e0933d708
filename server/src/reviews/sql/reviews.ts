/** Statements of reviews: what the projection writes, and what somebody reads and resolves. */
import type { ReviewKind } from "@onhand/protocol/reviews";
import { bigintColumn, integerColumn, jsonColumn, textColumn, timestampColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface NewReview {
  readonly partition: number;
  readonly sequence: number;
  readonly kind: ReviewKind;
  readonly productId: string;
  readonly locationId: string;
  readonly reason: string;
  readonly about: number | null;
  /** JSON text. */
  readonly figures: string | null;
  readonly occurredAtMs: number;
  readonly recordedAtMs: number;
}

/** Adds reviews; those that are there, resolved ones after a rebuild, stay as they are. */
export const insertReviews = (reviews: readonly NewReview[]): Statement => ({
  name: "insert_reviews",
  text: `INSERT INTO review (partition, sequence, kind, product_id, location_id, reason, about, figures, occurred_at, recorded_at)
         SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::json[],
           $9::timestamptz[], $10::timestamptz[]) ON CONFLICT DO NOTHING`,
  values: [
    integerColumn(reviews, (review) => review.partition),
    bigintColumn(reviews, (review) => review.sequence),
    textColumn(reviews, (review) => review.kind),
    textColumn(reviews, (review) => review.productId),
    textColumn(reviews, (review) => review.locationId),
    textColumn(reviews, (review) => review.reason),
    bigintColumn(reviews, (review) => review.about),
    jsonColumn(reviews, (review) => review.figures),
    timestampColumn(reviews, (review) => review.occurredAtMs),
    timestampColumn(reviews, (review) => review.recordedAtMs),
  ],
});

/** Takes away what can be built again from the journal. */
export const deleteOpenReviews = (): Statement => ({ text: "DELETE FROM review WHERE resolved_at IS NULL" });

export interface ReviewRow {
  readonly partition: number;
  readonly sequence: number;
  readonly kind: ReviewKind;
  readonly product_id: string;
  readonly location_id: string;
  readonly sku: string | null;
  readonly reason: string;
  readonly about: number | null;
  readonly figures: Record<string, number | string | null> | null;
  readonly occurred_at: number;
  readonly recorded_at: number;
  readonly resolved_at: number | null;
  readonly resolved_by: string | null;
  readonly note: string | null;
}

const columns = `r.partition, r.sequence, r.kind, r.product_id, r.location_id, p.sku, r.reason, r.about, r.figures, r.occurred_at, r.recorded_at,
  r.resolved_at, r.resolved_by, r.note`;
const withProduct = "LEFT JOIN product p ON p.partition = r.partition AND p.product_id = r.product_id";

export interface ReviewFilter {
  readonly state: "open" | "resolved";
  readonly kind: ReviewKind | null;
  readonly product: { readonly partition: number; readonly productId: string } | null;
  readonly locationId: string | null;
}

/** A page of reviews: open ones the longest waiting first, resolved ones the last resolved first. */
export function listReviews(filter: ReviewFilter, after: readonly unknown[] | null, limit: number): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const isOpen = filter.state === "open";
  const time = isOpen ? "r.recorded_at" : "r.resolved_at";
  const order = isOpen ? "" : " DESC";
  const where = [`r.resolved_at IS ${isOpen ? "" : "NOT "}NULL`];
  if (filter.kind !== null) where.push(`r.kind = ${bind(filter.kind)}`);
  if (filter.product !== null)
    where.push(`r.partition = ${bind(filter.product.partition)} AND r.product_id = ${bind(filter.product.productId)}`);
  if (filter.locationId !== null) where.push(`r.location_id = ${bind(filter.locationId)}`);
  if (after !== null) {
    const [atMs, partition, sequence] = after;
    const place = `(to_timestamp(${bind(atMs)}::double precision / 1000), ${bind(partition)}::integer, ${bind(sequence)}::bigint)`;
    where.push(`(${time}, r.partition, r.sequence) ${isOpen ? ">" : "<"} ${place}`);
  }
  return {
    text: `SELECT ${columns} FROM review r ${withProduct} WHERE ${where.join(" AND ")}
           ORDER BY ${["r.partition", "r.sequence"].reduce((all, column) => `${all}, ${column}${order}`, `${time}${order}`)} LIMIT ${bind(limit)}`,
    values,
  };
}

/** One review, or none. */
export const selectReview = (partition: number, sequence: number): Statement => ({
  name: "select_review",
  text: `SELECT ${columns} FROM review r ${withProduct} WHERE r.partition = $1 AND r.sequence = $2`,
  values: [partition, sequence],
});

/** Resolves a review that is open; no row when it is not. */
export const resolveReview = (partition: number, sequence: number, by: string, note: string): Statement => ({
  text: `UPDATE review SET resolved_at = date_trunc('milliseconds', clock_timestamp()), resolved_by = $3, note = $4
         WHERE partition = $1 AND sequence = $2 AND resolved_at IS NULL RETURNING sequence`,
  values: [partition, sequence, by, note],
});
