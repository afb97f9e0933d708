/**
 * Decides what happens with reservations. A reservation is over at the moment that its time says, to the millisecond and
 * by the time of the decision, whether or not anybody came by since; from then on nothing of it can be had as a matter of
 * course.
 */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { EntryText, ExpireCommand, ReservationAction, ReservationCommand } from "../command.ts";
import { expireLine } from "../orders/expiry.ts";
import { type ReservationPhase, reservationPhase, type StockOrder, type StockOrderLine } from "../orders/order.ts";
import { applySteps, type ItemStep, type OrderStep, planHeaders } from "../orders/order-entries.ts";
import type { Outcome } from "../outcome.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";
import { askedOf } from "./reservation-asked.ts";
import { decideLate } from "./reservation-late.ts";
import { linesAfter, orderOutcome, rejected } from "./reservation-outcome.ts";
import { commitStep, releaseStep } from "./reservation-steps.ts";

type Action<Kind extends ReservationAction["kind"]> = Extract<ReservationAction, { readonly kind: Kind }>;

/** A reservation as it stands when something is asked of it. */
interface Standing {
  readonly order: StockOrder;
  readonly lines: readonly StockOrderLine[];
  readonly phase: ReservationPhase;
}

/** A refusal leaves no entries but those of an expiry that had come about. */
export function decideReservation(draft: Draft, command: ReservationCommand, nowMs: number): Outcome {
  const order = draft.order(command.orderId);
  if (order === null || order.kind !== "reservation") return rejected(unknown(command.orderId));
  const unlocked = order.partitions.filter((partition) => !command.partitions.includes(partition));
  if (unlocked.length > 0) return rejected(needsPartitions(order));
  const standing = settle(draft, command, order, nowMs);
  const { action } = command;
  switch (action.kind) {
    case "commit":
      return decideCommit(draft, command, action, standing, nowMs);
    case "release":
      return decideRelease(draft, command, action, standing, nowMs);
    case "extend":
    case "pay":
      return decideDeadline(draft, command, action, standing, nowMs);
  }
}

/** The sweeper's: what is due of the named reservations goes back. Whatever else there is of them stays. */
export function decideExpire(draft: Draft, command: ExpireCommand, nowMs: number): Outcome {
  for (const { orderId, partitions } of command.orders) {
    const order = draft.order(orderId);
    const isLocked = order?.partitions.every((partition) => partitions.includes(partition));
    if (order?.kind === "reservation" && isLocked === true) settle(draft, command, order, nowMs);
  }
  return { kind: "done", entries: expiriesAtTheEnd(draft, command) };
}

/** Counts those with which the command began as well: what was due of its items was released before it was decided. */
function expiriesAtTheEnd(draft: Draft, { requestId }: ExpireCommand): number {
  const other = draft.entries.findLastIndex(
    (entry) => entry.kind !== entryKinds.inventoryHoldExpired || entry.requestId !== requestId,
  );
  return draft.entries.length - 1 - other;
}

/** Lets go of all that is still held when the reservation is over. */
function settle(draft: Draft, command: ReservationCommand | ExpireCommand, order: StockOrder, nowMs: number): Standing {
  const lines = draft.orderLines(order.orderId);
  const phase = reservationPhase(order, lines, nowMs);
  if (phase !== "expired" || lines.every((line) => line.held === 0)) return { order, lines, phase };
  for (const line of lines) expireLine(draft, command, line, nowMs);
  return { order, lines: draft.orderLines(order.orderId), phase };
}

const isOpen = ({ phase }: Standing): boolean => phase === "held" || phase === "paying";

function decideCommit(
  draft: Draft,
  command: ReservationCommand,
  action: Action<"commit">,
  standing: Standing,
  nowMs: number,
): Outcome {
  const { order, lines, phase } = standing;
  if (phase === "committed") return rejected(alreadyEnded(order, phase));
  if (!isOpen(standing)) return decideLate(draft, command, action, order, lines, nowMs);
  const asked = askedOf(lines, action.lines, { unitsOf: heldOf, units: "held" });
  if ("code" in asked) return rejected(asked);
  const { text } = command;
  const commits = asked.map(({ line, quantity }) => commitStep(draft, line, quantity, text));
  const steps = action.releasesRest ? [...commits, ...releaseRest(draft, lines, commits, text)] : commits;
  return applied(draft, command, order, lines, steps, nowMs);
}

const heldOf = (line: StockOrderLine): number => line.held;

/** What the commits leave of every line goes back, behind them. */
function releaseRest(
  draft: Draft,
  lines: readonly StockOrderLine[],
  commits: readonly ItemStep[],
  text: EntryText | null,
): ItemStep[] {
  const after = new Map(commits.map(({ line }) => [line.line, line]));
  return lines
    .map((line) => after.get(line.line) ?? line)
    .filter((line) => line.held > 0)
    .map((line) => releaseStep(draft, line, line.held, "released", text));
}

/** Releasing what has gone back already is no fault: the answer says how it stands. */
function decideRelease(
  draft: Draft,
  command: ReservationCommand,
  action: Action<"release">,
  standing: Standing,
  nowMs: number,
): Outcome {
  const { order, lines, phase } = standing;
  if (phase === "committed") return rejected(alreadyEnded(order, phase));
  if (!isOpen(standing)) return applied(draft, command, order, lines, [], nowMs);
  const isDone = (line: StockOrderLine) => line.dropped > 0;
  const asked = askedOf(lines, action.lines, { unitsOf: heldOf, units: "held", isDone });
  if ("code" in asked) return rejected(asked);
  const steps = asked.map(({ line, quantity }) => releaseStep(draft, line, quantity, "released", command.text));
  return applied(draft, command, order, lines, steps, nowMs);
}

/** A hold whose payment has begun has a deadline of its own; either deadline counts from now. */
function decideDeadline(
  draft: Draft,
  command: ReservationCommand,
  action: Action<"extend" | "pay">,
  standing: Standing,
  nowMs: number,
): Outcome {
  const { order, lines, phase } = standing;
  if (phase === "expired") return rejected(expired(order));
  if (!isOpen(standing)) return rejected(alreadyEnded(order, phase));
  const pays = action.kind === "pay";
  const after: StockOrder = {
    ...order,
    phase: pays ? "paying" : order.phase,
    expiresAtMs: nowMs + action.ttlMs,
  };
  const kind = pays ? entryKinds.reservationPaying : entryKinds.reservationExtended;
  const steps = planHeaders(draft, kind, after, lines, (line) => line.held > 0, command.text);
  return applied(draft, command, after, lines, steps, nowMs);
}

/** @param order after the command, `lines` before it */
function applied(
  draft: Draft,
  command: ReservationCommand,
  order: StockOrder,
  lines: readonly StockOrderLine[],
  steps: readonly OrderStep[],
  nowMs: number,
): Outcome {
  const items = applySteps(draft, command, steps, nowMs);
  return orderOutcome(draft, order, linesAfter(lines, steps), items, nowMs);
}

const unknown = (orderId: string): Rejection => ({
  code: "not_found",
  line: 0,
  detail: `There is no reservation ${orderId}. Make one with POST /v1/reservations.`,
});

const needsPartitions = ({ partitions }: StockOrder): Rejection => ({
  code: "version_conflict",
  line: 0,
  isStale: true,
  needsPartitions: partitions,
  detail: "The reservation lies where the request did not look. Nothing was changed; send it again.",
});

const expired = ({ orderId }: StockOrder): Rejection => ({
  code: "reservation_expired",
  line: 0,
  detail: `Reservation ${orderId} has expired and what it held is available again. Make a new one.`,
});

const alreadyEnded = ({ orderId }: StockOrder, phase: ReservationPhase): Rejection => ({
  code: "already_ended",
  line: 0,
  detail: `Reservation ${orderId} has ended: it is ${phase}. Nothing was changed; make a new one for further units.`,
});
