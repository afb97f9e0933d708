/** Statements that raise the epoch. The heads are locked before, as for any group. */
import type { Statement } from "../../db/pool.ts";

/** Gives every partition the epoch. */
export const setEpoch = (epoch: number): Statement => ({
  text: "UPDATE partition_head SET epoch = $1",
  values: [epoch],
});

/** Records why, with the database's time. */
export const insertEpochChange = (epoch: number, reason: string): Statement => ({
  text: "INSERT INTO epoch_change (epoch, changed_at, reason) VALUES ($1, clock_timestamp(), $2)",
  values: [epoch, reason],
});

export interface EpochChangeRow {
  readonly epoch: number;
  /** Milliseconds of the Unix epoch. */
  readonly changed_at: number;
  readonly reason: string;
}

/** All changes, newest first. */
export const selectEpochChanges = (): Statement => ({
  text: "SELECT epoch, changed_at, reason FROM epoch_change ORDER BY epoch DESC",
});
