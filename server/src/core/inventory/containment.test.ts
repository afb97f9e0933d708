/** Late counts and late movements: what contains what, and that the order in which they arrive does not matter. */
import { describe, expect, test } from "bun:test";
import { entryKinds, futureToleranceMs, movementTypes } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import { adjust, inventory, lineOf, SeedBook } from "../../../test/model/commands.ts";
import { checkEntries } from "../../../test/model/compare-entries.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { cases } from "../../../test/model/property-settings.ts";
import type { DeviceClock, InventoryLine } from "../command.ts";
import { decide } from "../decide.ts";
import { parseDetail } from "../record/entry-detail.ts";
import { partitionOf } from "../record/partition.ts";
import { Draft } from "../state.ts";
import { contain, momentsOfCount } from "./containment.ts";
import { noExtras } from "./item.ts";
import { move } from "./movement.ts";

const startMs = 1_700_000_000_000;
const now = startMs + 1_000_000;
const partitionCount = 3;

/** `p1` at `l1` with so many on hand since the beginning. */
class Shop {
  readonly state: MemoryState;

  constructor(onHand = 50) {
    const book = new SeedBook(partitionCount, startMs).product("p1").location("l1");
    book.item({ productId: "p1", locationId: "l1", levels: { onHand } });
    this.state = new MemoryState(partitionCount, book.entries);
  }

  send(line: InventoryLine) {
    const { draft, outcomes } = decide(this.state, [inventory(line)], now);
    const [outcome] = outcomes;
    if (outcome?.kind !== "lines") throw new Error(`refused: ${JSON.stringify(outcome)}`);
    checkEntries(this.state.entries, draft.entries);
    this.state.adopt(draft);
    return { ...outcome.lines[0]!, entry: draft.entries[0]!, onHand: outcome.lines[0]!.item.onHand };
  }

  sell(units: number, atMs: number | null, clock?: DeviceClock) {
    const rest = clock === undefined ? {} : { clock };
    return this.send(adjust(-units, { occurredAtMs: atMs, allowNegative: true, movementType: "sale", ...rest }));
  }

  count(units: number, atMs: number, clock?: DeviceClock) {
    return this.send(lineOf({ stockLevel: units, countedAtMs: atMs }, clock === undefined ? {} : { clock }));
  }

  /** Units held for a buyer, or taken for good. */
  hold(units: number, isCommitted: boolean): void {
    const draft = new Draft(this.state);
    const cause = { actor: "key_1", source: null, requestId: "r", traceparent: null };
    const place = { partition: partitionOf("p1", partitionCount), productId: "p1", locationId: "l1" };
    const rest = { movementType: "hold", sku: "S", parts: null, allowsNegative: true } as const;
    const levels = { onHand: 0, reserved: units, unavailable: 0, incoming: 0 };
    move(draft, cause, place, { kind: entryKinds.inventoryReserved, delta: levels, ...rest }, now);
    const taken = { onHand: -units, reserved: -units, unavailable: 0, incoming: 0 };
    if (isCommitted) move(draft, cause, place, { kind: entryKinds.inventoryCommitted, delta: taken, ...rest }, now);
    this.state.adopt(draft);
  }

  get item() {
    return this.state.items[0]!;
  }
}

const countedAtMs = now - 1_000;

describe("a movement that arrives after a count", () => {
  test("is contained when it happened before it or at its very moment", () => {
    for (const atMs of [countedAtMs - 1, countedAtMs]) {
      const shop = new Shop();
      shop.count(40, countedAtMs);
      const late = shop.sell(3, atMs);
      expect(late).toMatchObject({ onHand: 40, contained: { onHand: -3, countedAtMs } });
      expect(late.review).toBeUndefined();
      expect(late.entry).toMatchObject({ delta: { onHand: 0 }, occurredAtMs: atMs, version: 3 });
      expect(parseDetail(late.entry).contained).toEqual({ onHand: -3, countedAtMs });
    }
  });

  test("stays on top when it happened later, or says no time", () => {
    for (const atMs of [countedAtMs + 1, null]) {
      const shop = new Shop();
      shop.count(40, countedAtMs);
      const late = shop.sell(3, atMs);
      expect(late.onHand).toBe(37);
      expect(late.contained).toBeUndefined();
    }
  });

  test("is recorded without a look at what is available, for it takes nothing", () => {
    const shop = new Shop();
    shop.count(1, countedAtMs);
    const taken = shop.send(adjust(-30, { occurredAtMs: countedAtMs - 5 }));
    expect(taken).toMatchObject({ onHand: 1, contained: { onHand: -30 } });
  });

  test("is applied when the item was deleted in between: the count went with it", () => {
    const shop = new Shop();
    shop.count(0, countedAtMs);
    shop.send(lineOf({ retire: "delete" }, { mustExist: true }));
    expect(shop.item.extras).toBe(noExtras);
    expect(shop.send(adjust(2, { occurredAtMs: countedAtMs - 1 })).onHand).toBe(2);
  });

  test("of damaged units takes them from what is promised, for they were counted as they are", () => {
    const shop = new Shop();
    shop.count(1, countedAtMs);
    const damaged = shop.send(lineOf({ adjustment: 3, state: "damaged" }, { occurredAtMs: countedAtMs - 1 }));
    expect(damaged.item).toMatchObject({ onHand: 1, unavailable: 3 });
    expect(damaged.entry.allowsNegative).toBe(true);
  });

  test("of units in a state still tells their state, of which a count says nothing", () => {
    const shop = new Shop();
    shop.count(40, countedAtMs);
    const late = shop.send(adjust(3, { occurredAtMs: countedAtMs - 1 }));
    expect(late.onHand).toBe(40);
    const damaged = shop.send(lineOf({ adjustment: 3, state: "damaged" }, { occurredAtMs: countedAtMs - 1 }));
    expect(damaged.item).toMatchObject({ onHand: 40, unavailable: 3, extras: { damaged: 3 } });
    expect(damaged.contained).toEqual({ onHand: 3, countedAtMs });
  });
});

describe("a count", () => {
  test("is remembered with its moment, and occurred then whatever else its caller says", () => {
    const shop = new Shop();
    const { entry, item } = shop.send(
      lineOf({ stockLevel: 40, countedAtMs }, { occurredAtMs: now, movementType: "loss" }),
    );
    expect(item.extras).toEqual({ ...noExtras, countedAtMs });
    expect(entry).toMatchObject({ kind: entryKinds.inventorySet, occurredAtMs: countedAtMs });
    expect(movementTypes[entry.movementType]).toBe("count");
    expect(shop.count(30, countedAtMs + 1).onHand).toBe(30);
  });

  test("that is older than the last one is contained, and says what it would have moved", () => {
    const shop = new Shop();
    shop.sell(4, countedAtMs - 50);
    shop.count(40, countedAtMs);
    const older = shop.count(45, countedAtMs - 100);
    // Then there were 50 by the book.
    expect(older).toMatchObject({ onHand: 40, contained: { onHand: -5, countedAtMs } });
    expect(older.review).toBeUndefined();
    expect(shop.item.extras.countedAtMs).toBe(countedAtMs);
  });

  test("at the same moment takes the place of the one before", () => {
    const shop = new Shop();
    shop.count(40, countedAtMs);
    expect(shop.count(41, countedAtMs)).toMatchObject({ onHand: 41 });
  });

  test("from before a count that the item's deletion took along moves nothing, for review", () => {
    const shop = new Shop(0);
    shop.count(5, countedAtMs);
    shop.sell(5, countedAtMs + 100);
    shop.send(lineOf({ retire: "delete" }, { mustExist: true }));
    const late = shop.count(5, countedAtMs - 100);
    // By the book of its moment there were none.
    expect(late).toMatchObject({ onHand: 0, contained: { onHand: 5, countedAtMs }, review: expect.any(String) });
    expect(shop.count(3, countedAtMs + 200).onHand).toBe(3);
  });

  test("does not take a guarded set for a count, nor what a later one contained", () => {
    const shop = new Shop(10);
    shop.send(
      lineOf(
        { stockLevel: 4 },
        { guard: { stockLevel: null }, movementType: "count", occurredAtMs: countedAtMs + 10, allowNegative: false },
      ),
    );
    expect(shop.count(9, countedAtMs)).toMatchObject({ onHand: 3 });
  });

  test("makes the item that it counts", () => {
    const shop = new Shop();
    const { item } = shop.send(lineOf({ stockLevel: 7, countedAtMs }, { locationId: "l1", productId: "p1" }));
    expect(item.onHand).toBe(7);
    const book = new SeedBook(partitionCount, startMs).product("p1").location("l1");
    const { outcomes } = decide(
      new MemoryState(partitionCount, book.entries),
      [inventory(lineOf({ stockLevel: 7, countedAtMs }))],
      now,
    );
    expect(outcomes[0]).toMatchObject({ lines: [{ item: { onHand: 7, version: 1, extras: { countedAtMs } } }] });
  });
});

describe("a device's clock", () => {
  const known: DeviceClock = { deviceId: "till-3", errorMs: 100 };
  const unknown: DeviceClock = { deviceId: "till-3", errorMs: null };

  test("with a known error contains what is certain, and opens what is not for review", () => {
    const cases: [number, object][] = [
      [countedAtMs - 100, { onHand: 40, contained: { onHand: -3 } }],
      [countedAtMs - 99, { onHand: 37, review: expect.stringContaining("within 100 ms") }],
      [countedAtMs + 100, { onHand: 37, review: expect.stringContaining("within 100 ms") }],
    ];
    for (const [atMs, expected] of cases) {
      const shop = new Shop();
      shop.count(40, countedAtMs);
      expect(shop.sell(3, atMs, known)).toMatchObject(expected);
    }
    const shop = new Shop();
    shop.count(40, countedAtMs);
    const after = shop.sell(3, countedAtMs + 101, known);
    expect(after.onHand).toBe(37);
    expect(after.review).toBeUndefined();
  });

  test("with an unknown error contains nothing: the movement is applied, for review", () => {
    const shop = new Shop();
    shop.count(40, countedAtMs);
    const late = shop.sell(3, countedAtMs - 10_000, unknown);
    expect(late.onHand).toBe(37);
    expect(late.review).toContain("till-3");
    expect(parseDetail(late.entry).review).toBe(late.review!);
    expect(new Shop().sell(3, countedAtMs, unknown).review).toBeUndefined();
  });

  test("that a count was read from counts towards the error of what comes later", () => {
    const shop = new Shop();
    shop.count(40, countedAtMs, known);
    expect(shop.item.extras).toEqual({ ...noExtras, countedAtMs, countErrorMs: 100 });
    expect(shop.sell(1, countedAtMs - 100)).toMatchObject({ onHand: 40, contained: { onHand: -1 } });
    expect(shop.sell(1, countedAtMs - 150, known)).toMatchObject({ onHand: 39, review: expect.any(String) });
    shop.count(40, countedAtMs + 500);
    expect(shop.item.extras).toEqual({ ...noExtras, countedAtMs: countedAtMs + 500 });
  });

  test("that is coarse leaves contained what an earlier count contained for certain", () => {
    const coarse: DeviceClock = { deviceId: "scan-1", errorMs: 3_600_000 };
    const shop = new Shop();
    shop.count(40, countedAtMs);
    shop.count(39, countedAtMs + 300, coarse);
    expect(shop.item.extras).toMatchObject({ countErrorMs: 3_600_000, certainMs: countedAtMs });
    for (const [sale, clock] of [
      [shop.sell(2, countedAtMs), undefined],
      [shop.sell(2, countedAtMs - 100, known), known],
    ] as const) {
      expect([sale.onHand, sale.review, clock]).toEqual([39, undefined, clock]);
      expect(sale.contained).toEqual({ onHand: -2, countedAtMs: countedAtMs + 300 });
    }
    expect(shop.sell(2, countedAtMs + 1)).toMatchObject({ onHand: 37, review: expect.any(String) });
    // A surer one that comes later takes over.
    shop.count(30, countedAtMs + 400, known);
    expect(shop.item.extras).toEqual({ ...noExtras, countedAtMs: countedAtMs + 400, countErrorMs: 100 });
    shop.count(30, countedAtMs + 450, coarse);
    expect(shop.item.extras.certainMs).toBe(countedAtMs + 300);
    shop.count(30, countedAtMs + 500);
    expect(shop.item.extras).toEqual({ ...noExtras, countedAtMs: countedAtMs + 500 });
  });

  test("opens a count for review when units moved within its error", () => {
    const shop = new Shop();
    shop.sell(2, countedAtMs - 50);
    expect(shop.count(40, countedAtMs, known)).toMatchObject({ onHand: 40, review: expect.stringContaining("till-3") });
    const quiet = new Shop();
    quiet.sell(2, countedAtMs - 101);
    expect(quiet.count(40, countedAtMs, known).review).toBeUndefined();
  });

  test("of two counts within the error the one with the later time holds, for review, whichever comes first", () => {
    const [one, other] = [new Shop(), new Shop()];
    one.count(40, countedAtMs, known);
    expect(one.count(30, countedAtMs - 50)).toMatchObject({ onHand: 40, contained: {}, review: expect.any(String) });
    other.count(30, countedAtMs - 50);
    expect(other.count(40, countedAtMs, known)).toMatchObject({ onHand: 40, review: expect.any(String) });
  });

  test("with an unknown error makes a count that is applied for review, and contains nothing", () => {
    const shop = new Shop();
    expect(shop.count(40, countedAtMs, unknown)).toMatchObject({ onHand: 40, review: expect.any(String) });
    expect(shop.item.extras.countedAtMs).toBeNull();
    expect(shop.sell(3, countedAtMs - 10).onHand).toBe(37);
    shop.count(50, countedAtMs + 10);
    expect(shop.count(10, countedAtMs, unknown)).toMatchObject({
      onHand: 50,
      contained: { countedAtMs: countedAtMs + 10 },
      review: expect.any(String),
    });
  });

  test("with an unknown error, of two counts out of order the one with the later time holds all the same", () => {
    for (const [one, other] of [
      [unknown, undefined],
      [unknown, unknown],
      [undefined, unknown],
    ]) {
      const [shop, inTurn] = [new Shop(10), new Shop(10)];
      shop.count(7, countedAtMs, one);
      const late = shop.count(7, countedAtMs - 60_000, other);
      expect(late).toMatchObject({ onHand: 7, contained: { onHand: -3, countedAtMs } });
      expect(late.review === undefined).toBe(one === undefined && other === undefined);
      inTurn.count(7, countedAtMs - 60_000, other);
      expect(inTurn.count(7, countedAtMs, one)).toMatchObject({ onHand: 7 });
    }
    // Found as it was by the book: a count that moved nothing holds no less.
    const found = new Shop(10);
    found.count(10, countedAtMs, unknown);
    expect(found.count(7, countedAtMs - 60_000).onHand).toBe(10);
  });

  test("asks for what moved at both ends of its error, and a trusted one only for its moment", () => {
    expect(momentsOfCount({ stockLevel: 1, countedAtMs: 500 })).toEqual([500]);
    expect(momentsOfCount({ stockLevel: 1, countedAtMs: 500 }, unknown)).toEqual([500]);
    expect(momentsOfCount({ stockLevel: 1, countedAtMs: 500 }, known)).toEqual([500, 400, 600]);
    expect(momentsOfCount({ stockLevel: 1 })).toEqual([]);
  });

  test("contains only what happened before the count in truth, whatever the clocks show within their errors", () => {
    const error = fc.integer({ min: 0, max: 50 });
    const off = fc.integer({ min: -50, max: 50 });
    const time = fc.integer({ min: -120, max: 120 });
    const property = fc.property(time, error, off, error, off, (apartMs, errorMs, offMs, countErrorMs, countOffMs) => {
      const shown = (atMs: number, by: number, within: number) => atMs + Math.max(-within, Math.min(within, by));
      const extras = { ...noExtras, countedAtMs: shown(now, countOffMs, countErrorMs), countErrorMs };
      const item = { ...new Shop().item, extras };
      const clock = { deviceId: "d", errorMs };
      const result = contain(item, -1, shown(now + apartMs, offMs, errorMs), clock);
      if (result.contained !== undefined) expect(apartMs).toBeLessThanOrEqual(0);
      if (result.contained === undefined && result.review === undefined) expect(apartMs).toBeGreaterThan(0);
      expect(result.onHand).toBe(result.contained === undefined ? -1 : 0);
    });
    fc.assert(property, cases(2_000));
  });
});

type Fact =
  | { readonly kind: "count"; readonly units: number; readonly atMs: number; readonly isTrusted: boolean }
  | { readonly kind: "sale"; readonly units: number; readonly atMs: number }
  | { readonly kind: "hold"; readonly units: number; readonly isCommitted: boolean }
  | { readonly kind: "deletion" };

const moment = fc.integer({ min: startMs + 1, max: now - 1 });
const units = fc.integer({ min: -4, max: 9 });
const drawnCounts = (isTrusted: fc.Arbitrary<boolean>) =>
  fc
    .uniqueArray(fc.record({ units: fc.nat({ max: 60 }), atMs: moment, isTrusted }), {
      selector: ({ atMs }) => atMs,
      maxLength: 4,
    })
    .map((counts) => counts.map((count) => ({ kind: "count", ...count }) as const));
const drawnSales = fc
  .array(fc.record({ units, atMs: moment }), { maxLength: 6 })
  .map((sales) => sales.map((sale) => ({ kind: "sale", ...sale }) as const));
const drawnHolds = fc
  .array(fc.record({ units: fc.integer({ min: 1, max: 5 }), isCommitted: fc.boolean() }), { maxLength: 3 })
  .map((holds) => holds.map((hold) => ({ kind: "hold", ...hold }) as const));
const inAnyOrder = (...parts: fc.Arbitrary<readonly Fact[]>[]): fc.Arbitrary<readonly Fact[]> =>
  fc
    .tuple(...parts)
    .map((all) => all.flat())
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));

const countsOf = (all: readonly Fact[]) => all.filter((fact) => fact.kind === "count");
const salesOf = (all: readonly Fact[]) => all.filter((fact) => fact.kind === "sale");

/** What is there in the end: the last count, less what was sold after it; what was committed just now is after all counts. */
function levelOf(all: readonly Fact[], onHand: number): number {
  const last = countsOf(all).toSorted((a, b) => b.atMs - a.atMs)[0] ?? { units: onHand, atMs: startMs };
  return all.reduce((level, fact) => {
    if (fact.kind === "hold") return fact.isCommitted ? level - fact.units : level;
    return fact.kind === "sale" && fact.atMs > last.atMs ? level - fact.units : level;
  }, last.units);
}

/** Has a shop hear of it. @returns units that were sold off for a deletion */
function hear(shop: Shop, fact: Fact): number {
  if (fact.kind === "count") shop.count(fact.units, fact.atMs, fact.isTrusted ? undefined : unknownClock);
  else if (fact.kind === "sale") shop.sell(fact.units, fact.atMs);
  else if (fact.kind === "hold") shop.hold(fact.units, fact.isCommitted);
  else {
    const left = shop.item.onHand;
    if (left !== 0) shop.sell(left, null);
    shop.send(lineOf({ retire: "delete" }, { mustExist: true }));
    return left;
  }
  return 0;
}

const unknownClock: DeviceClock = { deviceId: "scan-1", errorMs: null };

test("late counts and late sales end at the same level in every order, and reservations in between are untouched", () => {
  const property = fc.property(inAnyOrder(drawnCounts(fc.constant(true)), drawnSales, drawnHolds), (all) => {
    const shop = new Shop();
    for (const fact of all) hear(shop, fact);
    expect(shop.item.onHand).toBe(levelOf(all, 50));
    const held = all.reduce((sum, fact) => sum + (fact.kind === "hold" && !fact.isCommitted ? fact.units : 0), 0);
    expect(shop.item.reserved).toBe(held);
    const moments = countsOf(all).map(({ atMs }) => atMs);
    expect(shop.item.extras.countedAtMs).toBe(moments.length === 0 ? null : Math.max(...moments));
  });
  fc.assert(property, cases(600));
}, 30_000);

/** What a count by an unknown clock, or one that was deleted, does not contain comes before it. */
function soundOrder(all: readonly Fact[]): readonly Fact[] {
  const lastMs = Math.max(startMs, ...countsOf(all).map(({ atMs }) => atMs));
  const ordered = new Set<Fact>();
  for (const fact of all) {
    const untilMs = fact.kind === "deletion" ? lastMs : fact.kind === "count" && !fact.isTrusted ? fact.atMs : startMs;
    for (const sale of salesOf(all)) if (sale.atMs <= untilMs) ordered.add(sale);
    ordered.add(fact);
  }
  return [...ordered];
}

test("late counts of any clock end at the same level in every order, though the item was deleted in between", () => {
  const deletion = fc.constant([{ kind: "deletion" } as const]);
  const drawn = inAnyOrder(drawnCounts(fc.boolean()), drawnSales, fc.oneof(fc.constant([]), deletion));
  const property = fc.property(drawn.map(soundOrder), (all) => {
    const shop = new Shop();
    const left = all.reduce((sum, fact) => sum + hear(shop, fact), 0);
    expect(shop.item.onHand).toBe(levelOf(all, 50) - left);
    if (all.some(({ kind }) => kind === "deletion")) return;
    const trusted = countsOf(all).filter(({ isTrusted }) => isTrusted);
    expect(shop.item.extras.countedAtMs).toBe(
      trusted.length === 0 ? null : Math.max(...trusted.map(({ atMs }) => atMs)),
    );
  });
  fc.assert(property, cases(2_000));
}, 30_000);

test("a count within the tolerance for clocks ahead contains what its clock says was before it", () => {
  const shop = new Shop();
  const ahead = now + futureToleranceMs;
  shop.count(40, ahead);
  expect(shop.sell(3, ahead - 1).onHand).toBe(40);
  expect(shop.sell(3, null).onHand).toBe(37);
});
