/** Reference model of what happens with reservations: committed, released, put off, paid for, over. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { ExpireCommand, OrderLines, ReservationAction, ReservationCommand } from "../../src/core/command.ts";
import type { StockOrder } from "../../src/core/orders/order.ts";
import { moveLine } from "./reference-movement.ts";
import { changeOrder, expireLine, hidesDueAt, isDue, orderVerdict } from "./reference-orders.ts";
import { type Fault, foremost, type Verdict } from "./verdict.ts";
import { available, linesOf, type ModelLine, orderOf, visibleItem, type World } from "./world.ts";

type Commit = Extract<ReservationAction, { kind: "commit" }>;

/** Expired is expired: as soon as the time of any line has run out, nothing of the reservation is held any more. */
function endWhatIsOver(world: World, cause: ReservationCommand | ExpireCommand, orderId: string, nowMs: number): void {
  const lines = linesOf(world, orderId);
  const isOver = lines.some((line) => line.end === "expired" || isDue(line, nowMs));
  if (isOver) for (const line of lines) expireLine(world, cause, line, nowMs);
}

export function executeExpire(world: World, command: ExpireCommand, nowMs: number): Verdict {
  for (const { orderId } of command.orders) endWhatIsOver(world, command, orderId, nowMs);
  const mine = world.entries.filter((entry) => entry.requestId === command.requestId);
  return { kind: "done", entries: mine.filter(({ kind }) => kind === entryKinds.inventoryHoldExpired).length };
}

export function executeReservation(world: World, command: ReservationCommand, nowMs: number): Verdict {
  const { orderId, action } = command;
  const order = orderOf(world, orderId);
  if (order === null || order.kind !== "reservation") return refuse([{ code: "not_found", line: 0 }]);
  endWhatIsOver(world, command, orderId, nowMs);
  const lines = linesOf(world, orderId);
  const isHeld = lines.some((line) => line.held > 0n);
  const hasExpired = lines.some((line) => line.end === "expired");
  const isCommitted = !isHeld && !hasExpired && lines.some((line) => line.done > 0n);
  if (action.kind === "extend" || action.kind === "pay") {
    if (hasExpired) return refuse([{ code: "reservation_expired", line: 0 }]);
    if (!isHeld) return refuse([{ code: "already_ended", line: 0 }]);
    return putOff(world, command, order, action, nowMs);
  }
  if (isCommitted) return refuse([{ code: "already_ended", line: 0 }]);
  if (action.kind === "release") {
    return isHeld ? release(world, command, action.lines, nowMs) : orderVerdict(world, orderId, [], nowMs);
  }
  return isHeld ? commit(world, command, action, nowMs) : payLate(world, command, order, action, nowMs);
}

/** The first of some lines whose units cannot be taken again, together with those of the lines before it. */
function missingOf(world: World, named: readonly Named[]): Fault | null {
  for (const [index, { line }] of named.entries()) {
    const { productId, locationId } = line;
    const soFar = named
      .slice(0, index + 1)
      .filter((other) => other.line.productId === productId && other.line.locationId === locationId);
    const units = soFar.reduce((sum, other) => sum + other.units, 0n);
    const item = visibleItem(world, productId, locationId!);
    const there = item === null || item.life !== "active" || available(item) < 0n ? 0n : available(item);
    if (units <= there) continue;
    const isStale = hidesDueAt(world, productId, locationId!);
    return { code: "insufficient_stock", line: index, available: Number(there), requested: Number(units), isStale };
  }
  return null;
}

const refuse = (faults: readonly Fault[]): Verdict => ({ kind: "rejected", faults: foremost(faults) });

function putOff(
  world: World,
  command: ReservationCommand,
  order: StockOrder,
  action: Extract<ReservationAction, { kind: "extend" | "pay" }>,
  nowMs: number,
): Verdict {
  const isPaying = action.kind === "pay" || order.phase === "paying";
  const after: StockOrder = { ...order, phase: isPaying ? "paying" : "held", expiresAtMs: nowMs + action.ttlMs };
  const kind = action.kind === "pay" ? entryKinds.reservationPaying : entryKinds.reservationExtended;
  const held = linesOf(world, order.orderId).filter((line) => line.held > 0n);
  changeOrder(world, command, kind, after, held, nowMs);
  return orderVerdict(world, order.orderId, [], nowMs);
}

interface Named {
  readonly line: ModelLine;
  readonly units: bigint;
}

/** The lines that a request names, or all of which there is something; and what is wrong with them. */
function namedLines(
  world: World,
  orderId: string,
  asked: OrderLines,
  unitsOf: (line: ModelLine) => bigint,
  isAsGoodAsDone: (line: ModelLine) => boolean = () => false,
): { readonly faults: readonly Fault[]; readonly named: readonly Named[] } {
  const lines = linesOf(world, orderId);
  if (asked === null) {
    const named = lines.filter((line) => unitsOf(line) > 0n).map((line) => ({ line, units: unitsOf(line) }));
    return { faults: [], named };
  }
  const faults: Fault[] = [];
  const named: Named[] = [];
  for (const [index, { line: number, quantity }] of asked.entries()) {
    const line = lines.find((one) => one.line === number);
    if (line === undefined) {
      faults.push({ code: "not_found", line: index });
      continue;
    }
    const units = quantity === null ? unitsOf(line) : BigInt(quantity);
    if (asked.slice(0, index).some((other) => other.line === number)) {
      faults.push({ code: "validation_failed", line: index });
    } else if (unitsOf(line) === 0n) {
      if (!isAsGoodAsDone(line)) faults.push({ code: "already_ended", line: index });
    } else if (units > unitsOf(line)) faults.push({ code: "validation_failed", line: index });
    else named.push({ line, units });
  }
  return { faults, named: named.sort((a, b) => a.line.line - b.line.line) };
}

function move(
  world: World,
  command: ReservationCommand,
  after: ModelLine,
  units: { readonly onHand?: bigint; readonly reserved?: bigint },
  nowMs: number,
): void {
  const isSale = units.onHand !== undefined;
  const movement = {
    kind: isSale ? entryKinds.inventoryCommitted : entryKinds.inventoryReleased,
    movementType: isSale ? ("sale" as const) : ("hold" as const),
    productId: after.productId,
    locationId: after.locationId!,
    ...units,
    text: command.text,
  };
  moveLine(world, command, movement, after, nowMs);
}

function giveBack(world: World, command: ReservationCommand, { line, units }: Named, nowMs: number): void {
  const after = { ...line, held: line.held - units, dropped: line.dropped + units, end: "released" as const };
  move(world, command, after, { reserved: -units }, nowMs);
}

function release(world: World, command: ReservationCommand, asked: OrderLines, nowMs: number): Verdict {
  const { orderId } = command;
  const { faults, named } = namedLines(
    world,
    orderId,
    asked,
    (line) => line.held,
    (line) => line.dropped > 0n,
  );
  if (faults.length > 0) return refuse(faults);
  const known = world.entries.length;
  for (const one of named) giveBack(world, command, one, nowMs);
  return orderVerdict(world, orderId, world.entries.slice(known), nowMs);
}

function commit(world: World, command: ReservationCommand, action: Commit, nowMs: number): Verdict {
  const { orderId } = command;
  const { faults, named } = namedLines(world, orderId, action.lines, (line) => line.held);
  if (faults.length > 0) return refuse(faults);
  const known = world.entries.length;
  for (const { line, units } of named) {
    const after = { ...line, held: line.held - units, done: line.done + units };
    move(world, command, after, { onHand: -units, reserved: -units }, nowMs);
  }
  if (action.releasesRest) {
    const rest = linesOf(world, orderId).filter((line) => line.held > 0n);
    for (const line of rest) giveBack(world, command, { line, units: line.held }, nowMs);
  }
  return orderVerdict(world, orderId, world.entries.slice(known), nowMs);
}

/** Money for what has gone back already: told of once, and taken again once, if all of it is there. */
function payLate(world: World, command: ReservationCommand, order: StockOrder, action: Commit, nowMs: number): Verdict {
  const { orderId } = order;
  const wentWithOrder = (line: ModelLine) => BigInt(line.lapsed ?? 0);
  const lines = linesOf(world, orderId);
  // What the buyer had given back before was not paid for, unless it is named.
  const isAllMeant = action.lines !== null || lines.every((line) => wentWithOrder(line) === 0n);
  const unitsOf = (line: ModelLine) => (isAllMeant ? line.dropped : wentWithOrder(line));
  const { faults, named } = namedLines(world, orderId, action.lines, unitsOf);
  if (faults.length > 0) return refuse(faults);
  if (order.paymentLateAtMs !== null) return orderVerdict(world, orderId, [], nowMs, { latePayment: "refused" });
  const known = world.entries.length;
  const missing = missingOf(world, named);
  const wasGivenBack = order.supersededBy === null && lines.every((line) => line.end !== "expired");
  const isMeantAgain = action.retakes && !wasGivenBack;
  // That it came too late is told once: not while it may still be there.
  if (isMeantAgain && missing?.isStale === true) return refuse([missing]);
  const isRetaken = isMeantAgain && missing === null && named.length > 0;
  if (isRetaken) {
    for (const { line, units } of named) {
      const dropped = line.dropped - units;
      const { lapsed: before = 0, ...rest } = line;
      const lapsed = Math.max(0, before - Number(units));
      const goneNow = before > 0 && lapsed === 0 ? "released" : line.end;
      const taken = { ...rest, dropped, done: line.done + units, end: dropped === 0n ? null : goneNow };
      const after = lapsed === 0 ? taken : { ...taken, lapsed };
      move(world, command, after, { onHand: -units }, nowMs);
    }
  }
  const late = { ...order, paymentLateAtMs: nowMs };
  changeOrder(world, command, entryKinds.reservationPaymentLate, late, [], nowMs);
  const entries = world.entries.slice(known);
  return orderVerdict(world, orderId, entries, nowMs, { latePayment: isRetaken ? "retaken" : "refused" });
}
