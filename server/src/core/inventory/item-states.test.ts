/** States of units that are on hand and cannot be sold, and the settings that few items have. */
import { describe, expect, test } from "bun:test";
import { entryKinds, movementTypes, quantityMax, unsellableStates } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import { adjust, inventory, lineOf, SeedBook } from "../../../test/model/commands.ts";
import { checkEntries } from "../../../test/model/compare-entries.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { cases } from "../../../test/model/property-settings.ts";
import type { InventoryLine, ItemChange } from "../command.ts";
import { decide } from "../decide.ts";
import { parseDetail } from "../record/entry-detail.ts";
import { availableOf, noExtras } from "./item.ts";
import { unitsInStates } from "./item-extras.ts";

const now = 1_700_000_000_000;

function stateWith(onHand: number, reserved = 0): MemoryState {
  const book = new SeedBook(4, now).product("p1").location("l1");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand, reserved } });
  return new MemoryState(book.partitionCount, book.entries);
}

function run(state: MemoryState, ...lines: readonly InventoryLine[]) {
  const { draft, outcomes } = decide(state, [inventory(...lines)], now);
  checkEntries(state.entries, draft.entries);
  state.adopt(draft);
  return { outcome: outcomes[0]!, entries: draft.entries };
}

function applied(state: MemoryState, ...lines: readonly InventoryLine[]) {
  const { outcome, entries } = run(state, ...lines);
  if (outcome.kind !== "lines") throw new Error(`refused: ${JSON.stringify(outcome)}`);
  return { item: outcome.lines.at(-1)!.item, entry: entries[0]! };
}

function refused(state: MemoryState, ...lines: readonly InventoryLine[]) {
  const { outcome, entries } = run(state, ...lines);
  if (outcome.kind !== "rejected") throw new Error(`applied: ${JSON.stringify(outcome)}`);
  expect(entries).toEqual([]);
  return outcome.rejection;
}

type Move = NonNullable<ItemChange["move"]>;
const move = (from: Move["from"], to: Move["to"], quantity: number) => lineOf({ move: { from, to, quantity } });
const ofState = (adjustment: number, state: ItemChange["state"] & string) => lineOf({ adjustment, state });

describe("a move", () => {
  test("takes units out of what is sellable: on hand stays, available falls", () => {
    const { item, entry } = applied(stateWith(10), move(null, "damaged", 4));
    expect(item).toMatchObject({ onHand: 10, unavailable: 4, extras: { ...noExtras, damaged: 4 } });
    expect(availableOf(item)).toBe(6);
    expect(entry).toMatchObject({ kind: entryKinds.inventoryMoved, delta: { onHand: 0, unavailable: 4 } });
    expect(movementTypes[entry.movementType]).toBe("state");
    expect(parseDetail(entry).moved).toEqual({ from: null, to: "damaged", quantity: 4 });
  });

  test("goes from one state to another, and back to sellable until nothing is left of it", () => {
    const state = stateWith(10);
    applied(state, move(null, "quality_control", 4));
    const between = applied(state, move("quality_control", "quarantine", 4));
    expect(between.item).toMatchObject({ unavailable: 4, extras: { ...noExtras, quarantine: 4 } });
    expect(between.entry.delta).toMatchObject({ unavailable: 0 });
    expect(applied(state, move("quarantine", null, 4)).item).toMatchObject({ unavailable: 0 });
    expect(state.items[0]!.extras).toBe(noExtras);
  });

  test("takes no more than is available, unless it is a fact", () => {
    const state = stateWith(5, 3);
    expect(refused(state, move(null, "damaged", 3))).toMatchObject({ available: 2, requested: 3 });
    const fact = { ...move(null, "damaged", 3), allowNegative: true };
    expect(applied(state, fact).item).toMatchObject({ unavailable: 3 });
  });

  test("takes no more out of a state than is in it, fact or not", () => {
    const state = stateWith(5);
    applied(state, move(null, "expired", 2));
    const line = { ...move("expired", null, 3), allowNegative: true };
    expect(refused(state, line)).toMatchObject({ code: "insufficient_stock", available: 2, requested: 3 });
  });
});

describe("an adjustment of a state", () => {
  test("moves on hand and the state together, so that available stays", () => {
    const state = stateWith(5);
    const arrived = applied(state, ofState(3, "damaged"));
    expect(arrived.item).toMatchObject({ onHand: 8, unavailable: 3, extras: { damaged: 3 } });
    expect(arrived.entry).toMatchObject({ kind: entryKinds.inventoryAdjusted, delta: { onHand: 3, unavailable: 3 } });
    expect(applied(state, ofState(-2, "damaged")).item).toMatchObject({ onHand: 6, unavailable: 1 });
    expect(refused(state, ofState(-2, "damaged"))).toMatchObject({ available: 1, requested: 2 });
  });

  test("several of one item are added up: those that bring units are recorded first", () => {
    const { item } = applied(stateWith(5), ofState(-2, "damaged"), ofState(2, "damaged"));
    expect(item).toMatchObject({ unavailable: 2 });
    expect(refused(stateWith(5), ofState(-3, "damaged"), ofState(2, "damaged"))).toMatchObject({
      line: 0,
      available: 0,
    });
  });

  test("stays within what can be held exactly", () => {
    const state = stateWith(-5);
    applied(state, ofState(quantityMax, "damaged"));
    expect(refused(state, ofState(1, "expired")).code).toBe("validation_failed");
  });
});

test("unavailable units may be more than those in named states, never fewer", () => {
  const state = stateWith(10);
  applied(state, move(null, "damaged", 4));
  const set = (unavailableStock: number) => lineOf({ unavailableStock }, { guard: { stockLevel: null } });
  expect(refused(state, set(3))).toMatchObject({ code: "validation_failed", pointer: "/unavailableStock" });
  expect(applied(state, set(6)).item).toMatchObject({ unavailable: 6, extras: { damaged: 4 } });
  expect(refused(state, move("damaged", null, 5)).available).toBe(4);
});

test("a maximum and a hysteresis are kept, changed and removed without a guard", () => {
  const state = stateWith(10);
  expect(applied(state, lineOf({ maximum: 40, hysteresis: 3 })).item.extras).toEqual({
    ...noExtras,
    maximum: 40,
    hysteresis: 3,
  });
  expect(applied(state, adjust(1)).item.extras).toMatchObject({ maximum: 40, hysteresis: 3 });
  expect(applied(state, lineOf({ maximum: null, hysteresis: 0 })).item.extras).toEqual({ ...noExtras, hysteresis: 0 });
  expect(applied(state, lineOf({ hysteresis: null })).entry.detail).toBeNull();
  expect(state.items[0]!.extras).toBe(noExtras);
});

test("an archived item keeps what it has, and only its kind says that it is archived; a deleted one loses all of it", () => {
  const state = stateWith(0);
  applied(state, lineOf({ maximum: 40 }));
  const archived = applied(state, lineOf({ retire: "archive" }));
  expect(parseDetail(archived.entry)).toEqual({ extras: { ...noExtras, maximum: 40 } });
  expect(state.items[0]).toMatchObject({ life: "archived", extras: { maximum: 40 } });
  expect(applied(state, lineOf({ retire: "restore" })).item).toMatchObject({ life: "active", extras: { maximum: 40 } });
  expect(applied(state, lineOf({ retire: "delete" })).entry.detail).toBeNull();
  expect(applied(state, adjust(1)).item.extras).toBe(noExtras);
});

test("whatever moves, no state falls below zero, and together they are at most what is unavailable", () => {
  const place = fc.constantFrom(null, ...unsellableStates);
  const quantity = fc.integer({ min: 1, max: 6 });
  const line = fc.oneof(
    fc.record({ from: place, to: place, quantity }).map((drawn) => lineOf({ move: drawn })),
    fc.tuple(fc.integer({ min: -5, max: 5 }), fc.constantFrom(...unsellableStates)).map(([by, at]) => ofState(by, at)),
    fc.integer({ min: -4, max: 6 }).map((by) => adjust(by)),
    fc.nat({ max: 9 }).map((unavailableStock) => lineOf({ unavailableStock }, { guard: { stockLevel: null } })),
  );
  const property = fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
    const state = stateWith(8);
    for (const each of lines) {
      const before = state.items[0]!;
      const { outcome } = run(state, each);
      const { extras, unavailable, onHand } = state.items[0]!;
      if (outcome.kind === "rejected") expect(state.items[0]).toEqual(before);
      if (each.change.move !== undefined) expect(onHand).toBe(before.onHand);
      for (const units of [extras.damaged, extras.qualityControl, extras.quarantine, extras.expired]) {
        expect(units).toBeGreaterThanOrEqual(0);
      }
      expect(unitsInStates(extras)).toBeLessThanOrEqual(unavailable);
      if (unitsInStates(extras) === 0) expect(extras).toBe(noExtras);
    }
  });
  fc.assert(property, cases(400));
}, 20_000);
