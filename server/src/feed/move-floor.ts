/** Shows and raises the floor of the feed. Nothing is deleted by it: entries below are no longer handed out, that is all. */
import { decodeVector } from "../core/record/position-vector.ts";
import type { Queryable } from "../db/pool.ts";
import { readBoard } from "../journal/board-reader.ts";
import { observationBefore } from "./sql/feed.ts";
import { type FloorRow, raiseFloor, selectFloor } from "./sql/floor.ts";

export interface FloorPlace {
  readonly partition: number;
  /** Entries up to here are not handed out. */
  readonly floor: number;
  readonly head: number;
}

/** @returns floor and head of every partition */
export async function readFloor(database: Queryable): Promise<FloorPlace[]> {
  const { rows } = await database.query<FloorRow>(selectFloor());
  const floors = new Map(rows.map((row) => [row.partition, row.sequence]));
  const { heads } = await readBoard(database);
  return heads.map(({ partition, sequence }) => ({ partition, floor: floors.get(partition) ?? 0, head: sequence }));
}

/** Raises the floor to the newest position that had been observed by a time. It never falls, nor rises beyond the heads. */
export async function moveFloor(
  database: Queryable,
  momentMs: number,
): Promise<"moved" | "there already" | "nothing observed"> {
  const { rows } = await database.query<{ heads: Buffer }>(observationBefore(momentMs));
  const observed = rows[0] === undefined ? null : decodeVector(rows[0].heads);
  if (observed === null) return "nothing observed";
  const { rowCount } = await database.query(raiseFloor(observed.positions));
  return rowCount === 0 ? "there already" : "moved";
}
