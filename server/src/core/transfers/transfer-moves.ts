/**
 * How units of a line go their way: held where they come from, incoming where they go, done when they have arrived. Each
 * move takes them from one place and adds them to the next, so that they are counted once, and let go at one end only.
 */
import { entryKinds, type LineEnd, type MovementType, type UnsellableState } from "@onhand/protocol/vocabulary";
import type { StockOrder, StockOrderLine } from "../orders/order.ts";
import type { Named, TransferPlan } from "./transfer-plan.ts";

/** Units that have come to no end yet. */
export const openUnits = (line: StockOrderLine): number => line.held + line.incoming;

/** Starts a line: units are held where they come from, or expected where they go when they come from outside. */
export function start(plan: TransferPlan, line: StockOrderLine, named: Named, order?: StockOrder): void {
  const { quantity } = line;
  const leg =
    line.kind === "transfer"
      ? {
          kind: entryKinds.inventoryReserved,
          movementType: "transfer" as const,
          locationId: line.locationId!,
          moved: { reserved: quantity },
        }
      : {
          kind: entryKinds.inventoryExpected,
          movementType: "supply" as const,
          locationId: line.toLocationId!,
          moved: { incoming: quantity },
        };
  plan.add(line, leg, named, order);
}

/** Units leave where they were held, and are on their way. */
export function ship(plan: TransferPlan, before: StockOrderLine, units: number, named: Named): void {
  const line = { ...before, held: before.held - units, incoming: before.incoming + units };
  const { inventoryShipped, inventoryExpected } = entryKinds;
  const movementType = "transfer";
  const leaves = { onHand: -units, reserved: -units };
  plan.add(line, { kind: inventoryShipped, movementType, locationId: line.locationId!, moved: leaves }, named);
  const nears = { incoming: units };
  plan.add(line, { kind: inventoryExpected, movementType, locationId: line.toLocationId!, moved: nears }, named);
}

/** Units have arrived; those beyond what was on its way are a surplus. */
export function receive(
  plan: TransferPlan,
  before: StockOrderLine,
  units: number,
  state: UnsellableState | null,
  named: Named,
): void {
  const expected = Math.min(units, before.incoming);
  const line = {
    ...before,
    incoming: before.incoming - expected,
    done: before.done + expected,
    surplus: before.surplus + (units - expected),
  };
  const leg = {
    kind: entryKinds.inventoryReceived,
    movementType: movementTypeOf(line),
    locationId: line.toLocationId!,
    moved: { onHand: units, incoming: -expected },
    state,
  };
  plan.add(line, leg, named);
}

/** Units that were on their way will not arrive. */
export function lose(plan: TransferPlan, before: StockOrderLine, named: Named): void {
  const line = dropped(before, { incoming: before.incoming }, "lost");
  const leg = {
    kind: entryKinds.inventoryCancelled,
    movementType: "loss" as const,
    locationId: line.toLocationId!,
    moved: { incoming: -before.incoming },
  };
  plan.add(line, leg, named);
}

/** Units that are held are not sent after all. */
export function keep(plan: TransferPlan, before: StockOrderLine, units: number, named: Named): void {
  const leg = {
    kind: entryKinds.inventoryReleased,
    movementType: "transfer" as const,
    locationId: before.locationId!,
    moved: { reserved: -units },
  };
  plan.add(dropped(before, { held: units }, "cancelled"), leg, named);
}

/** Units on their way turn round, or are expected no more when they come from outside. */
export function recall(plan: TransferPlan, before: StockOrderLine, units: number, named: Named): void {
  const line = dropped(before, { incoming: units }, "cancelled");
  const movementType = movementTypeOf(line);
  const { inventoryCancelled, inventoryReceived } = entryKinds;
  const leaves = { incoming: -units };
  plan.add(line, { kind: inventoryCancelled, movementType, locationId: line.toLocationId!, moved: leaves }, named);
  if (line.locationId === null) return;
  const returns = { onHand: units };
  plan.add(line, { kind: inventoryReceived, movementType, locationId: line.locationId, moved: returns }, named);
}

function dropped(
  line: StockOrderLine,
  from: { readonly held?: number; readonly incoming?: number },
  end: LineEnd,
): StockOrderLine {
  const { held = 0, incoming = 0 } = from;
  return {
    ...line,
    held: line.held - held,
    incoming: line.incoming - incoming,
    dropped: line.dropped + held + incoming,
    end,
  };
}

const movementTypeOf = (line: StockOrderLine): MovementType => (line.kind === "transfer" ? "transfer" : "supply");
