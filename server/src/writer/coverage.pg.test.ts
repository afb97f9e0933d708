import { afterEach, beforeEach, expect, test } from "bun:test";
import { channelNumbers, createChannel, patchChannel } from "../../test/support/channels.ts";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import {
  adjust,
  apply,
  createLocation,
  createProduct,
  inventory,
  line,
  openWriter,
} from "../../test/support/writers.ts";
import { verifyJournal } from "../journal/verify/verify-journal.ts";
import type { Writer } from "./writer.ts";

let database: TestDatabase;
let writer: Writer;
/** Of another server. */
let other: Writer;

beforeEach(async () => {
  database = await createDatabase(4);
  writer = await openWriter(database, { laneCount: 1 });
  other = await openWriter(database, { laneCount: 1 });
  await apply(writer, createLocation("shop"), createLocation("depot"), createProduct("soap"));
});
afterEach(async () => {
  await Promise.all([writer.stop(), other.stop()]);
  await database.close();
});

/** Units of which none can be sold: the channel gets no number, and the items behind it are remembered. */
const unsold = (locationId: string) => inventory([line("soap", locationId, { adjustment: 8, safetyStock: 10 })]);

const onHandAfter = async (...[productId, locationId, more]: Parameters<typeof adjust>): Promise<unknown> =>
  (await apply(writer, adjust(productId, locationId, more)))[0];

test("a channel of many locations costs nothing to remember where products are not", async () => {
  const names = Array.from({ length: 200 }, (_, index) => `n${index}`);
  await apply(writer, ...names.map((name) => createLocation(name)), createProduct("comb"));
  await apply(writer, createChannel("web", { locations: names }));
  await apply(writer, adjust("soap", "n3", 5), adjust("comb", "n199", 1), adjust("comb", "n7", 1));
  expect(writer.load().cachedItems).toBe(3);
  expect(await channelNumbers(database)).toEqual({ "web/comb": 2, "web/soap": 5 });
});

test("an item that another server makes where there was none is known", async () => {
  await apply(writer, createChannel("web", { locations: ["shop", "depot"] }));
  await apply(writer, unsold("shop"));
  await apply(other, unsold("depot"));
  expect(await onHandAfter("soap", "depot", 20)).toMatchObject({ lines: [{ item: { onHand: 28, version: 2 } }] });
  expect(await channelNumbers(database)).toEqual({ "web/soap": 18 });
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
});

test("that there is nothing is remembered of the locations that were asked for alone", async () => {
  await apply(writer, createChannel("web", { locations: ["shop"] }));
  await apply(writer, unsold("shop"));
  await apply(other, adjust("soap", "depot", 7));
  await apply(writer, patchChannel("web", { locations: ["shop", "depot"] }));
  await apply(writer, adjust("soap", "shop", 20));
  expect(await channelNumbers(database)).toEqual({ "web/soap": 25 });
});
