/** New transfers and supplies: what they hold or expect, and why they may be refused. */
import { expect, test } from "bun:test";
import { entryKinds, quantityMax } from "@onhand/protocol/vocabulary";
import { SeedBook } from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { commit, done, levelsAt, refused, supplyOf, transferOf } from "../../../test/model/transfer-commands.ts";
import { decide } from "../decide.ts";
import { transferStatus } from "../orders/order.ts";
import { parseDetail } from "../record/entry-detail.ts";
import { formatOrderId } from "../record/ids.ts";
import { partitionOf } from "../record/partition.ts";

const now = 1_700_000_000_000;

/** 10 of `p1`, 4 of `p2` and 2 of `p5` at `l1`, nothing at `l2`; `p3` and `l3` are archived, `p9` and `l9` were deleted. */
function stocked(): MemoryState {
  const book = new SeedBook(5, now - 1_000).product("p1").product("p2").product("p5");
  book.product("p3", "archived").product("p9", "deleted");
  book.location("l1").location("l2").location("l3", "archived").location("l9", "deleted");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 10 } });
  book.item({ productId: "p2", locationId: "l1", levels: { onHand: 5, unavailable: 1 } });
  book.item({ productId: "p5", locationId: "l1", levels: { onHand: 2 }, life: "archived" });
  return new MemoryState(book.partitionCount, book.entries);
}

test("a transfer holds its units where they come from, and expects none before they leave", () => {
  const state = stocked();
  const { order, lines, items, skus, entries } = done(state, transferOf({ p1: 4 }, { expectedAtMs: now + 9_000 }), now);
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 4, 0, 0, 6]);
  expect(levelsAt(state, "p1", "l2")).toEqual([0, 0, 0, 0, 0]);
  expect(transferStatus(lines)).toBe("requested");
  expect(lines).toMatchObject([{ line: 1, quantity: 4, held: 4, incoming: 0, locationId: "l1", toLocationId: "l2" }]);
  expect(order).toMatchObject({
    kind: "transfer",
    fromLocationId: "l1",
    toLocationId: "l2",
    expectedAtMs: now + 9_000,
  });
  expect(items).toMatchObject([{ locationId: "l1", reserved: 4 }]);
  expect(skus).toEqual(["SKU-p1"]);
  expect(entries).toMatchObject([
    { kind: entryKinds.inventoryReserved, parts: null, delta: { reserved: 4, onHand: 0 } },
  ]);
});

test("the id is where its first entry lies, and the first entry alone carries the order", () => {
  const state = stocked();
  const partition = partitionOf("p2", 5);
  const sequence = state.head(partition).sequence + 1;
  const { order, entries } = done(state, transferOf({ p2: 1, p1: 1 }), now);
  expect(order).toMatchObject({ orderId: formatOrderId("transfer", partition, sequence), partition, lineCount: 2 });
  expect(order.partitions).toEqual([partitionOf("p1", 5), partitionOf("p2", 5)].sort((a, b) => a - b));
  expect(entries.map((entry) => parseDetail(entry).order?.orderId ?? null)).toEqual([order.orderId, null]);
  expect(entries[0]).toMatchObject({ partition, sequence });
});

test("the same product twice is two lines, which together must be there", () => {
  const state = stocked();
  const twice = (a: number, b: number) =>
    transferOf([
      ["p1", a],
      ["p1", b],
    ]);
  expect(refused(state, twice(6, 5), now)).toMatchObject({
    code: "insufficient_stock",
    line: 1,
    available: 10,
    requested: 11,
  });
  expect(done(state, twice(6, 4), now).lines.map((line) => line.held)).toEqual([6, 4]);
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 10, 0, 0, 0]);
});

test("what is held, unavailable or not there cannot be sent; safety stock can", () => {
  const state = stocked();
  expect(refused(state, transferOf({ p2: 5 }), now)).toMatchObject({ available: 4, requested: 5, line: 0 });
  done(state, transferOf({ p2: 3 }), now);
  expect(refused(state, transferOf({ p2: 2 }), now)).toMatchObject({ available: 1, requested: 2 });
  expect(refused(state, transferOf({ p1: 1 }, { fromLocationId: "l2", toLocationId: "l1" }), now)).toMatchObject({
    code: "insufficient_stock",
    available: 0,
    pointer: "/lines/0/quantity",
  });
});

test("one line that cannot be held leaves none of the others", () => {
  const state = stocked();
  const before = state.entries.length;
  refused(state, transferOf({ p1: 3, p2: 99 }), now);
  expect(state.entries.length).toBe(before);
});

test("a refusal is not final while holds that are over may still count", () => {
  const state = stocked();
  state.dueLines = () => ({ lines: [], isComplete: false });
  expect(refused(state, transferOf({ p1: 11 }), now)).toMatchObject({ code: "insufficient_stock", isStale: true });
});

const refusals: Readonly<Record<string, readonly [ReturnType<typeof transferOf>, object]>> = {
  "an unknown product": [transferOf({ p1: 1, p0: 1 }), { code: "not_found", line: 1, pointer: "/lines/1/productId" }],
  "a deleted product": [transferOf({ p9: 1 }), { code: "not_found", line: 0, pointer: "/lines/0/productId" }],
  "a SKU that another product has": [
    transferOf({}, { lines: [{ productId: "p1", sku: "SKU-p2", isFoundBySku: true, quantity: 1 }] }),
    { code: "not_found", pointer: "/lines/0/sku", isStale: true },
  ],
  "an unknown source": [
    transferOf({ p1: 1 }, { fromLocationId: "l0" }),
    { code: "not_found", pointer: "/fromLocationId" },
  ],
  "an unknown destination": [
    transferOf({ p1: 1 }, { toLocationId: "l0" }),
    { code: "not_found", pointer: "/toLocationId" },
  ],
  "a deleted destination": [
    transferOf({ p1: 1 }, { toLocationId: "l9" }),
    { code: "not_found", pointer: "/toLocationId" },
  ],
  "a supply to an unknown location": [
    supplyOf({ p1: 1 }, { toLocationId: "l0" }),
    { code: "not_found", pointer: "/locationId" },
  ],
  "an archived product": [transferOf({ p3: 1 }), { code: "archived", line: 0 }],
  "an archived source": [transferOf({ p1: 1 }, { fromLocationId: "l3" }), { code: "archived" }],
  "an archived destination": [transferOf({ p1: 1 }, { toLocationId: "l3" }), { code: "archived" }],
  "an archived item": [transferOf({ p1: 1, p5: 1 }), { code: "archived", line: 1 }],
  "a supply of an archived product": [supplyOf({ p3: 1 }), { code: "archived" }],
  "a way from a place to itself": [
    transferOf({ p1: 1 }, { toLocationId: "l1" }),
    { code: "validation_failed", pointer: "/toLocationId" },
  ],
  "no lines": [transferOf({}), { code: "validation_failed", pointer: "/lines" }],
  "too many lines": [
    transferOf(Array.from({ length: 501 }, () => ["p1", 1] as const)),
    { code: "validation_failed", pointer: "/lines" },
  ],
  "more than can be counted": [
    supplyOf([
      ["p1", quantityMax],
      ["p1", 1],
    ]),
    { code: "validation_failed", line: 1, pointer: "/lines/1/quantity" },
  ],
};
for (const [name, [command, rejection]] of Object.entries(refusals)) {
  test(`refused: ${name}`, () => {
    const found = refused(stocked(), command, now);
    expect(found).toMatchObject(rejection);
    expect(found.detail).toMatch(/^.{20,}\.$/);
  });
}

test("of several reasons the first in the order of precedence is told, whichever line it lies in", () => {
  expect(refused(stocked(), transferOf({ p1: 99, p0: 1 }), now).code).toBe("not_found");
  expect(refused(stocked(), transferOf({ p1: 99, p3: 1 }), now).code).toBe("archived");
  expect(refused(stocked(), transferOf({ p1: 99 }, { toLocationId: "l1" }), now).code).toBe("validation_failed");
});

test("a supply is expected where it goes, and takes nothing from anywhere", () => {
  const state = stocked();
  const { order, lines, entries } = done(state, supplyOf({ p1: 30, p2: 7 }), now);
  expect(order).toMatchObject({ kind: "supply", fromLocationId: null, toLocationId: "l2" });
  expect(order.orderId).toStartWith("sup_");
  expect(lines.map((line) => [line.held, line.incoming])).toEqual([
    [0, 30],
    [0, 7],
  ]);
  expect(entries.map((entry) => entry.kind)).toEqual([entryKinds.inventoryExpected, entryKinds.inventoryExpected]);
  expect(levelsAt(state, "p1", "l2")).toEqual([0, 0, 0, 30, 0]);
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 0, 0, 0, 10]);
});

test("transfers of one group see what those before them hold", () => {
  const state = stocked();
  const { outcomes, draft } = decide(state, [transferOf({ p1: 6 }), transferOf({ p1: 5 }), transferOf({ p1: 4 })], now);
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(["order", "rejected", "order"]);
  state.adopt(draft);
  expect(levelsAt(state, "p1", "l1")).toEqual([10, 10, 0, 0, 0]);
});

test("texts and who asked are kept with each entry", () => {
  const text = { reason: "festival", reference: "van 3", salt: new Uint8Array(16), commitment: new Uint8Array(32) };
  const { entries } = commit(stocked(), transferOf({ p1: 1, p2: 1 }, { text, actor: "key_shop" }), now);
  for (const entry of entries) expect(entry).toMatchObject({ actor: "key_shop", textCommitment: text.commitment });
});
