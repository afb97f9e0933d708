import { expect, test } from "bun:test";
import { type Item, noExtras } from "./inventory/item.ts";
import type { Outcome } from "./outcome.ts";
import { formatOutcome, parseOutcome } from "./outcome-text.ts";

const plain: Item = {
  partition: 1,
  productId: "p1",
  locationId: "l1",
  itemNumber: 1,
  onHand: 5,
  reserved: 0,
  unavailable: 0,
  incoming: 0,
  safetyStock: 0,
  reorderPoint: null,
  version: 1,
  lastSequence: 1,
  updatedAtMs: 1,
  life: "active",
  extras: noExtras,
};
const counted: Item = { ...plain, extras: { ...noExtras, countedAtMs: 5 } };
const lines = (...items: readonly Item[]): Outcome => ({
  kind: "lines",
  lines: items.map((item) => ({ item, sku: "S", sequence: 1, review: "look" })),
});

test("what is remembered is what was decided", () => {
  const rejected: Outcome = { kind: "rejected", rejection: { code: "not_found", line: 0, detail: "d" } };
  for (const outcome of [lines(plain, counted), rejected, { kind: "done", entries: 2 } as const]) {
    expect(parseOutcome(formatOutcome(outcome))).toEqual(outcome);
  }
});

test("items without extras take no room for them, and have none when they are read again", () => {
  expect(formatOutcome(lines(plain))).not.toContain("extras");
  const read = parseOutcome(formatOutcome(lines(plain)));
  expect(read.kind === "lines" && read.lines[0]!.item.extras).toBe(noExtras);
});
