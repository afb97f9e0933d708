import { expect, test } from "bun:test";
import fc from "fast-check";
import { WebhookSequence } from "./sequence.ts";

test("numbers in order leave nothing missing", () => {
  const sequence = new WebhookSequence();
  expect([1, 2, 3].map((number) => sequence.take(number).kind)).toEqual(["next", "next", "next"]);
  expect(sequence.state).toEqual({ upTo: 3, beyond: [] });
});

test("a number that is overtaken is missing until it comes", () => {
  const sequence = new WebhookSequence({ upTo: 4, beyond: [] });
  expect(sequence.take(7)).toEqual({ kind: "early", missing: [[5, 6]], lost: [] });
  expect(sequence.take(5)).toEqual({ kind: "next", missing: [[6, 6]], lost: [] });
  expect(sequence.take(7).kind).toBe("repeat");
  expect(sequence.take(6)).toEqual({ kind: "next", missing: [], lost: [] });
});

test("numbers that a newer state stands for are not waited for", () => {
  const sequence = new WebhookSequence({ upTo: 4, beyond: [] });
  expect(sequence.take(8, [5, 7])).toEqual({ kind: "early", missing: [[6, 6]], lost: [] });
  expect(sequence.take(6)).toEqual({ kind: "next", missing: [], lost: [] });
  expect(sequence.take(7).kind).toBe("repeat");
});

test("a gap that was read elsewhere is settled", () => {
  const sequence = new WebhookSequence({
    upTo: 4,
    beyond: [
      [8, 9],
      [12, 12],
    ],
  });
  sequence.settle(7);
  expect(sequence.state).toEqual({ upTo: 9, beyond: [[12, 12]] });
  sequence.settle(20);
  expect(sequence.state).toEqual({ upTo: 20, beyond: [] });
});

test("past its limit the lowest gap is given up and named", () => {
  const sequence = new WebhookSequence();
  const verdicts = Array.from({ length: 1_001 }, (_, index) => sequence.take(2 * index + 2));
  expect(verdicts.at(-2)!.lost).toEqual([]);
  expect(verdicts.at(-1)!.lost).toEqual([[1, 1]]);
  expect(sequence.state.upTo).toBe(2);
});

test("whatever comes in whatever order, exactly what never came is missing", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), (numbers) => {
      let sequence = new WebhookSequence();
      const seen = new Set<number>();
      for (const number of numbers) {
        expect(sequence.take(number).kind === "repeat").toBe(seen.has(number));
        seen.add(number);
        sequence = new WebhookSequence(JSON.parse(JSON.stringify(sequence.state)));
      }
      const highest = Math.max(0, ...seen);
      const missing = Array.from({ length: highest }, (_, index) => index + 1).filter((number) => !seen.has(number));
      expect(
        sequence
          .missing()
          .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index)),
      ).toEqual(missing);
    }),
  );
});
