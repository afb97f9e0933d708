/** The hash chain over the entries of a partition: link, and check. */
import { hash } from "node:crypto";
import { chainInput, commitmentInput } from "./canonical.ts";
import type { Entry } from "./entry.ts";

/** Hash before the first entry of every partition: 32 zero bytes. */
export const genesisHash: Uint8Array = new Uint8Array(32);

/** @returns the hash of `entry` behind `previousHash`, 32 bytes */
export function linkHash(previousHash: Uint8Array, entry: Entry): Uint8Array {
  return hash("sha256", chainInput(previousHash, entry), "buffer");
}

/**
 * Hashes entries of any partitions, each partition's in ascending order, every one behind the last of its own.
 * @param lastHash hash of the partition's last entry so far
 * @returns one hash for each entry, in order
 */
export function hashEntries(entries: readonly Entry[], lastHash: (partition: number) => Uint8Array): Uint8Array[] {
  const last = new Map<number, Uint8Array>();
  return entries.map((entry) => {
    const hashed = linkHash(last.get(entry.partition) ?? lastHash(entry.partition), entry);
    last.set(entry.partition, hashed);
    return hashed;
  });
}

/** @returns the 32-byte commitment that the journal keeps in place of free text */
export function commitmentOf(salt: Uint8Array, reason: string | null, reference: string | null): Uint8Array {
  return hash("sha256", commitmentInput(salt, reason, reference), "buffer");
}
