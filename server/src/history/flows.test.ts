import { describe, expect, test } from "bun:test";
import { type EntryKind, entryKinds, type MovementType, movementTypes } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import { addFlows, flowsOf, netOf, noFlows } from "./flows.ts";

const entry = (type: MovementType, onHand: number, detail: object | null = null, kind: EntryKind = 1) => ({
  kind,
  delta: { onHand, reserved: 0, unavailable: 0, incoming: 0 },
  movementType: movementTypes.indexOf(type),
  detail: detail === null ? null : JSON.stringify(detail),
});

test("each kind of movement is a flow of its own", () => {
  const told: [MovementType, number, object][] = [
    ["sale", -3, { sold: 3 }],
    ["hold", -2, { sold: 2 }],
    ["return", 1, { returned: 1 }],
    ["restock", 9, { received: 9 }],
    ["supply", 8, { received: 8 }],
    ["loss", -4, { lost: 4 }],
    ["transfer", -5, { transferredOut: 5 }],
    ["transfer", 5, { transferredIn: 5 }],
    ["correction", -6, { corrected: -6 }],
    ["count", 7, { corrected: 7 }],
  ];
  for (const [type, units, flows] of told) expect(flowsOf(entry(type, units))).toEqual({ ...noFlows, ...flows });
});

test("what moves nothing on hand has no flows", () => {
  expect(flowsOf(entry("hold", 0, { line: {} }, entryKinds.inventoryReserved))).toBeNull();
});

describe("a sale that a count contains", () => {
  test("was sold, and is no longer a difference that nobody can explain", () => {
    const contained = { contained: { onHand: -3, countedAtMs: 1 } };
    const flows = flowsOf(entry("sale", 0, contained))!;
    expect(flows).toEqual({ ...noFlows, sold: 3, corrected: 3 });
    // The count had found three units less than there should have been.
    expect(addFlows(flows, flowsOf(entry("count", -3))!)).toEqual({ ...noFlows, sold: 3 });
  });
});

test("demand that was refused is told in units and requests", () => {
  const told = entry("correction", 0, { notice: { reason: "…", about: 1, units: 12, requests: 5 } }, 67);
  expect(flowsOf(told)).toEqual({ ...noFlows, refusedUnits: 12, refusedRequests: 5 });
});

test("flows always add up to what moved on hand", () => {
  const one = fc.tuple(
    fc.constantFrom(...movementTypes),
    fc.integer({ min: -1000, max: 1000 }),
    fc.option(fc.integer({ min: -1000, max: 1000 })),
  );
  fc.assert(
    fc.property(one, ([type, moved, contained]) => {
      const detail = contained === null ? null : { contained: { onHand: contained, countedAtMs: 1 } };
      const flows = flowsOf(entry(type, moved, detail));
      expect(flows === null ? 0 : netOf(flows)).toBe(moved);
    }),
  );
});
