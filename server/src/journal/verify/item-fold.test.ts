/** What a notice may say of its item: nothing but what was told. */

import { expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { origin, SeedBook } from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { decide } from "../../core/decide.ts";
import type { Entry } from "../../core/record/entry.ts";
import { parseDetail } from "../../core/record/entry-detail.ts";
import { partitionOf } from "../../core/record/partition.ts";
import { ItemFold } from "./item-fold.ts";
import { FaultList } from "./report.ts";

const now = 1_700_000_000_000;

test("a notice that says that its item changed at another time is a fault", () => {
  const book = new SeedBook(4, now).product("p1").location("l1");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 5 } });
  const state = new MemoryState(book.partitionCount, book.entries);
  const figures = { entryKind: entryKinds.inventoryUnusual, reason: "Odd.", about: 1, figures: {} };
  const told = decide(state, [{ ...origin, kind: "notice", productId: "p1", locationId: "l1", ...figures }], now + 9)
    .draft.entries[0]!;
  const faultsOf = (notice: Entry) => {
    const faults = new FaultList(partitionOf("p1", 4));
    const fold = new ItemFold(faults, 0);
    for (const entry of [...state.entries, notice]) if (entry.itemNumber !== null) fold.visit(entry);
    return faults.list();
  };
  expect(faultsOf(told)).toEqual([]);
  const lying = JSON.stringify({ ...parseDetail(told), changedAtMs: now + 9 });
  expect(faultsOf({ ...told, detail: lying })).toMatchObject([{ kind: "value", sequence: told.sequence }]);
});
