/**
 * Which partition a product belongs to. Partition 0 is the control partition (locations and whatever belongs to no
 * product); products are spread over 1 … partitionCount.
 */

/** FNV-1a over the UTF-16 code units with a final avalanche (murmur3's fmix32); stable for ever, for it decides where data lies. */
function stableHash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export const controlPartition = 0;

/** @returns the partition, 1 … partitionCount, of a product id or of a SKU in the SKU table. */
export function partitionOf(key: string, partitionCount: number): number {
  return 1 + (stableHash32(key) % partitionCount);
}
