import { afterEach, beforeEach, expect, test } from "bun:test";
import { type Bystander, openBystander, untilWaitingForLocks } from "../../test/faults/database-faults.ts";
import {
  channelNumbers,
  createChannel,
  patchChannel,
  patchLocation,
  refresherOf,
} from "../../test/support/channels.ts";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../../test/support/writers.ts";
import { partitionOf } from "../core/record/partition.ts";
import { verifyJournal } from "../journal/verify/verify-journal.ts";
import type { Writer } from "../writer/writer.ts";

const partitionCount = 4;
let database: TestDatabase;
let writer: Writer;
/** Of another server. */
let other: Writer;
let bystander: Bystander;

beforeEach(async () => {
  database = await createDatabase(partitionCount);
  writer = await openWriter(database);
  other = await openWriter(database);
  bystander = await openBystander(database);
  await apply(writer, createLocation("shop"), createLocation("depot"), createProduct("soap"), createProduct("comb"));
  // Both know the channel and the locations as they are now.
  await apply(other, adjust("comb", "shop", 1));
});
afterEach(async () => {
  await bystander.end();
  await Promise.all([writer.stop(), other.stop()]);
  await database.close();
});

/** The other server decides on a first item of soap and has its locks, while the catalogue changes and is walked behind. */
async function firstStockWhile(locationId: string, change: Parameters<typeof apply>[1]): Promise<void> {
  const refresher = refresherOf(database, writer, partitionCount);
  await refresher.step();
  const partition = partitionOf("soap", partitionCount);
  await bystander.run(`BEGIN; INSERT INTO product_total VALUES (${partition}, 'soap', 0, 0, 0, 0)`);
  const late = apply(other, adjust("soap", locationId, 7));
  await untilWaitingForLocks(database, 1);
  await apply(writer, change);
  const step = refresher.step();
  await Promise.race([step, untilWaitingForLocks(database, 2)]);
  await bystander.run("ROLLBACK");
  await late;
  await step;
  expect(await refresher.step()).toBe("idle");
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
}

test("what another server decided before a location joined is in the number once it is up to date", async () => {
  await apply(writer, createChannel("web"));
  await firstStockWhile("depot", patchChannel("web", { locations: ["shop", "depot"] }));
  expect(await channelNumbers(database)).toEqual({ "web/comb": 1, "web/soap": 7 });
});

test("what another server decided before a location left is in no number once it is up to date", async () => {
  await apply(writer, patchLocation("depot", { groups: ["eu"] }), createChannel("web", { locationGroups: ["eu"] }));
  await apply(other, adjust("comb", "shop", 1));
  await firstStockWhile("depot", patchLocation("depot", { groups: [] }));
  expect(await channelNumbers(database)).toEqual({ "web/comb": 2, "web/soap": 0 });
});
