/** Reads what is recorded about the feed besides the heads: epochs and floors. */
import type { Statement } from "../../../db/pool.ts";

/** Whether the schema has these records; one that was not migrated yet has not. */
export const hasFeedRecords = (): Statement => ({
  text: "SELECT to_regclass('onhand.epoch_change') IS NOT NULL AND to_regclass('onhand.feed_floor') IS NOT NULL AS has",
});

/** The epoch that was recorded last; null when it was never raised. */
export const readRecordedEpoch = (): Statement => ({ text: "SELECT max(epoch) AS epoch FROM epoch_change" });

export interface StoredFloor {
  readonly partition: number;
  readonly sequence: number | bigint;
}

/** Floors that lie beyond the end of their partition, or belong to none. */
export const readHighFloors = (): Statement => ({
  text: `SELECT f.partition, f.sequence FROM feed_floor f
         LEFT JOIN partition_head h ON h.partition = f.partition WHERE h.partition IS NULL OR f.sequence > h.sequence ORDER BY f.partition`,
});
