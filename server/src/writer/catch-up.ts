/** Brings the cached state to the locked heads when another server has written in between. */
import { genesisHash } from "../core/chain.ts";
import { limits } from "../core/limits.ts";
import { controlPartition } from "../core/partition.ts";
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
    else if (behind > 0) cache.catchUp(partition, await transaction.entriesAfter(partition, known!.sequence), epoch);
    cache.setHead(partition, { sequence, hash: row.hash, recordedAtMs: row.recorded_at, epoch });
  }
  return wasMoved;
}

/**
 * Brings the locations to the end of the control partition as it was after the locks were had.
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
  if (cache.hasLocations && known !== null && known.sequence >= controlSequence) return;
  if (cache.hasLocations && known !== null && controlSequence - known.sequence <= limits.catchUpEntriesMax) {
    cache.catchUp(controlPartition, await transaction.entriesAfter(controlPartition, known.sequence), epoch);
    return;
  }
  const wasLoaded = cache.hasLocations;
  const locations = await transaction.locations();
  // Another lane may have loaded or changed them meanwhile; what it knows may be newer than what was read here.
  if (cache.hasLocations !== wasLoaded || cache.head(controlPartition)?.sequence !== known?.sequence) {
    return catchUpControl(transaction, cache, controlSequence, epoch);
  }
  // What is loaded may be newer than the sequence; entries in between are then applied again, which changes nothing.
  cache.setLocations(locations);
  const head = cache.head(controlPartition);
  if (head !== null && head.sequence >= controlSequence) return;
  cache.setHead(controlPartition, { sequence: controlSequence, hash: genesisHash, recordedAtMs: 0, epoch });
}
