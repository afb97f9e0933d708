import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DeliveryQueue } from "./delivery-queue.ts";
import { type Arrival, intakeLimits, type Lane, planIntake, type QueuedDelivery } from "./intake.ts";

const bytes = (sequence: number): Uint8Array => Uint8Array.of(sequence >> 8, sequence & 0xff);

const arrival = (sequence: number, item: string): Arrival => ({
  eventId: `e${sequence}`,
  itemKey: `${item}/shop`,
  productId: item,
  locationId: "shop",
  type: "inventory.adjusted.v1",
  partition: 1,
  entrySequence: sequence,
  position: bytes(sequence),
  traceparent: null,
  body: "{}",
});

const queued = (sequence: number, item: string, fields: Partial<QueuedDelivery> = {}): QueuedDelivery => ({
  ...arrival(sequence, item),
  ordinal: sequence,
  sequence: null,
  tries: 0,
  firstTriedAtMs: null,
  dueAtMs: 0,
  supersedes: [],
  ...fields,
});

const before = { position: bytes(0), positions: [0, 0] };
const nothing = { parked: new Map<string, Lane>(), held: new Map<string, QueuedDelivery>(), before };

/** A queue whose first delivery of an item has failed. */
function queueFailing(item: string, rows: number): DeliveryQueue<QueuedDelivery> {
  const queue = new DeliveryQueue<QueuedDelivery>("key");
  for (let index = 1; index <= rows; index++) queue.add(queued(index, item, { tries: index === 1 ? 1 : 0 }));
  return queue;
}

test.each(["key", "strict", "latest"] as const)(
  "%s: what waits or is in flight already, because it was replayed, keeps its number",
  (ordering) => {
    const queue = new DeliveryQueue<QueuedDelivery>(ordering);
    queue.add(queued(101, "soap", { sequence: 7 }));
    const plan = () => planIntake([arrival(101, "soap")], { ...nothing, ordering, queue });
    expect(plan()).toEqual({ admitted: [], removedIds: [], parked: [] });
    expect(queue.start(0, 1)).toHaveLength(1);
    expect(plan()).toEqual({ admitted: [], removedIds: [], parked: [] });
  },
);

describe("in order per item", () => {
  test("an item that keeps failing is parked where its queue is full, and others are admitted", () => {
    const queue = queueFailing("soap", intakeLimits.failingLaneRowsMax - 1);
    const arrivals = [arrival(101, "soap"), arrival(102, "comb"), arrival(103, "soap"), arrival(104, "soap")];
    const plan = planIntake(arrivals, { ...nothing, ordering: "key", queue });
    expect(plan.admitted.map((each) => each.arrival.eventId)).toEqual(["e101", "e102"]);
    // Whoever reads on from there meets 103 first, and nothing of the item that is queued already.
    expect(plan.parked).toMatchObject([{ itemKey: "soap/shop", entrySequence: 102, position: bytes(102) }]);
  });

  test("what comes for a parked item is left in the journal", () => {
    const parked = new Map([["soap/shop", { ...arrival(1, "soap") }]]);
    const queue = new DeliveryQueue<QueuedDelivery>("key");
    const plan = planIntake([arrival(5, "soap"), arrival(6, "comb")], { ...nothing, parked, ordering: "key", queue });
    expect(plan.admitted.map((each) => each.arrival.eventId)).toEqual(["e6"]);
    expect(plan.parked).toEqual([]);
  });

  test("an item that is only slow is not parked", () => {
    const queue = new DeliveryQueue<QueuedDelivery>("key");
    for (let index = 1; index <= 200; index++) queue.add(queued(index, "soap"));
    const plan = planIntake([arrival(300, "soap")], { ...nothing, ordering: "key", queue });
    expect(plan).toMatchObject({ parked: [], admitted: [{ keptSequence: null }] });
  });

  test("what was held for it keeps its number when it is read again", () => {
    const held = new Map([["e7", queued(7, "soap", { sequence: 42 })]]);
    const queue = new DeliveryQueue<QueuedDelivery>("key");
    const plan = planIntake([arrival(7, "soap"), arrival(8, "soap")], { ...nothing, held, ordering: "key", queue });
    expect(plan.admitted.map((each) => each.keptSequence)).toEqual([42, null]);
  });
});

test("of the newest states one per item is admitted, with all numbers that it stands for", () => {
  const item = fc.nat(3).map((index) => `item${index}`);
  const waiting = fc.uniqueArray(fc.record({ item, sequence: fc.option(fc.integer({ min: 1, max: 99 })) }), {
    selector: (each) => each.item,
  });
  fc.assert(
    fc.property(waiting, fc.array(item, { minLength: 1, maxLength: 30 }), (older, items) => {
      const queue = new DeliveryQueue<QueuedDelivery>("latest");
      for (const [index, each] of older.entries())
        queue.add(queued(index + 1, each.item, { sequence: each.sequence, tries: each.sequence === null ? 0 : 1 }));
      const arrivals = items.map((name, index) => arrival(100 + index, name));
      const plan = planIntake(arrivals, { ...nothing, ordering: "latest", queue });
      const touched = new Set(items);
      expect(plan.admitted.map((each) => each.arrival.eventId)).toEqual(
        [...touched]
          .map((name) => 100 + items.lastIndexOf(name))
          .sort((a, b) => a - b)
          .map((sequence) => `e${sequence}`),
      );
      const replaced = older.filter((each) => touched.has(each.item));
      expect(plan.removedIds).toHaveLength(replaced.length);
      expect(queue.size).toBe(older.length - replaced.length);
      for (const { arrival: admitted, takenOver } of plan.admitted) {
        const before = replaced.find((each) => `${each.item}/shop` === admitted.itemKey);
        expect(takenOver.supersedes).toEqual(before?.sequence == null ? [] : [before.sequence]);
        expect(takenOver.tries).toBe(before?.sequence == null ? 0 : 1);
      }
    }),
  );
});
