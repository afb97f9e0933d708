/** What entries may say of sources: what `decide` writes is right, and what it would not write is found. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { inventory, lineOf, SeedBook } from "../../../test/model/commands.ts";
import { startMs } from "../../../test/model/draws.ts";
import { stockedPast } from "../../../test/model/generate-past.ts";
import { reportTemplate } from "../../../test/model/generate-reports.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { cases } from "../../../test/model/property-settings.ts";
import { worldAfter } from "../../../test/model/world.ts";
import type { SourceReport } from "../../core/command.ts";
import { decide } from "../../core/decide.ts";
import type { Entry } from "../../core/record/entry.ts";
import { type EntryDetail, parseDetail } from "../../core/record/entry-detail.ts";
import { partitionOf } from "../../core/record/partition.ts";
import { ItemFold } from "./item-fold.ts";
import { FaultList } from "./report.ts";

const nowMs = startMs + 100;

function faultsOf(entries: readonly Entry[]) {
  const faults = new FaultList(partitionOf("p1", 1));
  const fold = new ItemFold(faults, 0);
  for (const entry of entries) if (entry.itemNumber !== null) fold.visit(entry);
  return faults.list();
}

/** A trusted source states 40 as its version 7, then others say what does not hold. */
function history(): Entry[] {
  const book = new SeedBook(1, startMs).product("p1").location("l1");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 5 } });
  const state = new MemoryState(1, book.entries);
  const says = (stockLevel: number, at: number, report: Partial<SourceReport>): void => {
    const whole = { sourceId: "erp", trust: 80, freshForMs: 50, version: null, saidAtMs: null, ...report };
    const line = lineOf({ stockLevel, countedAtMs: startMs + at }, { report: whole });
    state.adopt(decide(state, [inventory(line)], nowMs).draft);
  };
  says(40, 10, { version: 7 });
  says(30, 20, { version: 6 });
  says(20, 30, { sourceId: "shop", trust: 10, version: 3 });
  says(10, 5, { sourceId: "till", trust: 90 });
  return state.entries.filter(({ itemNumber }) => itemNumber !== null);
}

test("what the rules wrote is right", () => {
  const entries = history();
  const rules = entries.slice(1).map((entry) => parseDetail(entry).reported?.rule);
  expect(rules).toEqual(["newest_level", "older_version", "less_trusted", "older_level"]);
  expect(faultsOf(entries)).toEqual([]);
});

test("whatever sources say, what is written of it is right", () => {
  const property = fc.property(stockedPast, fc.array(reportTemplate, { maxLength: 12 }), (book, templates) => {
    const state = new MemoryState(book.partitionCount, book.entries);
    const world = worldAfter(book.partitionCount, book.entries);
    for (const template of templates) state.adopt(decide(state, [template(world)], nowMs).draft);
    const own = state.entries.filter(({ partition, productId }) => partition > 0 && productId === "p1");
    expect(faultsOf(own)).toEqual([]);
  });
  fc.assert(property, cases(300));
});

/** The history with one entry that says something else. */
function withDetail(index: number, change: (detail: EntryDetail) => EntryDetail): Entry[] {
  return history().map((entry, at) =>
    at === index ? { ...entry, detail: JSON.stringify(change(parseDetail(entry))) } : entry,
  );
}
const saying =
  (reported: Partial<EntryDetail["reported"]>) =>
  (detail: EntryDetail): EntryDetail => ({ ...detail, reported: { ...detail.reported!, ...reported } });
const stating =
  (stated: object) =>
  (detail: EntryDetail): EntryDetail => ({
    ...detail,
    extras: { ...detail.extras!, stated: { ...detail.extras!.stated!, ...stated } },
  });

const tampered: Readonly<Record<string, readonly [number, (detail: EntryDetail) => EntryDetail]>> = {
  "an unknown rule": [1, saying({ rule: "loudest" as never })],
  "a level that is called a change": [1, saying({ rule: "change_added" })],
  "an older version that is called the newest level": [2, saying({ rule: "newest_level" })],
  "an older version that is called an older level": [2, saying({ rule: "older_level" })],
  "a newest level that is called less trusted": [1, saying({ rule: "less_trusted" })],
  "a source that is less trusted than its own statement": [4, saying({ rule: "less_trusted", sourceId: "erp" })],
  "a version that goes back": [3, stating({ versions: { erp: 6, shop: 3 } })],
  "a version that is forgotten": [3, stating({ versions: { shop: 3 } })],
  "a statement that holds without having been applied": [3, stating({ sourceId: "shop" })],
};

for (const [what, [index, change]] of Object.entries(tampered)) {
  test(`${what} is a fault`, () => {
    const faults = faultsOf(withDetail(index, change));
    expect(faults[0]).toMatchObject({ kind: "value", productId: "p1" });
  });
}

test("a level that moves although its rule says that it does not hold is a fault", () => {
  const entries = history();
  const last = entries.at(-1)!;
  const moved = {
    ...last,
    delta: { ...last.delta, onHand: 1 },
    after: { ...last.after, onHand: last.after.onHand + 1 },
  };
  expect(faultsOf([...entries.slice(0, -1), moved])).toMatchObject([{ kind: "value", found: "1 on hand" }]);
});

test("what sources stated changes in no entry that tells nothing of a source", () => {
  const plain = withDetail(2, ({ reported: _, ...detail }) => stating({ trust: 99 })(detail));
  expect(faultsOf(plain)[0]).toMatchObject({ kind: "value", productId: "p1" });
});
