/** Brings the cached state to the locked heads when another server has written in between. */

import { limits } from "../core/limits.ts";
import { genesisHash } from "../core/record/chain.ts";
import { controlPartition } from "../core/record/partition.ts";
import type { GroupTransaction, LockedHeads } from "../journal/group-transaction.ts";
import type { StateCache } from "./state-cache.ts";

/**
 * Reads what was written elsewhere to the locked partitions, or forgets a partition that is too far behind.
 * @returns whether somebody else had moved one of the heads that were remembered
 */
export async function catchUpHeads(
  transaction: GroupTransaction,
  cache: StateCache,
  locked: LockedHeads,
): Promise<boolean> {
  let wasMoved = false;
  for (const row of locked.heads) {
    const { partition, sequence, epoch } = row;
    const known = cache.head(partition);
    const behind = known === null || known.epoch !== epoch ? Number.POSITIVE_INFINITY : sequence - known.sequence;
    if (known !== null && behind !== 0) wasMoved = true;
    if (behind < 0 || behind > limits.catchUpEntriesMax) cache.drop(partition);
    else if (behind > 0) {
      const retimed = cache.catchUp(partition, await transaction.entriesAfter(partition, known!.sequence), epoch);
      if (retimed.size > 0) await lookAt(transaction, cache, partition, retimed);
    }
    cache.setHead(partition, { sequence, hash: row.hash, recordedAtMs: row.recorded_at, epoch });
  }
  return wasMoved;
}

/** Lines of orders whose time was changed elsewhere: what is remembered of when items are due must not be too late. */
async function lookAt(
  transaction: GroupTransaction,
  cache: StateCache,
  partition: number,
  orderIds: ReadonlySet<string>,
): Promise<void> {
  const lines = Map.groupBy(await transaction.linesThere(partition, [...orderIds]), (line) => line.orderId);
  for (const [orderId, there] of lines) cache.putLinesThere(partition, orderId, there);
}

/**
 * Brings the locations and channels to the end of the control partition as it was after the locks were had.
 * @param epoch of the heads that are locked; locations of an earlier one may be of a history that was lost
 */
export async function catchUpControl(
  transaction: GroupTransaction,
  cache: StateCache,
  controlSequence: number,
  epoch: number,
): Promise<void> {
  if ((cache.head(controlPartition)?.epoch ?? epoch) !== epoch) cache.drop(controlPartition);
  const known = cache.head(controlPartition);
  if (cache.catalogue !== null && known !== null && known.sequence >= controlSequence) return;
  if (cache.catalogue !== null && known !== null && controlSequence - known.sequence <= limits.catchUpEntriesMax) {
    cache.catchUp(controlPartition, await transaction.entriesAfter(controlPartition, known.sequence), epoch);
    return;
  }
  const { catalogue } = cache;
  const [locations, channels] = await Promise.all([transaction.locations(), transaction.channels()]);
  // Another lane may have loaded or changed them meanwhile; what it knows may be newer than what was read here.
  if (cache.catalogue !== catalogue || cache.head(controlPartition)?.sequence !== known?.sequence) {
    return catchUpControl(transaction, cache, controlSequence, epoch);
  }
  // What is loaded may be newer than the sequence; entries in between are then applied again, which changes nothing.
  cache.setCatalogue(locations, channels);
  const head = cache.head(controlPartition);
  if (head !== null && head.sequence >= controlSequence) return;
  cache.setHead(controlPartition, { sequence: controlSequence, hash: genesisHash, recordedAtMs: 0, epoch });
}
