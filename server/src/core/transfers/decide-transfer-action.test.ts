/** What is done with transfers and supplies, one rule after the other, each with the smallest case that shows it. */
import { expect, test } from "bun:test";
import { entryKinds, futureToleranceMs, movementTypes } from "@onhand/protocol/vocabulary";
import { inventory, lineOf } from "../../../test/model/commands.ts";
import { cancel, commit, made, receive, reschedule, ship } from "../../../test/model/transfer-commands.ts";
import { retold } from "../orders/order.ts";
import type { Entry } from "../record/entry.ts";
import { parseDetail } from "../record/entry-detail.ts";
import { partitionOf } from "../record/partition.ts";

const now = 1_700_000_000_000;
const kinds = entryKinds;

const kindsOf = (entries: readonly Entry[]) => entries.map((entry) => entry.kind);

test("shipped whole, its units leave one place and are on their way to the other, available at neither", () => {
  const { act, levels, status } = made(now, "transfer");
  const { entries, items } = act(ship());
  const { inventoryShipped, inventoryExpected } = kinds;
  expect(kindsOf(entries)).toEqual([inventoryShipped, inventoryExpected, inventoryShipped, inventoryExpected]);
  expect(levels()).toEqual([
    [0, 0, 0, 0, 0],
    [0, 0, 0, 10, 0],
  ]);
  expect(status()).toBe("in_transit");
  expect(items.map((item) => `${item.productId} ${item.locationId}`).sort()).toEqual([
    "p1 l1",
    "p1 l2",
    "p2 l1",
    "p2 l2",
  ]);
});

test("received whole, its units are where they go", () => {
  const { act, levels, status } = made(now, "transfer", ship());
  expect(kindsOf(act(receive()).entries)).toEqual([kinds.inventoryReceived, kinds.inventoryReceived]);
  expect(levels()).toEqual([
    [0, 0, 0, 0, 0],
    [10, 0, 0, 0, 10],
  ]);
  expect(status()).toBe("received");
});

test("every entry carries the line as it leaves it, and movements are of transfers", () => {
  const { act, line } = made(now, "transfer", ship());
  const { entries } = act(receive([[1, 4]]));
  expect(entries.map((entry) => parseDetail(entry).line)).toEqual([line(1)]);
  expect(entries.map((entry) => movementTypes[entry.movementType])).toEqual(["transfer"]);
  expect(line(1)).toMatchObject({ incoming: 6, done: 4 });
});

test("shipped by line and in part, the rest stays held", () => {
  const { act, levels, line, status } = made(now, "transfer");
  act(ship([[1, 4]]));
  expect(levels()).toEqual([
    [6, 6, 0, 0, 0],
    [0, 0, 0, 4, 0],
  ]);
  expect(line(2)).toMatchObject({ held: 5, incoming: 0 });
  act(ship([[1], [2, 2]]));
  expect([line(1), line(2)]).toMatchObject([
    { held: 0, incoming: 10 },
    { held: 3, incoming: 2 },
  ]);
  act(ship());
  expect(line(2)).toMatchObject({ held: 0, incoming: 5 });
  expect(status()).toBe("in_transit");
});

test("a line named twice in a request is taken twice", () => {
  const { act, refuse, line } = made(now, "transfer");
  expect(
    refuse(
      ship([
        [1, 6],
        [1, 5],
      ]),
    ),
  ).toMatchObject({ line: 1, pointer: "/lines/1/quantity" });
  act(
    ship([
      [1, 6],
      [1, 4],
    ]),
  );
  expect(line(1)).toMatchObject({ held: 0, incoming: 10 });
});

test("received in parts, it is in transit until the last of it has come", () => {
  const { act, levels, line, status } = made(now, "transfer", ship());
  act(receive([[1, 3]]));
  expect(levels()[1]).toEqual([3, 0, 0, 7, 3]);
  expect(status()).toBe("in_transit");
  act(receive([[1], [2]]));
  expect([line(1), line(2)]).toMatchObject([{ done: 10 }, { done: 5 }]);
  expect(status()).toBe("received");
});

test("what arrives damaged is on hand and not available", () => {
  const { state, act, levels, line } = made(now, "transfer", ship());
  const { entries } = act(
    receive([
      [1, 7],
      [1, 2, "damaged"],
      [1, 1, "quality_control"],
    ]),
  );
  expect(levels()[1]).toEqual([10, 0, 3, 0, 7]);
  expect(line(1)).toMatchObject({ done: 10, surplus: 0 });
  expect(kindsOf(entries)).toEqual([kinds.inventoryReceived, kinds.inventoryReceived, kinds.inventoryReceived]);
  expect(state.item(0, "p1", "l2")!.extras).toMatchObject({ damaged: 2, qualityControl: 1 });
});

test("more than was on its way is a surplus, booked with the rest", () => {
  const { act, levels, line } = made(now, "transfer", ship());
  const { entries } = act(receive([[1, 12]]));
  expect(entries).toMatchObject([{ kind: kinds.inventoryReceived, delta: { onHand: 12, incoming: -10 } }]);
  expect(line(1)).toMatchObject({ quantity: 10, done: 10, incoming: 0, surplus: 2 });
  expect(levels()[1]).toEqual([12, 0, 0, 0, 12]);
});

test("a surplus may follow in the same request, in a state of its own", () => {
  const { act, line, levels } = made(now, "transfer", ship());
  act(receive([[1], [1, 2, "damaged"]]));
  expect(line(1)).toMatchObject({ done: 10, surplus: 2 });
  expect(levels()[1]).toEqual([12, 0, 2, 0, 10]);
});

test("units that are still held cannot arrive: they would be at both ends", () => {
  const { refuse, act, line } = made(now, "transfer", ship([[1, 6]]));
  expect(refuse(receive([[1, 7]]))).toMatchObject({ code: "validation_failed", pointer: "/lines/0/quantity" });
  expect(refuse(receive([[2, 1]]))).toMatchObject({ code: "validation_failed", line: 0 });
  expect(refuse(receive([[2]]))).toMatchObject({ code: "validation_failed", pointer: "/lines/0/line" });
  act(receive([[1, 6]]));
  expect(line(1)).toMatchObject({ held: 4, done: 6, incoming: 0 });
});

test("nothing can arrive before anything was shipped", () => {
  const { refuse } = made(now, "transfer");
  expect(refuse(receive())).toMatchObject({ code: "validation_failed", pointer: "/lines" });
  expect(refuse(receive(undefined, true))).toMatchObject({ code: "validation_failed" });
});

test("closed, what is still on its way is booked as lost, in every line", () => {
  const { act, levels, line, status } = made(now, "transfer", ship());
  const { entries } = act(receive([[1, 8]], true));
  const { inventoryReceived, inventoryCancelled } = kinds;
  expect(kindsOf(entries)).toEqual([inventoryReceived, inventoryCancelled, inventoryCancelled]);
  expect(entries.map((entry) => movementTypes[entry.movementType])).toEqual(["transfer", "loss", "loss"]);
  expect([line(1), line(2)]).toMatchObject([
    { done: 8, dropped: 2, end: "lost" },
    { done: 0, dropped: 5, end: "lost" },
  ]);
  expect(levels()).toEqual([
    [0, 0, 0, 0, 0],
    [8, 0, 0, 0, 8],
  ]);
  expect(status()).toBe("received");
});

test("a van that never came is closed without naming a line", () => {
  const { act, line, status } = made(now, "transfer", ship());
  act(receive([], true));
  expect([line(1), line(2)]).toMatchObject([{ dropped: 10, end: "lost" }, { dropped: 5 }]);
  expect(status()).toBe("cancelled");
});

test("closing leaves alone what has not left", () => {
  const { act, line, status } = made(now, "transfer", ship([[1, 6]]));
  act(receive([[1, 5]], true));
  expect(line(1)).toMatchObject({ held: 4, incoming: 0, done: 5, dropped: 1 });
  expect(line(2)).toMatchObject({ held: 5, dropped: 0 });
  expect(status()).toBe("in_transit");
});

test("cancelled before it is shipped, its units are available again where they are", () => {
  const { act, levels, status } = made(now, "transfer");
  expect(kindsOf(act(cancel()).entries)).toEqual([kinds.inventoryReleased, kinds.inventoryReleased]);
  expect(levels()).toEqual([
    [10, 0, 0, 0, 10],
    [0, 0, 0, 0, 0],
  ]);
  expect(status()).toBe("cancelled");
});

test("cancelled on their way, units go back to where they came from, and arrive nowhere else", () => {
  const { act, levels, line, refuse } = made(now, "transfer", ship());
  const { inventoryCancelled, inventoryReceived } = kinds;
  expect(kindsOf(act(cancel([[1]])).entries)).toEqual([inventoryCancelled, inventoryReceived]);
  expect(levels()).toEqual([
    [10, 0, 0, 0, 10],
    [0, 0, 0, 0, 0],
  ]);
  expect(line(1)).toMatchObject({ incoming: 0, dropped: 10, end: "cancelled" });
  expect(refuse(receive([[1, 1]]))).toMatchObject({ code: "already_ended", line: 0 });
});

test("cancelled when it has partly arrived, what has arrived stays", () => {
  const { act, levels, line, status } = made(now, "transfer", ship([[1, 8]]), receive([[1, 5]]));
  act(cancel());
  expect(line(1)).toMatchObject({ held: 0, incoming: 0, done: 5, dropped: 5, end: "cancelled" });
  expect(levels()).toEqual([
    [5, 0, 0, 0, 5],
    [5, 0, 0, 0, 5],
  ]);
  expect(status()).toBe("received");
});

test("cancelled in part, what is held is given up before what is on its way", () => {
  const { act, line, levels } = made(now, "transfer", ship([[1, 6]]));
  act(cancel([[1, 3]]));
  expect(line(1)).toMatchObject({ held: 1, incoming: 6, dropped: 3 });
  act(cancel([[1, 3]]));
  expect(line(1)).toMatchObject({ held: 0, incoming: 4, dropped: 6 });
  expect(levels()).toEqual([
    [6, 0, 0, 0, 6],
    [0, 0, 0, 4, 0],
  ]);
});

test("a supply is received in parts, with surplus, into states, and closed", () => {
  const { act, levels, line, status } = made(now, "supply");
  expect(status()).toBe("in_transit");
  const { entries } = act(
    receive([
      [1, 6],
      [1, 1, "damaged"],
      [2, 7],
    ]),
  );
  expect(entries.map((entry) => movementTypes[entry.movementType])).toEqual(["supply", "supply", "supply"]);
  expect(levels()).toEqual([
    [10, 0, 0, 0, 10],
    [7, 0, 1, 3, 6],
  ]);
  expect(line(2)).toMatchObject({ done: 5, surplus: 2 });
  act(receive([], true));
  expect(line(1)).toMatchObject({ done: 7, dropped: 3, end: "lost" });
  expect(levels()[1]).toEqual([7, 0, 1, 0, 6]);
});

test("a supply that is cancelled is expected no more, and comes from nowhere", () => {
  const { act, levels, status } = made(now, "supply", receive([[1, 4]]));
  expect(kindsOf(act(cancel()).entries)).toEqual([kinds.inventoryCancelled, kinds.inventoryCancelled]);
  expect(levels()).toEqual([
    [10, 0, 0, 0, 10],
    [4, 0, 0, 0, 4],
  ]);
  expect(status()).toBe("received");
});

test("a supply cannot be shipped", () => {
  expect(made(now, "supply").refuse(ship())).toMatchObject({ code: "validation_failed" });
});

test("another expected time is told once in each partition that still waits, and changes no item", () => {
  const { state, act, orderId, levels } = made(now, "transfer", ship(), receive([[2]]));
  const before = levels();
  const { entries, order } = act(reschedule(now + 60_000));
  const own = state.order(orderId)!.partition;
  expect(own).toBe(partitionOf("p1", 5));
  expect(entries).toMatchObject([
    { kind: kinds.transferRescheduled, partition: own, itemNumber: null, version: 1, productId: "p1" },
  ]);
  expect(parseDetail(entries[0]!)).toMatchObject({ order: retold(order), lines: [1] });
  expect(order.expectedAtMs).toBe(now + 60_000);
  expect(levels()).toEqual(before);
  expect(act(reschedule(now + 60_000)).entries).toEqual([]);
  expect(act(reschedule(null)).order.expectedAtMs).toBeNull();
});

test("shipped with an expected time, every partition is told of it before units move", () => {
  const { act } = made(now, "transfer");
  const { entries, order } = act(ship([[1, 1]], now + 5_000));
  const { transferRescheduled, inventoryShipped, inventoryExpected } = kinds;
  expect(kindsOf(entries)).toEqual([transferRescheduled, transferRescheduled, inventoryShipped, inventoryExpected]);
  expect(order.expectedAtMs).toBe(now + 5_000);
});

test("times of shipping and receiving are kept, and may not lie ahead", () => {
  const { act, refuse } = made(now, "transfer");
  const { entries } = act(ship([[1]]), { occurredAtMs: now - 3_600_000 });
  for (const entry of entries) expect(entry).toMatchObject({ occurredAtMs: now - 3_600_000, recordedAtMs: now });
  const ahead = { occurredAtMs: now + futureToleranceMs + 1 };
  expect(refuse(receive(), ahead)).toMatchObject({ code: "validation_failed", pointer: "/timestamp" });
});

/** A count of `p1` at a location, as of a moment. */
const count = (locationId: string, stockLevel: number, countedAtMs: number) =>
  inventory(lineOf({ stockLevel, countedAtMs }, { locationId }));

test("units that left before a count of where they were are contained in it: the hold ends, the count stands", () => {
  const { state, act, levels } = made(now, "transfer");
  commit(state, count("l1", 2, now - 1_000), now);
  const { entries } = act(ship([[1, 8]]), { occurredAtMs: now - 2_000 });
  expect(entries[0]).toMatchObject({ delta: { onHand: 0, reserved: -8 } });
  expect(parseDetail(entries[0]!).contained).toEqual({ onHand: -8, countedAtMs: now - 1_000 });
  expect(levels()).toEqual([
    [2, 2, 0, 0, 0],
    [0, 0, 0, 8, 0],
  ]);
});

test("units that arrived before a count of where they went are contained in it, but for the state they are in", () => {
  const { state, act, levels } = made(now, "transfer", ship());
  commit(state, count("l2", 10, now - 1_000), now);
  const { entries } = act(
    receive([
      [1, 8],
      [1, 2, "damaged"],
    ]),
    { occurredAtMs: now - 2_000 },
  );
  expect(entries.map((entry) => entry.delta)).toMatchObject([
    { onHand: 0, incoming: -8, unavailable: 0 },
    { onHand: 0, incoming: -2, unavailable: 2 },
  ]);
  expect(levels()[1]).toEqual([10, 0, 2, 0, 8]);
});

test("damaged units that a count contains may take away what others were promised: that is a fact", () => {
  const { state, act, levels } = made(now, "transfer", ship());
  commit(state, count("l2", 1, now - 1_000), now);
  const { entries } = act(receive([[1, 2, "damaged"]]), { occurredAtMs: now - 2_000 });
  expect(entries[0]).toMatchObject({ allowsNegative: true });
  expect(levels()[1]).toEqual([1, 0, 2, 8, -1]);
});

test("units that arrived after the count are on top of it", () => {
  const { state, act, levels } = made(now, "transfer", ship());
  commit(state, count("l2", 3, now - 2_000), now);
  act(receive([[1]]), { occurredAtMs: now - 1_000 });
  expect(levels()[1]).toEqual([13, 0, 0, 0, 13]);
});

test("what is held may leave even when a count took away what was available", () => {
  const { state, act, levels } = made(now, "transfer");
  commit(state, count("l1", 4, now), now);
  expect(levels()[0]).toEqual([4, 10, 0, 0, -6]);
  act(ship([[1]]));
  expect(levels()).toEqual([
    [-6, 0, 0, 0, -6],
    [0, 0, 0, 10, 0],
  ]);
});
