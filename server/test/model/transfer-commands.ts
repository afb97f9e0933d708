/** Short ways to write transfers and supplies in tests, and what must hold after each of them. */
import { expect } from "bun:test";
import type { Command, TransferAction, TransferActionCommand, TransferCommand } from "../../src/core/command.ts";
import { decide } from "../../src/core/decide.ts";
import { availableOf, type Item } from "../../src/core/inventory/item.ts";
import { transferStatus } from "../../src/core/orders/order.ts";
import type { OrderOutcome, Outcome } from "../../src/core/outcome.ts";
import type { Entry } from "../../src/core/record/entry.ts";
import type { Rejection } from "../../src/core/rejection.ts";
import { origin, SeedBook } from "./commands.ts";
import { checkEntries, checkParts } from "./compare-entries.ts";
import { MemoryState } from "./memory-state.ts";

type Ordered = Readonly<Record<string, number>> | readonly (readonly [productId: string, quantity: number])[];

const linesOf = (ordered: Ordered) =>
  (Array.isArray(ordered) ? ordered : Object.entries(ordered)).map(([productId, quantity]) => ({
    productId,
    sku: null,
    quantity,
  }));

/** A transfer from `l1` to `l2` unless told otherwise. */
export const transferOf = (ordered: Ordered, rest: Partial<TransferCommand> = {}): TransferCommand => ({
  ...origin,
  kind: "transfer",
  order: "transfer",
  fromLocationId: "l1",
  toLocationId: "l2",
  expectedAtMs: null,
  lines: linesOf(ordered),
  note: {},
  text: null,
  ...rest,
});

/** A supply to `l2` unless told otherwise. */
export const supplyOf = (ordered: Ordered, rest: Partial<TransferCommand> = {}): TransferCommand =>
  transferOf(ordered, { order: "supply", fromLocationId: null, ...rest });

/** What is done with a transfer, or with a supply by its id. */
export function actionOn(
  orderId: string,
  action: TransferAction,
  rest: Partial<TransferActionCommand> = {},
): TransferActionCommand {
  const order = orderId.startsWith("sup_") ? "supply" : "transfer";
  return {
    ...origin,
    kind: "transfer-action",
    orderId,
    order,
    partitions: [],
    lineCount: 0,
    action,
    occurredAtMs: null,
    text: null,
    ...rest,
  };
}

type Asked = readonly (readonly [line: number, quantity?: number | null])[];
const asked = (lines?: Asked) => lines?.map(([line, quantity = null]) => ({ line, quantity })) ?? null;

export const ship = (lines?: Asked, expectedAtMs: number | null = null): TransferAction => ({
  kind: "ship",
  lines: asked(lines),
  expectedAtMs,
});
export const cancel = (lines?: Asked): TransferAction => ({ kind: "cancel", lines: asked(lines) });
export const reschedule = (expectedAtMs: number | null): TransferAction => ({ kind: "reschedule", expectedAtMs });

type Receive = Extract<TransferAction, { kind: "receive" }>;
type Arrived = readonly (readonly [
  line: number,
  quantity?: number | null,
  state?: NonNullable<Receive["lines"]>[number]["state"],
])[];

export const receive = (lines?: Arrived, closes = false): Receive => ({
  kind: "receive",
  lines: lines?.map(([line, quantity = null, state = null]) => ({ line, quantity, state })) ?? null,
  closes,
});

/** Decides one command and commits it. What must hold of any entries and of any state is checked besides. */
export function commit(state: MemoryState, command: Command, nowMs: number): { outcome: Outcome; entries: Entry[] } {
  state.nowMs = nowMs;
  const { draft, outcomes } = decide(state, [command], nowMs);
  const outcome = outcomes[0]!;
  checkEntries(state.entries, draft.entries);
  if (outcome.kind === "rejected") expect(draft.entries).toEqual([]);
  checkParts(draft.entries);
  state.adopt(draft);
  if (outcome.kind === "order") {
    expect(state.order(outcome.order.orderId)).toEqual(outcome.order);
    expect(state.orderLines(outcome.order.orderId)).toEqual(outcome.lines);
  }
  checkCounters(state);
  return { outcome: outcome, entries: draft.entries };
}

/** @returns what an order looks like after a command that must be applied */
export function done(state: MemoryState, command: Command, nowMs: number): OrderOutcome & { entries: Entry[] } {
  const { outcome, entries } = commit(state, command, nowMs);
  if (outcome.kind !== "order") throw new Error(`no order came of it: ${JSON.stringify(outcome)}`);
  return { ...outcome, entries };
}

/** @returns why a command is refused that must be */
export function refused(state: MemoryState, command: Command, nowMs: number): Rejection {
  const { outcome } = commit(state, command, nowMs);
  if (outcome.kind !== "rejected") throw new Error(`it was applied: ${JSON.stringify(outcome)}`);
  return outcome.rejection;
}

/** Lines add up, and what items say is promised is what the lines say. */
export function checkCounters(state: MemoryState): void {
  for (const line of state.lines) {
    const { quantity, held, incoming, done, dropped, surplus } = line;
    expect(held + incoming + done + dropped).toBe(quantity);
    for (const units of [held, incoming, done, dropped, surplus]) expect(units).toBeGreaterThanOrEqual(0);
  }
  const sum = (units: readonly number[]) => units.reduce((total, one) => total + one, 0);
  for (const item of state.items) {
    const mine = state.lines.filter((line) => line.productId === item.productId);
    expect(item.reserved).toBe(sum(mine.filter((l) => l.locationId === item.locationId).map((l) => l.held)));
    expect(item.incoming).toBe(sum(mine.filter((l) => l.toLocationId === item.locationId).map((l) => l.incoming)));
  }
}

/** An item's levels in short: on hand, reserved, unavailable, incoming, and what is available. */
export function levelsAt(state: MemoryState, productId: string, locationId: string): readonly number[] {
  const item: Item | undefined = state.items.find(
    (other) => other.productId === productId && other.locationId === locationId,
  );
  if (item === undefined) return [0, 0, 0, 0, 0];
  return [item.onHand, item.reserved, item.unavailable, item.incoming, availableOf(item)];
}

/** 10 of `p1` and 5 of `p2` at `l1`. */
function twoProducts(nowMs: number): MemoryState {
  const book = new SeedBook(5, nowMs - 1_000).product("p1").product("p2").location("l1").location("l2");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 10 } });
  book.item({ productId: "p2", locationId: "l1", levels: { onHand: 5 } });
  return new MemoryState(book.partitionCount, book.entries);
}

/** A transfer or supply of 10 `p1` and 5 `p2`, with what has been done with it so far. */
export function made(nowMs: number, order: "transfer" | "supply", ...actions: readonly TransferAction[]) {
  const state = twoProducts(nowMs);
  const command = order === "transfer" ? transferOf({ p1: 10, p2: 5 }) : supplyOf({ p1: 10, p2: 5 });
  const { orderId } = done(state, command, nowMs).order;
  const act = (action: TransferAction, rest: Partial<TransferActionCommand> = {}) =>
    done(state, actionOn(orderId, action, rest), nowMs);
  const refuse = (action: TransferAction, rest: Partial<TransferActionCommand> = {}) =>
    refused(state, actionOn(orderId, action, rest), nowMs);
  for (const action of actions) act(action);
  const levels = () => [levelsAt(state, "p1", "l1"), levelsAt(state, "p1", "l2")];
  const line = (number: number) => state.orderLines(orderId)[number - 1]!;
  return { state, orderId, act, refuse, levels, line, status: () => transferStatus(state.orderLines(orderId)) };
}
