/**
 * Reference model of transfers and supplies: units are held at one place, on their way, or at the other place, and never
 * at two of them. Everything is tried in a copy of the world, which counts only when nothing was at fault.
 */
import { entryKinds, futureToleranceMs, quantityMax } from "@onhand/protocol/vocabulary";
import type { TransferActionCommand, TransferCommand } from "../../src/core/command.ts";
import type { StockOrder } from "../../src/core/orders/order.ts";
import type { EntryDetail } from "../../src/core/record/entry-detail.ts";
import { formatOrderId } from "../../src/core/record/ids.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { cancel, type Legs, lose, open, receive, ship } from "./reference-legs.ts";
import { moveLine } from "./reference-movement.ts";
import { changeOrder, hidesDueAt, orderVerdict } from "./reference-orders.ts";
import { faultsOfItem, faultsOfLocation, faultsOfProduct } from "./reference-subjects.ts";
import { type Fault, foremost, type Verdict } from "./verdict.ts";
import {
  adopt,
  available,
  availableAt,
  copyOf,
  lengthOf,
  linesOf,
  type ModelItem,
  type ModelLine,
  orderOf,
  recordedAt,
  visibleRecord,
  type World,
} from "./world.ts";

const linesMax = 500;

export function executeTransfer(world: World, command: TransferCommand, nowMs: number): Verdict {
  const { fromLocationId, toLocationId, lines } = command;
  const faults: Fault[] = lines.length < 1 || lines.length > linesMax ? [{ code: "validation_failed", line: 0 }] : [];
  faults.push(...faultsOfLocation(world, toLocationId, 0, fromLocationId === null ? "/locationId" : "/toLocationId"));
  if (fromLocationId !== null) faults.push(...faultsOfLocation(world, fromLocationId, 0, "/fromLocationId"));
  if (fromLocationId === toLocationId) faults.push({ code: "validation_failed", line: 0 });
  for (const [index, line] of lines.entries()) {
    faults.push(...faultsOfProduct(world, line, index));
    faults.push(...faultsOfItem(world, line.productId, toLocationId, index));
    if (fromLocationId === null) continue;
    faults.push(...faultsOfItem(world, line.productId, fromLocationId, index));
    const asked = lines.filter(({ productId }) => productId === line.productId);
    const requested = asked.reduce((sum, { quantity }) => sum + quantity, 0);
    const is = availableAt(world, line.productId, fromLocationId);
    const couldTake = is > 0n ? is : 0n;
    if (BigInt(requested) <= couldTake) continue;
    const isStale = hidesDueAt(world, line.productId, fromLocationId);
    faults.push({ code: "insufficient_stock", line: index, available: Number(couldTake), requested, isStale });
  }
  if (faults.length > 0) return { kind: "rejected", faults: foremost(faults) };

  const trial = copyOf(world);
  const orderId = makeOrder(trial, command, nowMs);
  if (isOutOfRange(world, trial)) return { kind: "rejected", faults: anywhere(lines.length) };
  adopt(world, trial);
  return orderVerdict(world, orderId, trial.entries.slice(-lines.length), nowMs);
}

function makeOrder(world: World, command: TransferCommand, nowMs: number): string {
  const { order: kind, fromLocationId, toLocationId, expectedAtMs, actor } = command;
  const partitions = command.lines.map((line) => partitionOf(line.productId, world.partitionCount));
  const partition = partitions[0]!;
  const order: StockOrder = {
    orderId: formatOrderId(kind, partition, lengthOf(world, partition) + 1),
    kind,
    partition,
    partitions: [...new Set(partitions)].sort((a, b) => a - b),
    lineCount: command.lines.length,
    createdAtMs: recordedAt(world, partition, nowMs),
    actor,
    phase: null,
    expiresAtMs: null,
    expectedAtMs,
    fromLocationId,
    toLocationId,
    channelId: null,
    buyerKey: null,
    paymentLateAtMs: null,
    supersededBy: null,
    allocation: null,
  };
  world.orders = [...world.orders, order];
  for (const [index, { productId, quantity }] of command.lines.entries()) {
    const units = BigInt(quantity);
    const isHeld = kind === "transfer";
    const line: ModelLine = {
      orderId: order.orderId,
      kind,
      line: index + 1,
      requestLine: index + 1,
      partition: partitions[index]!,
      productId,
      locationId: fromLocationId,
      toLocationId,
      quantity: units,
      held: isHeld ? units : 0n,
      incoming: isHeld ? 0n : units,
      done: 0n,
      dropped: 0n,
      end: null,
      surplus: 0n,
      phase: null,
      expiresAtMs: null,
      holder: actor,
      buyerKey: null,
    };
    const movement = {
      kind: isHeld ? entryKinds.inventoryReserved : entryKinds.inventoryExpected,
      movementType: isHeld ? ("transfer" as const) : ("supply" as const),
      productId,
      locationId: isHeld ? fromLocationId! : toLocationId,
      ...(isHeld ? { reserved: units } : { incoming: units }),
      text: command.text,
      detail: index === 0 ? { order } : {},
    };
    moveLine(world, command, movement, line, nowMs);
  }
  return order.orderId;
}

export function executeTransferAction(world: World, command: TransferActionCommand, nowMs: number): Verdict {
  const { action, orderId } = command;
  const order = orderOf(world, orderId);
  if (order === null || order.kind !== command.order) {
    return { kind: "rejected", faults: [{ code: "not_found", line: 0 }] };
  }
  const trial = copyOf(world);
  const legs: Legs = { world: trial, command, order, nowMs, faults: [] };
  const { faults } = legs;
  if (command.occurredAtMs !== null && command.occurredAtMs > nowMs + futureToleranceMs) {
    faults.push({ code: "validation_failed", line: 0 });
  }
  const atFirst = linesOf(world, orderId);
  if (atFirst.every((line) => open(line) === 0n)) faults.push({ code: "already_ended", line: 0 });
  const expectedAtMs = action.kind === "ship" || action.kind === "reschedule" ? action.expectedAtMs : null;
  const isPutOff = action.kind === "reschedule" || (action.kind === "ship" && expectedAtMs !== null);
  if (isPutOff && order.expectedAtMs !== expectedAtMs) {
    const concerned = atFirst.filter((line) => open(line) > 0n);
    changeOrder(trial, command, entryKinds.transferRescheduled, { ...order, expectedAtMs }, concerned, nowMs);
  }
  const moveFrom = trial.entries.length;
  if (action.kind === "ship") {
    if (order.kind === "supply") faults.push({ code: "validation_failed", line: 0 });
    else for (const one of named(legs, atFirst, action.lines, (line) => line.held > 0n)) shipOne(legs, one);
  }
  if (action.kind === "receive") {
    for (const one of named(legs, atFirst, action.lines, (line) => line.incoming > 0n)) receiveOne(legs, one, atFirst);
    if (action.closes) for (const { line } of atFirst) lose(legs, line);
  }
  if (action.kind === "cancel") {
    for (const one of named(legs, atFirst, action.lines, (line) => open(line) > 0n)) cancelOne(legs, one);
  }
  const mustMove = faults.length === 0 && (action.kind === "ship" || action.kind === "receive");
  if (mustMove && trial.entries.length === moveFrom) faults.push({ code: "validation_failed", line: 0 });
  const count = "lines" in action ? (action.lines?.length ?? 1) : 1;
  if (isOutOfRange(world, trial)) faults.push(...anywhere(count));
  if (faults.length > 0) return { kind: "rejected", faults: foremost(faults) };
  const known = world.entries.length;
  adopt(world, trial);
  const recorded = world.entries.slice(known);
  const counted = recorded.flatMap(({ locationId, detail }) => {
    const { line, contained, review }: EntryDetail = JSON.parse(detail ?? "{}");
    if (line === undefined || (contained === undefined && review === undefined)) return [];
    const said = { ...(contained && { contained }), ...(review === undefined ? {} : { review }) };
    return [{ line: line.line, locationId: locationId!, ...said }];
  });
  return orderVerdict(world, orderId, recorded, nowMs, counted.length === 0 ? {} : { counted });
}

interface Named {
  readonly index: number;
  readonly line: number;
  readonly quantity: bigint | null;
  readonly state: NonNullable<Parameters<typeof receive>[3]> | null;
}

type Asked = readonly { line: number; quantity: number | null; state?: Named["state"] }[] | null;

/** The lines that a request names; all that are open to it when it names none. */
function named(legs: Legs, atFirst: readonly ModelLine[], asked: Asked, isOpen: (line: ModelLine) => boolean): Named[] {
  if (asked === null) {
    return atFirst.filter(isOpen).map(({ line }) => ({ index: 0, line, quantity: null, state: null }));
  }
  return asked.flatMap(({ line, quantity, state = null }, index) => {
    const known = atFirst.find((one) => one.line === line);
    if (known === undefined) legs.faults.push({ code: "validation_failed", line: index });
    else if (open(known) === 0n) legs.faults.push({ code: "already_ended", line: index });
    else return [{ index, line, quantity: quantity === null ? null : BigInt(quantity), state }];
    return [];
  });
}

const current = ({ world, order }: Legs, line: number): ModelLine =>
  linesOf(world, order.orderId).find((one) => one.line === line)!;

/** Units can only arrive where things are in use. */
function faultsOfArrival({ world, order }: Legs, { productId }: ModelLine, index: number): Fault[] {
  const toLocationId = order.toLocationId!;
  return [
    ...faultsOfLocation(world, toLocationId, index),
    ...faultsOfProduct(world, { productId, sku: null }, index),
    ...faultsOfItem(world, productId, toLocationId, index),
  ];
}

function shipOne(legs: Legs, { index, line, quantity }: Named): void {
  const before = current(legs, line);
  const units = quantity ?? before.held;
  legs.faults.push(...faultsOfArrival(legs, before, index));
  if (units < 1n || units > before.held) legs.faults.push({ code: "validation_failed", line: index });
  else ship(legs, line, units);
}

function receiveOne(legs: Legs, { index, line, quantity, state }: Named, atFirst: readonly ModelLine[]): void {
  const before = current(legs, line);
  const units = quantity ?? before.incoming;
  const wasOnItsWay = atFirst.some((one) => one.line === line && one.incoming > 0n);
  // What is still held at the other end cannot be here at the same time.
  const isAtBothEnds = units > before.incoming && before.held > 0n;
  if (units < 0n || isAtBothEnds || (units === 0n && !wasOnItsWay)) {
    legs.faults.push({ code: "validation_failed", line: index });
  }
  if (units <= 0n) return;
  legs.faults.push(...faultsOfArrival(legs, before, index));
  receive(legs, line, units, state);
}

function cancelOne(legs: Legs, { index, line, quantity }: Named): void {
  const before = current(legs, line);
  const units = quantity ?? open(before);
  if (units < 1n || units > open(before)) {
    legs.faults.push({ code: "validation_failed", line: index });
    return;
  }
  const from = legs.order.fromLocationId;
  const isGone = from !== null && visibleRecord(legs.world.locations, from) === null;
  if (units > before.held && isGone) legs.faults.push({ code: "not_found", line: index });
  cancel(legs, line, units);
}

/** Whether any level that moved cannot be held exactly any more. */
function isOutOfRange(before: World, after: World): boolean {
  const max = BigInt(quantityMax);
  const isTooLarge = (value: bigint) => value > max || value < -max;
  const isWrong = (item: ModelItem) =>
    [item.onHand, item.reserved, item.unavailable, item.incoming, available(item)].some(isTooLarge);
  const items = after.items.filter((item) => !before.items.includes(item));
  return items.some(isWrong) || after.lines.some((line) => isTooLarge(line.surplus));
}

const anywhere = (count: number): Fault[] =>
  Array.from({ length: Math.max(1, count) }, (_, line) => ({ code: "validation_failed", line }));
