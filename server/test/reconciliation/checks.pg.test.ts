/** Checks whose differences no server lets stand: planted in a database that nobody looks after, found, and gone again. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { channelCheck } from "../../src/reconciliation/channel-check.ts";
import { type Check, everything } from "../../src/reconciliation/check.ts";
import type { Examined } from "../../src/reconciliation/difference.ts";
import { holdCheck } from "../../src/reconciliation/hold-check.ts";
import { itemCheck } from "../../src/reconciliation/item-check.ts";
import { movementCheck } from "../../src/reconciliation/movement-check.ts";
import { parkedCheck, staleCheck } from "../../src/reconciliation/source-check.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../support/writers.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(1);
  const writer = await openWriter(database);
  await apply(writer, createLocation("shop"));
  await apply(writer, createProduct("soap"), createProduct("comb"));
  await apply(writer, adjust("soap", "shop", 9));
  await apply(writer, adjust("soap", "shop", 1), adjust("comb", "shop", 4));
  await writer.stop();
});
afterAll(() => database.close());

const plant = (text: string, values: readonly unknown[] = []) => database.owner.query({ text, values });

/** What a check finds when it looks twice. */
async function foundBy(check: Check): Promise<NonNullable<Examined["finding"]>[]> {
  const found: Examined[] = [];
  for await (const { suspects } of check.pages(everything))
    for (const { subject, sequence } of suspects) found.push(await check.examine(subject, sequence));
  return found.flatMap(({ finding }) => (finding === null ? [] : [finding]));
}

const line = (expiresAt: string) =>
  plant(
    `INSERT INTO stock_order_line (partition, order_id, line, request_line, kind, product_id, location_id, quantity, held, incoming, done, dropped, surplus, phase, expires_at, holder, lapsed)
     VALUES (1, 'res_0100000000099', 1, 1, 0, 'soap', 'shop', 2, 2, 0, 0, 0, 0, 0, ${expiresAt}, 'key_test', 0)`,
  );

test("holds that are over for more than a minute are found, and those that were over a moment ago are the sweeper's", async () => {
  const check = holdCheck(database.application, 1);
  await line("now() - interval '5 seconds'");
  expect(await foundBy(check)).toEqual([]);
  await plant("UPDATE stock_order_line SET expires_at = now() - interval '5 minutes'");
  expect(await foundBy(check)).toMatchObject([
    { units: 2, subject: { orderId: "res_0100000000099", productId: "soap", locationId: "shop" } },
  ]);
  // What it holds is in no counter either.
  expect(await foundBy(itemCheck(database.application, 1))).toMatchObject([
    { subject: { check: "counter" }, expected: { reserved: 2 }, found: { reserved: 0 }, units: -2 },
  ]);
  await plant("UPDATE stock_order_line SET location_id = 'nowhere'");
  expect(await foundBy(itemCheck(database.application, 1))).toMatchObject([
    { subject: { check: "counter", locationId: "nowhere" }, found: { reserved: null } },
  ]);
  await plant("DELETE FROM stock_order_line");
  expect(await foundBy(check)).toEqual([]);
});

test("what a channel was told is found when its locations have something else, once the channel is looked after", async () => {
  const document = {
    name: "Web",
    locations: ["shop"],
    locationGroups: [],
    products: null,
    buffer: 1,
    buffers: {},
  };
  await plant(
    `INSERT INTO channel (channel_id, document, version, life, created_at, updated_at, refreshed_through)
     VALUES ('web', $1, 1, 0, now(), now(), 0)`,
    [JSON.stringify(document)],
  );
  await plant(
    "INSERT INTO channel_level (partition, product_id, channel_id, sellable, available, told_sequence) VALUES (1, 'soap', 'web', 10, 9, 7), (1, 'comb', 'web', 4, 2, 8)",
  );
  const check = channelCheck(database.application, 1);
  expect(await foundBy(check)).toEqual([]);
  await plant("UPDATE channel SET refreshed_through = (SELECT sequence FROM partition_head WHERE partition = 0)");
  expect(await foundBy(check)).toMatchObject([
    {
      ...{ subject: { productId: "comb", channelId: "web" }, units: -1, firstSequence: 8 },
      ...{ expected: { sellable: 4, available: 3 }, found: { sellable: 4, available: 2 } },
    },
  ]);
  await plant("DELETE FROM channel_level");
  await plant("DELETE FROM channel");
});

test("a row that lies behind the journal, and one that is missing, are found by the entries", async () => {
  const check = movementCheck(database.application, 1);
  const { rows } = await database.owner.query<{ last_sequence: number }>({
    text: "SELECT last_sequence FROM item WHERE product_id = 'soap'",
  });
  const last = rows[0]!.last_sequence;
  await plant(
    "UPDATE item SET last_sequence = (SELECT previous_sequence FROM journal WHERE partition = 1 AND sequence = last_sequence), on_hand = 9 WHERE product_id = 'soap'",
  );
  expect(await foundBy(check)).toMatchObject([
    { subject: { productId: "soap" }, expected: { lastSequence: last }, firstSequence: last },
  ]);
  await plant("UPDATE item SET last_sequence = $1, on_hand = 10 WHERE product_id = 'soap'", [last]);
  expect(await foundBy(check)).toEqual([]);
  await plant("CREATE TABLE kept AS SELECT * FROM item WHERE product_id = 'comb'");
  await plant("DELETE FROM item WHERE product_id = 'comb'");
  expect(await foundBy(check)).toMatchObject([{ subject: { productId: "comb" }, found: { lastSequence: null } }]);
  await plant("INSERT INTO item SELECT * FROM kept");
  expect(await foundBy(check)).toEqual([]);
});

test("silent sources and lines that wait are found until they are heard of and done with", async () => {
  await plant(
    `INSERT INTO source (source_id, document, version, life, created_at, updated_at) VALUES ('till', '{"freshForSeconds": 60}', 1, 0, now(), now())`,
  );
  await plant(
    `INSERT INTO source_contact (source_id, location_id, last_heard_at, stale_since)
     SELECT 'till', place, now() - interval '1 hour', now() - interval '1 hour' FROM unnest(ARRAY['', 'shop']) place`,
  );
  const stale = staleCheck(database.application);
  expect((await foundBy(stale)).map(({ subject }) => [subject.sourceId, subject.locationId])).toEqual([
    ["till", null],
    ["till", "shop"],
  ]);
  await plant("UPDATE source_contact SET stale_since = NULL, last_heard_at = now()");
  expect(await foundBy(stale)).toEqual([]);

  const park = (id: string, kind: string, origin: string, reason: string) =>
    plant(
      `INSERT INTO parked_line (parked_id, origin_kind, origin_id, operation_id, reason, line, origin, state, tries, problem, created_at, updated_at, history)
       VALUES ($1, $2, $3, $1, $4, '{}', '{}', 'open', 1, '{}', now(), now(), '[]')`,
      [id, kind, origin, reason],
    );
  await park("prk_1", "source", "till", "unmapped_product");
  await park("prk_2", "source", "till", "rejected");
  await park("prk_3", "device", "till", "clock_unknown");
  const parked = parkedCheck(database.application);
  const found = await foundBy(parked);
  expect(found.map(({ subject }) => subject.sourceId).sort()).toEqual(["device:till", "till"]);
  expect(found.find(({ subject }) => subject.sourceId === "till")!.found).toMatchObject({
    parked: 2,
    unmapped_product: 1,
    rejected: 1,
  });
  await plant("UPDATE parked_line SET state = 'discarded'");
  expect(await foundBy(parked)).toEqual([]);
});
