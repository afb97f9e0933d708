/** Decides what happens with transfers and supplies that are there: shipped, received, called off, put off. */
import { entryKinds, futureToleranceMs } from "@onhand/protocol/vocabulary";
import type { TransferActionCommand } from "../command.ts";
import type { StockOrder } from "../orders/order.ts";
import { planHeaders } from "../orders/order-entries.ts";
import type { Outcome } from "../outcome.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";
import { planCancel, planReceive, planShip } from "./transfer-actions.ts";
import { openUnits } from "./transfer-moves.ts";
import { TransferPlan } from "./transfer-plan.ts";

/** Decides one action: all that it names happens, or nothing. */
export function decideTransferAction(draft: Draft, command: TransferActionCommand, nowMs: number): Outcome {
  const { action, orderId } = command;
  const order = draft.order(orderId);
  if (order === null || order.kind !== command.order) return { kind: "rejected", rejection: unknown(command) };
  const plan = new TransferPlan(draft, draft.orderLines(orderId), command);
  plan.refuse(checkTime(command.occurredAtMs, nowMs));
  if (plan.lines.every((line) => openUnits(line) === 0)) plan.refuse(ended(command));
  switch (action.kind) {
    case "ship":
      if (action.expectedAtMs !== null) reschedule(plan, draft, command, order, action.expectedAtMs);
      planShip(plan, draft, order, action.lines);
      break;
    case "receive":
      planReceive(plan, draft, order, action.lines, action.closes);
      break;
    case "cancel":
      planCancel(plan, draft, order, action.lines);
      break;
    case "reschedule":
      reschedule(plan, draft, command, order, action.expectedAtMs);
      break;
  }
  return plan.finish(command, orderId, nowMs);
}

/** Another expected time is told where anything is still open; the same one is nothing to tell. */
function reschedule(
  plan: TransferPlan,
  draft: Draft,
  { text }: TransferActionCommand,
  order: StockOrder,
  expectedAtMs: number | null,
): void {
  if (order.expectedAtMs === expectedAtMs) return;
  const after = { ...order, expectedAtMs };
  const kind = entryKinds.transferRescheduled;
  plan.tell(planHeaders(draft, kind, after, plan.lines, (line) => openUnits(line) > 0, text));
}

const unknown = ({ order, orderId }: TransferActionCommand): Rejection => ({
  code: "not_found",
  line: 0,
  detail: `There is no ${order} ${orderId}. Check the id.`,
});

const ended = ({ order, orderId }: TransferActionCommand): Rejection => ({
  code: "already_ended",
  line: 0,
  detail: `All units of ${order} ${orderId} have arrived or come to nothing. Make a new one, or adjust the stock.`,
});

function checkTime(occurredAtMs: number | null, nowMs: number): Rejection | null {
  if (occurredAtMs === null || occurredAtMs <= nowMs + futureToleranceMs) return null;
  return {
    code: "validation_failed",
    line: 0,
    pointer: "/timestamp",
    detail: "The time lies more than 5 minutes ahead of the database's clock. Check the sender's clock.",
  };
}
