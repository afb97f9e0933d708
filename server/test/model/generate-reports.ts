/** Random words of sources about few items, so that numbers, times and trust of different sources meet. */
import fc from "fast-check";
import type { InventoryLine, ItemChange, SourceReport } from "../../src/core/command.ts";
import { origin } from "./commands.ts";
import { given, small, type Template, time } from "./draws.ts";
import { withSummableMoves } from "./generate-inventory.ts";

/** What a source says of its word. */
const report: fc.Arbitrary<SourceReport> = fc.record({
  // Ids of callers may be names that every object answers to.
  sourceId: fc.constantFrom("erp", "shop", "constructor"),
  trust: fc.constantFrom(10, 50, 90),
  freshForMs: fc.constantFrom(0, 2, 8),
  version: fc.option(fc.nat({ max: 6 }), { freq: 3 }),
  saidAtMs: fc.option(time, { freq: 2 }),
});

const clock = fc.option(
  fc.option(fc.nat({ max: 3 }), { freq: 3 }).map((errorMs) => ({ deviceId: "till", errorMs })),
  { nil: undefined, freq: 4 },
);

const change = fc.oneof(
  { weight: 2, arbitrary: small.map((adjustment) => ({ adjustment })) },
  { weight: 5, arbitrary: fc.record({ stockLevel: fc.integer({ min: 0, max: 20 }), countedAtMs: time }) },
);

/** A source, mostly, tells of a change or states a level as of a moment. */
export const reportTemplate: fc.Arbitrary<Template> = fc
  .record({
    productId: fc.constantFrom("p1", "p1", "p1", "constructor"),
    change,
    report: fc.option(report, { nil: undefined, freq: 6 }),
    occurredAtMs: fc.option(time, { freq: 3 }),
    clock,
  })
  .map(({ productId, change, report, occurredAtMs, clock }) => {
    const line: Omit<InventoryLine, "change"> = {
      productId,
      sku: null,
      locationId: "l1",
      guard: null,
      mustExist: false,
      allowNegative: true,
      movementType: "sale",
      occurredAtMs,
      ...given("clock", clock),
      ...given("report", report),
      text: null,
    };
    return (world) => {
      const { adjustment = 0, ...level }: ItemChange = withSummableMoves(world, productId, "l1", change);
      const summable = level.countedAtMs === undefined ? { adjustment } : level;
      return { ...origin, kind: "inventory", lines: [{ ...line, change: summable }] };
    };
  });
