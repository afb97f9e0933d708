/** What entries say of orders, whichever version wrote them. */
import { expect, test } from "bun:test";
import { SeedBook } from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { extendBy, held, onReservation, reserve, want } from "../../../test/model/reservation-commands.ts";
import type { Entry } from "../../core/record/entry.ts";
import { parseDetail } from "../../core/record/entry-detail.ts";
import { OrderFold } from "./order-fold.ts";
import { FaultList } from "./report.ts";

const now = 1_700_000_000_000;

function foldOf(entries: readonly Entry[], fromSequence = 0): OrderFold {
  const fold = new OrderFold(new FaultList(1), fromSequence);
  for (const entry of entries) fold.visit(entry);
  return fold;
}

test("how locations were chosen is known from the first entry, though older journals have it in all", () => {
  const book = new SeedBook(1, now - 1_000).product("p1").location("l1");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 9 } });
  const state = new MemoryState(book.partitionCount, book.entries);
  const made = held(state, reserve([want(2)], { policy: "partial" }), now);
  const later = held(state, onReservation(state, made.order.orderId, extendBy(5_000)), now + 1);
  const { allocation } = made.order;
  expect(parseDetail(later.entries[0]!).order).toBeDefined();
  const older = later.entries.map((entry) => {
    const detail = parseDetail(entry);
    return { ...entry, detail: JSON.stringify({ ...detail, order: { ...detail.order, allocation } }) };
  });
  const whole = foldOf([...made.entries, ...later.entries]).orders;
  expect(whole.get(made.order.orderId)!.allocation).not.toBeNull();
  expect(foldOf([...made.entries, ...older]).orders).toEqual(whole);
  expect(foldOf(later.entries, 1).orders.get(made.order.orderId)!.allocation).toBeNull();
});
