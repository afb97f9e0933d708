import { expect, test } from "bun:test";
import type { ComparedRow } from "./sql/variance.ts";
import { compared, largestFirst, totalsOf } from "./variance.ts";

const row = (fields: Partial<ComparedRow>): ComparedRow => ({
  line: 1,
  partition: 1,
  product_id: "soap",
  sku: "SOAP",
  counted: 0,
  counted_at: 0,
  counted_by: "key_1",
  device_id: null,
  verdict: null,
  sequence: null,
  code: null,
  detail: null,
  on_hand: 0,
  last_sequence: 1,
  posted_variance: null,
  ...fields,
});

test("what was sold after the count is netted out", () => {
  expect(compared(row({ counted: 10, on_hand: 7 }), -3)).toMatchObject({ expected: 10, variance: 0 });
  expect(compared(row({ counted: 9, on_hand: 7 }), -3)).toMatchObject({ expected: 10, variance: -1 });
});

test("of a posted line its entry says what was expected, whatever is there now", () => {
  const posted = row({
    counted: 9,
    on_hand: 4,
    sequence: 12,
    verdict: "applied",
    posted_variance: -1,
  });
  expect(compared(posted, null)).toMatchObject({ expected: 10, variance: -1 });
});

test("a line of which it cannot be told is in no sum, and stands first", () => {
  const lines = [
    compared(row({ line: 1, counted: 5, on_hand: 5 }), 0),
    compared(row({ line: 2, counted: 8, on_hand: 5 }), 0),
    compared(row({ line: 3, counted: 1, on_hand: 9 }), 0),
    compared(row({ line: 4, counted: 50 }), null),
    compared(row({ line: 5, counted: 2, on_hand: 5 }), 0),
  ];
  expect(totalsOf(lines)).toEqual({
    lines: 5,
    counted: 16,
    expected: 24,
    variance: -8,
    surplus: 3,
    shortage: 11,
    differing: 3,
    unknown: 1,
  });
  expect(largestFirst(lines).map((line) => line.row.line)).toEqual([4, 3, 2, 5, 1]);
});

test("sums that no number holds exactly are the largest that one does", () => {
  const lines = [1, 2, 3].map((line) => compared(row({ line, counted: Number.MAX_SAFE_INTEGER }), 0));
  expect(totalsOf(lines)).toMatchObject({
    counted: Number.MAX_SAFE_INTEGER,
    expected: 0,
    surplus: Number.MAX_SAFE_INTEGER,
  });
});
