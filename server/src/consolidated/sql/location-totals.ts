/** Statements of the sums by location. */
import { bigintColumn, integerColumn, textArray, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface LocationDelta {
  readonly partition: number;
  readonly locationId: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly unavailable: number;
  readonly incoming: number;
}

/** Adds what moved. */
export const addLocationTotals = (deltas: readonly LocationDelta[]): Statement => ({
  name: "location_totals_add",
  text: `INSERT INTO location_total (partition, location_id, on_hand, reserved, unavailable, incoming)
         SELECT * FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
         ON CONFLICT (location_id, partition) DO UPDATE SET on_hand = location_total.on_hand + excluded.on_hand,
           reserved = location_total.reserved + excluded.reserved, unavailable = location_total.unavailable + excluded.unavailable,
           incoming = location_total.incoming + excluded.incoming`,
  values: [
    integerColumn(deltas, (delta) => delta.partition),
    textColumn(deltas, (delta) => delta.locationId),
    bigintColumn(deltas, (delta) => delta.onHand),
    bigintColumn(deltas, (delta) => delta.reserved),
    bigintColumn(deltas, (delta) => delta.unavailable),
    bigintColumn(deltas, (delta) => delta.incoming),
  ],
});

/** Empties them, to be built anew. */
export const deleteLocationTotals = (): Statement => ({ text: "DELETE FROM location_total", values: [] });

/** How many entries lie behind the sums. */
export const entriesBehind = (name: string): Statement => ({
  name: "location_totals_behind",
  text: `SELECT coalesce(sum(h.sequence - coalesce(p.sequence, 0)), 0)::bigint AS entries
         FROM partition_head h LEFT JOIN projection_position p ON p.name = $1 AND p.partition = h.partition`,
  values: [name],
});

/**
 * Sums of locations as of the heads: what the projection has summed and what was committed behind its cursor, in one
 * statement, so in one snapshot. It looks through all that lies behind the cursor: see `entriesBehind`.
 */
export const liveLocationSums = (name: string, locationIds: readonly string[]): Statement => ({
  name: "location_totals_live",
  text: `WITH place AS MATERIALIZED (
           SELECT h.partition, h.sequence AS head, coalesce(p.sequence, 0) AS sequence
           FROM partition_head h LEFT JOIN projection_position p ON p.name = $1 AND p.partition = h.partition)
         SELECT s.location_id AS group_key, sum(s.on_hand)::bigint AS on_hand, sum(s.reserved)::bigint AS reserved,
           sum(s.unavailable)::bigint AS unavailable, sum(s.incoming)::bigint AS incoming
         FROM (
           SELECT location_id, on_hand, reserved, unavailable, incoming FROM location_total WHERE location_id = ANY($2::text[])
           UNION ALL
           SELECT j.location_id, j.on_hand_delta, j.reserved_delta, j.unavailable_delta, j.incoming_delta
           FROM place, LATERAL (SELECT * FROM journal j WHERE j.partition = place.partition AND j.sequence > place.sequence
             AND j.item_number IS NOT NULL OFFSET 0) j
           WHERE place.head > place.sequence AND j.location_id = ANY($2::text[])
         ) s GROUP BY s.location_id`,
  values: [name, textArray(locationIds)],
});
