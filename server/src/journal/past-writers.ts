/** Waiting for groups under way, on whichever server, without holding up any. */
import type { Queryable } from "../db/pool.ts";
import { passHead } from "./sql/lock-heads.ts";

/**
 * Returns when every group that had locks has ended. A group reads the end of the control partition once it has its
 * locks: so whatever is written from here on was decided on the catalogue as it was when this was called, or a newer one.
 */
export async function pastWriters(database: Queryable, partitionCount: number): Promise<void> {
  // One after the other, each in a transaction of its own: nobody waits for one head with another one in hand.
  for (let partition = 1; partition <= partitionCount; partition++) await database.query(passHead(partition));
}
