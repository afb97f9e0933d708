/**
 * Makes the checkpoint of one partition: its levels and where it stands are read in one statement and kept as rows with
 * their digests in one transaction; then the journal is told of it, under a key that is always the same for the same
 * checkpoint. No head is locked, so whoever sells does not wait.
 *
 * What breaks off before the commit leaves nothing; what breaks off behind it is told at the next turn. Two that make one
 * at the same time: the database takes the first, and the other one comes to nothing.
 */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { RecordCommand } from "../core/command.ts";
import { systemActor } from "../core/inventory/movement.ts";
import type { Outcome } from "../core/outcome.ts";
import { checkpointId, checkpointKey, type ToldCheckpoint } from "../core/record/checkpoint.ts";
import type { Database } from "../db/pool.ts";
import { type CheckpointRow, digestCheckpoint, toldOfRow } from "../journal/checkpoint-reader.ts";
import { requestId } from "../lib/random-id.ts";
import * as sql from "./sql/checkpoints.ts";

/** Of the journal's kept results: what comes from a source is remembered for ever, so that a checkpoint is told once. */
const source = "checkpoint";

const makerLimits = {
  /** Checkpoints whose telling broke off, told anew in one turn; more wait for the next. */
  untoldMax: 100,
  /** Old checkpoints whose levels one turn clears away, in one partition. */
  droppedMax: 3,
} as const;

export interface MakerParts {
  readonly database: Database;
  readonly submit: (command: RecordCommand) => Promise<{ readonly outcome: Outcome }>;
  /** Checkpoints of a partition that keep their levels. */
  readonly kept: number;
}

/** @returns what was made, or null where there was nothing new, or somebody else made it */
export async function makeCheckpoint(parts: MakerParts, partition: number): Promise<ToldCheckpoint | null> {
  const made = await write(parts.database, partition);
  await tellAll(parts, partition);
  for (let dropped = 0; dropped < makerLimits.droppedMax; dropped++) {
    const { rows } = await parts.database.query(sql.dropOldLevels(partition, parts.kept));
    if (rows.length === 0) break;
  }
  return made;
}

async function write(database: Database, partition: number): Promise<ToldCheckpoint | null> {
  try {
    return await database.transaction(async (connection) => {
      const { rows } = await connection.query<sql.PlaceRow>(sql.writeLevels(partition));
      const [row] = rows;
      if (row === undefined) return null;
      const { sequence, hash, recorded_at: recordedAtMs, previous } = row;
      if (previous > 0) await connection.query(sql.writeLate(partition, sequence, previous));
      const told = await digestCheckpoint(connection, { partition, sequence, hash, recordedAtMs, previous });
      await connection.query(sql.insertCheckpoint(told));
      return told;
    });
  } catch (error) {
    if (isUniqueViolation(error)) return null;
    throw error;
  }
}

/** Somebody else made a checkpoint of the same place, or behind the same one. */
const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "23505";

/** Tells the journal of every checkpoint that it was not told of yet. */
async function tellAll({ database, submit }: MakerParts, partition: number): Promise<void> {
  const { rows } = await database.query<CheckpointRow>(sql.untoldCheckpoints(partition, makerLimits.untoldMax));
  for (const row of rows) {
    const told = toldOfRow(partition, row);
    const { outcome } = await submit(commandOf(told));
    if (outcome.kind !== "done") throw new Error(`a checkpoint could not be told: it came to ${outcome.kind}`);
    await database.query(sql.setTold(partition, told.sequence));
  }
}

function commandOf(told: ToldCheckpoint): RecordCommand {
  const key = checkpointKey(told);
  return {
    kind: "record",
    partition: told.partition,
    entryKind: entryKinds.journalCheckpointed,
    recordId: checkpointId(told.partition, told.sequence),
    record: told,
    key,
    requestHash: key,
    actor: systemActor,
    source,
    requestId: requestId(),
    traceparent: null,
  };
}
