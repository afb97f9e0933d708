/** What is recorded about the feed must fit the heads: the epoch was raised as recorded, no floor lies beyond the end. */
import type { Queryable } from "../../db/pool.ts";
import { hasFeedRecords, readHighFloors, readRecordedEpoch, type StoredFloor } from "./sql/read-feed.ts";

export interface FeedRecords {
  /** Epoch that every head must have; null when the schema does not record it yet. */
  readonly epoch: number | null;
  readonly highFloors: readonly StoredFloor[];
}

/** Reads what the heads are held against. */
export async function readFeedRecords(connection: Queryable): Promise<FeedRecords> {
  const { rows: found } = await connection.query<{ has: boolean }>(hasFeedRecords());
  if (found[0]?.has !== true) return { epoch: null, highFloors: [] };
  const { rows: epochs } = await connection.query<{ epoch: number | null }>(readRecordedEpoch());
  const { rows: highFloors } = await connection.query<StoredFloor>(readHighFloors());
  return { epoch: epochs[0]?.epoch ?? 1, highFloors };
}
