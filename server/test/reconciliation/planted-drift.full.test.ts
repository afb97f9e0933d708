/**
 * One unit planted in a large table, as the owner of the database could by hand: whoever looks continuously finds it within
 * a minute, and names product, location and the first entry that differs. `ONHAND_TEST_ITEMS` says how large; 1,000,000 once
 * in a while.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { fillJournal } from "../support/bulk-journal.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { adjust, openWriter } from "../support/writers.ts";
import { openWatch, type TestWatch } from "./support.ts";

const items = Number(process.env.ONHAND_TEST_ITEMS ?? 100_000);
const locations = 16;
const products = Math.ceil(items / locations);
const foundWithinMs = 60_000;

let database: TestDatabase;
let watch: TestWatch;

beforeAll(async () => {
  database = await createDatabase();
  const entries = locations + products + products * locations + Math.ceil(items / 2);
  await fillJournal(database, { entries, products, locations });
  watch = await openWatch(database);
}, 3_600_000);
afterAll(async () => {
  await watch?.stop();
  await database?.close();
});

interface Row {
  readonly sequence: number;
  readonly previous_sequence: number;
}

async function lastEntries(productId: string, locationId: string): Promise<{ partition: number; last: Row }> {
  const { rows } = await database.owner.query<Row & { partition: number }>({
    text: `SELECT j.partition, j.sequence, j.previous_sequence FROM item i JOIN journal j ON j.partition = i.partition AND j.sequence = i.last_sequence
           WHERE i.product_id = $1 AND i.location_id = $2`,
    values: [productId, locationId],
  });
  return { partition: rows[0]!.partition, last: rows[0]! };
}

test(
  `one unit in ${items} rows is found within a minute, and named`,
  async () => {
    watch.start();
    // Not at its beginning: a whole round has gone by, and the next one is under way.
    await watch.rounds(1);
    expect(await watch.unclosed()).toEqual([]);

    const productId = `prod-${Math.floor(products / 3)}`;
    const { partition, last } = await lastEntries(productId, "loc-7");
    const startedAtMs = performance.now();
    await database.owner.query({
      text: "UPDATE item SET on_hand = on_hand + 1 WHERE partition = $1 AND product_id = $2 AND location_id = 'loc-7'",
      values: [partition, productId],
    });
    const found = await watch.found("level");
    const tookMs = performance.now() - startedAtMs;
    console.info(`found among ${items} rows after ${(tookMs / 1000).toFixed(1)} s`);
    expect(found).toMatchObject({ product_id: productId, location_id: "loc-7", units: 1, state: "open" });
    expect(found.finding.firstSequence).toBe(last.sequence);
    expect(found.finding.found.onHand).toBe((found.finding.expected.onHand as number) + 1);
    expect(tookMs).toBeLessThan(foundWithinMs);

    // The total is made of the rows, so it differs, too; setting the row right closes both, and says how.
    await watch.found("total");
    await database.owner.query({
      text: "UPDATE item SET on_hand = on_hand - 1 WHERE partition = $1 AND product_id = $2 AND location_id = 'loc-7'",
      values: [partition, productId],
    });
    const closed = await watch.closed(found.difference_id);
    expect(closed.closed_by).toMatchObject({ kind: "outside" });
    expect(closed.history.map(({ did }) => did)).toEqual(["found", "closed"]);
  },
  10 * foundWithinMs,
);

test(
  "a level that a later change went on from is found where its history breaks",
  async () => {
    const productId = `prod-${Math.floor(products / 2)}`;
    const { partition } = await lastEntries(productId, "loc-3");
    await database.owner.query({
      text: "UPDATE item SET on_hand = on_hand - 1 WHERE partition = $1 AND product_id = $2 AND location_id = 'loc-3'",
      values: [partition, productId],
    });
    // A server that has not got the item in memory goes on from what the row says.
    const writer = await openWriter(database);
    const startedAtMs = performance.now();
    await Promise.all(writer.submit([adjust(productId, "loc-3", 5), adjust(productId, "loc-3", -2)]));
    await writer.stop();
    const found = await watch.found("movements");
    const tookMs = performance.now() - startedAtMs;
    console.info(`found where it breaks after ${(tookMs / 1000).toFixed(1)} s`);
    const { last } = await lastEntries(productId, "loc-3");
    expect(found).toMatchObject({ product_id: productId, location_id: "loc-3", units: -1 });
    // The first of the two, not the last one.
    expect(found.finding.firstSequence).toBe(last.previous_sequence);
    expect(tookMs).toBeLessThan(foundWithinMs);
  },
  10 * foundWithinMs,
);
