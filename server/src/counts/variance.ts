/** How what was counted differs from what was expected, with what moved since the count netted out. Pure. */
import { quantityMax } from "@onhand/protocol/vocabulary";
import type { ComparedRow } from "./sql/variance.ts";

export interface Compared {
  readonly row: ComparedRow;
  /** Units on hand that moved after the count; null for a line that was posted, or when it cannot be told. */
  readonly movedSince: number | null;
  /** Units on hand at the moment of the count, by the journal; null when it cannot be told. */
  readonly expected: number | null;
  /** counted − expected. */
  readonly variance: number | null;
}

/**
 * @param movedSince null when it was not looked up, or is not known
 * @returns what was expected of a line: what is there now less what moved since, or what its own entry found
 */
export function compared(row: ComparedRow, movedSince: number | null): Compared {
  if (row.sequence !== null) {
    const variance = row.posted_variance!;
    return { row, movedSince: null, expected: row.counted - variance, variance };
  }
  if (movedSince === null) return { row, movedSince, expected: null, variance: null };
  const expected = row.on_hand - movedSince;
  return { row, movedSince, expected, variance: row.counted - expected };
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
  const sum = (of: (line: (typeof known)[number]) => number): number =>
    exact(known.reduce((all, line) => all + BigInt(of(line)), 0n));
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

/** Thousands of lines of the largest numbers come to more than a number holds exactly: then to the largest that it does. */
function exact(sum: bigint): number {
  const most = BigInt(quantityMax);
  return Number(sum > most ? most : sum < -most ? -most : sum);
}

/** @returns lines with the largest difference first, whichever way; those of which it cannot be told before all others */
export function largestFirst(lines: readonly Compared[]): Compared[] {
  const size = ({ variance }: Compared): number => (variance === null ? Number.POSITIVE_INFINITY : Math.abs(variance));
  return lines.toSorted((a, b) => (size(a) === size(b) ? a.row.line - b.row.line : size(b) > size(a) ? 1 : -1));
}
