/** New reservations: what they take, in what order they are refused, and what they say. */
import { expect, test } from "bun:test";
import { entryKinds, quantityMax } from "@onhand/protocol/vocabulary";
import { inventory, lineOf, origin, SeedBook } from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import {
  commitOf,
  denied,
  extendBy,
  held,
  onReservation,
  payWithin,
  reserve,
  want,
  wantFrom,
} from "../../../test/model/reservation-commands.ts";
import { levelsAt } from "../../../test/model/transfer-commands.ts";
import { decide } from "../decide.ts";
import { itemsOf } from "../needs.ts";
import { retold } from "../orders/order.ts";
import type { OrderOutcome } from "../outcome.ts";
import { parseDetail } from "../record/entry-detail.ts";
import { formatOrderId } from "../record/ids.ts";
import { partitionOf } from "../record/partition.ts";
import { Draft } from "../state.ts";

const now = 1_700_000_000_000;
const buyer = { buyerKey: "b".repeat(32) };
const supersede = { ...buyer, supersedes: true };

/**
 * Of `p1` 10 at `l1` and 4 at `l2`, of `p2` 3 at `l1`; `p5` at `l1` is archived. `p3` and `l3` are archived, `p9` and
 * `l9` were deleted.
 */
function stocked(): MemoryState {
  const book = new SeedBook(5, now - 1_000).product("p1").product("p2").product("p5");
  book.product("p3", "archived").product("p9", "deleted");
  book.location("l1").location("l2").location("l3", "archived").location("l9", "deleted");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 12, unavailable: 2 } });
  book.item({ productId: "p1", locationId: "l2", levels: { onHand: 4 }, safetyStock: 4 });
  book.item({ productId: "p2", locationId: "l1", levels: { onHand: 3 } });
  book.item({ productId: "p5", locationId: "l1", levels: { onHand: 2 }, life: "archived" });
  return new MemoryState(book.partitionCount, book.entries);
}

test("a reservation takes units out of what is available and leaves them on hand", () => {
  const state = stocked();
  const { order, lines, items, skus, entries, isDryRun } = held(state, reserve([want(10)]), now);
  expect(levelsAt(state, "p1", "l1")).toEqual([12, 10, 2, 0, 0]);
  expect(order).toMatchObject({ kind: "reservation", phase: "held", expiresAtMs: now + 1_000, allocation: null });
  expect(order).toMatchObject({ actor: origin.actor, createdAtMs: now, supersededBy: null, paymentLateAtMs: null });
  expect(lines).toMatchObject([{ line: 1, requestLine: 1, quantity: 10, held: 10, done: 0, dropped: 0, end: null }]);
  expect(lines).toMatchObject([{ holder: origin.actor, phase: "held", expiresAtMs: now + 1_000 }]);
  expect(items).toMatchObject([{ reserved: 10 }]);
  expect(skus).toEqual(["SKU-p1"]);
  expect(isDryRun).toBe(false);
  expect(entries).toMatchObject([
    { kind: entryKinds.inventoryReserved, parts: null, delta: { reserved: 10, onHand: 0 } },
  ]);
});

test("its id is where its first entry lies, and the first entry alone carries it", () => {
  const state = stocked();
  const partition = partitionOf("p2", 5);
  const sequence = state.head(partition).sequence + 1;
  const { order, entries } = held(state, reserve([want(1, { productId: "p2" }), want(1)]), now);
  expect(order).toMatchObject({ orderId: formatOrderId("reservation", partition, sequence), partition, lineCount: 2 });
  expect(order.partitions).toEqual([partitionOf("p1", 5), partition].sort((a, b) => a - b));
  expect(entries.map((entry) => parseDetail(entry).order?.orderId ?? null)).toEqual([order.orderId, null]);
  expect(entries.map((entry) => parseDetail(entry).line?.line)).toEqual([1, 2]);
});

test("one unit more than is available is refused, and nothing of the request is held", () => {
  const state = stocked();
  const rejection = denied(state, reserve([want(2, { productId: "p2" }), want(11)]), now);
  expect(rejection).toMatchObject({ code: "insufficient_stock", line: 1, available: 10, requested: 11 });
  expect(levelsAt(state, "p2", "l1")).toEqual([3, 0, 0, 0, 3]);
  expect(denied(state, reserve([want(quantityMax)]), now)).toMatchObject({ available: 10, requested: quantityMax });
});

test("the same item twice is two lines, which together must be there", () => {
  const state = stocked();
  const rejection = denied(state, reserve([want(6), want(5)]), now);
  expect(rejection).toMatchObject({ code: "insufficient_stock", line: 1, available: 10, requested: 11 });
  expect(held(state, reserve([want(6), want(4)]), now).lines.map((line) => line.held)).toEqual([6, 4]);
  expect(levelsAt(state, "p1", "l1")).toEqual([12, 10, 2, 0, 0]);
});

test("safety stock can be reserved where no channel asks", () => {
  expect(held(stocked(), reserve([want(4, { locationId: "l2" })]), now).lines).toMatchObject([{ held: 4 }]);
});

test("a partial reservation takes what there is and says of every line how much that was", () => {
  const state = stocked();
  const lines = [want(8), want(5, { productId: "p2" }), want(8), want(1, { productId: "p2" })];
  const { order, lines: made } = held(state, reserve(lines, { policy: "partial" }), now);
  expect(made).toMatchObject([
    { line: 1, requestLine: 1, held: 8 },
    { line: 2, requestLine: 2, held: 3 },
    { line: 3, requestLine: 3, held: 2 },
  ]);
  expect(order.allocation!.lines.map(({ requested, allocated }) => [requested, allocated])).toEqual([
    [8, 8],
    [5, 3],
    [8, 2],
    [1, 0],
  ]);
  expect(order.allocation!.lines[1]!.candidates).toEqual([
    { locationId: "l1", available: 3, taken: 3, reason: "Named in the request: 3 of 3 taken." },
  ]);
  const rejection = denied(state, reserve([want(2), want(1, { productId: "p2" })], { policy: "partial" }), now);
  expect(rejection).toMatchObject({ code: "insufficient_stock", line: 0, available: 0, requested: 2 });
});

test("a dry run answers as the reservation would, and changes nothing", () => {
  const state = stocked();
  const older = held(state, reserve([want(9)], buyer), now).order.orderId;
  const command = reserve([want(7), want(1, { productId: "p2" })], supersede);
  const { entries, ...dry } = held(state, { ...command, isDryRun: true }, now);
  expect(entries).toEqual([]);
  expect(levelsAt(state, "p1", "l1")).toEqual([12, 9, 2, 0, 1]);
  const { entries: _, ...real } = held(state, command, now);
  expect(dry).toEqual({ ...real, isDryRun: true });
  expect(real.superseded).toEqual([older]);
  expect(denied(state, reserve([want(4)], { isDryRun: true }), now)).toMatchObject({ code: "insufficient_stock" });
});

test("what is missing, archived, or not its channel's is refused at its line", () => {
  const cases = [
    [want(1, { productId: "p0" }), { code: "not_found", pointer: "/lines/0/productId" }],
    [want(1, { productId: "p9" }), { code: "not_found", pointer: "/lines/0/productId" }],
    [want(1, { sku: "SKU-p2" }), { code: "not_found", pointer: "/lines/0/sku" }],
    [want(1, { sku: "SKU-p2", isFoundBySku: true }), { code: "not_found", isStale: true }],
    [want(1, { locationId: "l0" }), { code: "not_found", pointer: "/lines/0/locationId" }],
    [want(1, { locationId: "l9" }), { code: "not_found", pointer: "/lines/0/locationId" }],
    [want(1, { locationId: null, locationGroup: "no" }), { code: "not_found", pointer: "/lines/0/locationGroup" }],
    [want(1, { locationId: null }), { code: "validation_failed", pointer: "/lines/0/locationId" }],
    [want(1, { productId: "p3" }), { code: "archived" }],
    [want(1, { locationId: "l3" }), { code: "archived" }],
    [want(1, { productId: "p5" }), { code: "archived" }],
    [want(1, { productId: "p2", locationId: "l2" }), { code: "insufficient_stock", available: 0 }],
  ] as const;
  for (const [line, expected] of cases) expect(denied(stocked(), reserve([line]), now)).toMatchObject(expected);
  const own = { channelId: "c0" };
  expect(denied(stocked(), reserve([want(1)], own), now)).toMatchObject({ code: "not_found", pointer: "/channelId" });
  const policy = { sourcing: "cheapest" };
  expect(denied(stocked(), reserve([want(1)], policy), now)).toMatchObject({ pointer: "/sourcing/policy" });
});

test("of several reasons the first in the documented order is told, whatever the order of the lines", () => {
  const lines = [want(99), want(1, { productId: "p3" }), want(1, { locationId: "l0" })];
  expect(denied(stocked(), reserve(lines), now)).toMatchObject({ code: "not_found", line: 2 });
  expect(denied(stocked(), reserve(lines.slice(0, 2)), now)).toMatchObject({ code: "archived", line: 1 });
});

test("a buyer may not hold more of a product than the limit says, older holds included", () => {
  const state = stocked();
  const limited = { ...buyer, limits: { unitsPerBuyer: 5, percentPerPrincipal: null } };
  held(state, reserve([want(2)], limited), now);
  const lines = [want(2), want(2, { locationId: "l2" })];
  const rejection = denied(state, reserve(lines, limited), now);
  expect(rejection).toMatchObject({ code: "hold_limit_exceeded", line: 1, limit: 5, requested: 4 });
  held(state, reserve([want(3)], limited), now);
  expect(held(state, reserve([want(3)], { ...limited, buyerKey: "c".repeat(32) }), now).lines).toHaveLength(1);
  expect(held(state, reserve([want(1)], { ...limited, buyerKey: null }), now).lines).toHaveLength(1);
});

test("what a buyer held elsewhere beyond its time does not count", () => {
  const state = stocked();
  const limited = { ...buyer, limits: { unitsPerBuyer: 4, percentPerPrincipal: null } };
  held(state, reserve([want(4, { locationId: "l2" })], limited), now);
  expect(denied(state, reserve([want(1)], limited), now + 999)).toMatchObject({ code: "hold_limit_exceeded" });
  const { entries } = held(state, reserve([want(4)], limited), now + 1_000);
  expect(entries.map(({ kind, locationId }) => [kind, locationId])).toEqual([
    [entryKinds.inventoryHoldExpired, "l2"],
    [entryKinds.inventoryReserved, "l1"],
  ]);
});

test("one whose first line has ended says in the partition of its id what took its place", () => {
  const state = stocked();
  const [home, away] = [partitionOf("p2", 5), partitionOf("p1", 5)];
  expect(home).not.toBe(away);
  const { order: older } = held(state, reserve([want(1, { productId: "p2" }), want(2)], supersede), now);
  held(state, onReservation(state, older.orderId, commitOf([[1]])), now);
  const rejection = denied(state, reserve([want(1)], supersede), now);
  expect(rejection).toMatchObject({ isStale: true, needsPartitions: [home] });
  const sequence = state.head(home).sequence + 1;
  const lines = [want(1, { productId: "p2" }), want(1)];
  const { order, entries, superseded } = held(state, reserve(lines, supersede), now);
  expect(superseded).toEqual([older.orderId]);
  expect(entries.map(({ kind, partition }) => [kind, partition])).toEqual([
    [entryKinds.inventoryReleased, away],
    [entryKinds.reservationSuperseded, home],
    [entryKinds.inventoryReserved, home],
    [entryKinds.inventoryReserved, away],
  ]);
  expect(parseDetail(entries[1]!)).toEqual({ order: retold({ ...older, supersededBy: order.orderId }), lines: [] });
  expect(order.orderId).toBe(formatOrderId("reservation", home, sequence + 1));
  expect(state.order(older.orderId)).toMatchObject({ supersededBy: order.orderId });
});

test("what a newer one takes the place of is told once in each partition, and how it was sourced by its first entry alone", () => {
  const state = stocked();
  const lines = [want(1), want(1), want(1, { productId: "p2" }), want(1, { productId: "p2" })];
  const older = held(state, reserve(lines, { ...buyer, policy: "partial" }), now);
  expect(parseDetail(older.entries[0]!).order).toEqual(older.order);
  expect(older.order.allocation).not.toBeNull();
  const paid = held(state, onReservation(state, older.order.orderId, extendBy(2_000)), now);
  for (const entry of paid.entries) expect(parseDetail(entry).order).not.toHaveProperty("allocation");
  const alsoPartitions = older.order.partitions;
  const { order, entries } = held(state, reserve([want(1)], { ...supersede, alsoPartitions }), now);
  const told = entries.filter(({ kind }) => kind === entryKinds.inventoryReleased).map((entry) => parseDetail(entry));
  expect(told.map((detail) => [detail.line!.line, detail.order?.supersededBy ?? null])).toEqual([
    [1, order.orderId],
    [2, null],
    [3, order.orderId],
    [4, null],
  ]);
  for (const detail of told) expect(detail.order ?? {}).not.toHaveProperty("allocation");
  expect(state.order(older.order.orderId)!.allocation).toEqual(older.order.allocation);
});

test("only as many lines of older reservations give way as fit into a group, the oldest first", () => {
  const book = new SeedBook(5, now - 1_000).product("p1").location("l1");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 5_000 } });
  const state = new MemoryState(book.partitionCount, book.entries);
  const lines = Array.from({ length: 500 }, () => want(1));
  const carts: string[] = [];
  for (let cart = 0; cart < 5; cart++) {
    const { draft, outcomes } = decide(state, [reserve(lines, buyer)], now + cart);
    carts.push((outcomes[0] as OrderOutcome).order.orderId);
    state.adopt(draft);
  }
  const { draft, outcomes } = decide(state, [reserve(lines, supersede)], now + 10);
  expect(outcomes[0]).toMatchObject({ kind: "order", superseded: carts.slice(0, 4) });
  expect(draft.entries).toHaveLength(2_500);
  expect((outcomes[0] as OrderOutcome).lines).toHaveLength(500);
});

test("more places than can be weighed together are refused before anything is looked at", () => {
  const book = new SeedBook(5, now - 1_000).product("p1");
  for (let index = 1; index <= 200; index++) book.location(`l${index}`);
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 3 } });
  const state = new MemoryState(book.partitionCount, book.entries);
  const lines = (count: number) => Array.from({ length: count }, () => wantFrom("eu", 1));
  expect(itemsOf(reserve(lines(100)), new Draft(state))).toHaveLength(20_000);
  expect(held(state, reserve(lines(100), { policy: "partial" }), now).lines).toHaveLength(3);
  expect(itemsOf(reserve(lines(101)), new Draft(state))).toEqual([]);
  const rejection = denied(state, reserve(lines(101)), now);
  expect(rejection).toMatchObject({ code: "validation_failed", pointer: "/lines" });
  expect(rejection.detail).toContain("20200 places");
});

test("the limit comes before want of stock, and does not count what the request takes the place of", () => {
  const state = stocked();
  const limited = { ...supersede, limits: { unitsPerBuyer: 10, percentPerPrincipal: null } };
  held(state, reserve([want(9)], limited), now);
  expect(denied(state, reserve([want(11)], limited), now)).toMatchObject({ code: "hold_limit_exceeded" });
  expect(held(state, reserve([want(10)], limited), now).lines).toMatchObject([{ held: 10 }]);
});

test("a key may hold its share of what is on hand of an item, in whole units", () => {
  const state = stocked();
  const limited = { limits: { unitsPerBuyer: null, percentPerPrincipal: 30 } };
  expect(denied(state, reserve([want(4)], limited), now)).toMatchObject({ code: "hold_limit_exceeded", limit: 3 });
  held(state, reserve([want(2)], limited), now);
  expect(denied(state, reserve([want(1), want(1)], limited), now)).toMatchObject({ line: 1, requested: 2, limit: 3 });
  expect(held(state, reserve([want(1)], { ...limited, actor: "key_other" }), now).lines).toHaveLength(1);
  const partial = { ...limited, policy: "partial", actor: "key_third" } as const;
  expect(denied(state, reserve([want(5)], partial), now)).toMatchObject({ code: "hold_limit_exceeded", requested: 5 });
});

test("a newer reservation takes the place of the buyer's older ones, whose units it may have", () => {
  const state = stocked();
  const first = held(state, reserve([want(6), want(1, { productId: "p2" })], buyer), now).order;
  const second = held(state, reserve([want(4)], buyer), now + 1).order;
  const other = held(state, reserve([want(1, { productId: "p2" })], { buyerKey: "c".repeat(32) }), now).order;
  const alsoPartitions = [partitionOf("p2", 5)];
  const { order, superseded, entries } = held(state, reserve([want(10)], { ...supersede, alsoPartitions }), now + 2);
  expect(superseded).toEqual([first.orderId, second.orderId]);
  expect(order.orderId).toBe(formatOrderId("reservation", entries.at(-1)!.partition, entries.at(-1)!.sequence));
  expect(entries.map(({ kind }) => kind)).toEqual([42, 42, 42, 40]);
  for (const { orderId } of [first, second]) {
    expect(state.order(orderId)!.supersededBy).toBe(order.orderId);
    for (const line of state.orderLines(orderId)) expect(line).toMatchObject({ held: 0, end: "superseded" });
  }
  expect(state.order(other.orderId)!.supersededBy).toBeNull();
  expect(levelsAt(state, "p1", "l1")).toEqual([12, 10, 2, 0, 0]);
});

test("a reservation whose payment has begun keeps its place", () => {
  const state = stocked();
  const paying = held(state, reserve([want(6)], buyer), now).order.orderId;
  held(state, onReservation(state, paying, payWithin(5_000)), now);
  const rejection = denied(state, reserve([want(5)], supersede), now);
  expect(rejection).toMatchObject({ code: "insufficient_stock", available: 4, requested: 5 });
  expect(held(state, reserve([want(4)], supersede), now).superseded).toEqual([]);
});

test("of an older reservation that was committed in part only the rest goes back", () => {
  const state = stocked();
  const older = held(state, reserve([want(6)], buyer), now).order.orderId;
  held(state, onReservation(state, older, commitOf([[1, 2]])), now);
  held(state, reserve([want(8)], supersede), now);
  expect(state.orderLines(older)).toMatchObject([{ done: 2, dropped: 4, held: 0, end: "superseded" }]);
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 8, 2, 0, 0]);
});

test("an older reservation beyond the locked partitions is asked for, and nothing changes", () => {
  const state = stocked();
  held(state, reserve([want(1, { productId: "p2" })], buyer), now);
  const needsPartitions = [partitionOf("p2", 5)];
  expect(partitionOf("p1", 5)).not.toBe(needsPartitions[0]!);
  expect(denied(state, reserve([want(1)], supersede), now)).toMatchObject({ isStale: true, needsPartitions });
  const again = reserve([want(1)], { ...supersede, alsoPartitions: needsPartitions });
  expect(held(state, again, now).superseded).toHaveLength(1);
});

test("without being asked for, nothing takes the place of anything", () => {
  const state = stocked();
  held(state, reserve([want(6)], buyer), now);
  expect(held(state, reserve([want(4)], buyer), now).superseded).toEqual([]);
});

test("a newer reservation in the same group takes the place of one that the group made", () => {
  const state = stocked();
  state.nowMs = now;
  const { outcomes, draft } = decide(state, [reserve([want(9)], buyer), reserve([want(10)], supersede)], now);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["order", "order"]);
  state.adopt(draft);
  expect(levelsAt(state, "p1", "l1")).toEqual([12, 10, 2, 0, 0]);
});

test("what is due is available to the next reservation at that very millisecond, and not one before", () => {
  const state = stocked();
  held(state, reserve([want(10)]), now);
  expect(denied(state, reserve([want(1)]), now + 999)).toMatchObject({ code: "insufficient_stock", available: 0 });
  const { entries } = held(state, reserve([want(10)]), now + 1_000);
  expect(entries.map(({ kind }) => kind)).toEqual([entryKinds.inventoryHoldExpired, entryKinds.inventoryReserved]);
});

/** Of whose due lines none could be looked at. */
class MuchDue extends MemoryState {
  override get hasDue() {
    return true;
  }
  override dueLines() {
    return { lines: [], isComplete: false };
  }
}

test("with more due than could be looked at, neither a limit nor want of stock is final, whoever asks", () => {
  const state = new MuchDue(5, stocked().entries);
  const ofBuyer = { ...buyer, limits: { unitsPerBuyer: 5, percentPerPrincipal: null } };
  const ofKey = { limits: { unitsPerBuyer: null, percentPerPrincipal: 50 } };
  expect(denied(state, reserve([want(7)], ofBuyer), now)).not.toHaveProperty("isStale");
  held(state, reserve([want(5)], ofBuyer), now);
  for (const limited of [ofBuyer, ofKey])
    expect(denied(state, reserve([want(5)], limited), now)).toMatchObject({
      code: "hold_limit_exceeded",
      isStale: true,
    });
  const sale = inventory(lineOf({ adjustment: -6 }, { productId: "p1", locationId: "l1" }));
  expect(denied(state, sale, now)).toMatchObject({ code: "insufficient_stock", isStale: true });
});

test("with more due than could be looked at, want of stock is not final", () => {
  const state = new MuchDue(5, stocked().entries);
  expect(denied(state, reserve([want(11)]), now)).toMatchObject({ code: "insufficient_stock", isStale: true });
  expect(denied(state, reserve([want(11)], { policy: "partial" }), now)).toMatchObject({ isStale: true });
  expect(held(state, reserve([want(10)]), now).lines).toHaveLength(1);
});
