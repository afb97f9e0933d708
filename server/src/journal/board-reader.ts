/** Reads where all partitions are, outside any group. */
import type { Queryable } from "../db/pool.ts";
import { type HeadRow, readHeads } from "./sql/lock-heads.ts";

/** All heads in order of partitions, and how many partitions products are spread over. */
export async function readBoard(database: Queryable): Promise<{ heads: HeadRow[]; partitionCount: number }> {
  const { rows } = await database.query<HeadRow>(readHeads());
  return { heads: rows, partitionCount: rows.length - 1 };
}
