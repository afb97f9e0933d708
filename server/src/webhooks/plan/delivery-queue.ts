/**
 * What one subscription has still to deliver, and what of it may be sent next. Pure: it is told the time and what came
 * of each try, and never waits for anything.
 *
 * Deliveries stand in lanes. A lane is delivered strictly in order, one at a time; lanes do not wait for one another.
 * With the ordering `strict` there is one lane, otherwise one for each product at each location. With `latest` a
 * delivery that waits is taken out when a newer one of its lane arrives.
 */
import type { WebhookOrdering } from "@onhand/protocol/subscriptions";
import { MinHeap } from "./min-heap.ts";

export interface Delivery {
  readonly eventId: string;
  /** What it concerns: the product and the location. */
  readonly itemKey: string;
  /** Place in the queue; higher ones come later. */
  readonly ordinal: number;
  /** Its number in this subscription; null until it has one. */
  sequence: number | null;
  tries: number;
  firstTriedAtMs: number | null;
  dueAtMs: number;
  /** Numbers of older deliveries of its lane in whose place it stands. */
  supersedes: readonly number[];
}

interface Lane<Each> {
  readonly waiting: Each[];
  inFlight: Each | null;
}

interface Candidate<Each> {
  readonly lane: Lane<Each>;
  readonly delivery: Each;
  readonly dueAtMs: number;
}

export class DeliveryQueue<Each extends Delivery = Delivery> {
  readonly #ordering: WebhookOrdering;
  readonly #lanes = new Map<string, Lane<Each>>();
  /** Heads of lanes; those that are no longer what they were are passed over. */
  readonly #candidates = new MinHeap<Candidate<Each>>(
    (a, b) => a.dueAtMs < b.dueAtMs || (a.dueAtMs === b.dueAtMs && a.delivery.ordinal < b.delivery.ordinal),
  );
  #size = 0;
  #inFlight = 0;

  constructor(ordering: WebhookOrdering) {
    this.#ordering = ordering;
  }

  /** Deliveries that wait or are in flight. */
  get size(): number {
    return this.#size;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  laneOf(itemKey: string): string {
    return this.#ordering === "strict" ? "" : itemKey;
  }

  /** How many deliveries its lane has, and whether the first of them has failed before. */
  laneState(itemKey: string): { size: number; isFailing: boolean } {
    const lane = this.#lanes.get(this.laneOf(itemKey));
    if (lane === undefined) return { size: 0, isFailing: false };
    const first = lane.inFlight ?? lane.waiting[0];
    return { size: lane.waiting.length + (lane.inFlight === null ? 0 : 1), isFailing: (first?.tries ?? 0) > 0 };
  }

  /** Whether an event of an item waits already, or is in flight. */
  holds(itemKey: string, eventId: string): boolean {
    const lane = this.#lanes.get(this.laneOf(itemKey));
    return lane?.inFlight?.eventId === eventId || lane?.waiting.some((each) => each.eventId === eventId) === true;
  }

  /** Adds a delivery behind all others of its lane. */
  add(delivery: Each): void {
    const key = this.laneOf(delivery.itemKey);
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { waiting: [], inFlight: null };
      this.#lanes.set(key, lane);
    }
    lane.waiting.push(delivery);
    this.#size += 1;
    if (lane.waiting.length === 1) this.#offer(lane);
  }

  /** Takes out what waits in an item's lane, because something newer stands in its place. */
  withdraw(itemKey: string): Each[] {
    const lane = this.#lanes.get(this.laneOf(itemKey));
    if (lane === undefined) return [];
    const withdrawn = lane.waiting.splice(0);
    this.#size -= withdrawn.length;
    this.#forgetIfEmpty(itemKey, lane);
    return withdrawn;
  }

  /** Takes up to `max` deliveries that are due, each the first of its lane. They are in flight until they are settled. */
  start(nowMs: number, max: number): Each[] {
    const started: Each[] = [];
    while (started.length < max) {
      const next = this.#firstCandidate();
      if (next === undefined || next.dueAtMs > nowMs) break;
      this.#candidates.pop();
      next.lane.waiting.shift();
      next.lane.inFlight = next.delivery;
      this.#inFlight += 1;
      started.push(next.delivery);
    }
    return started;
  }

  /** When the next delivery is due that could be sent; infinite when there is none. */
  get nextDueAtMs(): number {
    return this.#firstCandidate()?.dueAtMs ?? Number.POSITIVE_INFINITY;
  }

  /** A delivery in flight needs no further try: it arrived, or was given up. */
  finish(delivery: Each): void {
    const lane = this.#land(delivery);
    this.#size -= 1;
    this.#offer(lane);
    this.#forgetIfEmpty(delivery.itemKey, lane);
  }

  /**
   * A delivery in flight is to be tried again. With `latest`, when a newer one waits behind it, that one takes its place
   * in the schedule. @returns the one that took its place, or null when it stays itself
   */
  retry(delivery: Each, dueAtMs: number): Each | null {
    const lane = this.#land(delivery);
    const newer = this.#ordering === "latest" ? lane.waiting[0] : undefined;
    const next = newer ?? delivery;
    next.dueAtMs = dueAtMs;
    if (newer === undefined) lane.waiting.unshift(delivery);
    else {
      inherit(newer, delivery);
      this.#size -= 1;
    }
    this.#offer(lane);
    return newer ?? null;
  }

  /**
   * A delivery in flight is given up. With `latest`, when a newer one waits behind it, nothing is lost.
   * @returns the newer one that stands in its place, or null when it is a dead letter
   */
  giveUp(delivery: Each): Each | null {
    const newer = this.#ordering === "latest" ? this.#lanes.get(this.laneOf(delivery.itemKey))?.waiting[0] : undefined;
    this.finish(delivery);
    if (newer !== undefined) newer.supersedes = [...numbersOf(delivery), ...newer.supersedes];
    return newer ?? null;
  }

  #land(delivery: Each): Lane<Each> {
    const lane = this.#lanes.get(this.laneOf(delivery.itemKey));
    if (lane?.inFlight !== delivery) throw new Error(`delivery ${delivery.eventId} is not in flight`);
    lane.inFlight = null;
    this.#inFlight -= 1;
    return lane;
  }

  #offer(lane: Lane<Each>): void {
    const [delivery] = lane.waiting;
    if (delivery !== undefined && lane.inFlight === null)
      this.#candidates.push({ lane, delivery, dueAtMs: delivery.dueAtMs });
  }

  #firstCandidate(): Candidate<Each> | undefined {
    for (;;) {
      const first = this.#candidates.least;
      if (first === undefined) return undefined;
      const { lane, delivery, dueAtMs } = first;
      if (lane.inFlight === null && lane.waiting[0] === delivery && delivery.dueAtMs === dueAtMs) return first;
      this.#candidates.pop();
    }
  }

  #forgetIfEmpty(itemKey: string, lane: Lane<Each>): void {
    if (lane.inFlight === null && lane.waiting.length === 0) this.#lanes.delete(this.laneOf(itemKey));
  }
}

/** Lets a newer delivery stand where an older one of its lane stood, tries and numbers included. */
export function inherit(newer: Delivery, older: Delivery): void {
  newer.tries = older.tries;
  newer.firstTriedAtMs = older.firstTriedAtMs;
  newer.dueAtMs = older.dueAtMs;
  newer.supersedes = [...numbersOf(older), ...newer.supersedes];
}

const numbersOf = ({ supersedes, sequence }: Delivery): number[] => [
  ...supersedes,
  ...(sequence === null ? [] : [sequence]),
];
