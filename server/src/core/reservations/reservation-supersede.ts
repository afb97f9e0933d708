/** A buyer's newer reservation takes the place of their older ones: what those hold goes back in the same command. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { ReserveCommand } from "../command.ts";
import { orderLimits, type StockOrder, type StockOrderLine, withLapsed } from "../orders/order.ts";
import { type OrderStep, planHeaders } from "../orders/order-entries.ts";
import { parseOrderId } from "../record/ids.ts";
import type { Rejection } from "../rejection.ts";
import { type Draft, itemKey } from "../state.ts";
import { releaseStep } from "./reservation-steps.ts";

export interface Superseded {
  /** Oldest first. */
  readonly orders: readonly StockOrder[];
  /** Their lines that hold units. */
  readonly lines: readonly StockOrderLine[];
}

const nothingSuperseded: Superseded = { orders: [], lines: [] };

/**
 * @param locked partitions that the command holds
 * @returns the oldest of the buyer's open reservations, as many as may be ended at a time, but none whose payment has
 * begun; or the partitions that it takes to end them
 */
export function findSuperseded(
  draft: Draft,
  command: ReserveCommand,
  locked: ReadonlySet<number>,
): Superseded | Rejection {
  if (!command.supersedes || command.buyerKey === null) return nothingSuperseded;
  const orders: StockOrder[] = [];
  const lines: StockOrderLine[] = [];
  const missing = new Set<number>();
  for (const { orderId, order } of openOf(draft, command.buyerKey)) {
    const held = order === null ? [] : draft.orderLines(orderId).filter((line) => line.held > 0);
    if (lines.length + held.length > orderLimits.supersededLinesMax) break;
    // What lies behind no lock is not known, but where its id leads is.
    const partitions = order?.partitions ?? [parseOrderId("reservation", orderId)!.partition];
    for (const partition of partitions) if (!locked.has(partition)) missing.add(partition);
    if (order === null) continue;
    orders.push(order);
    lines.push(...held);
  }
  return missing.size === 0 ? { orders, lines } : needsPartitions([...missing].sort((a, b) => a - b));
}

/** Oldest first, of the same age by id: in the same order however the commands before were grouped. */
function openOf(draft: Draft, buyerKey: string) {
  return draft
    .openReservations(buyerKey)
    .map((orderId) => ({ orderId, order: draft.order(orderId) }))
    .filter(({ order }) => order?.phase !== "paying")
    .sort((a, b) => (a.order?.createdAtMs ?? 0) - (b.order?.createdAtMs ?? 0) || (a.orderId < b.orderId ? -1 : 1))
    .slice(0, orderLimits.supersededMax);
}

const needsPartitions = (partitions: readonly number[]): Rejection => ({
  code: "version_conflict",
  line: 0,
  isStale: true,
  needsPartitions: partitions,
  detail: "The buyer's older reservations changed while the request was under way. Nothing was changed; send it again.",
});

/** Units that go back to each item, by `itemKey`. */
export function freedBy({ lines }: Superseded): ReadonlyMap<string, number> {
  const freed = new Map<string, number>();
  for (const { productId, locationId, held } of lines) {
    const key = itemKey(productId, locationId!);
    freed.set(key, (freed.get(key) ?? 0) + held);
  }
  return freed;
}

/** Orders of which nothing that goes back lies in the partition of their id, where it is read how they stand. */
const untold = ({ orders, lines }: Superseded): readonly StockOrder[] =>
  orders.filter(
    ({ orderId, partition }) => !lines.some((line) => line.orderId === orderId && line.partition === partition),
  );

/** Entries that their end takes in a partition. */
export const entriesIn = (superseded: Superseded, partition: number): number =>
  superseded.lines.filter((line) => line.partition === partition).length +
  untold(superseded).filter((order) => order.partition === partition).length;

/** Plans their end. @param supersededBy id of the newer one */
export function planSuperseded(draft: Draft, superseded: Superseded, supersededBy: string): OrderStep[] {
  const changed = new Map(superseded.orders.map((order) => [order.orderId, { ...order, supersededBy }]));
  const told = new Set<string>();
  const steps: OrderStep[] = superseded.lines.map((line) => {
    const step = releaseStep(draft, line, line.held, "superseded", null);
    const after = { ...step, line: withLapsed(step.line, (line.lapsed ?? 0) + line.held) };
    const where = `${line.orderId}/${line.partition}`;
    if (told.has(where)) return after;
    told.add(where);
    return { ...after, order: changed.get(line.orderId)! };
  });
  for (const { orderId } of untold(superseded)) {
    const lines = draft.orderLines(orderId);
    const after = changed.get(orderId)!;
    steps.push(...planHeaders(draft, entryKinds.reservationSuperseded, after, lines, () => false, null));
  }
  return steps;
}
