/**
 * The epoch of the journal: the number of the history that its entries belong to. It is raised when the database went
 * back, after a restore or a failover that lost commits. Positions of before are then refused, for what they have seen
 * may be gone; and servers that go on running forget what they remember, since no group of an earlier epoch is written.
 */
import type { Database, Queryable } from "../db/pool.ts";
import { readBoard } from "./board-reader.ts";
import { type EpochChangeRow, insertEpochChange, selectEpochChanges, setEpoch } from "./sql/epoch.ts";
import { type HeadRow, lockHeads } from "./sql/lock-heads.ts";

export interface EpochChange {
  readonly epoch: number;
  readonly changedAtMs: number;
  readonly reason: string;
}

/** Raises the epoch of every partition at once, between two groups of any writer. @returns the new epoch */
export async function raiseEpoch(database: Database, reason: string): Promise<number> {
  const { heads } = await readBoard(database);
  return database.transaction(async (connection) => {
    const { rows } = await connection.query<HeadRow>(lockHeads(heads.map((head) => head.partition)));
    const epoch = Math.max(...rows.map((head) => head.epoch)) + 1;
    await connection.query(setEpoch(epoch));
    await connection.query(insertEpochChange(epoch, reason));
    return epoch;
  });
}

/** @returns the epoch of now, and every change of it, newest first */
export async function readEpochs(database: Queryable): Promise<{ epoch: number; changes: EpochChange[] }> {
  const { heads } = await readBoard(database);
  const { rows } = await database.query<EpochChangeRow>(selectEpochChanges());
  const changes = rows.map((row) => ({ epoch: row.epoch, changedAtMs: row.changed_at, reason: row.reason }));
  return { epoch: Math.max(...heads.map((head) => head.epoch)), changes };
}
