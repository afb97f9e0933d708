import { expect, test } from "bun:test";
import { levelFrom, Truth } from "./truth.ts";

const shelf = { productId: "p", locationId: "l" };

test("what happened before a level is in it, in whatever order it is told", () => {
  const facts = [
    { kind: "change", atMs: 30, units: -2 },
    { kind: "level", atMs: 20, units: 10 },
    { kind: "change", atMs: 10, units: -5 },
    { kind: "change", atMs: 20, units: -1 },
  ] as const;
  for (const order of [facts, [...facts].reverse()]) expect(levelFrom(order, 100)).toBe(8);
  expect([5, 15, 25].map((atMs) => levelFrom(facts, atMs))).toEqual([0, -5, 10]);
});

test("of numbered levels the highest number holds", () => {
  const facts = [2, 3, 1].map((version) => ({ kind: "numbered" as const, version, units: version * 10 }));
  expect(levelFrom(facts, 100)).toBe(30);
});

test("an item counts in each of its groups", () => {
  const truth = new Truth();
  truth.add({ ...shelf, kind: "change", atMs: 1, units: 4 });
  truth.add({ ...shelf, locationId: "m", kind: "level", atMs: 1, units: 3 });
  const sums = truth.sumsBy(({ locationId }) => (locationId === "l" ? ["a", "b"] : ["b"]));
  expect([...sums]).toEqual([
    ["a", 4],
    ["b", 7],
  ]);
});
