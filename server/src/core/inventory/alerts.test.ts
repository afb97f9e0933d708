/** Thresholds: what is told when, and that it is told once. */
import { describe, expect, test } from "bun:test";
import { entryKinds, isNotice } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import { adjust, inventory, lineOf, origin, SeedBook } from "../../../test/model/commands.ts";
import { checkEntries } from "../../../test/model/compare-entries.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { cases } from "../../../test/model/property-settings.ts";
import type { Command, InventoryLine } from "../command.ts";
import { decide } from "../decide.ts";
import { parseDetail } from "../record/entry-detail.ts";
import { alertLevel } from "./alerts.ts";
import { availableOf, noExtras } from "./item.ts";

const now = 1_700_000_000_000;
const { inventoryLow, inventoryOut, inventoryBack, inventoryOversold, inventoryUnusual } = entryKinds;

/** `p1` at `l1`, watched from the reorder point on. */
function stateWith(onHand: number, reorderPoint: number | null = 10): MemoryState {
  const book = new SeedBook(4, now - 1_000).product("p1").location("l1");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand }, reorderPoint });
  return new MemoryState(book.partitionCount, book.entries);
}

function send(state: MemoryState, ...commands: readonly Command[]) {
  const { draft, outcomes } = decide(state, commands, now);
  checkEntries(state.entries, draft.entries);
  state.adopt(draft);
  expect(state.items[0]).toEqual([...draft.items.values()][0] ?? state.items[0]!);
  return { outcomes, notices: draft.entries.filter(({ kind }) => isNotice(kind)), entries: draft.entries };
}

/** Kinds of the notices that a line brings about. */
const told = (state: MemoryState, ...lines: readonly InventoryLine[]) =>
  send(state, inventory(...lines)).notices.map(({ kind }) => kind);
const fact = (adjustment: number) => adjust(adjustment, { allowNegative: true });

describe("a crossing downwards", () => {
  test("is told at once, and once", () => {
    const state = stateWith(20);
    expect(told(state, adjust(-9))).toEqual([]);
    expect(told(state, adjust(-1))).toEqual([inventoryLow]);
    expect(told(state, adjust(-1))).toEqual([]);
    expect(told(state, adjust(-9))).toEqual([inventoryOut]);
    expect(told(state, adjust(0))).toEqual([]);
  });

  test("is part of the answer to the change that brought it about, as of every later read", () => {
    const state = stateWith(20);
    const [outcome] = send(state, inventory(adjust(-15), adjust(1))).outcomes;
    const { version } = state.items[0]!;
    const low = { item: { version, extras: { alert: "low" } } };
    expect(outcome).toMatchObject({ lines: [low, low] });
    const [back] = send(state, inventory(adjust(30))).outcomes;
    expect(back).toMatchObject({ lines: [{ item: { version: version + 1, extras: { alert: "none" } } }] });
  });

  test("leaves the item's version and time as the change before it left them", () => {
    const state = stateWith(20);
    const { entries } = send(state, inventory(adjust(-10)));
    expect(entries).toHaveLength(2);
    const { version, updatedAtMs } = state.items[0]!;
    const notice = {
      ...origin,
      kind: "notice",
      entryKind: entryKinds.inventoryUnusual,
      productId: "p1",
      locationId: "l1",
      about: 1,
      reason: "odd",
      figures: {},
    };
    const later = decide(state, [notice as Command], now + 5_000).draft;
    expect(later.entries).toMatchObject([{ kind: inventoryUnusual, recordedAtMs: now + 5_000, version }]);
    expect([...later.items.values()]).toMatchObject([{ version, updatedAtMs }]);
    state.adopt(later);
    expect(state.items).toMatchObject([{ version, updatedAtMs, lastSequence: later.entries[0]!.sequence }]);
  });

  test("of both thresholds in one command is told as the deeper one", () => {
    expect(told(stateWith(20), adjust(-20))).toEqual([inventoryOut]);
  });

  test("is what holds after the whole command, not in between", () => {
    expect(told(stateWith(20), adjust(-15), adjust(8))).toEqual([]);
  });

  test("is told when the reorder point moves above what is available", () => {
    const state = stateWith(20, null);
    expect(told(state, adjust(-5))).toEqual([]);
    expect(told(state, lineOf({ reorderPoint: 15 }))).toEqual([inventoryLow]);
  });

  test("of reserved and unsellable units counts like one of units on hand", () => {
    expect(told(stateWith(20), lineOf({ move: { from: null, to: "damaged", quantity: 10 } }))).toEqual([inventoryLow]);
  });
});

describe("a crossing upwards", () => {
  test("is told when available has risen above the threshold by the hysteresis", () => {
    const state = stateWith(20);
    told(state, lineOf({ hysteresis: 3 }));
    told(state, adjust(-20));
    expect(told(state, adjust(3))).toEqual([]);
    expect(told(state, adjust(1))).toEqual([inventoryBack]);
    expect(told(state, adjust(9))).toEqual([]);
    const { notices } = send(state, inventory(adjust(1)));
    expect(parseDetail(notices[0]!).notice).toMatchObject({ from: "low", to: "none", available: 14, hysteresis: 3 });
    expect(state.items[0]!.extras.alert).toBe("none");
  });

  test("takes a tenth of the reorder point unless something else is set, and one unit to be out no longer", () => {
    const state = stateWith(20);
    told(state, adjust(-20));
    expect(told(state, adjust(1))).toEqual([inventoryBack]);
    expect(told(state, adjust(10))).toEqual([]);
    expect(told(state, adjust(1))).toEqual([inventoryBack]);
  });

  test("from nothing to enough is told once", () => {
    const state = stateWith(20);
    told(state, adjust(-20));
    const { notices } = send(state, inventory(adjust(50)));
    expect(notices.map(({ kind }) => kind)).toEqual([inventoryBack]);
    expect(parseDetail(notices[0]!).notice).toMatchObject({ from: "out", to: "none" });
  });

  test("swinging around a threshold is told once in each direction", () => {
    const state = stateWith(11);
    const kinds = [-1, 1, -1, 1, -1, 1, 1, -1, -1, -1].flatMap((by) => told(state, adjust(by)));
    expect(kinds).toEqual([inventoryLow, inventoryBack, inventoryLow]);
  });
});

describe("a notice", () => {
  test("changes nothing of the item but what was told, and lies behind the whole command", () => {
    const state = stateWith(20);
    const { entries, outcomes } = send(state, inventory(adjust(-12), adjust(-1)));
    expect(entries.map(({ kind }) => kind)).toEqual([1, 1, inventoryLow]);
    const [, last, notice] = entries;
    expect(notice).toMatchObject({
      version: last!.version,
      previousSequence: last!.sequence,
      delta: { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 },
      actor: "onhand",
      requestId: origin.requestId,
      parts: null,
    });
    expect(parseDetail(notice!)).toEqual({
      extras: { ...noExtras, alert: "low" },
      notice: expect.objectContaining({
        about: last!.sequence,
        from: "none",
        to: "low",
        available: 7,
        reorderPoint: 10,
      }),
      changedAtMs: now,
    });
    expect(outcomes[0]).toMatchObject({ lines: [{}, { item: { version: last!.version } }] });
    expect(state.items[0]).toMatchObject({ version: last!.version, lastSequence: notice!.sequence });
  });

  test("of one command is not told again by the next one of the group", () => {
    const state = stateWith(20);
    const { notices } = send(state, inventory(adjust(-12)), inventory(adjust(-1)), inventory(fact(-10)));
    expect(notices.map(({ kind }) => kind)).toEqual([inventoryLow, inventoryOut, inventoryOversold]);
  });

  test("is not given of an item that is archived, deleted or watched no longer", () => {
    const state = stateWith(20);
    told(state, adjust(-15));
    expect(told(state, lineOf({ reorderPoint: null }))).toEqual([]);
    expect(state.items[0]!.extras).toBe(noExtras);
    expect(told(state, adjust(-5))).toEqual([]);
    expect(told(state, lineOf({ reorderPoint: 5, retire: "archive" }))).toEqual([]);
    expect(told(state, lineOf({ retire: "delete" }))).toEqual([]);
  });

  test("of an item that comes back into use tells what has been missed", () => {
    const state = stateWith(5, null);
    told(state, lineOf({ reorderPoint: 5, retire: "archive" }));
    expect(told(state, lineOf({ retire: "restore" }))).toEqual([inventoryLow]);
  });

  test("is not given when the command is refused", () => {
    expect(send(stateWith(20), inventory(adjust(-21))).entries).toEqual([]);
  });
});

describe("an oversold item", () => {
  test("is told of each time that it goes further below zero, watched or not, and not when it rises", () => {
    const state = stateWith(2, null);
    const { notices } = send(state, inventory(fact(-5)));
    expect(notices.map(({ kind }) => kind)).toEqual([inventoryOversold]);
    expect(parseDetail(notices[0]!).notice).toMatchObject({ units: 3, available: -3, availableBefore: 2 });
    expect(told(state, fact(1))).toEqual([]);
    expect(parseDetail(send(state, inventory(fact(-4))).notices[0]!).notice).toMatchObject({ units: 4, available: -6 });
    expect(told(state, adjust(2))).toEqual([]);
  });

  test("is told of by a count that finds less than is promised", () => {
    const state = stateWith(9, null);
    told(state, lineOf({ unavailableStock: 5 }, { guard: { stockLevel: null } }));
    expect(told(state, lineOf({ stockLevel: 2, countedAtMs: now }))).toEqual([inventoryOversold]);
  });
});

describe("what is unusual", () => {
  const unusual = (locationId = "l1"): Command => ({
    ...origin,
    kind: "notice",
    entryKind: entryKinds.inventoryUnusual,
    productId: "p1",
    locationId,
    about: 2,
    reason: "Forty at once, where it is three.",
    figures: { units: 40, usual: 3 },
  });

  test("is told with its reason and figures", () => {
    const state = stateWith(20);
    const { outcomes, notices } = send(state, unusual());
    expect(outcomes).toEqual([{ kind: "done", entries: 1 }]);
    expect(notices[0]).toMatchObject({ kind: inventoryUnusual, version: 1, previousSequence: 2 });
    const notice = { reason: "Forty at once, where it is three.", about: 2, units: 40, usual: 3 };
    expect(parseDetail(notices[0]!)).toEqual({ notice, changedAtMs: now - 1_000 });
  });

  test("leaves an archived item archived", () => {
    const state = stateWith(20);
    told(state, lineOf({ retire: "archive" }));
    send(state, unusual());
    expect(state.items[0]).toMatchObject({ life: "archived", version: 2 });
  });

  test("is not told of an item that is gone or never was", () => {
    const state = stateWith(0);
    told(state, lineOf({ retire: "delete" }));
    expect(send(state, unusual(), unusual("l2")).outcomes).toEqual([
      { kind: "done", entries: 0 },
      { kind: "done", entries: 0 },
    ]);
  });
});

test("the alert follows available in whatever way it moves, and each notice goes on where the last one ended", () => {
  const step = fc.oneof(
    fc.integer({ min: -9, max: 9 }).map((by) => fact(by)),
    fc.option(fc.nat({ max: 12 })).map((reorderPoint) => lineOf({ reorderPoint })),
    fc.option(fc.nat({ max: 5 })).map((hysteresis) => lineOf({ hysteresis })),
  );
  const property = fc.property(fc.array(step, { maxLength: 25 }), (lines) => {
    const state = stateWith(12);
    let last = "none";
    for (const line of lines) {
      const { notices } = send(state, inventory(line));
      const { extras, reorderPoint, ...levels } = state.items[0]!;
      if (reorderPoint === null) last = "none";
      for (const entry of notices.filter(({ kind }) => kind !== inventoryOversold)) {
        const { from, to } = parseDetail(entry).notice!;
        expect(from).toBe(last);
        expect(to).not.toBe(last);
        last = String(to);
      }
      expect(extras.alert as string).toBe(last);
      if (reorderPoint === null) continue;
      const available = availableOf(levels);
      const margin = extras.hysteresis ?? Math.ceil(reorderPoint / 10);
      if (available <= 0) expect(last).toBe("out");
      else if (available <= reorderPoint) expect(last).not.toBe("none");
      if (available > reorderPoint + margin) expect(last).toBe("none");
      // A level that has been told does not move by itself.
      expect(alertLevel(available, reorderPoint, extras.hysteresis, extras.alert)).toBe(extras.alert);
    }
  });
  fc.assert(property, cases(500));
}, 20_000);
