/** Demand that was refused: what counts, at which item, and that a group tells of it once. */
import { describe, expect, test } from "bun:test";
import { entryKinds, quantityMax } from "@onhand/protocol/vocabulary";
import { adjust, inventory, SeedBook } from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { reserve, want, wantFrom } from "../../../test/model/reservation-commands.ts";
import type { Command, InventoryLine } from "../command.ts";
import { decide } from "../decide.ts";
import { parseDetail } from "../record/entry-detail.ts";

const nowMs = 1_700_000_000_000;

/** Five of `p1` at `l1`, none at `l2`; none anywhere of `p2`. */
function shop(): MemoryState {
  const book = new SeedBook(3, nowMs - 1).product("p1").product("p2");
  for (const locationId of ["l1", "l2"]) book.location(locationId);
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 5 } });
  book.item({ productId: "p1", locationId: "l2" });
  book.item({ productId: "p2", locationId: "l2" });
  return new MemoryState(3, book.entries);
}

const sale = (units: number, rest: Partial<InventoryLine> = {}): InventoryLine =>
  adjust(-units, { movementType: "sale", ...rest });

function toldOf(commands: readonly Command[]) {
  const { draft, outcomes } = decide(shop(), commands, nowMs);
  const told = draft.entries.filter(({ kind }) => kind === entryKinds.inventoryDemandRefused);
  const figures = told.map((entry) => {
    const { requests, units } = parseDetail(entry).notice!;
    return { at: `${entry.productId}/${entry.locationId}`, requests, units };
  });
  return { figures, told, entries: draft.entries, kinds: outcomes.map(({ kind }) => kind) };
}

describe("told is", () => {
  test("a refused sale, at its item, with the units that were not there", () => {
    const { figures, told } = toldOf([inventory(sale(7))]);
    expect(figures).toEqual([{ at: "p1/l1", requests: 1, units: 2 }]);
    const [entry] = told;
    expect(entry).toMatchObject({ actor: "onhand", requestId: "req_1", version: 1 });
    expect(parseDetail(entry!).notice!.about).toBe(entry!.previousSequence!);
  });

  test("what a group refused, once for each item, behind everything else", () => {
    const rush = Array.from({ length: 40 }, (_, n) => ({ ...inventory(sale(1)), requestId: `req_${n}` }));
    const { figures, entries, told, kinds } = toldOf([
      ...rush,
      inventory(sale(3, { locationId: "l2" })),
      inventory(adjust(4)),
    ]);
    expect(kinds.filter((kind) => kind === "rejected")).toHaveLength(36);
    expect(figures).toEqual([
      { at: "p1/l1", requests: 35, units: 35 },
      { at: "p1/l2", requests: 1, units: 3 },
    ]);
    expect(entries.slice(-2)).toEqual(told);
    expect(told[0]!.requestId).toBe("req_5");
  });

  test("a refused reservation; of a group of locations at the first that has an item", () => {
    expect(toldOf([reserve([want(8)])]).figures).toEqual([{ at: "p1/l1", requests: 1, units: 3 }]);
    expect(toldOf([reserve([wantFrom("eu", 2, "p2")])]).figures).toEqual([{ at: "p2/l2", requests: 1, units: 2 }]);
  });

  test("of several lines the one that the request was refused for", () => {
    const { figures } = toldOf([inventory(sale(2), sale(9, { productId: "p2", locationId: "l2" }))]);
    expect(figures).toEqual([{ at: "p2/l2", requests: 1, units: 9 }]);
  });

  test("no more than a quantity can hold", () => {
    const most = inventory(sale(quantityMax, { locationId: "l2" }));
    expect(toldOf([most, most]).figures).toEqual([{ at: "p1/l2", requests: 2, units: quantityMax }]);
  });
});

describe("not told is", () => {
  test("a refused correction, loss or move of units that cannot be sold: nobody wanted to buy them", () => {
    const { kinds, entries } = toldOf([
      inventory(adjust(-7)),
      inventory(adjust(-7, { movementType: "loss" })),
      inventory(sale(7, { change: { adjustment: -7, state: "damaged" } })),
    ]);
    expect(kinds).toEqual(["rejected", "rejected", "rejected"]);
    expect(entries).toEqual([]);
  });

  test("what was only tried", () => {
    const { kinds, entries } = toldOf([{ ...reserve([want(8)]), isDryRun: true }]);
    expect(kinds).toEqual(["rejected"]);
    expect(entries).toEqual([]);
  });

  test("what was asked for where there is no item, which could not tell it", () => {
    const { kinds, entries } = toldOf([inventory(sale(1, { productId: "p2", locationId: "l1" }))]);
    expect(kinds).toEqual(["rejected"]);
    expect(entries).toEqual([]);
  });

  test("a sale that is recorded below zero, and a refusal for another reason", () => {
    const guarded = sale(7, { guard: { version: 9 } });
    const { figures } = toldOf([inventory(guarded), inventory(sale(7, { allowNegative: true }))]);
    expect(figures).toEqual([]);
  });
});
