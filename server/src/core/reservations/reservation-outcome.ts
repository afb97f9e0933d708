/** Answers of reservations. */
import type { Item } from "../inventory/item.ts";
import type { StockOrder, StockOrderLine } from "../orders/order.ts";
import { type OrderStep, skuOf } from "../orders/order-entries.ts";
import type { OrderOutcome, Outcome } from "../outcome.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";

/** The outcome of a command that was refused. */
export const rejected = (rejection: Rejection): Outcome => ({ kind: "rejected", rejection });

/** The answer about a reservation. @param order and `lines`: as the command leaves them */
export function orderOutcome(
  draft: Draft,
  order: StockOrder,
  lines: readonly StockOrderLine[],
  items: readonly Item[],
  nowMs: number,
  more: Partial<Pick<OrderOutcome, "superseded" | "isDryRun" | "latePayment">> = {},
): OrderOutcome {
  return {
    kind: "order",
    order,
    lines,
    skus: lines.map((line) => skuOf(draft, line)),
    items,
    decidedAtMs: nowMs,
    superseded: more.superseded ?? [],
    isDryRun: more.isDryRun ?? false,
    latePayment: more.latePayment ?? null,
  };
}

/** Lines as planned steps leave them. */
export function linesAfter(lines: readonly StockOrderLine[], steps: readonly OrderStep[]): readonly StockOrderLine[] {
  if (steps.length === 0) return lines;
  const after = [...lines];
  for (const step of steps) {
    if (step.subject === "item") after[step.line.line - 1] = step.line;
    else for (const changed of step.lines) after[changed.after.line - 1] = changed.after;
  }
  return after;
}
