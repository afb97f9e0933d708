/** Statements of the floor: how far back the feed may be read. */
import { bigintArray, integerArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface FloorRow {
  readonly partition: number;
  readonly sequence: number;
}

/** Partitions that have a floor, in order. */
export const selectFloor = (): Statement => ({
  name: "select_floor",
  text: "SELECT partition, sequence FROM feed_floor ORDER BY partition",
});

/** Raises floors to positions, never beyond the heads; one that is higher already stays. Index is the partition. */
export const raiseFloor = (positions: readonly number[]): Statement => ({
  text: `INSERT INTO feed_floor AS f (partition, sequence)
         SELECT u.partition, least(u.sequence, h.sequence) FROM unnest($1::integer[], $2::bigint[]) u(partition, sequence)
         JOIN partition_head h ON h.partition = u.partition WHERE u.sequence > 0 ORDER BY u.partition
         ON CONFLICT (partition) DO UPDATE SET sequence = excluded.sequence WHERE f.sequence < excluded.sequence
         RETURNING partition, sequence`,
  values: [integerArray(positions.map((_, partition) => partition)), bigintArray(positions)],
});
