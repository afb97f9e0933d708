/** Which rule decides about what a source says, what it moves, and what is remembered of it. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { adjust, inventory, lineOf, SeedBook } from "../../../test/model/commands.ts";
import { compareRun } from "../../../test/model/compare.ts";
import { clockSteps, startMs } from "../../../test/model/draws.ts";
import { stockedPast } from "../../../test/model/generate-past.ts";
import { reportTemplate } from "../../../test/model/generate-reports.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { cases } from "../../../test/model/property-settings.ts";
import type { InventoryLine, SourceReport } from "../command.ts";
import { decide } from "../decide.ts";
import { limits } from "../limits.ts";
import { parseDetail } from "../record/entry-detail.ts";

const now = startMs + 1_000_000;

const word = (sourceId: string, rest: Partial<SourceReport> = {}): SourceReport => ({
  sourceId,
  trust: 50,
  freshForMs: 0,
  version: null,
  saidAtMs: null,
  ...rest,
});

/** `p1` at `l1`, with so many on hand; what is sent to it and what came of it. */
class Shelf {
  readonly state: MemoryState;

  constructor(onHand = 50) {
    const book = new SeedBook(3, startMs).product("p1").location("l1");
    book.item({ productId: "p1", locationId: "l1", levels: { onHand } });
    this.state = new MemoryState(3, book.entries);
  }

  send(line: InventoryLine) {
    const { draft, outcomes } = decide(this.state, [inventory(line)], now);
    const [outcome] = outcomes;
    if (outcome?.kind !== "lines") throw new Error(`refused: ${JSON.stringify(outcome)}`);
    this.state.adopt(draft);
    const entry = draft.entries[0]!;
    const { item, rule } = outcome.lines[0]!;
    return { rule, onHand: item.onHand, moved: entry.delta.onHand, entry, detail: parseDetail(entry), item };
  }

  /** A source states how many there were some time after the beginning. */
  states(stockLevel: number, at: number, report: SourceReport) {
    return this.send(lineOf({ stockLevel, countedAtMs: startMs + at }, { report, allowNegative: true }));
  }

  change(adjustment: number, at: number | null, report: SourceReport) {
    const occurredAtMs = at === null ? null : startMs + at;
    return this.send(adjust(adjustment, { report, occurredAtMs, allowNegative: true, movementType: "sale" }));
  }
}

describe("a change", () => {
  test("is added, whatever order changes come in, and below zero too", () => {
    const shelf = new Shelf(3);
    expect(shelf.change(-2, 20, word("shop", { version: 9 })).rule).toBe("change_added");
    const { rule, onHand, detail } = shelf.change(-4, 10, word("shop", { version: 8, saidAtMs: 17 }));
    expect({ rule, onHand }).toEqual({ rule: "change_added", onHand: -3 });
    expect(detail.reported).toEqual({ sourceId: "shop", rule: "change_added", version: 8, saidAtMs: 17 });
    expect(detail.extras?.stated).toBeUndefined();
  });

  test("that happened before a level was stated is contained in it, and says that it was added", () => {
    const shelf = new Shelf();
    shelf.states(40, 20, word("erp"));
    const { rule, moved, detail } = shelf.change(-4, 10, word("shop"));
    expect({ rule, moved }).toEqual({ rule: "change_added", moved: 0 });
    expect(detail.contained).toEqual({ onHand: -4, countedAtMs: startMs + 20 });
  });
});

describe("a level", () => {
  test("holds as of its time: what happened later stays on top", () => {
    const shelf = new Shelf();
    shelf.change(-4, 30, word("shop"));
    const report = word("erp", { version: 7, trust: 80, freshForMs: 60_000 });
    const { rule, onHand, detail, entry } = shelf.states(40, 20, report);
    expect({ rule, onHand }).toEqual({ rule: "newest_level", onHand: 36 });
    expect(detail.reported).toEqual({ sourceId: "erp", rule: "newest_level", stockLevel: 40, version: 7 });
    expect(detail.extras?.stated).toEqual({
      sourceId: "erp",
      trust: 80,
      holdsUntilMs: startMs + 20 + 60_000,
      versions: { erp: 7 },
    });
    expect(entry.occurredAtMs).toBe(startMs + 20);
  });

  test("of a version that is not above the last one is older, whatever its time says; the number stays", () => {
    const shelf = new Shelf();
    shelf.states(40, 10, word("erp", { version: 7 }));
    for (const version of [7, 6, 1]) {
      const { rule, moved, onHand, detail, entry } = shelf.states(12, 30, word("erp", { version }));
      expect({ rule, moved, onHand }).toEqual({ rule: "older_version", moved: 0, onHand: 40 });
      expect(detail.reported).toEqual({ sourceId: "erp", rule: "older_version", stockLevel: 12, version });
      expect(detail.extras).toMatchObject({ countedAtMs: startMs + 10, stated: { versions: { erp: 7 } } });
      expect(detail.contained).toBeUndefined();
      expect(entry.version).toBeGreaterThan(1);
    }
    expect(shelf.states(12, 30, word("erp", { version: 8 }))).toMatchObject({ rule: "newest_level", onHand: 12 });
  });

  test("of another source's version is compared with that source's numbers alone", () => {
    const shelf = new Shelf();
    shelf.states(40, 10, word("erp", { version: 700 }));
    const { rule, item } = shelf.states(30, 11, word("constructor", { version: 2 }));
    expect(rule).toBe("newest_level");
    expect(item.extras.stated?.versions).toEqual({ erp: 700, constructor: 2 });
  });

  test("of a less trusted source does not hold while the trusted statement is fresh, to the millisecond", () => {
    const shelf = new Shelf();
    shelf.states(40, 10, word("erp", { trust: 80, freshForMs: 100 }));
    const { rule, moved, detail } = shelf.states(12, 110, word("shop", { trust: 79, version: 3 }));
    expect({ rule, moved }).toEqual({ rule: "less_trusted", moved: 0 });
    expect(detail.extras?.stated).toMatchObject({ sourceId: "erp", versions: { shop: 3 } });
    expect(shelf.states(12, 20, word("shop", { trust: 79, version: 2 })).rule).toBe("older_version");
    expect(shelf.states(12, 111, word("shop", { trust: 79 }))).toMatchObject({ rule: "newest_level", onHand: 12 });
  });

  test("of an equally trusted source holds, and so does a source's own with less trust than it had", () => {
    const shelf = new Shelf();
    shelf.states(40, 10, word("erp", { trust: 80, freshForMs: 100 }));
    expect(shelf.states(39, 20, word("shop", { trust: 80, freshForMs: 100 })).rule).toBe("newest_level");
    expect(shelf.states(38, 30, word("shop", { trust: 1 })).rule).toBe("newest_level");
  });

  test("from before the last one is older: recorded, with what it would have moved; its version is heard", () => {
    const shelf = new Shelf();
    shelf.states(40, 20, word("erp"));
    const { rule, moved, detail } = shelf.states(12, 10, word("shop", { version: 4 }));
    expect({ rule, moved }).toEqual({ rule: "older_level", moved: 0 });
    expect(detail.contained?.countedAtMs).toBe(startMs + 20);
    expect(detail.extras?.stated).toMatchObject({ sourceId: "erp", versions: { shop: 4 } });
  });

  test("from before somebody counted is older, and nothing that a source stated holds yet", () => {
    const shelf = new Shelf();
    shelf.send(lineOf({ stockLevel: 40, countedAtMs: startMs + 20 }));
    const { rule, item } = shelf.states(12, 10, word("shop", { version: 4, trust: 99, freshForMs: 999 }));
    expect(rule).toBe("older_level");
    expect(item.extras.stated).toEqual({ sourceId: null, trust: 0, holdsUntilMs: 0, versions: { shop: 4 } });
    expect(shelf.states(12, 30, word("erp", { trust: 1 })).rule).toBe("newest_level");
  });

  test("without a moment is a mistake of whoever made the command", () => {
    const line = lineOf({ stockLevel: 3 }, { guard: { stockLevel: null }, report: word("erp") });
    expect(() => new Shelf().send(line)).toThrow("needs its moment");
  });
});

test("versions of so many sources are kept of an item; those beyond are held to their times", () => {
  const shelf = new Shelf();
  for (let n = 0; n < limits.versionedSourcesPerItemMax; n++) shelf.states(n, n, word(`s${n}`, { version: 5 }));
  const { rule, item } = shelf.states(1, 100, word("late", { version: 5 }));
  expect(rule).toBe("newest_level");
  expect(Object.keys(item.extras.stated!.versions)).toHaveLength(limits.versionedSourcesPerItemMax);
  expect(shelf.states(2, 101, word("late", { version: 4 })).rule).toBe("newest_level");
  expect(shelf.states(2, 102, word("s3", { version: 5 })).rule).toBe("older_version");
  expect(shelf.states(2, 103, word("s3", { version: 6 })).item.extras.stated?.versions.s3).toBe(6);
});

test("a deleted item that comes back has heard nothing", () => {
  const shelf = new Shelf(0);
  shelf.states(0, 10, word("erp", { version: 9 }));
  expect(shelf.send(lineOf({ retire: "delete" }, { mustExist: true })).item.life).toBe("deleted");
  expect(shelf.states(3, 30, word("erp", { version: 1 }))).toMatchObject({ rule: "newest_level", onHand: 3 });
});

test("changes and versioned levels of one source end alike, in whatever order they arrive", () => {
  const shuffled = fc
    .record({
      sold: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
      levels: fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 4 }),
    })
    .chain(({ sold, levels }) => {
      // Even times for what is sold, odd ones for what is stated: no two at once.
      const lines = [
        ...sold.map((units, n) => ({ units, at: 4 * n, version: null })),
        ...levels.map((units, n) => ({ units, at: 6 * n + 1, version: n })),
      ];
      return fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length });
    });
  const property = fc.property(shuffled, (lines) => {
    const endOf = (some: typeof lines): number => {
      const shelf = new Shelf();
      let onHand = 50;
      for (const { units, at, version } of some) {
        const report = word("shop", { version });
        ({ onHand } = version === null ? shelf.change(-units, at, report) : shelf.states(units, at, report));
      }
      return onHand;
    };
    expect(endOf(lines)).toBe(endOf(lines.toSorted((a, b) => a.at - b.at)));
  });
  fc.assert(property, cases(400));
  expect.hasAssertions();
});

test("what sources, tills and people say of the same item comes to what the reference model says", () => {
  const step = fc.record({ byMs: clockSteps, templates: fc.array(reportTemplate, { minLength: 1, maxLength: 4 }) });
  const property = fc.property(stockedPast, fc.array(step, { minLength: 2, maxLength: 10 }), (book, steps) => {
    let nowMs = startMs + 10;
    const groups = steps.map(({ byMs, templates }) => {
      nowMs += byMs;
      return { nowMs, templates };
    });
    compareRun(book, groups);
  });
  fc.assert(property, cases(1_000));
  expect.hasAssertions();
}, 60_000);
