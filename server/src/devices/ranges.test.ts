import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatRanges, hasNumber, missingIn, parseRanges, throughOf, withNumbers } from "./ranges.ts";

const numbers = fc.array(fc.integer({ min: 1, max: 60 }));

test("ranges are the numbers that were added, in whatever order and however often", () => {
  fc.assert(
    fc.property(numbers, numbers, (first, second) => {
      const ranges = withNumbers(withNumbers([], first), second);
      const all = new Set([...first, ...second]);
      for (let number = 1; number <= 61; number++) expect(hasNumber(ranges, number)).toBe(all.has(number));
      expect(withNumbers(withNumbers([], second), first)).toEqual(ranges);
      for (const [index, [from, to]] of ranges.entries()) {
        expect(from).toBeLessThanOrEqual(to);
        if (index > 0) expect(from).toBeGreaterThan(ranges[index - 1]![1] + 1);
      }
      expect(parseRanges(formatRanges(ranges))).toEqual(ranges);
    }),
  );
});

test("what is missing and what is there make up everything", () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 60 }), (some, upTo) => {
      const ranges = withNumbers([], some);
      const missing = missingIn(ranges, upTo, 100);
      for (let number = 1; number <= 60; number++)
        expect(hasNumber(missing, number)).toBe(number <= upTo && !some.includes(number));
      const through = throughOf(ranges);
      for (let number = 1; number <= through; number++) expect(some).toContain(number);
      expect(some).not.toContain(through + 1);
    }),
  );
});

test("of many gaps the lowest are told", () => {
  expect(
    missingIn(
      [
        [2, 2],
        [4, 4],
      ],
      9,
      2,
    ),
  ).toEqual([
    [1, 1],
    [3, 3],
  ]);
});
