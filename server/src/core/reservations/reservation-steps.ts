/** What is done with the units of a reservation's line, as entries to be. */
import { entryKinds, type LineEnd } from "@onhand/protocol/vocabulary";
import type { EntryText } from "../command.ts";
import { type StockOrderLine, withLapsed } from "../orders/order.ts";
import { type ItemStep, skuOf } from "../orders/order-entries.ts";
import { noLevels } from "../record/entry.ts";
import type { Draft, ItemPlace } from "../state.ts";

/** Units are promised: they stay on hand and are available no more. */
export function holdStep(line: StockOrderLine, sku: string, text: EntryText | null): ItemStep {
  return {
    subject: "item",
    place: placeOf(line),
    kind: entryKinds.inventoryReserved,
    movementType: "hold",
    delta: { ...noLevels, reserved: line.held },
    before: null,
    line,
    sku,
    text,
  };
}

/** Held units go out: on hand and reserved fall together, so that available stays. */
export function commitStep(draft: Draft, line: StockOrderLine, quantity: number, text: EntryText | null): ItemStep {
  return {
    subject: "item",
    place: placeOf(line),
    kind: entryKinds.inventoryCommitted,
    movementType: "sale",
    delta: { ...noLevels, onHand: -quantity, reserved: -quantity },
    before: line,
    line: { ...line, held: line.held - quantity, done: line.done + quantity },
    sku: skuOf(draft, line),
    text,
  };
}

/** Held units are available again. */
export function releaseStep(
  draft: Draft,
  line: StockOrderLine,
  quantity: number,
  end: LineEnd,
  text: EntryText | null,
): ItemStep {
  return {
    subject: "item",
    place: placeOf(line),
    kind: entryKinds.inventoryReleased,
    movementType: "hold",
    delta: { ...noLevels, reserved: -quantity },
    before: line,
    line: { ...line, held: line.held - quantity, dropped: line.dropped + quantity, end },
    sku: skuOf(draft, line),
    text,
  };
}

/** Units that had gone back go out after all: first those that nobody gave back. */
export function retakeStep(draft: Draft, line: StockOrderLine, quantity: number, text: EntryText | null): ItemStep {
  const dropped = line.dropped - quantity;
  const { lapsed = 0 } = line;
  const left = Math.max(0, lapsed - quantity);
  // What is still gone was given back, once nothing of what lapsed is.
  const end = dropped === 0 ? null : lapsed > 0 && left === 0 ? "released" : line.end;
  return {
    subject: "item",
    place: placeOf(line),
    kind: entryKinds.inventoryCommitted,
    movementType: "sale",
    delta: { ...noLevels, onHand: -quantity },
    before: line,
    line: withLapsed({ ...line, dropped, done: line.done + quantity, end }, left),
    sku: skuOf(draft, line),
    text,
  };
}

/** A reservation's line always has a location. */
export const placeOf = ({ partition, productId, locationId }: StockOrderLine): ItemPlace => ({
  partition,
  productId,
  locationId: locationId!,
});
