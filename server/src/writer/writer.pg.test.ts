import { afterAll, beforeAll, expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { untilPast } from "../../test/support/orders.ts";
import {
  adjust,
  apply,
  createLocation,
  createProduct,
  inventory,
  line,
  openWriter,
  submitOne,
} from "../../test/support/writers.ts";
import { verifyJournal } from "../journal/verify/verify-journal.ts";
import type { Settled } from "./job.ts";
import type { Writer } from "./writer.ts";

let database: TestDatabase;
let writer: Writer;

beforeAll(async () => {
  database = await createDatabase();
  writer = await openWriter(database);
  await apply(writer, createLocation("paris"), createLocation("lyon"));
});
afterAll(async () => {
  await writer.stop();
  await database.close();
});

test("an adjustment is recorded, projected and answered", async () => {
  await apply(writer, createProduct("p1"));
  await apply(writer, adjust("p1", "paris", 10));
  const [outcome] = await apply(writer, adjust("p1", "paris", -3));
  expect(outcome).toMatchObject({ kind: "lines", lines: [{ item: { onHand: 7, version: 2 }, sku: "SKU-p1" }] });
  const { rows } = await database.owner.query({ text: "SELECT on_hand, version FROM item WHERE product_id = 'p1'" });
  expect(rows).toEqual([{ on_hand: 7, version: 2 }]);
  const totals = await database.owner.query({ text: "SELECT on_hand FROM product_total WHERE product_id = 'p1'" });
  expect(totals.rows).toEqual([{ on_hand: 7 }]);
});

test("a request may not take available below zero, and its refusal is remembered", async () => {
  await apply(writer, createProduct("p2"), adjust("p2", "paris", 2));
  const command = adjust("p2", "paris", -3, "sale-1");
  const first = await submitOne(writer, command);
  expect(first.outcome).toMatchObject({
    kind: "rejected",
    rejection: { code: "insufficient_stock", available: 2, requested: 3 },
  });
  await apply(writer, adjust("p2", "paris", 100));
  const again = await submitOne(writer, command);
  expect(again.replayed).toBe(true);
  expect(again.outcome).toEqual(first.outcome);
});

test("the same key with another request is refused", async () => {
  await apply(writer, createProduct("p3"), adjust("p3", "paris", 2, "k"));
  await expect(submitOne(writer, adjust("p3", "paris", 5, "k"))).rejects.toThrow("used before");
});

test("a change over several partitions is applied whole or not at all", async () => {
  const products = ["a1", "a2", "a3", "a4", "a5", "a6"];
  await apply(writer, ...products.map((productId) => createProduct(productId)));
  await apply(writer, inventory(products.map((productId) => line(productId, "paris", { adjustment: 5 }))));
  const failing = inventory(
    products.map((productId, index) => line(productId, "paris", { adjustment: index === 5 ? -6 : -1 })),
  );
  expect((await submitOne(writer, failing)).outcome.kind).toBe("rejected");
  const { rows } = await database.owner.query<{ on_hand: number }>({
    text: "SELECT on_hand FROM item WHERE product_id LIKE 'a_'",
  });
  expect(rows.map((row) => row.on_hand)).toEqual([5, 5, 5, 5, 5, 5]);
});

test("two servers on one database see each other's changes before they decide", async () => {
  const other = await openWriter(database);
  await apply(writer, createProduct("p4"), adjust("p4", "paris", 1000));
  const answers: Settled[] = [];
  for (let round = 0; round < 40; round++) {
    const attempts = Array.from({ length: 30 }, (_, index) =>
      submitOne(index % 2 === 0 ? writer : other, adjust("p4", "paris", -1)),
    );
    answers.push(...(await Promise.all(attempts)));
  }
  expect(answers.filter(({ outcome }) => outcome.kind === "lines")).toHaveLength(1000);
  const { rows } = await database.owner.query({ text: "SELECT on_hand FROM item WHERE product_id = 'p4'" });
  expect(rows).toEqual([{ on_hand: 0 }]);
  await other.stop();
});

test("a notice leaves the time of an item's last change, for every server and in the journal", async () => {
  const other = await openWriter(database);
  const itemRow = async (productId: string) => {
    const text = "SELECT version, updated_at, last_sequence FROM item WHERE product_id = $1";
    const values = [productId];
    return (
      await database.owner.query<{ version: number; updated_at: number; last_sequence: number }>({ text, values })
    ).rows;
  };
  await apply(writer, createProduct("p8"), adjust("p8", "paris", 1));
  await apply(other, adjust("p8", "paris", 0));
  const [item] = await itemRow("p8");
  await untilPast(database.owner, item!.updated_at);
  const { lines: _, ...origin } = adjust("p8", "paris", 0);
  const about = { productId: "p8", locationId: "paris", about: 1, reason: "Odd.", figures: {} };
  await apply(writer, { ...origin, ...about, kind: "notice", entryKind: entryKinds.inventoryUnusual });
  expect(await itemRow("p8")).toEqual([{ ...item!, last_sequence: expect.any(Number) }]);
  const guard = { lastUpdatedMs: item!.updated_at };
  const guarded = inventory([line("p8", "paris", { stockLevel: 9 }, { guard })]);
  expect((await submitOne(other, guarded)).outcome).toMatchObject({ kind: "lines", lines: [{ item: { onHand: 9 } }] });
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
  await other.stop();
});

test("a location that another server archived refuses at once", async () => {
  const other = await openWriter(database);
  await apply(other, createProduct("p5"), adjust("p5", "lyon", 1));
  const archive = {
    ...createLocation("lyon"),
    operation: { kind: "patch" as const, fields: {}, life: "archived" as const },
  };
  await apply(writer, archive);
  const { outcome } = await submitOne(other, adjust("p5", "lyon", 1));
  expect(outcome).toMatchObject({ kind: "rejected", rejection: { code: "archived" } });
  await other.stop();
});

test("a change whose SKU moved since it was looked up is refused without being remembered", async () => {
  await apply(writer, createProduct("p6", "MOVED-NOW-ELSEWHERE"), createProduct("p7", "WANTED"));
  const bySku = (productId: string) =>
    inventory([line(productId, "paris", { adjustment: 1 }, { sku: "WANTED", isFoundBySku: true })], "by-sku");
  const stale = await submitOne(writer, bySku("p6"));
  expect(stale.outcome).toMatchObject({ kind: "rejected", rejection: { code: "not_found", isStale: true } });
  const again = await submitOne(writer, bySku("p7"));
  expect(again).toMatchObject({ replayed: false, outcome: { kind: "lines" } });
});

test("the application's role cannot rewrite entries", async () => {
  for (const text of ["UPDATE journal SET actor = 'x'", "DELETE FROM journal", "TRUNCATE journal"]) {
    await expect(database.application.query({ text })).rejects.toThrow("permission denied");
  }
});
