/** Answers of reservations. */
import type { Item } from "./item.ts";
import { skuOf } from "./order-entries.ts";
import type { OrderOutcome, Outcome } from "./outcome.ts";
import type { Rejection } from "./rejection.ts";
import type { Draft } from "./state.ts";

export const rejected = (rejection: Rejection): Outcome => ({ kind: "rejected", rejection });

/** The reservation as a command left it in the draft. */
export function orderOutcome(
  draft: Draft,
  orderId: string,
  items: readonly Item[],
  nowMs: number,
  more: Partial<Pick<OrderOutcome, "superseded" | "isDryRun" | "latePayment">> = {},
): OrderOutcome {
  const lines = draft.orderLines(orderId);
  return {
    kind: "order",
    order: draft.order(orderId)!,
    lines,
    skus: lines.map((line) => skuOf(draft, line)),
    items,
    decidedAtMs: nowMs,
    superseded: more.superseded ?? [],
    isDryRun: more.isDryRun ?? false,
    latePayment: more.latePayment ?? null,
  };
}
