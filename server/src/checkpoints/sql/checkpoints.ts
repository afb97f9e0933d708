/** Makes checkpoints, and finds out where one is due. Nothing is locked but the checkpoint's own rows. */
import type { ToldCheckpoint } from "../../core/record/checkpoint.ts";
import type { Statement } from "../../db/pool.ts";

export interface DueRow {
  readonly partition: number;
}

/**
 * Partitions in which a checkpoint is due: so many entries behind the last one, or so many hours after it. The one entry
 * that tells of the last one is nothing new.
 */
export const dueCheckpoints = (entries: number, hours: number): Statement => ({
  name: "due_checkpoints",
  text: `SELECT h.partition FROM partition_head h
         LEFT JOIN LATERAL (SELECT c.sequence, c.made_at FROM checkpoint c WHERE c.partition = h.partition ORDER BY c.sequence DESC LIMIT 1) c ON true
         WHERE h.sequence - coalesce(c.sequence, -1) > 1
           AND (h.sequence - coalesce(c.sequence, 0) >= $1
             OR coalesce(c.made_at, (SELECT created_at FROM installation)) <= clock_timestamp() - make_interval(hours => $2::integer))
         ORDER BY h.partition`,
  values: [entries, hours],
});

export interface PlaceRow {
  readonly sequence: number;
  /** Hex digits. */
  readonly hash: string;
  readonly recorded_at: number;
  readonly previous: number;
}

/**
 * Writes down every level of a partition together with where the partition stands: one statement sees one moment. No row
 * where there is no entry yet, or a checkpoint of that place, or nothing behind the last one but the entry that tells of it.
 */
export const writeLevels = (partition: number): Statement => ({
  name: "checkpoint_write_levels",
  text: `WITH place AS (
           SELECT h.sequence, h.hash, h.recorded_at, coalesce((SELECT max(c.sequence) FROM checkpoint c WHERE c.partition = $1), 0) AS previous
           FROM partition_head h WHERE h.partition = $1),
         new AS (SELECT * FROM place WHERE sequence > previous + CASE WHEN previous = 0 THEN 0 ELSE 1 END),
         written AS (
           INSERT INTO checkpoint_level (partition, checkpoint, item_number, last_sequence, on_hand, reserved, unavailable, incoming, life)
           SELECT i.partition, n.sequence, i.item_number, i.last_sequence, i.on_hand, i.reserved, i.unavailable, i.incoming, i.life
           FROM new n JOIN item i ON i.partition = $1)
         SELECT sequence, encode(hash, 'hex') AS hash, recorded_at, previous FROM new`,
  values: [partition],
});

/** Writes down what came late: movements behind the checkpoint before that had occurred before it was reached. */
export const writeLate = (partition: number, sequence: number, previous: number): Statement => ({
  name: "checkpoint_write_late",
  text: `INSERT INTO checkpoint_late
           (partition, checkpoint, sequence, item_number, occurred_at, on_hand_delta, reserved_delta, unavailable_delta, incoming_delta)
         SELECT j.partition, $2, j.sequence, j.item_number, j.occurred_at, j.on_hand_delta, j.reserved_delta, j.unavailable_delta, j.incoming_delta
         FROM journal j JOIN checkpoint c ON c.partition = j.partition AND c.sequence = $3
         WHERE j.partition = $1 AND j.sequence > $3 AND j.sequence <= $2 AND j.item_number IS NOT NULL AND j.occurred_at < c.recorded_at
           AND (j.on_hand_delta <> 0 OR j.reserved_delta <> 0 OR j.unavailable_delta <> 0 OR j.incoming_delta <> 0)`,
  values: [partition, sequence, previous],
});

/** Writes down the checkpoint itself, behind its rows. */
export const insertCheckpoint = (told: ToldCheckpoint): Statement => ({
  name: "checkpoint_insert",
  text: `INSERT INTO checkpoint (partition, sequence, hash, recorded_at, previous, levels, digest, late, late_digest, made_at, is_told, has_levels)
         SELECT $1, $2, decode($3, 'hex'), j.recorded_at, $4, $5, decode($6, 'hex'), $7, decode($8, 'hex'), clock_timestamp(), false, true
         FROM journal j WHERE j.partition = $1 AND j.sequence = $2`,
  values: [
    told.partition,
    told.sequence,
    told.hash,
    told.previous,
    told.levels,
    told.digest,
    told.late,
    told.lateDigest,
  ],
});

/** Checkpoints of a partition that the journal was not told of yet, oldest first. */
export const untoldCheckpoints = (partition: number, limit: number): Statement => ({
  name: "checkpoints_untold",
  text: `SELECT sequence, encode(hash, 'hex') AS hash, recorded_at, previous, levels, encode(digest, 'hex') AS digest, late,
           encode(late_digest, 'hex') AS late_digest, is_told, has_levels
         FROM checkpoint WHERE partition = $1 AND NOT is_told ORDER BY sequence LIMIT $2`,
  values: [partition, limit],
});

/** Partitions with a checkpoint that the journal was not told of yet. */
export const partitionsUntold = (): Statement => ({
  name: "partitions_untold",
  text: "SELECT DISTINCT partition FROM checkpoint WHERE NOT is_told ORDER BY partition",
});

/** Remembers that the journal was told. */
export const setTold = (partition: number, sequence: number): Statement => ({
  name: "checkpoint_told",
  text: "UPDATE checkpoint SET is_told = true WHERE partition = $1 AND sequence = $2",
  values: [partition, sequence],
});

/** Clears away the levels of one old checkpoint of a partition, the oldest one beyond so many; no row when there is none. */
export const dropOldLevels = (partition: number, kept: number): Statement => ({
  name: "checkpoint_drop_levels",
  text: `WITH old AS (
           SELECT c.sequence FROM checkpoint c WHERE c.partition = $1 AND c.has_levels
             AND c.sequence <= (SELECT k.sequence FROM checkpoint k WHERE k.partition = $1 ORDER BY k.sequence DESC OFFSET $2 LIMIT 1)
           ORDER BY c.sequence LIMIT 1),
         marked AS (UPDATE checkpoint c SET has_levels = false FROM old o WHERE c.partition = $1 AND c.sequence = o.sequence),
         dropped AS (DELETE FROM checkpoint_level l USING old o WHERE l.partition = $1 AND l.checkpoint = o.sequence)
         SELECT sequence FROM old`,
  values: [partition, kept],
});

/** How many checkpoints there are, those with their levels, and when the last one of the partition that waits longest was made. */
export const countCheckpoints = (): Statement => ({
  text: `SELECT h.partition, h.sequence AS head, count(c.sequence)::integer AS checkpoints, count(c.sequence) FILTER (WHERE c.has_levels)::integer AS with_levels,
           max(c.sequence) AS last_sequence, max(c.made_at) AS last_made_at
         FROM partition_head h LEFT JOIN checkpoint c ON c.partition = h.partition GROUP BY h.partition, h.sequence ORDER BY h.partition`,
});

export interface CheckpointCountRow {
  readonly partition: number;
  readonly head: number;
  readonly checkpoints: number;
  readonly with_levels: number;
  readonly last_sequence: number | null;
  readonly last_made_at: number | null;
}
