/** The queue against a reference model: receivers that fail at random, and what each of them must have seen. */
import { describe, expect, test } from "bun:test";
import type { WebhookOrdering } from "@onhand/protocol/subscriptions";
import fc from "fast-check";
import { type Delivery, DeliveryQueue, inherit } from "./delivery-queue.ts";

function delivery(ordinal: number, itemKey: string, dueAtMs = 0): Delivery {
  return {
    eventId: `e${ordinal}`,
    itemKey,
    ordinal,
    sequence: ordinal,
    tries: 0,
    firstTriedAtMs: null,
    dueAtMs,
    supersedes: [],
  };
}

type Step =
  | { readonly kind: "arrive"; readonly item: number }
  | { readonly kind: "start"; readonly max: number }
  | { readonly kind: "settle"; readonly which: number; readonly verdict: "delivered" | "failed" | "dead" }
  | { readonly kind: "wait"; readonly ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("arrive" as const), item: fc.nat(4) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("start" as const), max: fc.integer({ min: 1, max: 4 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("settle" as const),
        which: fc.nat(9),
        verdict: fc.constantFrom("delivered" as const, "failed" as const, "failed" as const, "dead" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 50 }) }) },
  ),
  { maxLength: 120 },
);

/** What happened to each event, told by a run that lists everything and looks nothing up. */
class Run {
  readonly queue: DeliveryQueue;
  readonly ordering: WebhookOrdering;
  readonly arrived: Delivery[] = [];
  readonly inFlight: Delivery[] = [];
  readonly sent: Delivery[] = [];
  readonly settled = new Map<string, "delivered" | "dead" | "superseded">();
  nowMs = 0;

  constructor(ordering: WebhookOrdering) {
    this.ordering = ordering;
    this.queue = new DeliveryQueue(ordering);
  }

  laneOf = (each: Delivery): string => (this.ordering === "strict" ? "all" : each.itemKey);

  take(step: Step): void {
    if (step.kind === "arrive") this.#arrive(`item${step.item}`);
    if (step.kind === "start") this.start(step.max);
    if (step.kind === "settle") this.#settle(step.which, step.verdict);
    if (step.kind === "wait") this.nowMs += step.ms;
    expect(this.queue.size).toBe(this.arrived.length - this.settled.size);
    expect(this.queue.inFlight).toBe(this.inFlight.length);
  }

  #arrive(itemKey: string): void {
    const next = delivery(this.arrived.length + 1, itemKey, this.nowMs);
    if (this.ordering === "latest") {
      for (const older of this.queue.withdraw(itemKey)) {
        this.settled.set(older.eventId, "superseded");
        inherit(next, older);
      }
    }
    this.arrived.push(next);
    this.queue.add(next);
  }

  start(max: number): void {
    const startable = this.startable();
    const started = this.queue.start(this.nowMs, max);
    expect(started).toHaveLength(Math.min(max, startable.length));
    for (const each of started) expect(startable).toContain(each);
    this.inFlight.push(...started);
    this.sent.push(...started);
  }

  /** By the reference: what is due and not behind another of its lane. */
  startable(): Delivery[] {
    const unsettled = this.arrived.filter((each) => !this.settled.has(each.eventId));
    return unsettled.filter(
      (each) =>
        each.dueAtMs <= this.nowMs &&
        unsettled.find((other) => this.laneOf(other) === this.laneOf(each)) === each &&
        !this.inFlight.some((other) => this.laneOf(other) === this.laneOf(each)),
    );
  }

  #settle(which: number, verdict: "delivered" | "failed" | "dead"): void {
    const each = this.inFlight.splice(which % Math.max(1, this.inFlight.length), 1)[0];
    if (each === undefined) return;
    if (verdict === "failed") {
      each.tries += 1;
      each.firstTriedAtMs ??= this.nowMs;
      const newer = this.queue.retry(each, this.nowMs + 10);
      if (newer !== null) this.settled.set(each.eventId, "superseded");
      return;
    }
    if (verdict === "delivered") {
      this.queue.finish(each);
      this.settled.set(each.eventId, "delivered");
    } else this.settled.set(each.eventId, this.queue.giveUp(each) === null ? "dead" : "superseded");
  }

  /** Lets everything that is left arrive. */
  drain(): void {
    while (this.queue.size > 0) {
      this.nowMs = Math.max(this.nowMs, this.queue.inFlight > 0 ? this.nowMs : this.queue.nextDueAtMs);
      this.start(3);
      for (const each of this.inFlight.splice(0)) {
        this.queue.finish(each);
        this.settled.set(each.eventId, "delivered");
      }
    }
  }

  /** Nothing is lost, and within a lane nothing was sent after something newer. */
  check(): void {
    expect(this.settled.size).toBe(this.arrived.length);
    const lanes = Map.groupBy(this.sent, this.laneOf);
    for (const sent of lanes.values()) {
      for (const [index, each] of sent.entries())
        expect(each.ordinal).toBeGreaterThanOrEqual(sent[index - 1]?.ordinal ?? 0);
    }
    if (this.ordering !== "latest") {
      expect([...this.settled.values()]).not.toContain("superseded");
      return;
    }
    for (const [lane, all] of Map.groupBy(this.arrived, this.laneOf)) {
      // The newest state of an item is never superseded, and whoever was superseded left its number behind.
      expect(this.settled.get(all.at(-1)!.eventId)).not.toBe("superseded");
      const numbers = [...new Set(lanes.get(lane)!.flatMap((each) => [...each.supersedes, each.sequence!]))];
      const lost = all.filter((each) => this.settled.get(each.eventId) === "dead").map((each) => each.sequence!);
      expect(new Set([...numbers, ...lost])).toEqual(new Set(all.map((each) => each.sequence!)));
    }
  }
}

describe.each(["key", "strict", "latest"] as const)("with the ordering %s", (ordering) => {
  test("whatever fails, order holds, nothing is lost and lanes do not wait for one another", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const run = new Run(ordering);
        for (const step of all) run.take(step);
        for (const each of run.inFlight.splice(0)) {
          run.queue.finish(each);
          run.settled.set(each.eventId, "delivered");
        }
        run.drain();
        run.check();
      }),
      { numRuns: 500 },
    );
  });
});

test("a key that is being retried does not hold up another one, but all that follow in its own", () => {
  const queue = new DeliveryQueue("key");
  for (const [index, key] of ["a", "b", "a", "c"].entries()) queue.add(delivery(index + 1, key));
  const [a] = queue.start(0, 1);
  a!.tries = 1;
  queue.retry(a!, 5_000);
  expect(queue.start(0, 10).map(({ eventId }) => eventId)).toEqual(["e2", "e4"]);
  expect(queue.nextDueAtMs).toBe(5_000);
  expect(queue.laneState("a")).toEqual({ size: 2, isFailing: true });
  expect(queue.start(5_000, 10).map(({ eventId }) => eventId)).toEqual(["e1"]);
});

test("a backlog of one item collapses to its newest state", () => {
  const queue = new DeliveryQueue("latest");
  for (let ordinal = 1; ordinal <= 100; ordinal++) {
    queue.withdraw("a");
    queue.add(delivery(ordinal, "a"));
  }
  expect(queue.start(0, 10).map(({ eventId }) => eventId)).toEqual(["e100"]);
  expect(queue.size).toBe(1);
});

test("what is settled must be in flight", () => {
  const queue = new DeliveryQueue("key");
  const waiting = delivery(1, "a");
  queue.add(waiting);
  expect(() => queue.finish(waiting)).toThrow("not in flight");
});
