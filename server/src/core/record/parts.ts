/** Where the entries of one change lie, as text: `3:10-12,5:7-7` (partition, first and last sequence), by partition. */
export interface PartRange {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
}

/** @param positions of all entries of a change; within a partition they follow each other without a gap */
export function formatParts(positions: readonly { readonly partition: number; readonly sequence: number }[]): string {
  const ranges = new Map<number, PartRange>();
  for (const { partition, sequence } of positions) {
    const range = ranges.get(partition) ?? { partition, first: sequence, last: sequence };
    ranges.set(partition, { partition, first: Math.min(range.first, sequence), last: Math.max(range.last, sequence) });
  }
  return [...ranges.values()]
    .sort((a, b) => a.partition - b.partition)
    .map((range) => `${range.partition}:${range.first}-${range.last}`)
    .join(",");
}

/** Reverses `formatParts`. */
export function parseParts(text: string): PartRange[] {
  return text.split(",").map((part) => {
    const [partition, first, last] = part.split(/[:-]/).map(Number);
    return { partition: partition!, first: first!, last: last! };
  });
}
