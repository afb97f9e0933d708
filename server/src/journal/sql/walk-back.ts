/** Follows entries of items back: what moved after moments, and what was counted after them. */
import { entryKinds, movementTypes } from "@onhand/protocol/vocabulary";
import { bigintColumn, integerColumn, textColumn, timestampColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

/** A stretch of an item's past. */
export interface Stretch {
  readonly partition: number;
  /** The entry that it begins with, going back. */
  readonly sequence: number;
  /** Ascending. */
  readonly momentsMs: readonly number[];
  /** Entries recorded before that cannot have occurred after any of the moments. */
  readonly recordedFromMs: number;
}

export interface StretchRow {
  /** Which stretch, from 1. */
  readonly place: number;
  /** How many of the moments its entries occurred after. */
  readonly passed: number;
  /** Sum of what they moved on hand, as text: it may be any number. */
  readonly moved: string;
  /** When the latest count among them holds for; null for none. */
  readonly counted_at: number | null;
  readonly entries: number;
  /** The entry before the earliest of them; null: there is none before any of them. */
  readonly next_sequence: number | null;
  /** How many of them have no entry before them: 1 where the item begins. */
  readonly beginnings: number;
  readonly recorded_at: number;
}

/** The same as `isAppliedCount`, which tells why. */
const appliedCount = `j.kind = ${entryKinds.inventorySet} AND j.movement_type = ${movementTypes.indexOf("count")} AND j.allows_negative
  AND j.detail->'contained' IS NULL AND coalesce(j.detail->'reported'->>'rule', 'newest_level') = 'newest_level'`;

const columns = `j.previous_sequence, j.on_hand_delta, j.occurred_at, j.recorded_at,
  CASE WHEN ${appliedCount} THEN j.occurred_at END AS counted_at`;

/**
 * The moments are made an array once (OFFSET 0), not for each entry.
 * @param entriesMax entries of each stretch that are read
 */
export const walkStretches = (stretches: readonly Stretch[], entriesMax: number): Statement => ({
  name: "walk_stretches",
  text: `SELECT k.place::integer AS place, w.* FROM (
           SELECT partition, sequence, moments::timestamptz[] AS moments, recorded_from, place FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::timestamptz[])
             WITH ORDINALITY u(partition, sequence, moments, recorded_from, place)
           OFFSET 0) k
         CROSS JOIN LATERAL (
           WITH RECURSIVE back AS (
             SELECT ${columns}, 1 AS depth FROM journal j WHERE j.partition = k.partition AND j.sequence = k.sequence
             UNION ALL
             SELECT ${columns}, back.depth + 1 FROM back JOIN journal j ON j.partition = k.partition AND j.sequence = back.previous_sequence
             WHERE back.recorded_at >= k.recorded_from AND back.depth < $5)
           SELECT width_bucket(occurred_at, k.moments) AS passed, sum(on_hand_delta)::text AS moved, max(counted_at) AS counted_at,
             count(*)::integer AS entries, min(previous_sequence) AS next_sequence, count(*) FILTER (WHERE previous_sequence IS NULL)::integer AS beginnings,
             min(recorded_at) AS recorded_at
           FROM back GROUP BY 1) w`,
  values: [
    integerColumn(stretches, (stretch) => stretch.partition),
    bigintColumn(stretches, (stretch) => stretch.sequence),
    textColumn(stretches, ({ momentsMs }) => `{${momentsMs.map(justAfter).join(",")}}`),
    timestampColumn(stretches, (stretch) => stretch.recordedFromMs),
    entriesMax,
  ],
});

/** Times are whole milliseconds, and bounds count as passed. */
const justAfter = (momentMs: number): string => `"${new Date(momentMs + 1).toISOString()}"`;
