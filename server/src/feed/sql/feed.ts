/** Statements of the feed. The journal is read up to heads that were read before, so what is read is all there. */
import { bigintArray, bigintColumn, integerArray, integerColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { type EntryRow, entryColumns } from "../../journal/entry-reader.ts";

export interface FeedRow extends EntryRow {
  readonly sku: string | null;
  readonly reason: string | null;
  readonly reference: string | null;
  /** Of the item's entry before this one; null for its first. */
  readonly previous_kind: number | null;
  readonly previous_recorded_at: number | null;
  readonly previous_safety_stock: number | null;
  readonly previous_reorder_point: number | null;
  readonly previous_detail: string | null;
}

export interface Stretch {
  readonly partition: number;
  readonly after: number;
  readonly upTo: number;
}

/**
 * The next entries of several partitions in order of recording, at most `limit` in all. Which they are is chosen by
 * narrow columns; whole rows are read only of those. Within a partition times never go back, so its order is kept.
 */
export const nextEntries = (stretches: readonly Stretch[], limit: number): Statement => ({
  name: "next_entries",
  text: `WITH next AS (
           SELECT e.partition, e.sequence FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) u(partition, after, up_to)
           CROSS JOIN LATERAL (
             SELECT partition, sequence, recorded_at FROM journal
             WHERE partition = u.partition AND sequence > u.after AND sequence <= u.up_to ORDER BY sequence LIMIT $4) e
           ORDER BY e.recorded_at, e.partition, e.sequence LIMIT $4)
         SELECT ${entryColumns}, p.sku, t.reason, t.reference, b.kind AS previous_kind,
           b.recorded_at AS previous_recorded_at, b.safety_stock AS previous_safety_stock, b.reorder_point AS previous_reorder_point,
           b.detail::text AS previous_detail
         FROM next n
         JOIN journal j ON j.partition = n.partition AND j.sequence = n.sequence
         LEFT JOIN journal b ON b.partition = j.partition AND b.sequence = j.previous_sequence
         LEFT JOIN entry_text t ON t.partition = j.partition AND t.sequence = j.sequence
         LEFT JOIN product p ON p.partition = j.partition AND p.product_id = j.product_id
         ORDER BY j.recorded_at, j.partition, j.sequence`,
  values: [
    integerColumn(stretches, (row) => row.partition),
    bigintColumn(stretches, (row) => row.after),
    bigintColumn(stretches, (row) => row.upTo),
    limit,
  ],
});

/** Hashes of the entries at some positions; a position without an entry has no row. */
export const hashesAt = (positions: readonly number[]): Statement => ({
  name: "hashes_at",
  text: `SELECT j.partition, j.hash FROM unnest($1::integer[], $2::bigint[]) u(partition, sequence)
         JOIN journal j ON j.partition = u.partition AND j.sequence = u.sequence`,
  values: [integerArray(positions.map((_, partition) => partition)), bigintArray(positions)],
});

/** Remembers where the heads were seen; the time is the database's, read after they were. */
export const insertObservation = (heads: Uint8Array): Statement => ({
  name: "insert_observation",
  text: "INSERT INTO observed_heads (observed_at, heads) VALUES (date_trunc('milliseconds', clock_timestamp()), $1) ON CONFLICT DO NOTHING",
  values: [Buffer.from(heads)],
});

/** The newest observation that was made at or before a time. */
export const observationBefore = (momentMs: number): Statement => ({
  name: "observation_before",
  text: "SELECT heads FROM observed_heads WHERE observed_at <= to_timestamp($1::double precision / 1000) ORDER BY observed_at DESC LIMIT 1",
  values: [momentMs],
});

/** Every location with its groups. */
export const selectLocationGroups = (): Statement => ({
  name: "location_groups",
  text: "SELECT location_id, document->'groups' AS groups FROM location",
});
