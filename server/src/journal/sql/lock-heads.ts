/** Locks the heads of some partitions, always in ascending order: the only place where heads are locked. */
import { integerArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface HeadRow {
  readonly partition: number;
  readonly sequence: number;
  readonly hash: Buffer;
  /** Milliseconds of the Unix epoch. */
  readonly recorded_at: number;
  readonly epoch: number;
}

const columns = "partition, sequence, hash, recorded_at, epoch";

/**
 * Waits for the locks and holds them to the end of the transaction; until then a setting says so, which `append_group`
 * asks for. Sent without waiting for BEGIN, that one must not run by itself if BEGIN was the one to fail.
 */
export const lockHeads = (partitions: readonly number[]): Statement => ({
  name: "lock_heads",
  text: `SELECT ${columns}, set_config('onhand.locks', 'held', true) FROM partition_head
         WHERE partition = ANY($1::integer[]) ORDER BY partition FOR UPDATE`,
  values: [integerArray(partitions)],
});

/** Waits for whoever holds a head, and lets go of it at once where it is a transaction by itself. */
export const passHead = (partition: number): Statement => ({
  name: "pass_head",
  text: "SELECT 1 FROM partition_head WHERE partition = $1 FOR SHARE",
  values: [partition],
});

/** Reads all heads without locking. */
export const readHeads = (): Statement => ({
  name: "read_heads",
  text: `SELECT ${columns} FROM partition_head ORDER BY partition`,
});

export interface ClockRow {
  readonly control_sequence: number;
  /** The database's clock, in whole milliseconds of the Unix epoch. */
  readonly now_ms: number;
}

/**
 * The clock, and the end of the control partition. Sent behind the locks, it has a snapshot of its own: whatever was
 * committed to the control partition before the locks were had is seen.
 */
export const readClock = (): Statement => ({
  name: "read_clock",
  text: `SELECT sequence AS control_sequence, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms
         FROM partition_head WHERE partition = 0`,
});
