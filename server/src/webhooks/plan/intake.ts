/**
 * Decides what becomes of events that were read: which are queued, in whose place, and which are left for later. Pure, but
 * for what it takes out of the queue.
 *
 * Later are those of an item whose first delivery keeps failing: a lane of its own is parked, so that its events do not
 * fill the queue that the other items need. The journal has them; the lane is read again from where it was parked.
 */
import type { WebhookOrdering } from "@onhand/protocol/subscriptions";
import { type Delivery, type DeliveryQueue, inherit } from "./delivery-queue.ts";

export const intakeLimits = {
  /** Rows that wait for one subscription; the journal holds the rest. */
  rowsMax: { key: 1_000, strict: 1_000, latest: 10_000 },
  /** Events that are read at once. */
  readMax: 500,
  /** No more is read until there is room for so many. */
  roomMin: 100,
  /** Rows of an item whose first delivery is being retried. */
  failingLaneRowsMax: 20,
  parkedLanesMax: 1_000,
  /** Bodies of waiting deliveries that are kept in memory. */
  bodiesMax: 500,
} as const;

/** An event as it was read. */
export interface Arrival {
  readonly eventId: string;
  readonly itemKey: string;
  readonly productId: string | null;
  readonly locationId: string | null;
  readonly type: string;
  readonly partition: number;
  readonly entrySequence: number;
  /** Where a reader stands that has read it. */
  readonly position: Uint8Array;
  readonly traceparent: string | null;
  readonly body: string;
}

/** A delivery with what is needed to send it. */
export interface QueuedDelivery extends Delivery {
  readonly type: string;
  readonly partition: number;
  readonly entrySequence: number;
  readonly position: Uint8Array;
  readonly traceparent: string | null;
  /** Null when it must be loaded. */
  body: string | null;
}

export interface Lane {
  readonly itemKey: string;
  readonly productId: string | null;
  readonly locationId: string | null;
  readonly partition: number;
  readonly entrySequence: number;
  readonly position: Uint8Array;
}

/** An arrival that will be queued, with what it takes over. */
export interface Admission {
  readonly arrival: Arrival;
  readonly takenOver: Pick<Delivery, "tries" | "firstTriedAtMs" | "supersedes">;
  /** Null: at once. */
  readonly dueAtMs: number | null;
  readonly keptSequence: number | null;
}

export interface IntakePlan {
  readonly admitted: readonly Admission[];
  readonly removedIds: readonly string[];
  readonly parked: readonly Lane[];
}

interface Situation {
  readonly ordering: WebhookOrdering;
  readonly queue: DeliveryQueue<QueuedDelivery>;
  readonly parked: ReadonlyMap<string, Lane>;
  /** Deliveries that wait to be read again, by event. */
  readonly held: ReadonlyMap<string, QueuedDelivery>;
  /** Where the reader stood before the first of the arrivals. */
  readonly before: { readonly position: Uint8Array; readonly positions: readonly number[] };
}

/** What to do with events in the order in which they were read. */
export function planIntake(arrivals: readonly Arrival[], situation: Situation): IntakePlan {
  const { ordering, queue, parked, held, before } = situation;
  const admitted = new Map<string, Admission>();
  const removedIds: string[] = [];
  const newlyParked = new Map<string, Lane>();
  const countOf = new Map<string, number>();
  let last = before.position;
  for (const arrival of arrivals) {
    const { itemKey, eventId } = arrival;
    const count = countOf.get(itemKey) ?? 0;
    // What waits already, because it was replayed, comes under the number that it has.
    if (parked.has(itemKey) || newlyParked.has(itemKey) || queue.holds(itemKey, eventId)) {
      last = arrival.position;
      continue;
    }
    if (ordering === "key" && mustPark(queue, itemKey, count, parked.size + newlyParked.size)) {
      newlyParked.set(itemKey, { ...laneOf(arrival), entrySequence: arrival.entrySequence - 1, position: last });
      last = arrival.position;
      continue;
    }
    countOf.set(itemKey, count + 1);
    const older = ordering === "latest" ? takeOut(admitted, queue, held, itemKey, removedIds) : [];
    const own = held.get(eventId);
    const { takenOver, dueAtMs } = takeOver(older);
    // It goes on standing in the place of those in whose place it stood before it was held.
    const supersedes = [...takenOver.supersedes, ...(own?.supersedes ?? [])];
    admitted.set(ordering === "latest" ? itemKey : eventId, {
      arrival,
      takenOver: { ...takenOver, supersedes },
      dueAtMs,
      keptSequence: own?.sequence ?? null,
    });
    last = arrival.position;
  }
  return { admitted: [...admitted.values()], removedIds, parked: [...newlyParked.values()] };
}

function mustPark(queue: DeliveryQueue<QueuedDelivery>, itemKey: string, added: number, parkedCount: number): boolean {
  if (parkedCount >= intakeLimits.parkedLanesMax) return false;
  const { size, isFailing } = queue.laneState(itemKey);
  return isFailing && size + added >= intakeLimits.failingLaneRowsMax;
}

const laneOf = ({ itemKey, productId, locationId, partition }: Arrival) => ({
  itemKey,
  productId,
  locationId,
  partition,
});

/** Whatever older of an item waits, taken out: of the queue, and of what was admitted a moment ago. */
function takeOut(
  admitted: Map<string, Admission>,
  queue: DeliveryQueue<QueuedDelivery>,
  held: ReadonlyMap<string, QueuedDelivery>,
  itemKey: string,
  removedIds: string[],
): Delivery[] {
  const waiting: Delivery[] = queue.withdraw(itemKey);
  const earlier = admitted.get(itemKey);
  if (earlier !== undefined) {
    admitted.delete(itemKey);
    waiting.push({
      ...earlier.takenOver,
      eventId: earlier.arrival.eventId,
      itemKey,
      ordinal: 0,
      sequence: earlier.keptSequence,
      dueAtMs: earlier.dueAtMs ?? Number.NEGATIVE_INFINITY,
    });
  }
  for (const { eventId } of waiting)
    if (earlier?.arrival.eventId !== eventId || held.has(eventId)) removedIds.push(eventId);
  return waiting;
}

/** What a newer delivery takes over from older ones: their numbers, and the tries of one that was being retried. */
function takeOver(older: readonly Delivery[]): Pick<Admission, "takenOver" | "dueAtMs"> {
  const newer: Delivery = {
    eventId: "",
    itemKey: "",
    ordinal: 0,
    sequence: null,
    tries: 0,
    firstTriedAtMs: null,
    dueAtMs: Number.NEGATIVE_INFINITY,
    supersedes: [],
  };
  for (const each of older) inherit(newer, each);
  const { tries, firstTriedAtMs, supersedes, dueAtMs } = newer;
  return { takenOver: { tries, firstTriedAtMs, supersedes }, dueAtMs: Number.isFinite(dueAtMs) ? dueAtMs : null };
}
