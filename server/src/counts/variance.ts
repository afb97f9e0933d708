/** How what was counted differs from what was expected, with what moved since the count netted out. Pure. */
import type { ComparedRow } from "./sql/variance.ts";

export interface Compared {
  readonly row: ComparedRow;
  /** Units on hand at the moment of the count, by the journal; null when it cannot be told. */
  readonly expected: number | null;
  /** counted − expected. */
  readonly variance: number | null;
}

/** @returns what was expected of a line: what is there now less what moved since, or what its own entry found */
export function compared(row: ComparedRow): Compared {
  if (row.sequence !== null) {
    const variance = row.posted_variance!;
    return { row, expected: row.counted - variance, variance };
  }
  const expected = row.moved_since === null ? null : row.on_hand - row.moved_since;
  return { row, expected, variance: expected === null ? null : row.counted - expected };
}

export interface VarianceTotals {
  readonly lines: number;
  readonly counted: number;
  readonly expected: number;
  readonly variance: number;
  readonly surplus: number;
  readonly shortage: number;
  readonly differing: number;
  /** Lines of which it cannot be told; in no sum. */
  readonly unknown: number;
}

/** @returns the sums over all lines */
export function totalsOf(lines: readonly Compared[]): VarianceTotals {
  const known = lines.flatMap(({ row, expected, variance }) =>
    expected === null || variance === null ? [] : [{ counted: row.counted, expected, variance }],
  );
  const sum = (of: (line: (typeof known)[number]) => number): number => known.reduce((all, line) => all + of(line), 0);
  return {
    lines: lines.length,
    counted: sum((line) => line.counted),
    expected: sum((line) => line.expected),
    variance: sum((line) => line.variance),
    surplus: sum((line) => Math.max(0, line.variance)),
    shortage: sum((line) => Math.max(0, -line.variance)),
    differing: known.filter((line) => line.variance !== 0).length,
    unknown: lines.length - known.length,
  };
}

/** @returns lines with the largest difference first, whichever way; those of which it cannot be told before all others */
export function largestFirst(lines: readonly Compared[]): Compared[] {
  const size = ({ variance }: Compared): number => (variance === null ? Number.POSITIVE_INFINITY : Math.abs(variance));
  return lines.toSorted((a, b) => (size(a) === size(b) ? a.row.line - b.row.line : size(b) > size(a) ? 1 : -1));
}
