/** Decides new transfers, which hold units where they come from, and new supplies, which are expected from outside. */
import type { TransferCommand } from "../command.ts";
import { availableOf } from "../inventory/item.ts";
import { hidesDue } from "../orders/expiry.ts";
import { orderLimits, type StockOrder, type StockOrderLine } from "../orders/order.ts";
import { checkItem, checkLocation, checkProduct } from "../orders/order-checks.ts";
import type { Outcome } from "../outcome.ts";
import { formatOrderId } from "../record/ids.ts";
import { partitionOf } from "../record/partition.ts";
import type { Rejection } from "../rejection.ts";
import { type Draft, itemKey } from "../state.ts";
import { start } from "./transfer-moves.ts";
import { TransferPlan } from "./transfer-plan.ts";

/** Decides one transfer or supply: all of its lines are made, or none. */
export function decideTransfer(draft: Draft, command: TransferCommand, nowMs: number): Outcome {
  const plan = new TransferPlan(draft, [], { text: command.text, occurredAtMs: null });
  plan.refuse(checkCount(command.lines.length));
  checkPlaces(plan, draft, command);
  for (const [index, name] of command.lines.entries()) {
    const partition = partitionOf(name.productId, draft.partitionCount);
    plan.refuse(checkProduct(draft, name, partition, index));
    for (const locationId of [command.fromLocationId, command.toLocationId]) {
      if (locationId !== null) plan.refuse(checkItem(draft, partition, name.productId, locationId, index));
    }
  }
  plan.refuse(checkStock(draft, command));
  if (plan.refusal !== null) return { kind: "rejected", rejection: plan.refusal };

  const lines = linesOf(draft, command);
  const order = orderOf(draft, command, lines, nowMs);
  for (const [index, line] of lines.entries()) {
    const named = { index, pointer: `/lines/${index}/quantity` };
    start(plan, { ...line, orderId: order.orderId }, named, index === 0 ? order : undefined);
  }
  return plan.finish(command, order.orderId, nowMs);
}

function checkCount(count: number): Rejection | null {
  if (count >= 1 && count <= orderLimits.linesMax) return null;
  const detail = `It has ${count} lines; 1 to ${orderLimits.linesMax} are possible. Divide it into several.`;
  return { code: "validation_failed", line: 0, pointer: "/lines", detail };
}

function checkPlaces(plan: TransferPlan, draft: Draft, command: TransferCommand): void {
  const { fromLocationId, toLocationId } = command;
  if (fromLocationId === null) {
    plan.refuse(checkLocation(draft, toLocationId, 0, "/locationId"));
    return;
  }
  plan.refuse(checkLocation(draft, fromLocationId, 0, "/fromLocationId"));
  plan.refuse(checkLocation(draft, toLocationId, 0, "/toLocationId"));
  if (fromLocationId !== toLocationId) return;
  const detail = `Units are to go from ${fromLocationId} to ${toLocationId}, which is where they are. Name two locations.`;
  plan.refuse({ code: "validation_failed", line: 0, pointer: "/toLocationId", detail });
}

/** Lines of the same product are added up: a transfer is refused when together they ask for more than there is. */
function checkStock(draft: Draft, command: TransferCommand): Rejection | null {
  const { fromLocationId: locationId } = command;
  if (locationId === null) return null;
  const asked = new Map<string, number>();
  for (const { productId, quantity } of command.lines) {
    asked.set(productId, (asked.get(productId) ?? 0) + quantity);
  }
  const seen = new Map<string, number>();
  for (const [index, { productId, quantity }] of command.lines.entries()) {
    const partition = partitionOf(productId, draft.partitionCount);
    const item = draft.item(partition, productId, locationId);
    const available = item === null ? 0 : Math.max(0, availableOf(item));
    const key = itemKey(productId, locationId);
    const soFar = (seen.get(key) ?? 0) + quantity;
    seen.set(key, soFar);
    if (soFar <= available) continue;
    const requested = asked.get(productId)!;
    const isStale = hidesDue(draft, { partition, productId, locationId });
    return {
      code: "insufficient_stock",
      line: index,
      pointer: `/lines/${index}/quantity`,
      available,
      requested,
      // Holds that are over may still count: asked again, more of them are released.
      ...(isStale ? { isStale } : {}),
      detail: `${requested} asked for, ${available} available at ${locationId}. Nothing was held; take at most what is available.`,
    };
  }
  return null;
}

/** The lines, but for the id of their order. */
function linesOf(draft: Draft, command: TransferCommand): readonly Omit<StockOrderLine, "orderId">[] {
  return command.lines.map(({ productId, quantity }, index) => ({
    kind: command.order,
    line: index + 1,
    requestLine: index + 1,
    partition: partitionOf(productId, draft.partitionCount),
    productId,
    locationId: command.fromLocationId,
    toLocationId: command.toLocationId,
    quantity,
    held: command.order === "transfer" ? quantity : 0,
    incoming: command.order === "transfer" ? 0 : quantity,
    done: 0,
    dropped: 0,
    end: null,
    surplus: 0,
    phase: null,
    expiresAtMs: null,
    holder: command.actor,
    buyerKey: null,
  }));
}

function orderOf(
  draft: Draft,
  command: TransferCommand,
  lines: readonly { readonly partition: number }[],
  nowMs: number,
): StockOrder {
  const { partition } = lines[0]!;
  return {
    orderId: formatOrderId(command.order, partition, draft.nextSequence(partition)),
    kind: command.order,
    partition,
    partitions: [...new Set(lines.map((line) => line.partition))].sort((a, b) => a - b),
    lineCount: lines.length,
    createdAtMs: Math.max(nowMs, draft.head(partition).recordedAtMs),
    actor: command.actor,
    phase: null,
    expiresAtMs: null,
    expectedAtMs: command.expectedAtMs,
    fromLocationId: command.fromLocationId,
    toLocationId: command.toLocationId,
    channelId: null,
    buyerKey: null,
    paymentLateAtMs: null,
    supersededBy: null,
    allocation: null,
  };
}
