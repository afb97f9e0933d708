/** The draft: laid over a state, it answers as if its changes had happened. */
import { expect, test } from "bun:test";
import { adjust, inventory, SeedBook } from "../../test/model/commands.ts";
import { MemoryState } from "../../test/model/memory-state.ts";
import { commitOf, onReservation, releaseOf, reserve, want } from "../../test/model/reservation-commands.ts";
import { decide } from "./decide.ts";
import type { StockOrder, StockOrderLine } from "./orders/order.ts";
import type { OrderOutcome } from "./outcome.ts";
import { decideReservation } from "./reservations/decide-reservation.ts";
import { Draft } from "./state.ts";

const now = 1_700_000_000_000;

const stocked = (): MemoryState => {
  const book = new SeedBook(4, now).product("p1").location("l1");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 5 } });
  return new MemoryState(book.partitionCount, book.entries);
};

test("an empty draft answers as the state under it", () => {
  const state = stocked();
  const draft = new Draft(state);
  const item = state.items[0]!;
  expect(draft.partitionCount).toBe(4);
  expect(draft.head(item.partition)).toEqual(state.head(item.partition));
  expect(draft.item(item.partition, "p1", "l1")).toBe(item);
  expect(draft.product(item.partition, "p1")).toBe(state.products[0]!);
  expect(draft.location("l1")).toBe(state.locations[0]!);
  expect(draft.skuOwner("SKU-p1")).toBe("p1");
  expect(draft.movedSince(item, now - 1)).toBe(5);
  expect(draft.holdsStock({ productId: "p1" })).toBe(true);
  expect(draft.holdsStock({ locationId: "l2" })).toBe(false);
});

test("a draft answers as the state would after its entries", () => {
  const state = stocked();
  const { draft } = decide(state, [inventory(adjust(-2)), inventory(adjust(4))], now + 1);
  const after = state.copy();
  after.absorb(draft.entries);
  const item = after.items[0]!;
  expect(draft.head(item.partition)).toEqual(after.head(item.partition));
  expect(draft.item(item.partition, "p1", "l1")).toEqual(item);
  for (const momentMs of [now - 1, now, now + 1]) {
    expect(draft.movedSince(item, momentMs)).toBe(after.movedSince(item, momentMs));
  }
});

test("orders that a group makes and changes are known in it, by order and by buyer", () => {
  const state = stocked();
  const buyerKey = "b".repeat(32);
  const { draft, outcomes } = decide(
    state,
    [
      reserve([want(1), want(1)], { buyerKey }),
      reserve([want(1)], { buyerKey }),
      reserve([want(1)], { buyerKey: "c".repeat(32) }),
    ],
    now + 1,
  );
  const [first, second] = outcomes.map((outcome) => (outcome as OrderOutcome).order);
  const before = draft.orderLines(first!.orderId);
  decideReservation(
    draft,
    onReservation(state, first!.orderId, commitOf([[2]]), { partitions: first!.partitions }),
    now,
  );
  expect(before.map((line) => line.held)).toEqual([1, 1]);
  const after = state.copy();
  after.absorb(draft.entries);
  for (const { orderId } of after.orders) expect(draft.orderLines(orderId)).toEqual(after.orderLines(orderId));
  expect(draft.openReservations(buyerKey)).toEqual([first!.orderId, second!.orderId]);
  decideReservation(draft, onReservation(state, second!.orderId, releaseOf(), { partitions: second!.partitions }), now);
  expect(draft.openReservations(buyerKey)).toEqual([first!.orderId]);
  expect(draft.orderLines("res_none")).toEqual([]);
});

test("a buyer with thousands of other holds in the group costs no more than without", () => {
  const draft = new Draft(stocked());
  const order = (orderId: string, buyerKey: string) => ({ orderId, buyerKey, kind: "reservation" }) as StockOrder;
  const line = (orderId: string, number: number, held: number) =>
    ({ orderId, line: number, kind: "reservation", held, buyerKey: null, holder: "k" }) as StockOrderLine;
  for (let index = 0; index < 12_000; index++) {
    draft.putOrder(order(`res_${index}`, `buyer ${index}`));
    for (const number of [1, 2]) draft.putLine(null, line(`res_${index}`, number, index % 2));
  }
  let open = 0;
  for (let index = 0; index < 12_000; index++) open += draft.openReservations(`buyer ${index}`).length;
  expect(open).toBe(6_000);
}, 2_000);

test("an entry that is not the next of its partition cannot be added", () => {
  const state = stocked();
  const draft = new Draft(state);
  const last = state.entries.at(-1)!;
  expect(() => draft.append(last)).toThrow();
  expect(() => draft.append({ ...last, sequence: last.sequence + 2 })).toThrow();
  draft.append({ ...last, sequence: last.sequence + 1 });
  expect(draft.nextSequence(last.partition)).toBe(last.sequence + 2);
});
