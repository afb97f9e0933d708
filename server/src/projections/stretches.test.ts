import { expect, test } from "bun:test";
import { entriesBehind, nextStretches } from "./stretches.ts";

test("nothing comes after the heads", () => {
  expect(nextStretches([3, 5], [3, 5], 100)).toEqual([]);
  expect(entriesBehind([3, 5], [3, 5])).toBe(0);
});

test("a partition that is not far behind leaves its part to the others", () => {
  expect(nextStretches([0, 0, 7], [1_000, 2, 7], 100)).toEqual([
    { partition: 1, after: 0, upTo: 2 },
    { partition: 0, after: 0, upTo: 98 },
  ]);
  expect(entriesBehind([0, 0, 7], [1_000, 2, 7])).toBe(1_002);
});

test("a batch never has more entries than it may, however many partitions are behind", () => {
  const stretches = nextStretches([0, 0, 0, 0], [9, 9, 9, 9], 3);
  expect(stretches.map(({ after, upTo }) => upTo - after)).toEqual([1, 1, 1]);
});

test("partitions without a position begin at their beginning", () => {
  expect(nextStretches([], [0, 2], 10)).toEqual([{ partition: 1, after: 0, upTo: 2 }]);
});
