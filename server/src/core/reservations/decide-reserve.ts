/** Decides new reservations: all lines are held, or, where the policy says so, as much of them as there is. */
import type { ReserveCommand } from "../command.ts";
import type { Allocation, StockOrder, StockOrderLine } from "../orders/order.ts";
import { applySteps, type ItemStep, type OrderStep, skuOf } from "../orders/order-entries.ts";
import type { Outcome } from "../outcome.ts";
import { formatOrderId } from "../record/ids.ts";
import { partitionOf } from "../record/partition.ts";
import type { Rejection } from "../rejection.ts";
import { Draft } from "../state.ts";
import { type Allocated, allocate, type Take } from "./reservation-allocation.ts";
import { checkReserve } from "./reservation-checks.ts";
import { checkLimits } from "./reservation-limits.ts";
import { orderOutcome, rejected } from "./reservation-outcome.ts";
import { holdStep } from "./reservation-steps.ts";
import { entriesIn, findSuperseded, freedBy, planSuperseded, type Superseded } from "./reservation-supersede.ts";
import { ReservationSupply } from "./reservation-supply.ts";

/** Everything is planned before the first entry is appended, so a refusal leaves none. */
export function decideReserve(draft: Draft, command: ReserveCommand, nowMs: number): Outcome {
  const refusal = checkReserve(draft, command);
  if (refusal !== null) return rejected(refusal);
  const superseded = findSuperseded(draft, command, lockedBy(draft, command));
  if ("code" in superseded) return rejected(superseded);
  const allocated = findUnits(draft, command, superseded);
  if ("code" in allocated) return rejected(allocated);
  const { order, holds, releases } = planReservation(draft, command, allocated, superseded, nowMs);
  const steps = releases.length === 0 ? holds : [...releases, ...holds];
  // A dry run goes into a draft of its own, which nobody keeps.
  const target = command.isDryRun ? new Draft(draft) : draft;
  const items = applySteps(target, command, steps, nowMs);
  const lines = holds.map((step) => step.line);
  return orderOutcome(target, order, lines, items, nowMs, {
    superseded: superseded.orders.map(({ orderId }) => orderId),
    isDryRun: command.isDryRun,
  });
}

const noPartitions: ReadonlySet<number> = new Set();

function lockedBy(draft: Draft, command: ReserveCommand): ReadonlySet<number> {
  if (!command.supersedes) return noPartitions;
  return new Set([
    ...command.alsoPartitions,
    ...command.lines.map(({ productId }) => partitionOf(productId, draft.partitionCount)),
  ]);
}

/** Limits come before want of stock; what locations a policy chooses is known only afterwards. */
function findUnits(draft: Draft, command: ReserveCommand, superseded: Superseded): Allocated | Rejection {
  const { lines } = superseded;
  if (command.policy === "all") {
    const tooMuch = checkLimits(draft, command, () => askedUnits(draft, command), lines);
    if (tooMuch !== null) return tooMuch;
  }
  const channel = command.channelId === null ? null : draft.channel(command.channelId);
  const allocated = allocate(draft, command, new ReservationSupply(draft, channel, freedBy(superseded)));
  if ("code" in allocated || allocated.allocation === null) return allocated;
  return checkLimits(draft, command, () => takenUnits(allocated.takes), lines) ?? allocated;
}

const askedUnits = (draft: Draft, { lines }: ReserveCommand) =>
  lines.map(({ productId, locationId, quantity }, line) => ({
    line,
    partition: partitionOf(productId, draft.partitionCount),
    productId,
    locationId,
    quantity,
  }));

const takenUnits = (takes: readonly Take[]) => takes.map((take) => ({ ...take, line: take.requestLine - 1 }));

interface Planned {
  readonly order: StockOrder;
  readonly holds: readonly ItemStep[];
  /** Of what it takes the place of. */
  readonly releases: readonly OrderStep[];
}

function planReservation(
  draft: Draft,
  command: ReserveCommand,
  { takes, allocation }: Allocated,
  superseded: Superseded,
  nowMs: number,
): Planned {
  const { partition } = takes[0]!;
  // What goes back is recorded first, so that no entry on the way finds too little: the order begins behind it.
  const behind = entriesIn(superseded, partition);
  const orderId = formatOrderId("reservation", partition, draft.nextSequence(partition) + behind);
  const order = newOrder(draft, command, orderId, takes, allocation, nowMs);
  const holds = takes.map((take, index) => {
    const step = holdStep(newLine(order, take, index + 1), skuOf(draft, take), command.text);
    return index === 0 ? { ...step, order } : step;
  });
  return { order, holds, releases: planSuperseded(draft, superseded, orderId) };
}

function newOrder(
  draft: Draft,
  command: ReserveCommand,
  orderId: string,
  takes: readonly Take[],
  allocation: Allocation | null,
  nowMs: number,
): StockOrder {
  const { partition } = takes[0]!;
  return {
    orderId,
    kind: "reservation",
    partition,
    partitions:
      takes.length === 1 ? [partition] : [...new Set(takes.map((take) => take.partition))].sort((a, b) => a - b),
    lineCount: takes.length,
    // As recorded, which is never before what the partition has recorded already.
    createdAtMs: Math.max(nowMs, draft.head(partition).recordedAtMs),
    actor: command.actor,
    phase: "held",
    expiresAtMs: nowMs + command.ttlMs,
    expectedAtMs: null,
    fromLocationId: null,
    toLocationId: null,
    channelId: command.channelId,
    buyerKey: command.buyerKey,
    paymentLateAtMs: null,
    supersededBy: null,
    allocation,
  };
}

const newLine = (order: StockOrder, take: Take, line: number): StockOrderLine => ({
  orderId: order.orderId,
  kind: "reservation",
  line,
  requestLine: take.requestLine,
  partition: take.partition,
  productId: take.productId,
  locationId: take.locationId,
  toLocationId: null,
  quantity: take.quantity,
  held: take.quantity,
  incoming: 0,
  done: 0,
  dropped: 0,
  end: null,
  surplus: 0,
  phase: "held",
  expiresAtMs: order.expiresAtMs,
  holder: order.actor,
  buyerKey: order.buyerKey,
});
