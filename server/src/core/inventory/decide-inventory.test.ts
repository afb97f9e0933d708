/** The rules of stock, one by one, each with the smallest case that shows it. */
import { expect, test } from "bun:test";
import { entryKinds, futureToleranceMs, quantityMax } from "@onhand/protocol/vocabulary";
import { adjust, type ItemSeed, inventory, lineOf, SeedBook, setTo } from "../../../test/model/commands.ts";
import { checkEntries } from "../../../test/model/compare-entries.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import type { InventoryLine } from "../command.ts";
import { decide } from "../decide.ts";
import type { Rejection } from "../rejection.ts";

const now = 1_700_000_000_000;

/** Products `p1` and `p2`, locations `l1` and `l2`, and the given items of `p1` at `l1`. */
function stateWith(seed?: Partial<ItemSeed>): MemoryState {
  const book = new SeedBook(5, now - 1_000).product("p1").product("p2").location("l1").location("l2");
  if (seed !== undefined) book.item({ productId: "p1", locationId: "l1", ...seed });
  return new MemoryState(book.partitionCount, book.entries);
}

const onHand = (units: number): Partial<ItemSeed> => ({ levels: { onHand: units } });

/** Decides one command and commits it. */
function run(state: MemoryState, ...lines: readonly InventoryLine[]) {
  const { draft, outcomes } = decide(state, [inventory(...lines)], now);
  checkEntries(state.entries, draft.entries);
  state.absorb(draft.entries);
  return { outcome: outcomes[0]!, entries: draft.entries };
}

function applied(state: MemoryState, ...lines: readonly InventoryLine[]) {
  const { outcome } = run(state, ...lines);
  if (outcome.kind !== "lines") throw new Error(`refused: ${JSON.stringify(outcome)}`);
  return outcome.lines.map((line) => line.item);
}

function refused(state: MemoryState, ...lines: readonly InventoryLine[]): Rejection {
  const { outcome, entries } = run(state, ...lines);
  if (outcome.kind !== "rejected") throw new Error(`applied: ${JSON.stringify(outcome)}`);
  expect(entries).toEqual([]);
  return outcome.rejection;
}

test("all that is available can be taken, one more cannot", () => {
  const seed = { levels: { onHand: 10, reserved: 3, unavailable: 2 } };
  expect(applied(stateWith(seed), adjust(-5))[0]).toMatchObject({ onHand: 5, version: 2 });
  const rejection = refused(stateWith(seed), adjust(-6));
  expect(rejection).toMatchObject({ code: "insufficient_stock", line: 0, available: 5, requested: 6 });
});

test("an item that does not exist yet is created by an adjustment of zero or more", () => {
  for (const adjustment of [0, 1, quantityMax]) {
    const [item] = applied(stateWith(), adjust(adjustment));
    expect(item).toMatchObject({ onHand: adjustment, version: 1, safetyStock: 0, reorderPoint: null, life: "active" });
    expect(item!.itemNumber).toBe(item!.lastSequence);
  }
});

test("taking from an item that does not exist is refused, unless it may go below zero", () => {
  const rejection = refused(stateWith(), adjust(-1));
  expect(rejection).toMatchObject({ code: "insufficient_stock", available: 0, requested: 1 });
  expect(applied(stateWith(), adjust(-1, { allowNegative: true }))[0]!.onHand).toBe(-1);
});

test("an oversold item can be raised, even when it stays below zero, but not lowered", () => {
  const state = stateWith(onHand(-5));
  expect(refused(state, adjust(-1))).toMatchObject({ code: "insufficient_stock", available: 0, requested: 1 });
  expect(applied(state, adjust(2))[0]!.onHand).toBe(-3);
  expect(applied(state, adjust(0))[0]!.onHand).toBe(-3);
});

test("units made unavailable must be available", () => {
  const state = stateWith(onHand(4));
  const line = (unavailableStock: number) => lineOf({ unavailableStock }, { guard: { stockLevel: null } });
  expect(refused(state, line(5))).toMatchObject({ code: "insufficient_stock", available: 4, requested: 5 });
  expect(applied(state, line(4))[0]).toMatchObject({ onHand: 4, unavailable: 4 });
});

test("several adjustments of one item are summed before they are checked, in any order", () => {
  const [first, second] = applied(stateWith(), adjust(-3), adjust(5));
  expect(first!.onHand).toBe(2);
  expect(second!.onHand).toBe(5);
  const rejection = refused(stateWith(onHand(5)), adjust(-3), adjust(-4));
  expect(rejection).toMatchObject({ code: "insufficient_stock", available: 5, requested: 7 });
});

test("the right to go below zero of one line is not lent to another line for the item", () => {
  const state = stateWith(onHand(5));
  const mayNot = adjust(-10);
  const may = adjust(-1, { allowNegative: true });
  expect(refused(state, mayNot, may)).toMatchObject({ code: "insufficient_stock", line: 0, available: 5 });
  expect(refused(state, may, mayNot)).toMatchObject({ code: "insufficient_stock", line: 1, available: 5 });
  expect(applied(state, adjust(-5), adjust(-10, { allowNegative: true })).at(-1)!.onHand).toBe(-10);
});

test("a line that lowers an oversold item is refused, though another line raises it by more", () => {
  const rejection = refused(stateWith(onHand(-20)), adjust(5), adjust(-3));
  expect(rejection).toMatchObject({ code: "insufficient_stock", line: 1, available: 0 });
  expect(rejection.requested).toBeGreaterThan(0);
});

test("lines for several partitions are applied together, each naming all parts", () => {
  const state = stateWith();
  const { entries } = run(state, adjust(1), adjust(2, { productId: "p2" }), adjust(3, { locationId: "l2" }));
  expect(entries.map((entry) => entry.delta.onHand)).toEqual([1, 2, 3]);
  expect(new Set(entries.map((entry) => entry.partition)).size).toBe(2);
  expect(new Set(entries.map((entry) => entry.parts)).size).toBe(1);
});

test("when one line is refused, none is applied", () => {
  const state = stateWith(onHand(5));
  const rejection = refused(state, adjust(3), adjust(-1, { productId: "p2" }));
  expect(rejection).toMatchObject({ code: "insufficient_stock", line: 1, available: 0, requested: 1 });
  expect(state.items).toHaveLength(1);
});

test("several lines for one item that are not all adjustments are refused", () => {
  const guard = { stockLevel: null };
  for (const lines of [
    [adjust(1), setTo(3, guard)],
    [setTo(3, guard), adjust(-1)],
    [setTo(3, guard), setTo(3, guard)],
    [adjust(1), lineOf({ safetyStock: 1 })],
  ]) {
    expect(refused(stateWith(onHand(5)), ...lines).code).toBe("validation_failed");
  }
});

test("guards of every line refer to the item before the request", () => {
  const guard = { version: 1, stockLevel: 5, lastUpdatedMs: now - 1_000 };
  const items = applied(stateWith(onHand(5)), adjust(1, { guard }), adjust(1, { guard }), adjust(1, { guard }));
  expect(items.map((item) => item.version)).toEqual([2, 3, 4]);
  const late = { guard: { version: 2 } };
  expect(refused(stateWith(onHand(5)), adjust(1), adjust(1, late))).toMatchObject({
    code: "version_conflict",
    line: 1,
  });
  const later = refused(stateWith(onHand(5)), adjust(1), adjust(1), adjust(1, late));
  expect(later).toMatchObject({ code: "version_conflict", line: 2, currentVersion: 1 });
});

test("guards of every line see a deleted item as one that does not exist", () => {
  const guard = { version: 0, stockLevel: 0 };
  const items = applied(stateWith({ life: "deleted" }), adjust(1, { guard }), adjust(1, { guard }));
  expect(items.map((item) => item.version)).toEqual([3, 4]);
});

test("a line that needs an existing item is not served by another line that creates it", () => {
  const rejection = refused(stateWith(), adjust(-1, { mustExist: true }), adjust(5));
  expect(rejection).toMatchObject({ code: "not_found", line: 0 });
});

test("a guard holds only when all it names is current", () => {
  const current = { version: 1, stockLevel: 5, lastUpdatedMs: now - 1_000 };
  expect(applied(stateWith(onHand(5)), setTo(9, current))[0]!.onHand).toBe(9);
  for (const stale of [{ version: 2 }, { stockLevel: 4 }, { lastUpdatedMs: now }]) {
    const rejection = refused(stateWith(onHand(5)), setTo(9, { ...current, ...stale }));
    expect(rejection).toMatchObject({ code: "version_conflict", currentVersion: 1, byIfMatch: false });
  }
});

test("a conflict counts as one of If-Match only when the version named there is stale", () => {
  const stale = refused(stateWith(onHand(5)), setTo(9, { version: 2, byIfMatch: true }));
  expect(stale).toMatchObject({ code: "version_conflict", byIfMatch: true });
  const body = refused(stateWith(onHand(5)), setTo(9, { version: 1, byIfMatch: true, stockLevel: 4 }));
  expect(body).toMatchObject({ code: "version_conflict", byIfMatch: false });
});

test("an absolute level needs a guard, and an empty guard is none", () => {
  for (const change of [{ stockLevel: 1 }, { unavailableStock: 1 }]) {
    for (const guard of [null, {}]) {
      const rejection = refused(stateWith(onHand(5)), lineOf(change, { guard }));
      expect(rejection).toMatchObject({ code: "precondition_required", currentVersion: 1 });
    }
    expect(applied(stateWith(onHand(5)), lineOf(change, { guard: { stockLevel: null } }))).toHaveLength(1);
  }
});

test("settings need no guard", () => {
  const [item] = applied(stateWith(onHand(5)), lineOf({ safetyStock: 3, reorderPoint: 7 }));
  expect(item).toMatchObject({ onHand: 5, safetyStock: 3, reorderPoint: 7 });
});

test("a reorder point can be set, kept and removed", () => {
  const state = stateWith({ reorderPoint: 4 });
  expect(applied(state, adjust(1))[0]!.reorderPoint).toBe(4);
  expect(applied(state, lineOf({ reorderPoint: 0 }))[0]!.reorderPoint).toBe(0);
  expect(applied(state, lineOf({ reorderPoint: null }))[0]!.reorderPoint).toBeNull();
});

test("a count is applied as of its moment: what happened later stays on top", () => {
  const state = stateWith(onHand(50));
  applied(state, adjust(-3, { occurredAtMs: now - 100 }));
  applied(state, adjust(-4, { occurredAtMs: now - 300 }));
  const [item] = applied(state, lineOf({ stockLevel: 40, countedAtMs: now - 200 }));
  expect(item!.onHand).toBe(37);
});

test("a movement at the very moment of a count is contained in it", () => {
  const state = stateWith(onHand(50));
  applied(state, adjust(-3, { occurredAtMs: now - 100 }));
  expect(applied(state, lineOf({ stockLevel: 40, countedAtMs: now - 100 }))[0]!.onHand).toBe(40);
});

test("a count sees movements of earlier commands in its own group", () => {
  const state = stateWith(onHand(50));
  const count = lineOf({ stockLevel: 40, countedAtMs: now - 200 });
  const commands = [inventory(adjust(-3, { occurredAtMs: now - 100 })), inventory(count)];
  const { draft } = decide(state, commands, now);
  expect([...draft.items.values()][0]!.onHand).toBe(37);
});

test("a count is a fact: it is recorded even when it takes available below zero", () => {
  const { outcome, entries } = run(
    stateWith({ levels: { onHand: 9, reserved: 5 } }),
    lineOf({ stockLevel: 2, countedAtMs: now }),
  );
  expect(outcome.kind).toBe("lines");
  expect(entries[0]).toMatchObject({ allowsNegative: true, kind: entryKinds.inventorySet, occurredAtMs: now });
});

test("a moment of counting without a counted level is no count: it neither guards nor allows anything", () => {
  const change = { unavailableStock: 6, countedAtMs: now };
  expect(refused(stateWith(onHand(5)), lineOf(change)).code).toBe("precondition_required");
  const guard = { version: 1 };
  expect(refused(stateWith(onHand(5)), lineOf(change, { guard })).code).toBe("insufficient_stock");
  const taking = lineOf({ adjustment: -6, countedAtMs: now });
  expect(refused(stateWith(onHand(5)), taking).code).toBe("insufficient_stock");
});

test("more movement after a count than a quantity can hold is never rounded", () => {
  const state = stateWith();
  applied(state, adjust(quantityMax, { occurredAtMs: now }));
  applied(state, adjust(-quantityMax, { occurredAtMs: now - 500 }));
  applied(state, adjust(2, { occurredAtMs: now }));
  const rejection = refused(state, lineOf({ stockLevel: -1, countedAtMs: now - 200 }));
  expect(rejection.code).toBe("validation_failed");
});

test("levels and movements stay within ±(2^53 − 1), exactly", () => {
  const full = stateWith(onHand(quantityMax));
  expect(refused(full, adjust(1)).code).toBe("validation_failed");
  expect(refused(full, adjust(quantityMax)).code).toBe("validation_failed");
  expect(refused(full, setTo(-1, { version: 1 }, { allowNegative: true })).code).toBe("validation_failed");
  expect(applied(full, adjust(-quantityMax))[0]!.onHand).toBe(0);
  const allowNegative = true;
  expect(applied(full, adjust(-quantityMax, { allowNegative }))[0]!.onHand).toBe(-quantityMax);
  expect(refused(full, adjust(-1, { allowNegative })).code).toBe("validation_failed");
  const reserved = stateWith({ levels: { onHand: 0, reserved: 1 } });
  expect(refused(reserved, adjust(-quantityMax, { allowNegative })).code).toBe("validation_failed");
});

test("raising lines are recorded first, so that they may not leave the range even for a moment", () => {
  const state = stateWith(onHand(quantityMax));
  expect(refused(state, adjust(-1), adjust(1))).toMatchObject({ code: "validation_failed", line: 1 });
});

test("a negative zero never becomes a level", () => {
  const guard = { stockLevel: null };
  const [set] = applied(stateWith(), setTo(-0, guard));
  const [adjusted] = applied(stateWith(), adjust(-0));
  const [blocked] = applied(stateWith(), lineOf({ unavailableStock: -0, safetyStock: -0 }, { guard }));
  for (const level of [set!.onHand, adjusted!.onHand, blocked!.unavailable, blocked!.safetyStock]) {
    expect(Object.is(level, -0)).toBe(false);
  }
});

test("a time exactly 5 minutes ahead is taken, a millisecond more is not", () => {
  const edge = now + futureToleranceMs;
  expect(applied(stateWith(), adjust(1, { occurredAtMs: edge }))).toHaveLength(1);
  expect(applied(stateWith(), lineOf({ stockLevel: 1, countedAtMs: edge }))).toHaveLength(1);
  const ahead = refused(stateWith(), adjust(1, { occurredAtMs: edge + 1 }));
  expect(ahead).toMatchObject({ code: "validation_failed", pointer: "/timestamp" });
  const counted = refused(stateWith(), lineOf({ stockLevel: 1, countedAtMs: edge + 1 }));
  expect(counted).toMatchObject({ code: "validation_failed", pointer: "/countedAt" });
});

test("a clock that went back never takes recorded times back", () => {
  const state = stateWith(onHand(5));
  const { draft } = decide(state, [inventory(adjust(1), adjust(1, { productId: "p2" }))], now - 9_000);
  for (const entry of draft.entries) {
    expect(entry.recordedAtMs).toBe(now - 1_000);
    expect(entry.occurredAtMs).toBe(now - 1_000);
  }
});

test("a deleted item comes back with its number and the next version, but without its settings", () => {
  const state = stateWith({ life: "deleted", safetyStock: 8, reorderPoint: 9 });
  const [item] = applied(state, adjust(4));
  const first = state.entries.find((entry) => entry.itemNumber !== null)!;
  expect(item).toMatchObject({ onHand: 4, version: 3, itemNumber: first.sequence, life: "active" });
  expect(item).toMatchObject({ safetyStock: 0, reorderPoint: null });
});

test("an item is archived with what it holds, and deleted only when it holds nothing", () => {
  const archive = lineOf({ retire: "archive" }, { mustExist: true });
  const remove = lineOf({ retire: "delete" }, { mustExist: true });
  for (const name of ["onHand", "reserved", "unavailable", "incoming"]) {
    expect(refused(stateWith({ levels: { [name]: 1 } }), remove).code).toBe("in_use");
  }
  expect(refused(stateWith(onHand(-1)), remove).code).toBe("in_use");
  const state = stateWith(onHand(3));
  expect(applied(state, archive)[0]).toMatchObject({ onHand: 3, life: "archived", version: 2 });
  expect(refused(state, adjust(1)).code).toBe("archived");
  expect(refused(state, remove).code).toBe("in_use");
  const empty = stateWith({ life: "archived" });
  expect(applied(empty, remove)[0]).toMatchObject({ life: "deleted", version: 3 });
  expect(refused(empty, remove).code).toBe("not_found");
});

test("a line that names a SKU is refused when the product has another one by now", () => {
  expect(applied(stateWith(), adjust(1, { sku: "SKU-p1" }))).toHaveLength(1);
  expect(refused(stateWith(), adjust(1, { sku: "SKU-old" }))).toMatchObject({ code: "not_found", pointer: "/sku" });
});

test("origin, movement type, times and the commitment to the text are in the entry", () => {
  const text = { reason: "broken", reference: "r-1", salt: new Uint8Array(16), commitment: new Uint8Array(32).fill(7) };
  const line = adjust(-1, { movementType: "loss", occurredAtMs: now - 5, text });
  const who = { actor: "key_1", source: "till-3", requestId: "req_9", traceparent: "00-a-b-01" };
  const { draft } = decide(stateWith(onHand(5)), [{ ...inventory(line), ...who }], now);
  expect(draft.entries[0]).toMatchObject({ ...who, movementType: 4, occurredAtMs: now - 5, recordedAtMs: now });
  expect(draft.entries[0]!.textCommitment).toEqual(text.commitment);
});
