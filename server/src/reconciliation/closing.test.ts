import { expect, test } from "bun:test";
import { whatClosed } from "./closing.ts";
import type { StoredFinding } from "./sql/differences.ts";

const finding = { lastSequence: 5, asOfMs: 100 } as StoredFinding;
const before = { check_kind: "statement", partition: 1, finding, corrected: null } as const;
const basis = { lastSequence: 5, asOfMs: 100 };

test("what closed a difference is named, the nearest cause first", () => {
  const of = (fields: object, now: object, tolerance: string | null = null) =>
    whatClosed({ ...before, ...fields }, { ...basis, ...now }, tolerance);
  expect(of({}, {}, "two are near enough")).toMatchObject({ kind: "tolerance" });
  expect(of({ corrected: { asOfMs: 100, sequence: 6, by: "system" } }, { lastSequence: 6 })).toMatchObject({
    kind: "correction",
    sequence: 6,
  });
  expect(of({}, { asOfMs: 200, lastSequence: 9 })).toMatchObject({ kind: "statement" });
  expect(of({}, { lastSequence: 9 })).toMatchObject({ kind: "movement", sequence: 9 });
  expect(of({ check_kind: "level" }, {})).toMatchObject({ kind: "outside", sequence: null });
  expect(of({ check_kind: "overdue_hold" }, { lastSequence: null })).toMatchObject({ kind: "by_itself" });
  // What was refused corrected nothing.
  expect(of({ corrected: { asOfMs: 100, sequence: null, by: "system" } }, { lastSequence: 9 }).kind).toBe("movement");
});
