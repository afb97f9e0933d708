/** Reads checkpoints as they are stored: where they stand, and their rows page by page. Each statement in one partition. */
import type { Statement } from "../../db/pool.ts";

/** Whether the schema has checkpoints; one that was not migrated yet has not. */
export const hasCheckpointTables = (): Statement => ({
  text: "SELECT to_regclass('onhand.checkpoint_late') IS NOT NULL AS has",
});

export interface CheckpointRow {
  readonly sequence: number;
  /** Hex digits. */
  readonly hash: string;
  readonly recorded_at: number;
  readonly previous: number;
  readonly levels: number;
  readonly digest: string;
  readonly late: number;
  readonly late_digest: string;
  readonly is_told: boolean;
  readonly has_levels: boolean;
}

const columns = `c.sequence, encode(c.hash, 'hex') AS hash, c.recorded_at, c.previous, c.levels, encode(c.digest, 'hex') AS digest,
  c.late, encode(c.late_digest, 'hex') AS late_digest, c.is_told, c.has_levels`;

/** The next checkpoints of a partition behind a sequence, in order. */
export const checkpointsBehind = (partition: number, afterSequence: number, limit: number): Statement => ({
  name: "checkpoints_behind",
  text: `SELECT ${columns} FROM checkpoint c WHERE c.partition = $1 AND c.sequence > $2 ORDER BY c.sequence LIMIT $3`,
  values: [partition, afterSequence, limit],
});

/** The last checkpoint of a partition that was told, if its levels are there. */
export const lastToldCheckpoint = (partition: number): Statement => ({
  name: "last_told_checkpoint",
  text: `SELECT ${columns} FROM checkpoint c WHERE c.partition = $1 AND c.is_told AND c.has_levels ORDER BY c.sequence DESC LIMIT 1`,
  values: [partition],
});

/** Rows as columns, one array for each. */
interface Columns {
  readonly count: number;
  readonly item_number: number[];
  readonly on_hand: number[];
  readonly reserved: number[];
  readonly unavailable: number[];
  readonly incoming: number[];
}

export interface LevelColumns extends Columns {
  readonly last_sequence: number[];
  readonly life: number[];
}

/** The next levels of a checkpoint, by number of the item. */
export const checkpointLevels = (partition: number, checkpoint: number, after: number, limit: number): Statement => ({
  name: "checkpoint_levels",
  text: `SELECT count(*)::integer AS count, json_agg(item_number) AS item_number, json_agg(last_sequence) AS last_sequence,
           json_agg(on_hand) AS on_hand, json_agg(reserved) AS reserved, json_agg(unavailable) AS unavailable,
           json_agg(incoming) AS incoming, json_agg(life) AS life
         FROM (SELECT * FROM checkpoint_level WHERE partition = $1 AND checkpoint = $2 AND item_number > $3
               ORDER BY item_number LIMIT $4) page`,
  values: [partition, checkpoint, after, limit],
});

export interface LateColumns extends Columns {
  readonly sequence: number[];
  readonly occurred_at: number[];
}

/** The next late movements of a checkpoint, by sequence. */
export const checkpointLate = (partition: number, checkpoint: number, after: number, limit: number): Statement => ({
  name: "checkpoint_late",
  text: `SELECT count(*)::integer AS count, json_agg(sequence) AS sequence, json_agg(item_number) AS item_number,
           json_agg(round(date_part('epoch', occurred_at) * 1000000) / 1000) AS occurred_at, json_agg(on_hand_delta) AS on_hand,
           json_agg(reserved_delta) AS reserved, json_agg(unavailable_delta) AS unavailable, json_agg(incoming_delta) AS incoming
         FROM (SELECT * FROM checkpoint_late WHERE partition = $1 AND checkpoint = $2 AND sequence > $3
               ORDER BY sequence LIMIT $4) page`,
  values: [partition, checkpoint, after, limit],
});
