/** Every reason to refuse has a case, and where two apply the one that comes first in the documented order is named. */
import { describe, expect, test } from "bun:test";
import {
  futureToleranceMs,
  type RejectionCode,
  rejectionCodes,
  type UnsellableState,
} from "@onhand/protocol/vocabulary";
import {
  adjust,
  inventory,
  lineOf,
  locationCommand,
  productCommand,
  productDocument,
  SeedBook,
  setTo,
} from "../../test/model/commands.ts";
import { MemoryState } from "../../test/model/memory-state.ts";
import type { Command, InventoryLine } from "./command.ts";
import { decide } from "./decide.ts";
import { noExtras } from "./inventory/item.ts";

const now = 1_700_000_000_000;
const tooLateMs = now + futureToleranceMs + 1;

/** `p1` at `l1` holds 5 and is in use, at `l2` it is archived, at `l4` 2 of 5 are damaged; `p3` is archived; `p9` and `l9` were deleted. */
const state = (() => {
  const book = new SeedBook(4, now).product("p1").product("p2").product("p3", "archived").product("p9", "deleted");
  book.location("l1").location("l2").location("l3", "archived").location("l9", "deleted");
  book.item({ productId: "p1", locationId: "l1", levels: { onHand: 5 } });
  book.item({ productId: "p1", locationId: "l2", levels: { onHand: 5 }, life: "archived" });
  book.location("l4").item({ productId: "p1", locationId: "l4", levels: { onHand: 5, unavailable: 2 } });
  const [past, last] = [book.entries.slice(0, -1), book.entries.at(-1)!];
  const detail = JSON.stringify({ extras: { ...noExtras, damaged: 2 } });
  return new MemoryState(book.partitionCount, [...past, { ...last, detail }]);
})();

function codeOf(command: Command): string {
  const outcome = decide(state, [command], now).outcomes[0]!;
  return outcome.kind === "rejected" ? outcome.rejection.code : outcome.kind;
}

const moved = (
  from: UnsellableState | null,
  to: UnsellableState | null,
  quantity: number,
  rest: Partial<InventoryLine> = {},
) => lineOf({ move: { from, to, quantity } }, rest);
const remove = { retire: "delete" } as const;
const replace = (sku: string) => ({ kind: "replace", document: productDocument(sku) }) as const;

/** What becomes of orders is tried where they are decided. */
type OrderCode = "reservation_expired" | "already_ended" | "hold_limit_exceeded";

const casesByCode: Record<Exclude<RejectionCode, OrderCode>, Readonly<Record<string, Command>>> = {
  not_found: {
    "an unknown product": inventory(adjust(1, { productId: "p0" })),
    "a deleted product": inventory(adjust(1, { productId: "p9" })),
    "an unknown location": inventory(adjust(1, { locationId: "l0" })),
    "a deleted location": inventory(adjust(1, { locationId: "l9" })),
    "another product's SKU": inventory(adjust(1, { sku: "SKU-p2" })),
    "an item that must exist": inventory(adjust(1, { productId: "p2", mustExist: true })),
    "a replaced product that was deleted": productCommand("p9", replace("SKU-p9")),
    "a deleted product that was deleted": productCommand("p9", { kind: "delete" }),
    "a patched location that is unknown": locationCommand("l0", { kind: "patch", fields: {} }),
  },
  already_exists: {
    "a product id in use": productCommand("p1", { kind: "create", document: productDocument("SKU-new") }),
    "a product id that is archived": productCommand("p3", { kind: "create", document: productDocument("SKU-new") }),
    "a SKU in use": productCommand("p4", { kind: "create", document: productDocument("SKU-p1") }),
    "a SKU of an archived product": productCommand("p4", { kind: "create", document: productDocument("SKU-p3") }),
    "a move to a SKU in use": productCommand("p2", { kind: "patch", fields: { sku: "SKU-p1" } }),
  },
  archived: {
    "an archived product": inventory(adjust(1, { productId: "p3" })),
    "an archived location": inventory(adjust(1, { locationId: "l3" })),
    "an archived item": inventory(adjust(1, { locationId: "l2" })),
  },
  precondition_required: {
    "an unguarded level": inventory(setTo(7, null)),
    "unguarded unavailable units": inventory(lineOf({ unavailableStock: 1 })),
  },
  version_conflict: {
    "a stale version": inventory(setTo(7, { version: 2 })),
    "a stale level": inventory(adjust(1, { guard: { stockLevel: 4 } })),
    "a stale time": inventory(adjust(1, { guard: { lastUpdatedMs: now - 1 } })),
    "a stale If-Match on a product": productCommand("p1", { kind: "delete" }, 9),
    "a stale If-Match on a location": locationCommand("l1", { kind: "patch", fields: { name: "B" } }, 9),
  },
  validation_failed: {
    "a time too far ahead": inventory(adjust(1, { occurredAtMs: tooLateMs })),
    "a count too far ahead": inventory(lineOf({ stockLevel: 1, countedAtMs: tooLateMs })),
    "a level out of range": inventory(adjust(Number.MAX_SAFE_INTEGER)),
    "a set and an adjustment of one item": inventory(setTo(7, { version: 1 }), adjust(1)),
    "a move and an adjustment of one item": inventory(moved(null, "damaged", 1), adjust(1)),
    "a move to the state that units come from": inventory(moved("damaged", "damaged", 1)),
    "a move of no units": inventory(moved(null, "damaged", 0)),
    "less unavailable than in named states": inventory(
      lineOf({ unavailableStock: 0 }, { locationId: "l4", guard: { version: 1 } }),
    ),
  },
  in_use: {
    "an item with stock": inventory(lineOf(remove, { mustExist: true })),
    "an archived item with stock": inventory(lineOf(remove, { mustExist: true, locationId: "l2" })),
    "a product with stock": productCommand("p1", { kind: "delete" }),
    "a location with stock": locationCommand("l1", { kind: "delete" }),
  },
  insufficient_stock: {
    "more than there is": inventory(adjust(-6)),
    "a level below zero": inventory(setTo(-1, { version: 1 })),
    "more unavailable than there is": inventory(lineOf({ unavailableStock: 6 }, { guard: { version: 1 } })),
    "more units of a state than are in it": inventory(
      lineOf({ adjustment: -3, state: "damaged" }, { locationId: "l4" }),
    ),
    "a move of more units than are in their state": inventory(moved("damaged", null, 3, { locationId: "l4" })),
    "a move out of what is sellable of more than is available": inventory(moved(null, "damaged", 6)),
  },
};

for (const code of rejectionCodes) {
  describe(code, () => {
    for (const [name, command] of Object.entries(casesByCode[code as keyof typeof casesByCode] ?? {})) {
      test(`is the answer to ${name}`, () => expect(codeOf(command)).toBe(code));
    }
  });
}

/** Two reasons apply to each command; the first of the two is the answer. */
const precedence: readonly (readonly [RejectionCode, RejectionCode, Command])[] = [
  ["not_found", "archived", inventory(adjust(1, { productId: "p0", locationId: "l3" }))],
  ["not_found", "archived", inventory(adjust(1, { productId: "p3", locationId: "l0" }))],
  ["not_found", "archived", inventory(adjust(1, { productId: "p3", mustExist: true }))],
  ["not_found", "precondition_required", inventory(setTo(1, null, { productId: "p2", mustExist: true }))],
  ["already_exists", "version_conflict", productCommand("p2", replace("SKU-p1"), 9)],
  ["archived", "precondition_required", inventory(setTo(1, null, { locationId: "l2" }))],
  ["archived", "version_conflict", inventory(adjust(1, { locationId: "l2", guard: { version: 9 } }))],
  ["precondition_required", "validation_failed", inventory(setTo(1, null, { occurredAtMs: tooLateMs }))],
  ["version_conflict", "validation_failed", inventory(setTo(1, { version: 9 }, { occurredAtMs: tooLateMs }))],
  ["version_conflict", "in_use", inventory(lineOf(remove, { mustExist: true, guard: { version: 9 } }))],
  ["version_conflict", "in_use", productCommand("p1", { kind: "delete" }, 9)],
  ["version_conflict", "in_use", locationCommand("l1", { kind: "delete" }, 9)],
  ["version_conflict", "insufficient_stock", inventory(adjust(-9, { guard: { version: 9 } }))],
  ["validation_failed", "in_use", inventory(lineOf(remove, { mustExist: true, occurredAtMs: tooLateMs }))],
  ["validation_failed", "insufficient_stock", inventory(adjust(-9, { occurredAtMs: tooLateMs }))],
  ["validation_failed", "insufficient_stock", inventory(moved("damaged", "damaged", 9))],
];

for (const [first, second, command] of precedence) {
  const what = command.kind === "inventory" ? JSON.stringify(command.lines[0]!.change) : command.kind;
  test(`${first} goes before ${second} (${what})`, () => {
    expect(rejectionCodes.indexOf(first)).toBeLessThan(rejectionCodes.indexOf(second));
    expect(codeOf(command)).toBe(first);
  });
}

test("the order of precedence holds over all lines of a command", () => {
  expect(codeOf(inventory(setTo(7, null), adjust(1, { productId: "p0" })))).toBe("not_found");
  expect(codeOf(inventory(adjust(-9), adjust(1, { locationId: "l2" })))).toBe("archived");
  expect(codeOf(inventory(setTo(7, { version: 1 }), setTo(7, null)))).toBe("precondition_required");
});

test("of several lines at fault for the same reason the first in the caller's order is named", () => {
  const command = inventory(adjust(-1, { productId: "p0" }), adjust(1, { productId: "p0" }));
  const outcome = decide(state, [command], now).outcomes[0]!;
  expect(outcome).toMatchObject({ kind: "rejected", rejection: { code: "not_found", line: 0 } });
});

test("a refusal says what is wrong and what to do next", () => {
  for (const command of Object.values(casesByCode).flatMap((commands) => Object.values(commands))) {
    const outcome = decide(state, [command], now).outcomes[0]!;
    if (outcome.kind === "rejected") expect(outcome.rejection.detail).toMatch(/^.{20,}\.$/);
  }
});
