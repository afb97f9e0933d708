/** Reference model: what all orders on stock have in common. */
import { type EntryKind, entryKinds } from "@onhand/protocol/vocabulary";
import type { EntryText } from "../../src/core/command.ts";
import type { StockOrder } from "../../src/core/orders/order.ts";
import type { OrderOutcome } from "../../src/core/outcome.ts";
import type { Entry } from "../../src/core/record/entry.ts";
import { plainItem, plainLine } from "./plain.ts";
import { byNobody, type Cause, moveLine, pushBare } from "./reference-movement.ts";
import type { Verdict } from "./verdict.ts";
import { linesOf, type ModelLine, orderOf, putLine, putOrder, recordedItem, skuOf, type World } from "./world.ts";

/**
 * Writes down that an order itself is another: one entry where any line is concerned, and one where its id points to.
 * @param after the order as it is from now on
 */
export function changeOrder(
  world: World,
  cause: Cause & { readonly text: EntryText | null },
  kind: EntryKind,
  after: StockOrder,
  concerned: readonly ModelLine[],
  nowMs: number,
): void {
  for (const partition of after.partitions) {
    const lines = concerned.filter((line) => line.partition === partition);
    if (lines.length === 0 && partition !== after.partition) continue;
    const first = linesOf(world, after.orderId).find((line) => line.partition === partition)!;
    const { allocation: _, ...told } = after;
    const detail = { order: told, lines: lines.map(({ line }) => line) };
    const { productId } = first;
    const locationId = first.locationId ?? first.toLocationId;
    pushBare(world, cause, { kind, partition, productId, locationId, detail, text: cause.text }, nowMs);
    for (const line of lines) putLine(world, { ...line, phase: after.phase, expiresAtMs: after.expiresAtMs });
  }
  putOrder(world, after);
}

/** The answer about an order. @param entries those of the change, in front of what follows from them */
export function orderVerdict(
  world: World,
  orderId: string,
  entries: readonly Entry[],
  nowMs: number,
  more: Partial<Pick<OrderOutcome, "superseded" | "isDryRun" | "latePayment" | "counted">> = {},
): Verdict {
  const lines = linesOf(world, orderId);
  const items: OrderOutcome["items"][number][] = [];
  for (const { productId, locationId, itemNumber } of entries) {
    if (itemNumber === null) continue;
    const item = plainItem(recordedItem(world, productId!, locationId!)!);
    if (!items.some((one) => one.productId === productId && one.locationId === locationId)) items.push(item);
  }
  const outcome: OrderOutcome = {
    kind: "order",
    order: orderOf(world, orderId)!,
    lines: lines.map(plainLine),
    skus: lines.map((line) => skuOf(world, line.productId)),
    items,
    decidedAtMs: nowMs,
    superseded: [],
    isDryRun: false,
    latePayment: null,
    ...more,
  };
  return { kind: "order", outcome };
}

/** Units that are held beyond their time go back, whoever looks first. */
export function expireLine(world: World, cause: Cause, line: ModelLine, nowMs: number): void {
  if (line.held === 0n) return;
  const lapsed = (line.lapsed ?? 0) + Number(line.held);
  const after = { ...line, held: 0n, dropped: line.dropped + line.held, lapsed, end: "expired" as const };
  const movement = {
    kind: entryKinds.inventoryHoldExpired,
    movementType: "hold" as const,
    productId: line.productId,
    locationId: line.locationId!,
    reserved: -line.held,
  };
  moveLine(world, byNobody(cause), movement, after, nowMs);
}

/** Whether the time of a line is over while it still holds units. */
export const isDue = (line: ModelLine, nowMs: number): boolean =>
  line.held > 0n && line.expiresAtMs !== null && line.expiresAtMs <= nowMs;

const keyOf = ({ orderId, line }: ModelLine): string => `${orderId}/${line}`;

/** What is due anywhere, the longest due first. */
const allDue = (world: World, nowMs: number): ModelLine[] =>
  world.lines
    .filter((line) => isDue(line, nowMs))
    .sort((a, b) => a.expiresAtMs! - b.expiresAtMs! || (keyOf(a) < keyOf(b) ? -1 : 1));

/** A group begins: only so many due lines can be let go in it. */
export function hideDue(world: World, nowMs: number, readMax: number): void {
  world.hidden = allDue(world, nowMs).filter((_, index) => index >= readMax);
}

export const isHidden = (world: World, line: ModelLine): boolean =>
  world.hidden.some((other) => keyOf(other) === keyOf(line));

/** Whether holds that are over may still count at a place: then no refusal for want of what they hold is final. */
export const hidesDueAt = (world: World, productId: string, locationId: string): boolean =>
  world.hidden.some((line) => line.productId === productId && line.locationId === locationId);

/** Lets go what is due of an item, the longest due first. */
export function releaseDueOf(world: World, cause: Cause, productId: string, locationId: string, nowMs: number): void {
  for (const line of allDue(world, nowMs)) {
    const isHere = line.productId === productId && line.locationId === locationId;
    if (isHere && !isHidden(world, line)) expireLine(world, cause, line, nowMs);
  }
}
