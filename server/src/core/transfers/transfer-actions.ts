/**
 * Which units an action on a transfer or supply moves, and what speaks against it. A place or product that is archived takes
 * nothing in. But what it holds may leave it, and what came from it may return: nothing is stuck between two places.
 */
import type { UnsellableState } from "@onhand/protocol/vocabulary";
import type { OrderLines, TransferAction } from "../command.ts";
import type { StockOrder, StockOrderLine } from "../orders/order.ts";
import { checkItem, checkLocation, checkProduct } from "../orders/order-checks.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";
import { keep, lose, openUnits, recall, receive, ship } from "./transfer-moves.ts";
import type { Named, TransferPlan } from "./transfer-plan.ts";

type ReceivedLines = Extract<TransferAction, { kind: "receive" }>["lines"];
/** A line as any action names it. */
type AskedLine = { readonly line: number; readonly quantity: number | null; readonly state?: UnsellableState | null };

/** Units that are held leave: all of them, or those of some lines, or some of those. */
export function planShip(plan: TransferPlan, draft: Draft, order: StockOrder, asked: OrderLines): void {
  if (order.kind === "supply") {
    const detail = "A supply comes from outside and is not shipped here. Receive what has arrived.";
    plan.refuse({ code: "validation_failed", line: 0, detail });
    return;
  }
  for (const { line, quantity, named } of chosen(plan, asked, (line) => line.held > 0)) {
    const units = quantity ?? line.held;
    plan.refuse(checkArrival(draft, line, named));
    if (units < 1 || units > line.held) plan.refuse(notHeld(line, units, named));
    else ship(plan, line, units, named);
  }
  refuseEmpty(plan, "Nothing is held any more: all that is open is on its way. Receive what has arrived.");
}

/** Units have arrived, and nothing more will come when it `closes`: what is on its way then is lost. */
export function planReceive(
  plan: TransferPlan,
  draft: Draft,
  order: StockOrder,
  asked: ReceivedLines,
  closes: boolean,
): void {
  const atFirst = plan.lines;
  for (const { line, quantity, state, named } of chosen(plan, asked, (line) => line.incoming > 0)) {
    const units = quantity ?? line.incoming;
    plan.refuse(checkReceipt(line, atFirst, units, named));
    if (units === 0) continue;
    plan.refuse(checkArrival(draft, line, named));
    receive(plan, line, units, state, named);
  }
  if (closes) {
    for (const line of plan.lines) if (line.incoming > 0) lose(plan, line, { index: 0, pointer: "/close" });
  }
  const next = order.kind === "transfer" ? "Ship what is held first." : "Name what has arrived.";
  refuseEmpty(plan, `It comes to nothing: no units are named that are on their way. ${next}`);
}

/** Units come to nothing: those that are held first, then those on their way. */
export function planCancel(plan: TransferPlan, draft: Draft, order: StockOrder, asked: OrderLines): void {
  for (const { line, quantity, named } of chosen(plan, asked, (line) => openUnits(line) > 0)) {
    const open = openUnits(line);
    const units = quantity ?? open;
    if (units < 1 || units > open) {
      plan.refuse(notOpen(line, units, named));
      continue;
    }
    const held = Math.min(units, line.held);
    if (held > 0) keep(plan, line, held, named);
    if (units === held) continue;
    plan.refuse(checkReturn(draft, order, named));
    recall(plan, plan.line(line.line)!, units - held, named);
  }
}

interface Chosen {
  /** As the steps so far leave it. */
  readonly line: StockOrderLine;
  readonly quantity: number | null;
  readonly state: UnsellableState | null;
  readonly named: Named;
}

/** The lines that an action names, or all that are open to it; each as what came before it in the request leaves it. */
function* chosen(
  plan: TransferPlan,
  asked: readonly AskedLine[] | null,
  isOpen: (line: StockOrderLine) => boolean,
): Generator<Chosen> {
  if (asked === null) {
    const named = { index: 0, pointer: "/lines" };
    for (const line of plan.lines.filter(isOpen)) yield { line, quantity: null, state: null, named };
    return;
  }
  const atFirst = new Map(plan.lines.map((line) => [line.line, line]));
  for (const [index, name] of asked.entries()) {
    const before = atFirst.get(name.line);
    if (before === undefined) plan.refuse(noSuchLine(name.line, atFirst.size, index));
    else if (openUnits(before) === 0) plan.refuse(lineEnded(before, index));
    else {
      const named = { index, pointer: `/lines/${index}/${name.quantity === null ? "line" : "quantity"}` };
      yield { line: plan.line(name.line)!, quantity: name.quantity, state: name.state ?? null, named };
    }
  }
}

/** Units can only arrive where things are in use. */
function checkArrival(draft: Draft, line: StockOrderLine, { index, pointer }: Named): Rejection | null {
  const { partition, productId } = line;
  const toLocationId = line.toLocationId!;
  return (
    checkLocation(draft, toLocationId, index, pointer) ??
    checkProduct(draft, { productId, sku: null }, partition, index) ??
    checkItem(draft, partition, productId, toLocationId, index)
  );
}

/** A location that is empty can be deleted, while what left it is still on its way. */
function checkReturn(draft: Draft, order: StockOrder, { index, pointer }: Named): Rejection | null {
  if (order.fromLocationId === null) return null;
  const location = draft.location(order.fromLocationId);
  if (location !== null && location.life !== "deleted") return null;
  const detail = `There is no location ${order.fromLocationId} any more that units could go back to. Receive them, or receive with "close" to book them as lost.`;
  return { code: "not_found", line: index, pointer, detail };
}

/**
 * More may arrive than was on its way, but not while units of the line are still held: these would then be at both ends.
 * @param atFirst lines before the request
 */
function checkReceipt(
  line: StockOrderLine,
  atFirst: readonly StockOrderLine[],
  units: number,
  { index, pointer }: Named,
): Rejection | null {
  const refused = { code: "validation_failed", line: index, pointer } as const;
  if (units < 0) return { ...refused, detail: "Fewer than no units cannot arrive. Correct the quantity." };
  if (units > line.incoming && line.held > 0) {
    const detail = `${line.incoming} units of line ${line.line} are on their way and ${line.held} are still held. Ship first what has left.`;
    return { ...refused, detail };
  }
  const wasOnItsWay = atFirst.some((other) => other.line === line.line && other.incoming > 0);
  if (units > 0 || wasOnItsWay) return null;
  return { ...refused, detail: `Nothing of line ${line.line} is on its way. Ship what is held first.` };
}

function notHeld(line: StockOrderLine, units: number, { index, pointer }: Named): Rejection {
  const detail =
    line.held === 0
      ? `Nothing of line ${line.line} is held any more: ${line.incoming} units are on their way. Receive what has arrived.`
      : `${units} units of line ${line.line} cannot be shipped: ${line.held} are held. Ship at least one and at most these.`;
  return { code: "validation_failed", line: index, pointer, detail };
}

const notOpen = (line: StockOrderLine, units: number, { index, pointer }: Named): Rejection => ({
  code: "validation_failed",
  line: index,
  pointer,
  detail: `${units} units of line ${line.line} cannot be called off: ${openUnits(line)} are open. Name at least one and at most these.`,
});

const noSuchLine = (line: number, count: number, index: number): Rejection => ({
  code: "validation_failed",
  line: index,
  pointer: `/lines/${index}/line`,
  detail: `There is no line ${line}: the lines are 1 to ${count}. Correct the number.`,
});

const lineEnded = (line: StockOrderLine, index: number): Rejection => ({
  code: "already_ended",
  line: index,
  pointer: `/lines/${index}/line`,
  detail: `Line ${line.line} has ended: ${line.done} units arrived and ${line.dropped} came to nothing. Adjust the stock if there are more.`,
});

function refuseEmpty(plan: TransferPlan, detail: string): void {
  if (plan.refusal !== null || plan.moves) return;
  plan.refuse({ code: "validation_failed", line: 0, pointer: "/lines", detail });
}
