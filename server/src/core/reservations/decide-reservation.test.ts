/** What happens with reservations: committed, released, extended, paid, expired, and paid too late. */
import { expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { adjust, inventory, locationCommand, productCommand, SeedBook } from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import {
  commitOf,
  denied,
  expireAll,
  extendBy,
  held,
  onReservation,
  payWithin,
  releaseOf,
  reserve,
  settled,
  want,
} from "../../../test/model/reservation-commands.ts";
import { levelsAt } from "../../../test/model/transfer-commands.ts";
import type { ReservationAction, ReservationCommand } from "../command.ts";
import { decide } from "../decide.ts";
import { reservationPhase } from "../orders/order.ts";
import { parseDetail } from "../record/entry-detail.ts";
import { partitionOf } from "../record/partition.ts";

const now = 1_700_000_000_000;
const end = now + 1_000;

/** Of `p1` and `p2` 10 each at `l1`, of `p1` 5 at `l2`; a reservation of 6 `p1`, 4 `p2` and 2 `p1` at `l2` until `end`. */
function reserved(book = new SeedBook(5, now - 1_000)) {
  book.product("p1").product("p2").location("l1").location("l2");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 10 } });
  book.item({ productId: "p2", locationId: "l1", levels: { onHand: 10 } });
  book.item({ productId: "p1", locationId: "l2", levels: { onHand: 5 } });
  const state = new MemoryState(book.partitionCount, book.entries);
  const lines = [want(6), want(4, { productId: "p2" }), want(2, { locationId: "l2" })];
  const { orderId } = held(state, reserve(lines), now).order;
  const act = (action: ReservationAction, atMs = now + 1, rest: Partial<ReservationCommand> = {}) =>
    held(state, onReservation(state, orderId, action, rest), atMs);
  const deny = (action: ReservationAction, atMs = now + 1) =>
    denied(state, onReservation(state, orderId, action), atMs);
  const phaseAt = (atMs: number) => reservationPhase(state.order(orderId)!, state.orderLines(orderId), atMs);
  return { state, orderId, act, deny, phaseAt };
}

const kindsOf = (entries: readonly { readonly kind: number }[]) => entries.map(({ kind }) => kind);

test("a commit takes the units off the shelf and leaves what is available as it was", () => {
  const { state, act, phaseAt } = reserved();
  const { entries, lines, items, latePayment } = act(commitOf());
  expect(levelsAt(state, "p1", "l1")).toEqual([4, 0, 0, 0, 4]);
  expect(levelsAt(state, "p2", "l1")).toEqual([6, 0, 0, 0, 6]);
  expect(levelsAt(state, "p1", "l2")).toEqual([3, 0, 0, 0, 3]);
  expect(lines.map(({ done, held: left }) => [done, left])).toEqual([
    [6, 0],
    [4, 0],
    [2, 0],
  ]);
  expect(kindsOf(entries)).toEqual([41, 41, 41]);
  expect(items).toHaveLength(3);
  expect(latePayment).toBeNull();
  expect(phaseAt(end + 1)).toBe("committed");
});

test("a commit by line and in part leaves the rest held", () => {
  const { state, act, phaseAt } = reserved();
  act(
    commitOf([
      [2, null],
      [1, 4],
    ]),
  );
  expect(levelsAt(state, "p1", "l1")).toEqual([6, 2, 0, 0, 4]);
  expect(levelsAt(state, "p2", "l1")).toEqual([6, 0, 0, 0, 6]);
  expect(phaseAt(now + 2)).toBe("held");
  act(commitOf([[1, 2]]));
  act(commitOf());
  expect(phaseAt(now + 2)).toBe("committed");
});

test("what is not committed goes back when that is asked for, behind what is", () => {
  const { state, act, phaseAt } = reserved();
  const { entries, lines } = act(commitOf([[1, 4]], { releasesRest: true }));
  expect(kindsOf(entries)).toEqual([41, 42, 42, 42]);
  expect(entries.map((entry) => parseDetail(entry).line)).toMatchObject([
    { line: 1, done: 4, held: 2, dropped: 0 },
    { line: 1, done: 4, held: 0, dropped: 2, end: "released" },
    { line: 2, held: 0, dropped: 4 },
    { line: 3, held: 0, dropped: 2 },
  ]);
  expect(lines[0]).toMatchObject({ done: 4, dropped: 2, held: 0 });
  expect(levelsAt(state, "p1", "l1")).toEqual([6, 0, 0, 0, 6]);
  expect(phaseAt(now + 2)).toBe("committed");
});

test("more than a line holds, a line that is not there, or one named twice is refused, and nothing is done", () => {
  const { deny } = reserved();
  for (const of of [commitOf, releaseOf]) {
    expect(deny(of([[2], [1, 7]]))).toMatchObject({ code: "validation_failed", pointer: "/lines/1/quantity", line: 1 });
    expect(deny(of([[1, 7], [4]]))).toMatchObject({ code: "not_found", pointer: "/lines/1/line" });
    expect(
      deny(
        of([
          [1, 1],
          [1, 1],
        ]),
      ),
    ).toMatchObject({ code: "validation_failed", pointer: "/lines/1/line" });
  }
});

test("no line named is nothing done", () => {
  const { act } = reserved();
  expect(act(commitOf([])).entries).toEqual([]);
  expect(act(releaseOf([])).entries).toEqual([]);
});

test("a reservation that is committed takes no second commit, release, extension or payment", () => {
  const { act, deny } = reserved();
  act(commitOf());
  for (const action of [commitOf(), commitOf([[1]], { retakes: true }), releaseOf(), extendBy(1), payWithin(1)]) {
    for (const atMs of [now + 2, end + 1]) expect(deny(action, atMs)).toMatchObject({ code: "already_ended" });
  }
});

test("a line that is committed cannot be committed or released again while others are held", () => {
  const { act, deny } = reserved();
  act(commitOf([[1]]));
  expect(deny(commitOf([[1, 1]]))).toMatchObject({ code: "already_ended", line: 0 });
  expect(deny(releaseOf([[2], [1]]))).toMatchObject({ code: "already_ended", line: 1 });
});

test("a release gives back what is held, whole, by line or in part, and twice is as good as once", () => {
  const { state, act, phaseAt } = reserved();
  expect(kindsOf(act(releaseOf([[1, 2]])).entries)).toEqual([42]);
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 4, 0, 0, 6]);
  act(releaseOf([[2]]));
  expect(act(releaseOf([[2]])).entries).toEqual([]);
  act(releaseOf());
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 0, 0, 0, 10]);
  expect(phaseAt(now + 2)).toBe("released");
  expect(act(releaseOf(), end + 1).entries).toEqual([]);
  expect(act(releaseOf([[1, 6]]), end + 1).entries).toEqual([]);
});

test("an extension counts from now, for all that is held, told once in each partition", () => {
  const { state, orderId, act, phaseAt } = reserved();
  act(commitOf([[3]]));
  const { order, lines, entries, items } = act(extendBy(5_000), end - 1);
  expect(order.expiresAtMs).toBe(end + 4_999);
  expect(lines.map((line) => line.expiresAtMs)).toEqual([end + 4_999, end + 4_999, end]);
  expect(entries).toHaveLength(2);
  for (const entry of entries) {
    expect(entry).toMatchObject({
      kind: entryKinds.reservationExtended,
      itemNumber: null,
      version: 1,
      locationId: "l1",
    });
    expect(entry.previousSequence).toBeNull();
    const mine = entry.partition === partitionOf("p1", 5) ? [1] : [2];
    expect(parseDetail(entry)).toMatchObject({ order: { orderId, expiresAtMs: end + 4_999 }, lines: mine });
  }
  expect(items).toEqual([]);
  expect(phaseAt(end + 4_998)).toBe("held");
  expect(phaseAt(end + 4_999)).toBe("expired");
  expect(held(state, reserve([want(4)]), end + 1).lines).toHaveLength(1);
});

test("an extension can shorten, for it says how long from now", () => {
  const { act, phaseAt } = reserved();
  act(extendBy(10), now + 1);
  expect(phaseAt(now + 10)).toBe("held");
  expect(phaseAt(now + 11)).toBe("expired");
});

test("the partition of the id is told of a change although nothing is held there any more", () => {
  const { orderId, act } = reserved();
  act(commitOf([[1], [3]]));
  const { entries, order } = act(extendBy(5_000));
  expect(entries.map(({ partition }) => partition).sort()).toEqual([...order.partitions]);
  const own = entries.find(({ partition }) => partition === order.partition)!;
  expect(parseDetail(own)).toMatchObject({ order: { orderId }, lines: [] });
});

test("a payment that has begun has its own deadline and its own phase", () => {
  const { act, phaseAt } = reserved();
  const { order, lines, entries } = act(payWithin(3_000), end - 1);
  expect(order).toMatchObject({ phase: "paying", expiresAtMs: end + 2_999 });
  for (const line of lines) expect(line).toMatchObject({ phase: "paying", expiresAtMs: end + 2_999 });
  expect(kindsOf(entries)).toEqual([70, 70]);
  expect(phaseAt(end + 2_998)).toBe("paying");
  act(commitOf([[1]]), end + 2_998);
  expect(phaseAt(end + 2_998)).toBe("paying");
});

test("when a payment's time is over its entries say that payment had begun", () => {
  const { state, orderId, act } = reserved();
  act(payWithin(3_000), now);
  const { entries, outcome } = settled(state, expireAll(state, orderId), now + 3_000);
  expect(outcome).toEqual({ kind: "done", entries: 3 });
  for (const entry of entries) {
    expect(entry.kind).toBe(entryKinds.inventoryHoldExpired);
    expect(parseDetail(entry).line).toMatchObject({ phase: "paying", end: "expired" });
  }
});

test("at the millisecond of its end a reservation is over, one before it is not", () => {
  for (const action of [commitOf([[1]]), extendBy(1), payWithin(1)]) {
    expect(reserved().act(action, end - 1).latePayment).toBeNull();
  }
  for (const action of [extendBy(1), payWithin(1)]) {
    const { state, deny } = reserved();
    expect(deny(action, end)).toMatchObject({ code: "reservation_expired" });
    expect(levelsAt(state, "p1", "l1")).toEqual([10, 0, 0, 0, 10]);
    expect(levelsAt(state, "p2", "l1")).toEqual([10, 0, 0, 0, 10]);
  }
  expect(reserved().act(commitOf([[1]]), end).latePayment).toBe("refused");
});

test("releasing an expired reservation lets it expire and answers how it stands", () => {
  const { act, phaseAt } = reserved();
  expect(kindsOf(act(releaseOf(), end).entries)).toEqual([43, 43, 43]);
  expect(act(releaseOf(), end).entries).toEqual([]);
  expect(phaseAt(end)).toBe("expired");
});

test("once a part of it has expired it is over, though the clock be set back", () => {
  const { state, act, deny, phaseAt } = reserved();
  held(state, reserve([want(5)]), end);
  expect(state.lines.filter((line) => line.end === "expired")).toHaveLength(1);
  expect(phaseAt(now)).toBe("expired");
  expect(deny(extendBy(9_000), now)).toMatchObject({ code: "reservation_expired" });
  expect(levelsAt(state, "p2", "l1")).toEqual([10, 0, 0, 0, 10]);
  expect(act(releaseOf(), now).entries).toEqual([]);
});

test("money that comes too late is told once, and the units are not taken", () => {
  const { state, orderId, act } = reserved();
  const { entries, order, latePayment } = act(commitOf(), end);
  expect(latePayment).toBe("refused");
  expect(kindsOf(entries)).toEqual([43, 43, 43, entryKinds.reservationPaymentLate]);
  expect(order.paymentLateAtMs).toBe(end);
  expect(entries[3]!.partition).toBe(order.partition);
  expect(parseDetail(entries[3]!)).toMatchObject({ order: { orderId, paymentLateAtMs: end }, lines: [] });
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 0, 0, 0, 10]);
  const again = act(commitOf(undefined, { retakes: true }), end + 5);
  expect(again).toMatchObject({ latePayment: "refused", entries: [], order: { paymentLateAtMs: end } });
});

test("money that comes too late takes the units again when they are there and that is asked for", () => {
  const { state, act, deny, phaseAt } = reserved();
  const { entries, lines, latePayment } = act(commitOf(undefined, { retakes: true }), end + 1);
  expect(latePayment).toBe("retaken");
  expect(kindsOf(entries)).toEqual([43, 43, 43, 41, 41, 41, 72]);
  expect(entries.slice(3, 6).map(({ delta }) => [delta.onHand, delta.reserved])).toEqual([
    [-6, 0],
    [-4, 0],
    [-2, 0],
  ]);
  for (const line of lines) expect(line).toMatchObject({ dropped: 0, held: 0, end: null, done: line.quantity });
  expect(levelsAt(state, "p1", "l1")).toEqual([4, 0, 0, 0, 4]);
  expect(phaseAt(end + 2)).toBe("committed");
  expect(deny(commitOf(undefined, { retakes: true }), end + 2)).toMatchObject({ code: "already_ended" });
});

test("late units are taken again all or none", () => {
  const { state, act } = reserved();
  held(state, reserve([want(7, { productId: "p2" })], { ttlMs: 9_000 }), end);
  const { latePayment, order } = act(commitOf(undefined, { retakes: true }), end + 1);
  expect(latePayment).toBe("refused");
  expect(order.paymentLateAtMs).toBe(end + 1);
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 0, 0, 0, 10]);
});

test("two late lines of one item need what both of them take", () => {
  const { state } = reserved();
  const { orderId } = held(state, reserve([want(2), want(2)]), now).order;
  held(state, reserve([want(7)], { ttlMs: 9_000 }), end);
  const retake = commitOf(undefined, { retakes: true });
  expect(held(state, onReservation(state, orderId, retake), end).latePayment).toBe("refused");
});

test("late money takes the named units only, and no second time", () => {
  const { state, act, deny, phaseAt } = reserved();
  expect(act(commitOf([[1, 2]], { retakes: true }), end).latePayment).toBe("retaken");
  expect(state.orderLines(act(releaseOf(), end).order.orderId)[0]).toMatchObject({
    done: 2,
    dropped: 4,
    end: "expired",
  });
  expect(phaseAt(end)).toBe("expired");
  expect(act(commitOf([[2]], { retakes: true }), end + 1)).toMatchObject({ latePayment: "refused", entries: [] });
  expect(deny(commitOf([[2, 5]], { retakes: true }), end + 1)).toMatchObject({ code: "validation_failed" });
  expect(deny(commitOf([[9]], { retakes: true }), end + 1)).toMatchObject({ code: "not_found" });
});

test("late money is not for what the buyer had given back before", () => {
  const { state, act } = reserved();
  act(releaseOf([[2]]), now + 1);
  act(payWithin(3_000), now + 1);
  expect(act(commitOf(undefined, { retakes: true }), now + 3_001).latePayment).toBe("retaken");
  expect(levelsAt(state, "p1", "l1")).toEqual([4, 0, 0, 0, 4]);
  expect(levelsAt(state, "p2", "l1")).toEqual([10, 0, 0, 0, 10]);
});

test("late money is not for those units of a line that the buyer had given back", () => {
  const { state, act, phaseAt } = reserved();
  act(releaseOf([[1, 2]]), now + 1);
  act(commitOf([[1, 1]]), now + 2);
  act(releaseOf([[3]]), now + 2);
  expect(act(commitOf(undefined, { retakes: true }), end).lines).toMatchObject([
    { done: 4, dropped: 2, end: "released" },
    { done: 4, dropped: 0, end: null },
    { done: 0, dropped: 2, end: "released" },
  ]);
  expect(levelsAt(state, "p1", "l1")).toEqual([6, 0, 0, 0, 6]);
  expect(phaseAt(end + 1)).toBe("committed");
});

test("named units are taken of what ran out before of what was given back", () => {
  const { act, phaseAt } = reserved();
  act(releaseOf([[1, 2]]), now + 1);
  const { lines, latePayment } = act(commitOf([[1, 3]], { retakes: true }), end);
  expect(latePayment).toBe("retaken");
  expect(lines[0]).toMatchObject({ done: 3, dropped: 3, lapsed: 1, end: "expired" });
  expect(phaseAt(end)).toBe("expired");
});

test("what a newer reservation took the place of is told apart from what was given back, too", () => {
  const { state } = reserved();
  const buyer = { buyerKey: "b".repeat(32), supersedes: true };
  const older = held(state, reserve([want(3)], buyer), now).order.orderId;
  held(state, onReservation(state, older, releaseOf([[1, 1]])), now);
  held(state, reserve([want(1)], buyer), now);
  const { lines } = held(state, onReservation(state, older, commitOf(undefined, { retakes: true })), now);
  expect(lines).toMatchObject([{ done: 2, dropped: 1, end: "released" }]);
  expect(lines[0]).not.toHaveProperty("lapsed");
});

test("money after a release or after a newer reservation took its place is late as well", () => {
  const { state, act, phaseAt } = reserved();
  act(releaseOf());
  expect(act(commitOf()).latePayment).toBe("refused");
  expect(phaseAt(now + 2)).toBe("released");
  const buyer = { buyerKey: "b".repeat(32), supersedes: true };
  const older = held(state, reserve([want(3)], buyer), now).order.orderId;
  held(state, reserve([want(1)], buyer), now);
  const retaken = held(state, onReservation(state, older, commitOf(undefined, { retakes: true })), now);
  expect(retaken).toMatchObject({ latePayment: "retaken", order: { supersededBy: expect.any(String) } });
  expect(levelsAt(state, "p1", "l1")).toEqual([7, 1, 0, 0, 6]);
});

test("what the buyer gave back on purpose is not taken again, though it is there: the money is told of as late", () => {
  const { state, act, phaseAt } = reserved();
  act(releaseOf());
  const before = levelsAt(state, "p1", "l1");
  const late = act(commitOf(undefined, { retakes: true }));
  expect(late).toMatchObject({ latePayment: "refused", order: { paymentLateAtMs: expect.any(Number) } });
  expect(act(commitOf([[1]], { retakes: true })).latePayment).toBe("refused");
  expect(levelsAt(state, "p1", "l1")).toEqual(before);
  expect(phaseAt(now + 2)).toBe("released");
});

test("of an item that was archived since, holds may end but nothing is taken again", () => {
  const restored = () => {
    const made = reserved();
    settled(made.state, inventory(adjust(0, { change: { retire: "archive" } })), now + 1);
    return made;
  };
  const committed = restored();
  committed.act(commitOf());
  expect(levelsAt(committed.state, "p1", "l1")).toEqual([4, 0, 0, 0, 4]);
  expect(committed.state.item(0, "p1", "l1")!.life).toBe("archived");
  expect(restored().act(releaseOf()).entries).toHaveLength(3);
  expect(restored().act(commitOf(undefined, { retakes: true }), end).latePayment).toBe("refused");
});

test("holds may end though their product and location are archived", () => {
  const { state, act } = reserved();
  settled(state, productCommand("p1", { kind: "patch", fields: {}, life: "archived" }), now + 1);
  settled(state, locationCommand("l1", { kind: "patch", fields: {}, life: "archived" }), now + 1);
  expect(act(commitOf([[1]])).entries).toHaveLength(1);
  expect(act(releaseOf()).entries).toHaveLength(2);
});

test("a commit of units that have gone missing since is a fact, and goes below zero on hand", () => {
  const { state, act } = reserved();
  settled(state, inventory(adjust(-8, { allowNegative: true })), now + 1);
  expect(levelsAt(state, "p1", "l1")).toEqual([2, 6, 0, 0, -4]);
  act(commitOf());
  expect(levelsAt(state, "p1", "l1")).toEqual([-4, 0, 0, 0, -4]);
});

test("the sweeper ends what is due of the named reservations, and only once", () => {
  const { state, orderId } = reserved();
  const { orderId: longer } = held(state, reserve([want(1)], { ttlMs: 5_000 }), now).order;
  expect(settled(state, expireAll(state, orderId, longer), end - 1).outcome).toEqual({ kind: "done", entries: 0 });
  const { outcome, entries } = settled(state, expireAll(state, orderId, longer), end);
  expect(outcome).toEqual({ kind: "done", entries: 3 });
  for (const entry of entries) expect(entry).toMatchObject({ actor: "onhand", parts: null });
  expect(settled(state, expireAll(state, orderId, "res_0000000000000"), end).outcome).toEqual({
    kind: "done",
    entries: 0,
  });
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 1, 0, 0, 9]);
});

test("a reservation that is not there is refused, and so is another order's id", () => {
  const { state } = reserved();
  const command = onReservation(state, "res_0000000000000", commitOf());
  expect(denied(state, command, now)).toMatchObject({ code: "not_found" });
});

test("partitions that were looked up wrongly are asked for", () => {
  const { state, orderId } = reserved();
  const command = onReservation(state, orderId, commitOf(), { partitions: [] });
  const needsPartitions = state.order(orderId)!.partitions;
  expect(denied(state, command, now)).toMatchObject({ isStale: true, needsPartitions });
});

test("of a commit, a release, an extension and a payment at the end of one group the first wins", () => {
  const actions = [commitOf(), releaseOf(), extendBy(5_000), payWithin(5_000)];
  for (const [index, first] of actions.entries()) {
    const { state, orderId, phaseAt } = reserved();
    const commands = [first, ...actions].map((action) => onReservation(state, orderId, action));
    state.nowMs = end - 1;
    const { draft, outcomes } = decide(state, commands, end - 1);
    expect(outcomes[0]!.kind).toBe("order");
    state.adopt(draft);
    // What only moved the deadline leaves the commit behind it to win; what ended it leaves nothing.
    expect(phaseAt(end - 1)).toBe(index === 1 ? "released" : "committed");
  }
});
