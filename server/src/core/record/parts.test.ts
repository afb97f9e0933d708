/** The places of a change with several entries, as text. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { cases } from "../../../test/model/property-settings.ts";
import { formatParts, parseParts } from "./parts.ts";

test("parts are written by partition, with the first and the last sequence", () => {
  const positions = [
    { partition: 10, sequence: 7 },
    { partition: 3, sequence: 10 },
    { partition: 3, sequence: 12 },
    { partition: 3, sequence: 11 },
  ];
  expect(formatParts(positions)).toBe("3:10-12,10:7-7");
  expect(parseParts("3:10-12,10:7-7")).toEqual([
    { partition: 3, first: 10, last: 12 },
    { partition: 10, first: 7, last: 7 },
  ]);
});

test("reading parts gives back exactly the positions, in whatever order they came", () => {
  const range = fc.record({
    partition: fc.integer({ min: 0, max: 1023 }),
    first: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 2 ** 40, max: 2 ** 52 })),
    count: fc.integer({ min: 1, max: 5 }),
  });
  const ranges = fc.uniqueArray(range, { minLength: 1, maxLength: 6, selector: ({ partition }) => partition });
  const shuffled = ranges
    .map((list) =>
      list.flatMap(({ partition, first, count }) =>
        Array.from({ length: count }, (_, offset) => ({ partition, sequence: first + offset })),
      ),
    )
    .chain((positions) => fc.shuffledSubarray(positions, { minLength: positions.length }));
  const property = fc.property(shuffled, (positions) => {
    const read = parseParts(formatParts(positions)).flatMap(({ partition, first, last }) =>
      Array.from({ length: last - first + 1 }, (_, offset) => `${partition}:${first + offset}`),
    );
    const expected = positions.map(({ partition, sequence }) => `${partition}:${sequence}`);
    expect(read.toSorted()).toEqual(expected.toSorted());
  });
  fc.assert(property, cases(300));
});
