/** Ranges of whole numbers, as a device's log is received: ascending, apart from each other by at least one. Pure. */

/** First and last number, both in it. */
export type Range = readonly [first: number, last: number];

/** @returns the ranges with some numbers more */
export function withNumbers(ranges: readonly Range[], numbers: readonly number[]): Range[] {
  const all = [...ranges, ...numbers.map((number): Range => [number, number])].sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of all) {
    const open = merged.at(-1);
    if (open !== undefined && first <= open[1] + 1) open[1] = Math.max(open[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** @returns whether a number is in one of the ranges */
export function hasNumber(ranges: readonly Range[], number: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]![1] < number) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]![0] <= number;
}

/** @returns what is not in the ranges from 1 to `upTo`, at most so many ranges of it, lowest first */
export function missingIn(ranges: readonly Range[], upTo: number, countMax: number): Range[] {
  const missing: Range[] = [];
  let next = 1;
  for (const [first, last] of ranges) {
    if (missing.length === countMax || next > upTo) break;
    if (first > next) missing.push([next, Math.min(first - 1, upTo)]);
    next = Math.max(next, last + 1);
  }
  if (missing.length < countMax && next <= upTo) missing.push([next, upTo]);
  return missing;
}

/** @returns the number up to which everything from 1 is in the ranges; 0 when 1 is not */
export const throughOf = ([first]: readonly Range[]): number => (first?.[0] === 1 ? first[1] : 0);

/** @returns ranges as PostgreSQL writes them, e.g. `{[1,4),[7,8)}` */
export const formatRanges = (ranges: readonly Range[]): string =>
  `{${ranges.map(([first, last]) => `[${first},${last + 1})`).join(",")}}`;

/** @returns ranges from what PostgreSQL writes */
export const parseRanges = (text: string): Range[] =>
  [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, first, end]): Range => [Number(first), Number(end) - 1]);
