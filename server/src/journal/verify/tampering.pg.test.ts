/** Plants faults as the owner of the database, who may do anything, and shows that each is found and named. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../test/support/database.ts";
import { apply, createLocation, createProduct, inventory, line, openWriter } from "../../../test/support/writers.ts";
import { commitmentOf, genesisHash, linkHash } from "../../core/record/chain.ts";
import { partitionOf } from "../../core/record/partition.ts";
import { type Anchor, anchorOf } from "./anchor.ts";
import { entriesOf } from "./entry-page.ts";
import type { Fault } from "./report.ts";
import { type EntryColumns, readEntryPage } from "./sql/read-journal.ts";
import { verifyJournal } from "./verify-journal.ts";

const partitionCount = 4;
const tables = [
  "partition_head",
  "epoch_change",
  "feed_floor",
  "journal",
  "entry_text",
  "item",
  "product_total",
  "product",
  "product_sku",
  "location",
];
/** Two products of one partition and one of another. */
const ids = Array.from({ length: 40 }, (_, index) => `p${index}`);
const [p, q] = ids.filter((id) => partitionOf(id, partitionCount) === 2) as [string, string];
const other = ids.find((id) => partitionOf(id, partitionCount) === 3)!;

let database: TestDatabase;
let anchor: Anchor;

const run = (text: string, values: unknown[] = []) => database.owner.query({ text, values });
const verify = (from?: Anchor) => verifyJournal(database.application, from === undefined ? {} : { from });

const salt = new Uint8Array(16).fill(7);
const textOf = (reason: string) => ({ salt, reason, reference: null, commitment: commitmentOf(salt, reason, null) });
const adjust = (productId: string, adjustment: number, reason?: string) =>
  inventory([line(productId, "paris", { adjustment }, reason === undefined ? {} : { text: textOf(reason) })]);

beforeAll(async () => {
  database = await createDatabase(partitionCount);
  const writer = await openWriter(database);
  await apply(writer, createLocation("paris"), createLocation("lyon"));
  await apply(writer, ...[p, q, other].map((productId) => createProduct(productId)));
  await apply(writer, adjust(p, 10, "delivery"), adjust(q, 20, "return"), adjust(other, 5));
  anchor = anchorOf(await verify());
  const both = [line(p, "paris", { adjustment: -1 }), line(other, "paris", { adjustment: 1 })];
  await apply(writer, inventory(both));
  await apply(writer, inventory([line(q, "paris", { adjustment: -2 }), line(q, "lyon", { adjustment: 2 })]));
  await apply(writer, adjust(p, -4), adjust(p, -1));
  await writer.stop();
  for (const table of tables) await run(`CREATE TABLE saved_${table} AS TABLE ${table}`);
  await run("ALTER TABLE journal DROP CONSTRAINT journal_never_oversells, DROP CONSTRAINT journal_moves_by_kind");
  await run("ALTER TABLE item DROP CONSTRAINT item_never_oversells, DROP CONSTRAINT item_states_not_negative");
  await run("DROP INDEX item_by_number");
});
afterEach(async () => {
  await run(`TRUNCATE ${tables.join(", ")}`);
  for (const table of tables) await run(`INSERT INTO ${table} SELECT * FROM saved_${table}`);
});
afterAll(() => database.close());

/** Position of the n-th entry of an item. */
async function positionOf(productId: string, version: number, locationId = "paris"): Promise<number> {
  const { rows } = await database.owner.query<{ sequence: number }>({
    text: "SELECT sequence FROM journal WHERE product_id = $1 AND location_id = $2 AND version = $3",
    values: [productId, locationId, version],
  });
  return rows[0]!.sequence;
}

/** Edits an entry of p. @returns its position */
async function edit(version: number, change: string): Promise<number> {
  const sequence = await positionOf(p, version);
  await run(`UPDATE journal SET ${change} WHERE partition = 2 AND sequence = $1`, [sequence]);
  return sequence;
}

/** What a forger with the database would do: hashes the partition's entries anew and moves the head along. */
async function rehash(partition = 2): Promise<void> {
  const { rows } = await database.owner.query<EntryColumns>(readEntryPage(partition, null, 1_000));
  let hash: Uint8Array = genesisHash;
  for (const entry of entriesOf(rows[0]!, partition)) {
    hash = linkHash(hash, entry);
    await run("UPDATE journal SET hash = $3 WHERE partition = $1 AND sequence = $2", [partition, entry.sequence, hash]);
  }
  await run(
    `UPDATE partition_head h SET sequence = j.sequence, hash = j.hash, recorded_at = j.recorded_at
     FROM (SELECT * FROM journal WHERE partition = $1 ORDER BY sequence DESC LIMIT 1) j WHERE h.partition = $1`,
    [partition],
  );
}

/** Verifies, and expects the first fault and the kinds of all. */
async function expectFaults(first: Partial<Fault>, kinds: Fault["kind"][], from?: Anchor): Promise<void> {
  const report = await verify(from);
  expect(report.ok).toBe(false);
  expect(report.faults[0]).toMatchObject(first);
  expect([...new Set(report.faults.map((fault) => fault.kind))].sort()).toEqual([...kinds].sort());
}

test("untouched, it verifies", async () => {
  expect(await verify()).toMatchObject({ ok: true, faults: [], faultCount: 0 });
});

test("a changed column breaks the chain at its entry", async () => {
  const sequence = await edit(2, "actor = 'somebody else'");
  await expectFaults({ kind: "hash", partition: 2, sequence }, ["hash"]);
});

test("a changed level breaks the chain and the sums", async () => {
  const sequence = await edit(2, "on_hand = on_hand + 1");
  await expectFaults({ kind: "hash", partition: 2, sequence }, ["hash", "delta"]);
});

test("a time that differs by less than the hash covers", async () => {
  const sequence = await edit(2, "occurred_at = occurred_at + interval '1 microsecond'");
  await expectFaults({ kind: "value", sequence, found: "occurred_at" }, ["value"]);
});

test("a number beyond what JSON keeps exact", async () => {
  const sequence = await edit(2, "safety_stock = 9007199254740993");
  await expectFaults({ kind: "value", sequence, found: "safety_stock" }, ["value", "hash"]);
});

test("a deleted entry leaves a gap", async () => {
  const sequence = await positionOf(p, 2);
  await run("DELETE FROM journal WHERE partition = 2 AND sequence = $1", [sequence]);
  await expectFaults({ kind: "gap", partition: 2, sequence: sequence + 1, expected: `entry ${sequence}` }, [
    "gap",
    "link",
    "version",
    "delta",
    "parts",
  ]);
});

test("a deleted first entry", async () => {
  await run("DELETE FROM journal WHERE partition = 2 AND sequence = 1");
  await expectFaults({ kind: "gap", partition: 2, sequence: 2 }, ["gap", "catalogue_unexpected"]);
});

test("a tail cut off together with the head is found by the levels", async () => {
  const sequence = await positionOf(p, 4);
  await run("DELETE FROM journal WHERE partition = 2 AND sequence = $1", [sequence]);
  await rehash();
  await expectFaults({ kind: "level", productId: p, locationId: "paris", sequence: null }, ["level"]);
});

test("a tail cut off with all its traces is found by an anchor", async () => {
  const later = anchorOf(await verify());
  const sequence = await edit(3, "on_hand = on_hand");
  await run("DELETE FROM journal WHERE partition = 2 AND sequence > $1", [sequence]);
  await run(
    `UPDATE item i SET on_hand = j.on_hand, version = j.version, last_sequence = j.sequence, updated_at = j.recorded_at
     FROM journal j WHERE j.partition = 2 AND j.sequence = $1 AND i.product_id = $2`,
    [sequence, p],
  );
  await run("UPDATE product_total SET on_hand = on_hand + 1 WHERE product_id = $1", [p]);
  await rehash();
  expect(await verify()).toMatchObject({ ok: true });
  await expectFaults({ kind: "anchor", partition: 2, found: "no such entry" }, ["anchor", "head"], later);
});

test("two entries in each other's place", async () => {
  const sequence = await positionOf(p, 3);
  for (const [from, to] of [
    [sequence, 1_000],
    [sequence + 1, sequence],
    [1_000, sequence + 1],
  ]) {
    await run("UPDATE journal SET sequence = $2 WHERE partition = 2 AND sequence = $1", [from, to]);
  }
  await expectFaults({ kind: "hash", partition: 2, sequence }, ["hash", "link", "version", "delta", "head", "level"]);
});

test.each(["sequence = sequence + 1", "hash = decode(repeat('ab', 32), 'hex')", "recorded_at = now()", "epoch = 9"])(
  "a wrong head: %s",
  async (change) => {
    await run(`UPDATE partition_head SET ${change} WHERE partition = 2`);
    await expectFaults({ kind: "head", partition: 2 }, ["head"]);
  },
);

test("an epoch that was raised in all heads and not recorded", async () => {
  await run("UPDATE partition_head SET epoch = 2");
  await expectFaults({ kind: "head", partition: 0 }, ["head"]);
});

test("an epoch that was recorded and not raised", async () => {
  await run("INSERT INTO epoch_change (epoch, changed_at, reason) VALUES (2, now(), 'none')");
  await expectFaults({ kind: "head", partition: 0 }, ["head"]);
});

test("a floor of the feed beyond the end", async () => {
  await run("INSERT INTO feed_floor SELECT partition, sequence + 1 FROM partition_head WHERE partition = 2");
  await expectFaults({ kind: "floor", partition: 2 }, ["floor"]);
});

test("a schema that records neither epochs nor floors yet is verified all the same", async () => {
  await run("ALTER TABLE epoch_change RENAME TO not_yet");
  expect((await verify()).faults).toEqual([]);
  await run("ALTER TABLE not_yet RENAME TO epoch_change");
});

test("a missing head", async () => {
  await run("DELETE FROM partition_head WHERE partition = 2");
  await expectFaults({ kind: "head", partition: 2 }, ["head"]);
});

test("an entry that was dated back, hashed anew", async () => {
  const sequence = await edit(3, "recorded_at = recorded_at - interval '1 hour'");
  await rehash();
  await expectFaults({ kind: "time", partition: 2, sequence }, ["time"]);
});

test.each([
  "on_hand = on_hand + 1",
  "reserved = 1",
  "unavailable = 1",
  "incoming = 1",
  "oversold = 1",
  "safety_stock = 1",
  "reorder_point = 1",
  "version = version + 1",
  "last_sequence = last_sequence - 1",
  "updated_at = updated_at + interval '1 millisecond'",
  "life = 2",
  "available_band = available_band + 1",
])("a level row that is not the fold of its entries: %s", async (change) => {
  await run(`UPDATE item SET ${change} WHERE product_id = $1`, [p]);
  const isTotalled = /on_hand|reserved|unavailable|incoming/.test(change);
  const isPromised = change.startsWith("reserved");
  const kinds: Fault["kind"][] = [
    "level",
    ...(isTotalled ? ["total" as const] : []),
    ...(isPromised ? ["counter" as const] : []),
  ];
  await expectFaults({ kind: "level", partition: 2, productId: p, locationId: "paris" }, kinds);
});

test("a level row under another number", async () => {
  await run("UPDATE item SET item_number = 1 WHERE product_id = $1", [p]);
  await expectFaults({ kind: "level_unexpected", productId: p }, ["level_unexpected", "level_missing"]);
});

test("a missing level row", async () => {
  await run("DELETE FROM item WHERE product_id = $1", [p]);
  await expectFaults({ kind: "level_missing", productId: p, locationId: "paris" }, ["level_missing", "total"]);
});

test("a level row that no entry made", async () => {
  await run(
    `INSERT INTO item SELECT partition, product_id, 'lyon', 999, 0, 0, 0, 0, 0, 0, NULL, 1, 999, updated_at, 0, 0 FROM item WHERE product_id = $1`,
    [p],
  );
  await expectFaults({ kind: "level_unexpected", productId: p, locationId: "lyon" }, ["level_unexpected"]);
});

test.each([
  "UPDATE product_total SET on_hand = on_hand + 1 WHERE product_id = $1",
  "DELETE FROM product_total WHERE product_id = $1",
])("a wrong total: %s", async (text) => {
  await run(text, [p]);
  await expectFaults({ kind: "total", partition: 2, productId: p }, ["total"]);
});

test("a total of nothing", async () => {
  await run("INSERT INTO product_total VALUES (2, 'ghost', 0, 0, 0, 0)");
  await expectFaults({ kind: "total", productId: "ghost", expected: "no total" }, ["total"]);
});

test.each(["reason = 'stolen'", "reference = 'x'", "salt = decode(repeat('00', 16), 'hex')", "reason = NULL"])(
  "an altered text: %s",
  async (change) => {
    const sequence = await positionOf(p, 1);
    await run(`UPDATE entry_text SET ${change} WHERE partition = 2 AND sequence = $1`, [sequence]);
    await expectFaults({ kind: "text", partition: 2, sequence, productId: p }, ["text"]);
  },
);

test("the text of another entry", async () => {
  const [one, two] = [await positionOf(p, 1), await positionOf(q, 1)];
  await run(
    `UPDATE entry_text t SET reason = o.reason FROM entry_text o
     WHERE t.partition = 2 AND o.partition = 2 AND t.sequence = ANY($1) AND o.sequence = ANY($1) AND o.sequence <> t.sequence`,
    [[one, two]],
  );
  await expectFaults({ kind: "text", sequence: Math.min(one, two) }, ["text"]);
});

test.each([0, 3, 500])("a text for position %p, which has no commitment", async (version) => {
  const sequence = version === 3 ? await positionOf(p, 3) : version;
  await run("INSERT INTO entry_text VALUES (2, $1, '', 'x', NULL)", [sequence]);
  await expectFaults({ kind: "text", partition: 2, sequence }, ["text"]);
});

test("parts that differ within one change, hashed anew", async () => {
  const sequence = await edit(2, "parts = NULL");
  await rehash();
  const there = await positionOf(other, 2);
  await expectFaults({ kind: "parts", partition: 3, sequence: there }, ["parts"]);
  expect(sequence).toBeGreaterThan(0);
});

test.each(["2:1-1,3:900-900", "rubbish", "1.5:1-1", "3:1-1", "2:0-99999999999999999999"])(
  "parts that name what is not there: %s",
  async (parts) => {
    const sequence = await edit(3, `parts = '${parts}'`);
    await rehash();
    await expectFaults({ kind: "parts", partition: 2, sequence }, ["parts"]);
  },
);

test("parts that go on behind the end", async () => {
  const sequence = await edit(4, "parts = '2:' || sequence || '-' || sequence + 3");
  await rehash();
  await expectFaults({ kind: "parts", partition: 2, sequence }, ["parts"]);
});

test("a product that differs from its last entry", async () => {
  await run(
    "UPDATE product SET document = jsonb_set(document::jsonb, '{price}', '\"1\"')::json WHERE product_id = $1",
    [p],
  );
  await expectFaults({ kind: "catalogue", partition: 2, productId: p }, ["catalogue"]);
});

test.each(["version = 2", "life = 1", "created_at = now()", "updated_at = now()", "name = 'x'"])(
  "a product row that differs: %s",
  async (change) => {
    await run(`UPDATE product SET ${change} WHERE product_id = $1`, [p]);
    await expectFaults({ kind: "catalogue", partition: 2, productId: p }, ["catalogue"]);
  },
);

test("a deleted product row", async () => {
  await run("DELETE FROM product WHERE product_id = $1", [p]);
  await expectFaults({ kind: "unfounded", productId: p }, ["unfounded", "catalogue_missing", "sku"]);
});

test("a location row that differs, one that is missing and one that nobody made", async () => {
  await run("UPDATE location SET life = 1 WHERE location_id = 'lyon'");
  await expectFaults({ kind: "catalogue", partition: 0, locationId: "lyon" }, ["catalogue"]);
  await run(
    "INSERT INTO location SELECT 'rome', document, 1, 0, now(), now() FROM location WHERE location_id = 'lyon'",
  );
  await run("DELETE FROM location WHERE location_id = 'lyon'");
  const kinds = ["catalogue_unexpected", "catalogue_missing", "unfounded"] as const;
  await expectFaults({ kind: "catalogue_unexpected", partition: 0, locationId: "rome" }, [...kinds]);
});

test.each([
  "DELETE FROM product_sku WHERE product_id = $1",
  "UPDATE product_sku SET product_id = 'ghost' WHERE product_id = $1",
  "UPDATE product_sku SET sku_partition = 5 - sku_partition WHERE product_id = $1",
])("a table of SKUs that disagrees with the products: %s", async (text) => {
  await run(text, [p]);
  await expectFaults({ kind: "sku" }, ["sku"]);
});

test("a SKU that no product has", async () => {
  await run("INSERT INTO product_sku VALUES ($1, 'ghost', $2)", [partitionOf("ghost", partitionCount), p]);
  await expectFaults({ kind: "sku", sku: "ghost", productId: p }, ["sku"]);
});

test("a version left out, hashed anew", async () => {
  const sequence = await edit(4, "version = 5");
  await run("UPDATE item SET version = 5 WHERE product_id = $1", [p]);
  await rehash();
  await expectFaults({ kind: "version", partition: 2, sequence, expected: "4", found: "5" }, ["version"]);
});

test("stock sold twice, hashed anew and projected", async () => {
  const sequence = await edit(4, "on_hand = -1, on_hand_delta = on_hand_delta - 1 - on_hand");
  await run("UPDATE item SET on_hand = -1, oversold = 1, available_band = 0 WHERE product_id = $1", [p]);
  await run("UPDATE product_total SET on_hand = -1 WHERE product_id = $1", [p]);
  await rehash();
  await expectFaults({ kind: "oversell", partition: 2, sequence, found: "-1" }, ["oversell"]);
});

test.each([
  ["link", "previous_sequence = previous_sequence - 1"],
  ["link", "previous_sequence = NULL"],
  ["delta", "on_hand_delta = on_hand_delta + 1"],
  ["value", "kind = 9"],
  ["value", "movement_type = 99"],
  ["value", "detail = '{}'"],
  ["value", "incoming = -1, incoming_delta = -1"],
] as const)("an entry that breaks a rule, hashed anew: %s, %s", async (kind, change) => {
  const sequence = await edit(4, change);
  await rehash();
  const report = await verify();
  expect(report.faults[0]).toMatchObject({ kind, partition: 2, sequence });
});

test("an item's entry with another product's name, hashed anew", async () => {
  const sequence = await edit(3, `product_id = '${q}'`);
  await rehash();
  await expectFaults({ kind: "link", sequence, productId: q }, ["link"]);
});

test("a product in a partition that is not its own, hashed anew", async () => {
  await run(`UPDATE journal SET product_id = $1 WHERE partition = 2 AND sequence = 1`, [other]);
  await rehash();
  await expectFaults({ kind: "value", sequence: 1, expected: "partition 3" }, ["value", "catalogue_unexpected"]);
});

test("rows of a partition that does not exist", async () => {
  await run("UPDATE item SET partition = 77 WHERE product_id = $1", [p]);
  await expectFaults({ kind: "stray", found: "partition 77 in item" }, ["stray", "level_missing", "total"]);
});

test("behind an anchor, newer faults are found and older ones are not looked for", async () => {
  expect(await verify(anchor)).toMatchObject({ ok: true });
  await edit(1, "actor = 'old'");
  expect(await verify(anchor)).toMatchObject({ ok: true });
  const sequence = await edit(4, "actor = 'new'");
  await expectFaults({ kind: "hash", partition: 2, sequence }, ["hash"], anchor);
});

test("behind an anchor, a rewritten past does not lead through it", async () => {
  await edit(1, "actor = 'old'");
  await rehash();
  await expectFaults({ kind: "anchor", partition: 2 }, ["anchor", "hash"], anchor);
});

test.each([
  ["delta", "UPDATE journal SET on_hand = on_hand + 1 WHERE product_id = $1 AND location_id = 'paris' AND version = 1"],
  ["level", "UPDATE item SET on_hand = 3 WHERE product_id = $1"],
  ["total", "UPDATE product_total SET on_hand = 3 WHERE product_id = $1"],
  ["level_missing", "DELETE FROM item WHERE product_id = $1"],
] as const)("behind an anchor, what continues an older entry is still compared with it: %s", async (kind, text) => {
  await run(text, [p]);
  expect((await verify(anchor)).faults.map((fault) => fault.kind)).toContain(kind);
});

test("behind an anchor, a level without newer entries is compared with its last entry", async () => {
  const now = anchorOf(await verify());
  await run("UPDATE item SET safety_stock = 3 WHERE product_id = $1 AND location_id = 'lyon'", [q]);
  await expectFaults({ kind: "level", productId: q, locationId: "lyon" }, ["level"], now);
});
