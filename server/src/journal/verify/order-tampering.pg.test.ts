/** Plants faults in orders, their lines and what channels may sell, and shows that each is found and named. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../test/support/database.ts";
import {
  commit,
  createChannel,
  extend,
  orderOf,
  reserve,
  reserveLine,
  transfer,
  transferAction,
} from "../../../test/support/orders.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../../../test/support/writers.ts";
import type { Command } from "../../core/command.ts";
import type { StockOrder } from "../../core/orders/order.ts";
import { partitionOf } from "../../core/record/partition.ts";
import { type Anchor, anchorOf } from "./anchor.ts";
import type { Fault } from "./report.ts";
import { verifyJournal } from "./verify-journal.ts";

const partitionCount = 4;
const tables = ["stock_order", "stock_order_line", "channel", "channel_level", "item", "product_total"];
const ids = Array.from({ length: 40 }, (_, index) => `p${index}`);
const p = ids.find((id) => partitionOf(id, partitionCount) === 2)!;
const other = ids.find((id) => partitionOf(id, partitionCount) === 3)!;

let database: TestDatabase;
let anchor: Anchor;
let hold: StockOrder;
let moved: StockOrder;

const run = (text: string, values: unknown[] = []) => database.owner.query({ text, values });
const verify = (from?: Anchor) => verifyJournal(database.application, from === undefined ? {} : { from });

beforeAll(async () => {
  database = await createDatabase(partitionCount);
  const writer = await openWriter(database);
  const make = async (command: Command): Promise<StockOrder> => orderOf((await apply(writer, command))[0]!).order;
  await apply(writer, createLocation("paris"), createLocation("lyon"), createProduct(p), createProduct(other));
  await apply(writer, createChannel("web", ["paris"], 1));
  await apply(writer, adjust(p, "paris", 20), adjust(other, "paris", 20));
  hold = await make(reserve([reserveLine(p, "paris", 4), reserveLine(other, "paris", 2)]));
  anchor = anchorOf(await verify());
  await make(commit(hold, { lines: [{ line: 1, quantity: 1 }] }));
  await make(extend(hold, 900_000));
  moved = await make(transfer("paris", "lyon", [{ productId: p, quantity: 5 }]));
  await make(transferAction(moved, { kind: "ship", lines: [{ line: 1, quantity: 3 }], expectedAtMs: null }));
  await writer.stop();
  // As the refresher does once it has looked after a channel.
  await run("UPDATE channel SET refreshed_through = (SELECT sequence FROM partition_head WHERE partition = 0)");
  for (const table of tables) await run(`CREATE TABLE saved_${table} AS TABLE ${table}`);
  await run("ALTER TABLE stock_order_line DROP CONSTRAINT stock_order_line_adds_up");
  await run("ALTER TABLE stock_order_line DROP CONSTRAINT stock_order_line_lapsed_is_dropped");
});
afterEach(async () => {
  await run(`TRUNCATE ${tables.join(", ")}`);
  for (const table of tables) await run(`INSERT INTO ${table} SELECT * FROM saved_${table}`);
});
afterAll(() => database.close());

/** Verifies, and expects the first fault and the kinds of all. */
async function expectFaults(first: Partial<Fault>, kinds: Fault["kind"][], from?: Anchor): Promise<void> {
  const report = await verify(from);
  expect(report.faults[0]).toMatchObject(first);
  expect([...new Set(report.faults.map((fault) => fault.kind))].sort()).toEqual([...kinds].sort());
}

test("untouched, it verifies, from the beginning and behind an anchor", async () => {
  expect((await verify()).faults).toEqual([]);
  expect((await verify(anchor)).faults).toEqual([]);
});

test.each(["held = held - 1, dropped = dropped + 1", "held = held + 1, quantity = quantity + 1"])(
  "a line that holds other than its entries say: %s",
  async (change) => {
    await run(`UPDATE stock_order_line SET ${change} WHERE order_id = $1 AND line = 1`, [hold.orderId]);
    const first = { kind: "line", partition: 2, orderId: hold.orderId, line: 1 } as const;
    await expectFaults(first, ["line", "counter"]);
    await expectFaults(first, ["line", "counter"], anchor);
  },
);

test.each([
  "done = done + 1",
  "ended = 4",
  "phase = 1",
  "expires_at = expires_at + interval '1 hour'",
  "surplus = 1",
  "holder = 'somebody else'",
  "buyer_key = 'x'",
  "request_line = 7",
])("a line that differs: %s", async (change) => {
  await run(`UPDATE stock_order_line SET ${change} WHERE order_id = $1 AND line = 1`, [hold.orderId]);
  await expectFaults({ kind: "line", partition: 2, orderId: hold.orderId, line: 1, productId: p }, ["line"]);
});

test("a line that is gone, and one that no entry made", async () => {
  await run("UPDATE stock_order_line SET line = 9 WHERE order_id = $1 AND line = 1", [hold.orderId]);
  await expectFaults({ kind: "line_unexpected", orderId: hold.orderId, line: 9 }, ["line_unexpected", "line_missing"]);
});

test("units that are said to have run out", async () => {
  await run("UPDATE stock_order_line SET lapsed = 1 WHERE order_id = $1 AND line = 1", [hold.orderId]);
  await expectFaults({ kind: "line", partition: 2, orderId: hold.orderId, expected: "lapsed 0", found: "lapsed 1" }, [
    "line",
  ]);
});

test("units on their way that nobody sent", async () => {
  await run("UPDATE stock_order_line SET incoming = incoming + 1, quantity = quantity + 1 WHERE order_id = $1", [
    moved.orderId,
  ]);
  await expectFaults({ kind: "line", partition: 2, orderId: moved.orderId }, ["line", "counter"]);
});

test.each([
  "phase = 1",
  "expires_at = expires_at - interval '1 hour'",
  "partitions = '{2}'",
  "line_count = 3",
  "actor = 'somebody else'",
  "payment_late_at = now()",
  "superseded_by = 'res_0200000000001'",
  "allocation = '{}'",
])("an order that differs from its last entry: %s", async (change) => {
  await run(`UPDATE stock_order SET ${change} WHERE order_id = $1`, [hold.orderId]);
  await expectFaults({ kind: "order", partition: 2, orderId: hold.orderId }, ["order"]);
  await expectFaults({ kind: "order", partition: 2, orderId: hold.orderId }, ["order"], anchor);
});

test("the note of an order may be erased", async () => {
  await run("UPDATE stock_order SET note = NULL, reference = NULL");
  expect((await verify()).faults).toEqual([]);
});

test("an order that is gone, and one that no entry made", async () => {
  await run("DELETE FROM stock_order WHERE order_id = $1", [hold.orderId]);
  await expectFaults({ kind: "order_missing", orderId: hold.orderId }, ["order_missing"]);
  await run("UPDATE stock_order SET order_id = 'trf_0200000000999' WHERE order_id = $1", [moved.orderId]);
  await expectFaults({ kind: "order_unexpected", orderId: "trf_0200000000999" }, ["order_unexpected", "order_missing"]);
});

test("a counter that has drifted from the lines", async () => {
  await run("UPDATE item SET reserved = reserved - 1 WHERE product_id = $1 AND location_id = 'paris'", [other]);
  await run("UPDATE product_total SET reserved = reserved - 1 WHERE product_id = $1", [other]);
  const names = { productId: other, locationId: "paris" };
  const report = await verify();
  expect(report.faults).toContainEqual(
    expect.objectContaining({ kind: "counter", ...names, expected: "reserved 2, incoming 0 or more" }),
  );
});

test("extras that no entry set", async () => {
  await run(`UPDATE item SET extras = '{"damaged":1}' WHERE product_id = $1 AND location_id = 'paris'`, [p]);
  await expectFaults({ kind: "level", productId: p, locationId: "paris" }, ["level"]);
});

test.each(["sellable = sellable + 1", "available = available - 1", "told_sequence = told_sequence - 1"])(
  "what a channel may sell that it was not told: %s",
  async (change) => {
    await run(`UPDATE channel_level SET ${change} WHERE product_id = $1`, [p]);
    await expectFaults({ kind: "channel_level", partition: 2, productId: p, channelId: "web" }, ["channel_level"]);
  },
);

test("a channel that has not been looked after since is compared with what it was told alone", async () => {
  await run("UPDATE channel SET refreshed_through = 0");
  await run("UPDATE channel_level SET sellable = sellable + 1 WHERE product_id = $1", [p]);
  expect((await verify()).faults).toEqual([]);
  await run("DELETE FROM channel_level WHERE product_id = $1", [p]);
  await expectFaults({ kind: "channel_level", productId: p, found: "no row" }, ["channel_level"]);
});

test("a channel that differs from its last entry, and one that nobody made", async () => {
  await run("UPDATE channel SET life = 1");
  const report = await verify();
  expect(report.faults[0]).toMatchObject({ kind: "catalogue", partition: 0, channelId: "web" });
  await run("UPDATE channel SET channel_id = 'ghost', life = 0");
  const kinds = (await verify()).faults.map((fault) => fault.kind);
  expect(kinds).toContain("catalogue_unexpected");
  expect(kinds).toContain("catalogue_missing");
  expect(kinds).toContain("unfounded");
});

test("a schema that knows no orders yet is verified all the same", async () => {
  await run("ALTER TABLE stock_order RENAME TO not_yet");
  const kinds = new Set((await verify()).faults.map((fault) => fault.kind));
  expect([...kinds]).toEqual([]);
  await run("ALTER TABLE not_yet RENAME TO stock_order");
});
