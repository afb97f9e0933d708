/** Reads the rows of a checkpoint in the order of its digests. */
import {
  type CheckpointLevel,
  type CheckpointPlace,
  type LateMovement,
  RowDigest,
  type ToldCheckpoint,
} from "../core/record/checkpoint.ts";
import type { Queryable } from "../db/pool.ts";
import * as sql from "./sql/checkpoint-rows.ts";

const pageRows = 5_000;

/** @returns pages of the levels of a checkpoint, by number of the item */
export async function* readCheckpointLevels(
  connection: Queryable,
  { partition, sequence }: Pick<CheckpointPlace, "partition" | "sequence">,
): AsyncGenerator<CheckpointLevel[]> {
  for (let after = 0; ; ) {
    const { rows } = await connection.query<sql.LevelColumns>(
      sql.checkpointLevels(partition, sequence, after, pageRows),
    );
    const page = rows[0]!;
    if (page.count === 0) return;
    yield Array.from({ length: page.count }, (_, n) => ({
      itemNumber: page.item_number[n]!,
      lastSequence: page.last_sequence[n]!,
      onHand: page.on_hand[n]!,
      reserved: page.reserved[n]!,
      unavailable: page.unavailable[n]!,
      incoming: page.incoming[n]!,
      life: page.life[n]!,
    }));
    if (page.count < pageRows) return;
    after = page.item_number.at(-1)!;
  }
}

async function* readLate(
  connection: Queryable,
  { partition, sequence }: CheckpointPlace,
): AsyncGenerator<LateMovement[]> {
  for (let after = 0; ; ) {
    const { rows } = await connection.query<sql.LateColumns>(sql.checkpointLate(partition, sequence, after, pageRows));
    const page = rows[0]!;
    if (page.count === 0) return;
    yield Array.from({ length: page.count }, (_, n) => ({
      sequence: page.sequence[n]!,
      itemNumber: page.item_number[n]!,
      occurredAtMs: page.occurred_at[n]!,
      onHand: page.on_hand[n]!,
      reserved: page.reserved[n]!,
      unavailable: page.unavailable[n]!,
      incoming: page.incoming[n]!,
    }));
    if (page.count < pageRows) return;
    after = page.sequence.at(-1)!;
  }
}

/** @returns what a checkpoint's rows come to as they are stored now */
export async function digestCheckpoint(connection: Queryable, place: CheckpointPlace): Promise<ToldCheckpoint> {
  const levels = new RowDigest("levels", place);
  for await (const page of readCheckpointLevels(connection, place)) for (const row of page) levels.addLevel(row);
  const late = await digestLate(connection, place);
  return { ...place, levels: levels.count, digest: levels.finish(), ...late };
}

/** @returns what the late movements of a checkpoint come to as they are stored now */
export async function digestLate(
  connection: Queryable,
  place: CheckpointPlace,
): Promise<Pick<ToldCheckpoint, "late" | "lateDigest">> {
  const late = new RowDigest("late", place);
  for await (const page of readLate(connection, place)) for (const row of page) late.addLate(row);
  return { late: late.count, lateDigest: late.finish() };
}

/** @returns what a checkpoint's row says of it */
export const toldOfRow = (partition: number, row: sql.CheckpointRow): ToldCheckpoint => ({
  partition,
  sequence: row.sequence,
  hash: row.hash,
  recordedAtMs: row.recorded_at,
  previous: row.previous,
  levels: row.levels,
  digest: row.digest,
  late: row.late,
  lateDigest: row.late_digest,
});

export {
  type CheckpointRow,
  checkpointsBehind,
  hasCheckpointTables,
  lastToldCheckpoint,
} from "./sql/checkpoint-rows.ts";
