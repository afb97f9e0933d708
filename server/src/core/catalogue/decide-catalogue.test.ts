/** Products and locations: life, versions and SKUs. */
import { expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import {
  adjust,
  inventory,
  locationCommand,
  locationDocument,
  productCommand,
  productDocument,
  SeedBook,
} from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import type { Command } from "../command.ts";
import { decide } from "../decide.ts";

const now = 1_700_000_000_000;
const create = (sku: string) => ({ kind: "create", document: productDocument(sku) }) as const;
const remove = { kind: "delete" } as const;

function stateOf(book: (seeds: SeedBook) => SeedBook): MemoryState {
  const seeds = book(new SeedBook(4, now - 1_000));
  return new MemoryState(seeds.partitionCount, seeds.entries);
}

function run(state: MemoryState, ...commands: readonly Command[]) {
  const { draft, outcomes } = decide(state, commands, now);
  state.absorb(draft.entries);
  const codes = outcomes.map((outcome) => (outcome.kind === "rejected" ? outcome.rejection.code : outcome.kind));
  return { codes, outcomes, draft };
}

test("a product goes through its life in versions and kinds of entries", () => {
  const state = new MemoryState(4);
  const operations = [
    create("A"),
    { kind: "patch", fields: { name: "Rouge" } },
    { kind: "patch", fields: {}, life: "archived" },
    { kind: "replace", document: productDocument("A", "Again") },
    { kind: "patch", fields: {}, life: "active" },
    remove,
    create("A"),
  ] as const;
  const { codes, draft } = run(state, ...operations.map((operation) => productCommand("p1", operation)));
  expect(codes).toEqual(operations.map(() => "product"));
  const { productCreated, productUpdated, productArchived, productDeleted } = entryKinds;
  expect(draft.entries.map((entry) => entry.kind)).toEqual([
    productCreated,
    productUpdated,
    productArchived,
    productUpdated,
    productUpdated,
    productDeleted,
    productCreated,
  ]);
  expect(draft.entries.map((entry) => entry.version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(state.product(1, "p1")).toMatchObject({ life: "active", createdAtMs: now, version: 7 });
});

test("a replaced product that is archived stays archived unless told otherwise", () => {
  const state = stateOf((seeds) => seeds.product("p1", "archived"));
  run(state, productCommand("p1", { kind: "replace", document: productDocument("A") }));
  expect(state.product(1, "p1")!.life).toBe("archived");
  run(state, productCommand("p1", { kind: "replace", document: productDocument("A"), life: "active" }));
  expect(state.product(1, "p1")!.life).toBe("active");
});

test("a patch changes what it names and keeps the rest, a replacement keeps nothing", () => {
  const state = stateOf((seeds) => seeds.product("p1"));
  run(state, productCommand("p1", { kind: "patch", fields: { price: null, attributes: {} } }));
  expect(state.product(1, "p1")!.document).toEqual({ ...productDocument("SKU-p1"), price: null, attributes: {} });
  run(state, productCommand("p1", { kind: "replace", document: productDocument("B", "B") }));
  expect(state.product(1, "p1")!.document).toEqual(productDocument("B", "B"));
});

test("creation keeps its time through later changes, and starts anew after deletion", () => {
  const state = stateOf((seeds) => seeds.location("l1"));
  run(state, locationCommand("l1", { kind: "patch", fields: { name: "B" } }));
  expect(state.location("l1")).toMatchObject({ createdAtMs: now - 1_000, updatedAtMs: now, version: 2 });
  run(state, locationCommand("l1", remove));
  run(state, locationCommand("l1", { kind: "create", document: locationDocument("C") }));
  expect(state.location("l1")).toMatchObject({ createdAtMs: now, version: 4, life: "active" });
});

test("a SKU is free again once its product is deleted or has moved to another", () => {
  const state = stateOf((seeds) => seeds.product("p1").product("p2"));
  expect(run(state, productCommand("p3", create("SKU-p1"))).codes).toEqual(["already_exists"]);
  run(state, productCommand("p1", { kind: "patch", fields: { sku: "SKU-new" } }));
  expect(run(state, productCommand("p3", create("SKU-p1"))).codes).toEqual(["product"]);
  run(state, productCommand("p2", remove));
  expect(run(state, productCommand("p4", create("SKU-p2"))).codes).toEqual(["product"]);
});

test("SKUs move between products within one group, in order", () => {
  const state = stateOf((seeds) => seeds.product("p1").product("p2"));
  const { codes, draft } = run(
    state,
    productCommand("p1", { kind: "patch", fields: { sku: "SKU-p2" } }),
    productCommand("p1", { kind: "patch", fields: { sku: "SKU-x" } }),
    productCommand("p2", { kind: "patch", fields: { sku: "SKU-p1" } }),
    productCommand("p1", { kind: "patch", fields: { sku: "SKU-p2" } }),
    productCommand("p3", create("SKU-p1")),
  );
  expect(codes).toEqual(["already_exists", "product", "product", "product", "already_exists"]);
  const changes = Object.fromEntries(draft.skuChanges);
  expect(changes).toEqual({ "SKU-x": null, "SKU-p1": "p2", "SKU-p2": "p1" });
});

test("an archived product keeps its SKU", () => {
  const state = stateOf((seeds) => seeds.product("p1", "archived"));
  expect(run(state, productCommand("p2", create("SKU-p1"))).codes).toEqual(["already_exists"]);
});

test("a product or location takes effect for the commands after it in the same group", () => {
  const state = new MemoryState(4);
  const { codes } = run(
    state,
    inventory(adjust(1)),
    productCommand("p1", create("A")),
    locationCommand("l1", { kind: "create", document: locationDocument() }),
    inventory(adjust(1, { sku: "A" })),
    productCommand("p1", { kind: "patch", fields: { sku: "B" } }),
    inventory(adjust(1, { sku: "A" })),
    locationCommand("l1", { kind: "patch", fields: {}, life: "archived" }),
    inventory(adjust(1)),
  );
  expect(codes.join(" ")).toBe("not_found product location lines product not_found location archived");
});

test("a product or location is deleted only when nothing is left of it, in any of its items", () => {
  const item = { productId: "p1", locationId: "l1", levels: { onHand: 5 } };
  const state = stateOf((seeds) => seeds.product("p1").location("l1").location("l2").item(item));
  run(state, inventory(adjust(0, { locationId: "l2" })));
  expect(run(state, productCommand("p1", remove)).codes).toEqual(["in_use"]);
  expect(run(state, locationCommand("l1", remove)).codes).toEqual(["in_use"]);
  expect(run(state, locationCommand("l2", remove)).codes).toEqual(["location"]);
  run(state, inventory(adjust(-5)));
  expect(run(state, productCommand("p1", remove)).codes).toEqual(["product"]);
  expect(run(state, locationCommand("l1", remove)).codes).toEqual(["location"]);
});

test("oversold, reserved, unavailable and incoming units keep a product from being deleted", () => {
  for (const levels of [{ onHand: -1 }, { onHand: 1, reserved: 1 }, { onHand: 2, unavailable: 2 }, { incoming: 1 }]) {
    const item = { productId: "p1", locationId: "l1", levels };
    const state = stateOf((seeds) => seeds.product("p1").location("l1").item(item));
    expect(run(state, productCommand("p1", remove)).codes).toEqual(["in_use"]);
  }
});

test("changes of a location lie in the control partition, those of a product in its own", () => {
  const state = new MemoryState(4);
  const location = locationCommand("l1", { kind: "create", document: locationDocument() });
  const { draft } = run(state, location, productCommand("p1", create("A")));
  expect(draft.entries[0]).toMatchObject({ partition: 0, locationId: "l1", productId: null, itemNumber: null });
  expect(draft.entries[1]).toMatchObject({ locationId: null, productId: "p1", itemNumber: null });
  expect(draft.entries[1]!.partition).toBeGreaterThan(0);
});
