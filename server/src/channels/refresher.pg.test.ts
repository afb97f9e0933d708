import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash, randomUUID } from "node:crypto";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../../test/support/writers.ts";
import { Submitter } from "../commands/submitter.ts";
import type { ChannelDocument, LocationDocument } from "../core/catalogue/catalogue.ts";
import type { CatalogueOperation, ChannelCommand, LocationCommand } from "../core/command.ts";
import { systemClock } from "../lib/clock.ts";
import type { Writer } from "../writer/writer.ts";
import { ChannelRefresher, type RefresherOptions } from "./refresher.ts";
import { walkLimits } from "./walk.ts";

const partitionCount = 4;
let database: TestDatabase;
let writer: Writer;
let walked: { products: number; told: number }[];
beforeEach(async () => {
  database = await createDatabase(partitionCount);
  writer = await openWriter(database);
  walked = [];
});
afterEach(async () => {
  await writer.stop();
  await database.close();
});

const documentOf = (fields: Partial<ChannelDocument> = {}): ChannelDocument => ({
  name: "Web",
  locations: ["shop"],
  locationGroups: [],
  products: null,
  buffer: 0,
  buffers: {},
  ...fields,
});

const origin = () => ({
  key: createHash("sha256").update(randomUUID()).digest("hex").slice(0, 32),
  requestHash: "0".repeat(32),
  actor: "key_test",
  source: null,
  requestId: "req_test",
  traceparent: null,
  ifMatchVersion: null,
});

const channel = (channelId: string, operation: CatalogueOperation<ChannelDocument>): ChannelCommand => ({
  kind: "channel",
  channelId,
  operation,
  ...origin(),
});

const regroup = (locationId: string, groups: string[]): LocationCommand => {
  const operation: CatalogueOperation<LocationDocument> = { kind: "patch", fields: { groups } };
  return { kind: "location", locationId, operation, ...origin() };
};

function refresherOf(serverId = "srv_1", options: Partial<RefresherOptions> = {}): ChannelRefresher {
  return new ChannelRefresher({
    database: database.application,
    submitter: new Submitter(writer),
    partitionCount,
    serverId,
    clock: systemClock,
    metrics: { walked: (each) => void walked.push(each), failed: () => {} },
    logger: { warn: () => {} },
    ...options,
  });
}

async function levels(): Promise<Record<string, number>> {
  const { rows } = await database.owner.query<{ name: string; available: number }>({
    text: "SELECT channel_id || '/' || product_id AS name, available FROM channel_level ORDER BY 1",
  });
  return Object.fromEntries(rows.map((row) => [row.name, Number(row.available)]));
}

const tolds = async (): Promise<number> => {
  const { rows } = await database.owner.query<{ count: number }>({
    text: "SELECT count(*) AS count FROM journal WHERE kind = 84",
  });
  return Number(rows[0]!.count);
};

/** Two products at a shop and a depot. */
async function stock(): Promise<void> {
  await apply(writer, createLocation("shop"), createLocation("depot"), createProduct("soap"), createProduct("comb"));
  await apply(writer, adjust("soap", "shop", 5), adjust("soap", "depot", 20), adjust("comb", "shop", 1));
}

test("a new channel gets its numbers, and looking again changes nothing", async () => {
  await stock();
  await apply(writer, channel("web", { kind: "create", document: documentOf({ buffer: 1 }) }));
  const refresher = refresherOf();
  expect(await refresher.step()).toEqual({ refreshed: 1 });
  expect(await levels()).toEqual({ "web/soap": 4, "web/comb": 0 });
  expect(await tolds()).toBe(1);
  expect(await refresher.step()).toBe("idle");
  expect(walked).toEqual([{ products: 2, told: 1 }]);
});

test("numbers follow the stock without it", async () => {
  await stock();
  await apply(writer, channel("web", { kind: "create", document: documentOf() }));
  const refresher = refresherOf();
  await refresher.step();
  await apply(writer, adjust("soap", "shop", -2), createProduct("brush"), adjust("brush", "shop", 9));
  expect(await refresher.step()).toBe("idle");
  expect(await levels()).toEqual({ "web/soap": 3, "web/comb": 1, "web/brush": 9 });
});

test("a location that joins and leaves a group takes its units along", async () => {
  await stock();
  await apply(writer, channel("web", { kind: "create", document: documentOf({ locationGroups: ["eu"] }) }));
  const refresher = refresherOf();
  await refresher.step();
  await apply(writer, regroup("depot", ["eu"]));
  await refresher.step();
  expect(await levels()).toEqual({ "web/soap": 25, "web/comb": 1 });
  await apply(writer, regroup("depot", []));
  await refresher.step();
  expect(await levels()).toEqual({ "web/soap": 5, "web/comb": 1 });
});

test("what concerns no channel is passed over without a walk", async () => {
  await stock();
  await apply(writer, channel("web", { kind: "create", document: documentOf() }));
  const refresher = refresherOf();
  await refresher.step();
  await apply(writer, createLocation("attic"), regroup("depot", ["us"]));
  expect(await refresher.step()).toEqual({ refreshed: 1 });
  expect(walked).toHaveLength(1);
  expect(await refresher.step()).toBe("idle");
});

test("a channel that sells other products, or nothing any more, loses the numbers of the others", async () => {
  await stock();
  await apply(writer, channel("web", { kind: "create", document: documentOf() }));
  const refresher = refresherOf();
  await refresher.step();
  await apply(writer, channel("web", { kind: "patch", fields: { products: ["comb"] } }));
  await refresher.step();
  expect(await levels()).toEqual({ "web/soap": 0, "web/comb": 1 });
  await apply(writer, channel("web", { kind: "delete" }));
  await refresher.step();
  expect(await levels()).toEqual({ "web/soap": 0, "web/comb": 0 });
});

test("more products than a page has are all reached", async () => {
  const count = walkLimits.pageProductsMax + 100;
  const names = Array.from({ length: count }, (_, index) => `p${index}`);
  await apply(writer, createLocation("shop"), ...names.map((name) => createProduct(name)));
  await apply(writer, ...names.map((name, index) => adjust(name, "shop", index + 1)));
  await apply(writer, channel("web", { kind: "create", document: documentOf() }));
  await refresherOf().step();
  expect(walked).toEqual([{ products: count, told: count }]);
  expect(Object.values(await levels()).reduce((sum, each) => sum + each, 0)).toBe((count * (count + 1)) / 2);
});

test("a walk that was broken off is begun again by another server", async () => {
  await stock();
  await apply(writer, channel("web", { kind: "create", document: documentOf() }));
  const submitter = new Submitter(writer);
  let asked = 0;
  const dying = refresherOf("srv_dying", {
    submitter: {
      submitOne: (command) => (asked++ > 0 ? Promise.reject(new Error("gone")) : submitter.submitOne(command)),
    },
  });
  await expect(dying.step()).rejects.toThrow("gone");
  const other = refresherOf("srv_other");
  expect(await other.step()).toBe("elsewhere");
  await dying.stop();
  expect(await other.step()).toEqual({ refreshed: 1 });
  expect(await levels()).toEqual({ "web/soap": 5, "web/comb": 1 });
});

test("one server at a time does it; one that does not renew its lease loses it", async () => {
  await stock();
  let nowMs = 0;
  const frozen = refresherOf("srv_frozen", { clock: { ...systemClock, monotonicMs: () => nowMs } });
  const other = refresherOf("srv_other");
  expect(await frozen.step()).toBe("idle");
  expect(await other.step()).toBe("elsewhere");
  await database.owner.query({ text: "UPDATE duty SET lease_until = clock_timestamp() - interval '1 second'" });
  expect(await other.step()).toBe("idle");
  nowMs += 60_000;
  expect(await frozen.step()).toBe("elsewhere");
});

test("a walk that tells nothing is heard of by the other servers", async () => {
  const elsewhere = await openWriter(database);
  try {
    await stock();
    await apply(writer, channel("web", { kind: "create", document: documentOf({ buffer: 30 }) }));
    const refresher = refresherOf();
    await refresher.step();
    await apply(elsewhere, adjust("soap", "shop", 1));
    await apply(writer, channel("web", { kind: "patch", fields: { locations: ["shop", "depot"] } }));
    await refresher.step();
    expect(await tolds()).toBe(0);
    await apply(elsewhere, adjust("soap", "shop", 10));
    expect(await levels()).toEqual({ "web/soap": 6, "web/comb": 0 });
  } finally {
    await elsewhere.stop();
  }
});

test("a server that takes the duty over corrects what another one wrote", async () => {
  const elsewhere = await openWriter(database);
  try {
    await stock();
    await apply(writer, channel("web", { kind: "create", document: documentOf({ buffer: 30 }) }));
    const first = refresherOf();
    await first.step();
    await apply(elsewhere, adjust("soap", "shop", 1));
    await apply(writer, channel("web", { kind: "patch", fields: { locations: ["shop", "depot"] } }));
    await first.step();
    await first.stop();
    await apply(writer, channel("web", { kind: "patch", fields: { locations: ["shop"] } }));
    const second = refresherOf("srv_2", { submitter: new Submitter(elsewhere) });
    expect(await second.step()).toEqual({ refreshed: 1 });
    const { rows } = await database.owner.query<{ sellable: number }>({
      text: "SELECT sellable FROM channel_level WHERE product_id = 'soap'",
    });
    expect(rows.map(({ sellable }) => Number(sellable))).toEqual([6]);
  } finally {
    await elsewhere.stop();
  }
});
