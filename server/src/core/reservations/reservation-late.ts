/**
 * Money that comes after the end of a reservation. Its units went back and may be sold: they are taken again when the
 * caller asks for that and all of them are there, else the answer is that the payment came too late. This is decided and
 * told once; whoever asks again is told that it was too late, for the money may be on its way back.
 */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { ReservationAction, ReservationCommand } from "../command.ts";
import { availableOf } from "../inventory/item.ts";
import { hidesDue } from "../orders/expiry.ts";
import type { StockOrder, StockOrderLine } from "../orders/order.ts";
import { applySteps, type OrderStep, planHeaders } from "../orders/order-entries.ts";
import type { Outcome } from "../outcome.ts";
import type { Rejection } from "../rejection.ts";
import { type Draft, itemKey } from "../state.ts";
import { type Asked, askedOf } from "./reservation-asked.ts";
import { linesAfter, orderOutcome, rejected } from "./reservation-outcome.ts";
import { placeOf, retakeStep } from "./reservation-steps.ts";

/** Decides a commit of a reservation that expired, was released, or was superseded. Nothing of it is held. */
export function decideLate(
  draft: Draft,
  command: ReservationCommand,
  action: Extract<ReservationAction, { readonly kind: "commit" }>,
  order: StockOrder,
  lines: readonly StockOrderLine[],
  nowMs: number,
): Outcome {
  const asked = askedOf(lines, action.lines, {
    unitsOf: unitsOf(lines, action.lines === null),
    units: "to be taken again",
  });
  if ("code" in asked) return rejected(asked);
  const isFirst = order.paymentLateAtMs === null;
  const retakes = isFirst && action.retakes && endedByItself(order, lines);
  const missing = retakes ? findMissing(draft, asked) : null;
  if (missing?.isStale === true) return rejected(missing);
  const isRetaken = retakes && missing === null && asked.length > 0;
  const steps: OrderStep[] = isRetaken
    ? asked.map(({ line, quantity }) => retakeStep(draft, line, quantity, command.text))
    : [];
  const late = isFirst ? { ...order, paymentLateAtMs: nowMs } : order;
  if (isFirst) {
    // It tells of the reservation as a whole, and of no line that the payment was late for changes by it.
    steps.push(...planHeaders(draft, entryKinds.reservationPaymentLate, late, lines, () => false, command.text));
  }
  const items = applySteps(draft, command, steps, nowMs);
  const latePayment = isRetaken ? "retaken" : "refused";
  return orderOutcome(draft, late, linesAfter(lines, steps), items, nowMs, { latePayment });
}

/** What was released was given back on purpose: that money comes all the same is told, and nothing is sold. */
const endedByItself = ({ supersededBy }: StockOrder, lines: readonly StockOrderLine[]): boolean =>
  supersededBy !== null || lines.some(({ end }) => end === "expired");

/**
 * What can be asked for of a line: named, whatever went back of it. Unnamed, only what came to its end with the
 * reservation; what the buyer had given back before is not what was paid for.
 */
function unitsOf(lines: readonly StockOrderLine[], isUnnamed: boolean): (line: StockOrderLine) => number {
  const hasLapsed = lines.some(({ lapsed = 0 }) => lapsed > 0);
  return ({ lapsed = 0, dropped }) => (isUnnamed && hasLapsed ? lapsed : dropped);
}

/** @returns why not all units can be taken again, or null. Items that are out of use give nothing */
function findMissing(draft: Draft, asked: readonly Asked[]): Rejection | null {
  const wanted = new Map<string, number>();
  for (const [index, { line, quantity }] of asked.entries()) {
    const place = placeOf(line);
    const key = itemKey(place.productId, place.locationId);
    const requested = (wanted.get(key) ?? 0) + quantity;
    wanted.set(key, requested);
    const item = draft.item(place.partition, place.productId, place.locationId);
    const available = item?.life === "active" ? Math.max(0, availableOf(item)) : 0;
    if (requested <= available) continue;
    const isStale = hidesDue(draft, place);
    const detail = `${requested} asked for, ${available} available. Nothing was changed.`;
    return { code: "insufficient_stock", line: index, available, requested, isStale, detail };
  }
  return null;
}
