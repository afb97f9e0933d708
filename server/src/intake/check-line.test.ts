import { expect, test } from "bun:test";
import { faultOf } from "./check-line.ts";
import type { IntakeLine, IntakeOrigin } from "./intake-line.ts";

const line: IntakeLine = {
  operationId: "one",
  product: { productId: "soap" },
  location: { locationId: "shop" },
  change: { adjustment: -1 },
  movementType: "sale",
  occurredAtMs: null,
  saidAtMs: null,
  version: null,
  reason: null,
  reference: null,
};
const origin = { mode: "both", isStatementOnly: false } as IntakeOrigin;
const pointerOf = (fields: object): string | undefined => faultOf({ ...line, ...fields }, origin)?.pointer;

test("a line that makes sense has no fault", () => {
  for (const fields of [{}, { reason: "sold", reference: "bill 7" }, { reason: "" }, { change: { stockLevel: 0 } }])
    expect(pointerOf(fields)).toBeUndefined();
});

test.each([
  ["reason", 5],
  ["reason", {}],
  ["reason", "x".repeat(1_001)],
  ["reason", "\0"],
  ["reason", "\ud800"],
  ["reference", ["bill"]],
  ["reference", "x".repeat(256)],
])("free text that cannot be kept is a fault of the line alone: %s %j", (name, value) => {
  expect(pointerOf({ [name]: value })).toBe(`/${name}`);
});
