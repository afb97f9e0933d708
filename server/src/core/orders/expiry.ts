/** Expiry: a matter of each line, decided by the database's clock at the moment something is decided about its item. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { Cause } from "../inventory/movement.ts";
import { move, systemActor } from "../inventory/movement.ts";
import type { Draft, ItemPlace } from "../state.ts";
import { type StockOrderLine, withLapsed } from "./order.ts";

/** Releases what is due of an item; each line once, whoever comes first. */
export function releaseDue(draft: Draft, cause: Cause, place: ItemPlace, nowMs: number): void {
  if (!draft.hasDue) return;
  for (const line of draft.dueLines(place).lines) expireLine(draft, cause, line, nowMs);
}

/**
 * Whether more is due of an item than could be released before the decision: then a refusal for want of what is held of
 * it rests on holds that are over, and is not final.
 */
export const hidesDue = (draft: Draft, place: ItemPlace): boolean => !draft.dueLines(place).isComplete;

/** Lets go what a line still holds, because its time is over. */
export function expireLine(draft: Draft, cause: Cause, line: StockOrderLine, nowMs: number): void {
  if (line.held === 0 || line.locationId === null) return;
  const ended: StockOrderLine = { ...line, held: 0, dropped: line.dropped + line.held, end: "expired" };
  const after = line.kind === "reservation" ? withLapsed(ended, (line.lapsed ?? 0) + line.held) : ended;
  const place = { partition: line.partition, productId: line.productId, locationId: line.locationId };
  const sku = draft.product(line.partition, line.productId)?.document.sku ?? "";
  move(
    draft,
    { actor: systemActor, source: null, requestId: cause.requestId, traceparent: cause.traceparent },
    place,
    {
      kind: entryKinds.inventoryHoldExpired,
      delta: { onHand: 0, reserved: -line.held, unavailable: 0, incoming: 0 },
      movementType: "hold",
      detail: { line: after },
      sku,
      parts: null,
    },
    nowMs,
  );
  draft.putLine(line, after);
}
