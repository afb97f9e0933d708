/** Short ways to write reservations in tests, and what must hold after each of them. */
import { expect } from "bun:test";
import { entryKinds, isNotice } from "@onhand/protocol/vocabulary";
import type {
  Command,
  ExpireCommand,
  OrderLines,
  ReservationAction,
  ReservationCommand,
  ReserveCommand,
  ReserveLine,
} from "../../src/core/command.ts";
import { decide } from "../../src/core/decide.ts";
import type { OrderOutcome, Outcome } from "../../src/core/outcome.ts";
import type { Entry } from "../../src/core/record/entry.ts";
import type { Rejection } from "../../src/core/rejection.ts";
import { origin } from "./commands.ts";
import { checkEntries, checkParts } from "./compare-entries.ts";
import type { MemoryState } from "./memory-state.ts";
import { checkCounters } from "./transfer-commands.ts";

/** Units of `p1` at `l1` unless told otherwise. */
export const want = (quantity: number, rest: Partial<ReserveLine> = {}): ReserveLine => ({
  productId: "p1",
  sku: null,
  locationId: "l1",
  locationGroup: null,
  quantity,
  ...rest,
});

/** Units from any location of a group. */
export const wantFrom = (locationGroup: string, quantity: number, productId = "p1"): ReserveLine =>
  want(quantity, { productId, locationId: null, locationGroup });

/** Of anonymous buyers, for 1,000 ms, all or nothing, unless told otherwise. */
export const reserve = (lines: readonly ReserveLine[], rest: Partial<ReserveCommand> = {}): ReserveCommand => ({
  ...origin,
  kind: "reserve",
  lines,
  policy: "all",
  sourcing: "priority",
  priorities: [],
  ttlMs: 1_000,
  channelId: null,
  buyerKey: null,
  supersedes: false,
  alsoPartitions: [],
  olderLines: 0,
  isDryRun: false,
  limits: { unitsPerBuyer: null, percentPerPrincipal: null },
  note: {},
  text: null,
  ...rest,
});

/** What is done with a reservation that is there. */
export const onReservation = (
  state: MemoryState,
  orderId: string,
  action: ReservationAction,
  rest: Partial<ReservationCommand> = {},
): ReservationCommand => ({
  ...origin,
  kind: "reservation",
  orderId,
  partitions: state.order(orderId)?.partitions ?? [],
  lineCount: state.order(orderId)?.lineCount ?? 0,
  action,
  text: null,
  ...rest,
});

export const expireAll = (state: MemoryState, ...orderIds: readonly string[]): ExpireCommand => ({
  ...origin,
  kind: "expire",
  requestId: "req_sweeper",
  orders: orderIds.map((orderId) => {
    const { partitions = [], lineCount = 0 } = state.order(orderId) ?? {};
    return { orderId, partitions, lineCount };
  }),
});

type Named = readonly (readonly [line: number, quantity?: number | null])[];
const named = (lines?: Named): OrderLines => lines?.map(([line, quantity = null]) => ({ line, quantity })) ?? null;

type Commit = Extract<ReservationAction, { kind: "commit" }>;
export const commitOf = (lines?: Named, rest: Partial<Commit> = {}): Commit => ({
  kind: "commit",
  lines: named(lines),
  releasesRest: false,
  retakes: false,
  ...rest,
});
export const releaseOf = (lines?: Named): ReservationAction => ({ kind: "release", lines: named(lines) });
export const extendBy = (ttlMs: number): ReservationAction => ({ kind: "extend", ttlMs });
export const payWithin = (ttlMs: number): ReservationAction => ({ kind: "pay", ttlMs });

/** Decides one command and makes it state. What must hold of any entries and of any state is checked besides. */
export function settled(state: MemoryState, command: Command, nowMs: number): { outcome: Outcome; entries: Entry[] } {
  state.nowMs = nowMs;
  const { draft, outcomes } = decide(state, [command], nowMs);
  const outcome = outcomes[0]!;
  checkEntries(state.entries, draft.entries);
  // What channels are told follows from the whole group.
  const entries = draft.entries.filter(({ kind }) => kind !== entryKinds.channelAvailability);
  checkParts(entries);
  const own = entries.filter(({ kind }) => kind !== entryKinds.inventoryHoldExpired && !isNotice(kind));
  if (outcome.kind === "rejected" || (outcome.kind === "order" && outcome.isDryRun)) expect(own).toEqual([]);
  state.adopt(draft);
  if (outcome.kind === "order" && !outcome.isDryRun) {
    expect(state.order(outcome.order.orderId)).toEqual(outcome.order);
    expect(state.orderLines(outcome.order.orderId)).toEqual(outcome.lines);
    expect(outcome.order.lineCount).toBe(outcome.lines.length);
    for (const item of outcome.items) expect(state.item(item.partition, item.productId, item.locationId)).toEqual(item);
  }
  checkCounters(state);
  return { outcome, entries };
}

/** @returns how a reservation stands after a command that must be applied */
export function held(state: MemoryState, command: Command, nowMs: number): OrderOutcome & { entries: Entry[] } {
  const { outcome, entries } = settled(state, command, nowMs);
  if (outcome.kind !== "order") throw new Error(`no order came of it: ${JSON.stringify(outcome)}`);
  return { ...outcome, entries };
}

/** @returns why a command is refused that must be */
export function denied(state: MemoryState, command: Command, nowMs: number): Rejection {
  const { outcome } = settled(state, command, nowMs);
  if (outcome.kind !== "rejected") throw new Error(`it was applied: ${JSON.stringify(outcome)}`);
  return outcome.rejection;
}
