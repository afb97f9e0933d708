/** Divides what lies between a projection's positions and the heads into batches. */
import type { Stretch } from "./sql/projection.ts";

/**
 * @param positions of the projection, index is the partition
 * @param heads the ends of the partitions
 * @param entriesMax of the whole batch
 * @returns what comes next: each partition that is behind gets its part, so that none waits for another
 */
export function nextStretches(positions: readonly number[], heads: readonly number[], entriesMax: number): Stretch[] {
  const behind = heads.flatMap((head, partition) => {
    const after = positions[partition] ?? 0;
    return head > after ? [{ partition, after, head }] : [];
  });
  let left = entriesMax;
  // Those with the least to read go first, and what they leave of their part is for the others.
  return behind
    .sort((a, b) => a.head - a.after - (b.head - b.after))
    .flatMap(({ partition, after, head }, index) => {
      const part = Math.max(1, Math.floor(left / (behind.length - index)));
      const upTo = Math.min(head, after + part);
      if (left <= 0) return [];
      left -= upTo - after;
      return [{ partition, after, upTo }];
    });
}

/** @returns how many entries lie between positions and heads */
export const entriesBehind = (positions: readonly number[], heads: readonly number[]): number =>
  heads.reduce((sum, head, partition) => sum + Math.max(0, head - (positions[partition] ?? 0)), 0);
