/**
 * Reads the feed for one subscription and queues what it wants, while there is room. Modes: reading → waiting for room →
 * reading …; ended. The reader's place is stored with what was queued, in one transaction, so a crash repeats nothing
 * and leaves nothing out.
 */
import { encodeVector, type PositionVector } from "../core/record/position-vector.ts";
import { compileFilter } from "../feed/filter.ts";
import type { Follower } from "../feed/follower.ts";
import type { FeedRecord } from "../feed/record.ts";
import type { ActiveSubscription, Loaded } from "./delivery-store.ts";
import { arrivalOf } from "./event-source.ts";
import { itemKeyOf } from "./item-key.ts";
import type { DeliveryQueue } from "./plan/delivery-queue.ts";
import { type Arrival, intakeLimits, type Lane, planIntake, type QueuedDelivery } from "./plan/intake.ts";
import type { Lease, WorkerParts } from "./worker-parts.ts";

const readerLimits = {
  /** How long to wait for events before the place is looked at. */
  waitMs: 5_000,
  /** The same while lanes are parked, which may have room by then. */
  waitMsWithParkedLanes: 1_000,
  /** The same while a parked lane is being read. */
  waitMsWhileUnparking: 20,
  /** Events of a parked lane that are read at once, when its first delivery no longer fails. */
  laneReadMax: 200,
} as const;

export class EventReader {
  readonly #parts: WorkerParts;
  readonly #lease: Lease;
  readonly #subscription: ActiveSubscription;
  readonly #queue: DeliveryQueue<QueuedDelivery>;
  readonly #signal: AbortSignal;
  readonly #onQueued: () => void;
  readonly #parked = new Map<string, Lane>();
  /** Wait until their events are read again: by the reader, and by the lanes of parked items. */
  readonly #held = new Map<string, QueuedDelivery>();
  readonly #heldForLanes = new Map<string, QueuedDelivery>();
  #stored: PositionVector;
  #hasRoom: () => void = () => {};

  /** @param onQueued is told when there is something new to send @param signal ends the reading */
  constructor(
    parts: WorkerParts,
    lease: Lease,
    loaded: Loaded,
    queue: DeliveryQueue<QueuedDelivery>,
    onQueued: () => void,
    signal: AbortSignal,
  ) {
    this.#parts = parts;
    this.#lease = lease;
    this.#subscription = loaded.subscription;
    this.#stored = loaded.subscription.position;
    this.#queue = queue;
    this.#onQueued = onQueued;
    this.#signal = signal;
    for (const lane of loaded.parked) this.#parked.set(lane.itemKey, lane);
    for (const delivery of loaded.held)
      (this.#parked.has(delivery.itemKey) ? this.#heldForLanes : this.#held).set(delivery.eventId, delivery);
    signal.addEventListener("abort", () => this.#hasRoom());
  }

  /** Says that the queue has become shorter. */
  roomMayHaveCome(): void {
    if (this.#room >= intakeLimits.roomMin) this.#hasRoom();
  }

  /** Reads until it is ended. @throws PositionLost, LeaseLost */
  async run(): Promise<void> {
    const follower = await this.#parts.events.follow(this.#stored, this.#subscription.filter);
    try {
      while (!this.#signal.aborted) {
        await this.#untilRoom();
        const waitMs = await this.#readParkedLanes();
        if (this.#signal.aborted) return;
        const max = Math.min(intakeLimits.readMax, Math.max(1, this.#room));
        const records = await follower.next({ max, waitMs, signal: this.#signal });
        if (this.#signal.aborted) return;
        await this.#takeIn(records, follower.position);
      }
    } finally {
      follower.close();
    }
  }

  get #room(): number {
    return (
      intakeLimits.rowsMax[this.#subscription.ordering] - this.#queue.size - this.#held.size - this.#heldForLanes.size
    );
  }

  async #untilRoom(): Promise<void> {
    while (this.#room < intakeLimits.roomMin && this.#held.size === 0 && !this.#signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#hasRoom = resolve;
      await promise;
    }
  }

  async #takeIn(records: readonly FeedRecord[], position: PositionVector): Promise<void> {
    if (records.length === 0 && isSame(position, this.#stored)) return;
    const arrivals = records.map(arrivalOf);
    const before = { position: encodeVector(this.#stored), positions: this.#stored.positions };
    const plan = planIntake(arrivals, {
      ordering: this.#subscription.ordering,
      queue: this.#queue,
      parked: this.#parked,
      held: this.#held,
      before,
    });
    const released = this.#passed(position, arrivals);
    const queued = await this.#parts.store.takeIn(this.#lease, this.#subscription, {
      ...plan,
      position: encodeVector(position),
      unparkedItems: [],
      releasedIds: released.map((each) => each.eventId),
    });
    this.#stored = position;
    if (plan.removedIds.length > 0) this.#parts.metrics.superseded(plan.removedIds.length);
    for (const { arrival } of plan.admitted) this.#held.delete(arrival.eventId);
    for (const eventId of [...plan.removedIds, ...released.map((each) => each.eventId)]) this.#held.delete(eventId);
    for (const lane of plan.parked) this.#park(lane);
    this.#add([...released, ...queued]);
  }

  /** What was held for events that the reader has passed without meeting them: the filter wants them no longer. */
  #passed(position: PositionVector, arrivals: readonly Arrival[]): QueuedDelivery[] {
    if (this.#held.size === 0) return [];
    const met = new Set(arrivals.map((each) => each.eventId));
    return [...this.#held.values()].filter(
      (each) => !met.has(each.eventId) && each.entrySequence <= (position.positions[each.partition] ?? 0),
    );
  }

  /** @returns how long to wait for other events meanwhile */
  async #readParkedLanes(): Promise<number> {
    if (this.#parked.size === 0) return readerLimits.waitMs;
    let hasRead = false;
    for (const lane of [...this.#parked.values()]) {
      const { size, isFailing } = this.#queue.laneState(lane.itemKey);
      const rowsMax = isFailing ? intakeLimits.failingLaneRowsMax : readerLimits.laneReadMax;
      const room = Math.min(rowsMax - size, this.#room);
      if (room < rowsMax / 2 || this.#signal.aborted) continue;
      hasRead = true;
      await this.#readLane(lane, room);
    }
    return hasRead ? readerLimits.waitMsWhileUnparking : readerLimits.waitMsWithParkedLanes;
  }

  /** Queues more of a parked lane that has become short; one that has caught up with the reader is parked no longer. */
  async #readLane(lane: Lane, room: number): Promise<void> {
    const wanted = compileFilter(this.#subscription.filter);
    const follower = await this.#parts.events.followLane(lane, this.#subscription.filter);
    const found: Arrival[] = [];
    let isCaughtUp = false;
    try {
      while (found.length < room && !isCaughtUp && !this.#signal.aborted) {
        const records = await follower.next({ max: room - found.length, waitMs: 0, signal: this.#signal });
        const fresh = records.filter((each) => !this.#isAhead(each, lane));
        isCaughtUp = fresh.length < records.length || (records.length === 0 && this.#hasReached(follower, lane));
        found.push(
          ...fresh
            .filter((each) => itemKeyOf(each) === lane.itemKey && (wanted?.(each) ?? true))
            .map(arrivalOf)
            .filter((each) => each.entrySequence > lane.entrySequence),
        );
      }
    } finally {
      follower.close();
    }
    if (this.#signal.aborted) return;
    const last = found.at(-1);
    const rest = last === undefined ? lane : { ...lane, entrySequence: last.entrySequence, position: last.position };
    await this.#takeInLane(lane, found, isCaughtUp ? null : rest);
  }

  /** Leaves what comes of an item for later, and with it what waits for its events. */
  #park(lane: Lane): void {
    this.#parked.set(lane.itemKey, lane);
    for (const [eventId, delivery] of this.#held) {
      if (delivery.itemKey !== lane.itemKey) continue;
      this.#held.delete(eventId);
      this.#heldForLanes.set(eventId, delivery);
    }
  }

  async #takeInLane(lane: Lane, found: readonly Arrival[], rest: Lane | null): Promise<void> {
    const readUpTo = rest?.entrySequence ?? this.#stored.positions[lane.partition]!;
    const met = new Set(found.map((each) => each.eventId));
    const fresh = found.filter((each) => !this.#queue.holds(each.itemKey, each.eventId));
    const held = [...this.#heldForLanes.values()].filter((each) => each.itemKey === lane.itemKey);
    const released = held.filter((each) => !met.has(each.eventId) && each.entrySequence <= readUpTo);
    const queued = await this.#parts.store.takeIn(this.#lease, this.#subscription, {
      position: null,
      admitted: fresh.map((arrival) => {
        const own = this.#heldForLanes.get(arrival.eventId);
        return {
          arrival,
          takenOver: { tries: 0, firstTriedAtMs: null, supersedes: own?.supersedes ?? [] },
          dueAtMs: null,
          keptSequence: own?.sequence ?? null,
        };
      }),
      removedIds: [],
      parked: rest === null ? [] : [rest],
      unparkedItems: rest === null ? [lane.itemKey] : [],
      releasedIds: released.map((each) => each.eventId),
    });
    for (const { eventId } of [...found, ...released]) this.#heldForLanes.delete(eventId);
    if (rest === null) this.#unpark(lane);
    else this.#parked.set(lane.itemKey, rest);
    this.#add([...released, ...queued]);
  }

  /** From now on the reader itself meets what comes of the item. */
  #unpark({ itemKey }: Lane): void {
    this.#parked.delete(itemKey);
    for (const [eventId, delivery] of this.#heldForLanes) {
      if (delivery.itemKey !== itemKey) continue;
      this.#heldForLanes.delete(eventId);
      this.#held.set(eventId, delivery);
    }
  }

  /** The reader itself will come to it. */
  #isAhead(record: FeedRecord, lane: Lane): boolean {
    const { entry } = record.feedEntry;
    return entry.partition !== lane.partition || entry.sequence > this.#stored.positions[lane.partition]!;
  }

  #hasReached(follower: Follower, lane: Lane): boolean {
    return follower.isAtEnd || follower.position.positions[lane.partition]! >= this.#stored.positions[lane.partition]!;
  }

  #add(deliveries: readonly QueuedDelivery[]): void {
    for (const delivery of deliveries) this.#queue.add(delivery);
    if (deliveries.length > 0) this.#onQueued();
  }
}

const isSame = (a: PositionVector, b: PositionVector): boolean =>
  a.epoch === b.epoch && a.positions.every((position, index) => position === b.positions[index]);
