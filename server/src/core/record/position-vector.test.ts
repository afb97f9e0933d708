import { expect, test } from "bun:test";
import fc from "fast-check";
import { checkOf, decodeVector, encodeVector, isSamePlace, isWithin, movedCheck } from "./position-vector.ts";

const position = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat());
const vector = fc.record({
  epoch: fc.maxSafeNat(),
  positions: fc.array(position, { maxLength: 40 }),
  check: fc.uint8Array({ minLength: 8, maxLength: 8 }),
});
const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 20 });

test("what was encoded is read again, to the last bit", () => {
  fc.assert(
    fc.property(vector, (given) => {
      const read = decodeVector(encodeVector(given))!;
      expect(isSamePlace(read, given)).toBe(true);
      expect(read.positions).toEqual(given.positions);
    }),
  );
});

test("bytes that are cut or that say something else are no vector of the same place", () => {
  fc.assert(
    fc.property(vector, fc.nat(), (given, cut) => {
      const bytes = encodeVector(given);
      expect(decodeVector(bytes.subarray(0, cut % bytes.length))).toBeNull();
      const other = bytes.slice();
      other[0] = 1;
      expect(decodeVector(other)).toBeNull();
    }),
  );
});

test("a check that moves with one partition is the check of all of them", () => {
  fc.assert(
    fc.property(hashes, fc.nat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (before, index, hash) => {
      const moved = index % before.length;
      const after = before.with(moved, hash);
      expect(movedCheck(checkOf(before), before[moved]!, hash)).toEqual(checkOf(after));
    }),
  );
});

test("a place lies within another one when no partition of it is ahead", () => {
  const check = new Uint8Array(8);
  const at = (...positions: number[]) => ({ epoch: 1, positions, check });
  expect(isWithin(at(1, 2), at(1, 2))).toBe(true);
  expect(isWithin(at(0, 2), at(1, 3))).toBe(true);
  expect(isWithin(at(2, 0), at(1, 3))).toBe(false);
  expect(isSamePlace(at(1, 2), at(2, 1))).toBe(false);
});
