import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  channel,
  channelNumbers,
  createChannel,
  patchChannel,
  patchLocation,
  refresherOf as refresherOn,
} from "../../test/support/channels.ts";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../../test/support/writers.ts";
import { Submitter } from "../commands/submitter.ts";
import type { Queryable } from "../db/pool.ts";
import { verifyJournal } from "../journal/verify/verify-journal.ts";
import { systemClock } from "../lib/clock.ts";
import type { Writer } from "../writer/writer.ts";
import type { ChannelRefresher, RefresherOptions } from "./refresher.ts";
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

function refresherOf(serverId = "srv_1", options: Partial<RefresherOptions> = {}): ChannelRefresher {
  const metrics = { walked: (each: { products: number; told: number }) => void walked.push(each), failed: () => {} };
  return refresherOn(database, writer, partitionCount, { serverId, metrics, ...options });
}

const levels = (): Promise<Record<string, number>> => channelNumbers(database);

const verify = async (): Promise<readonly unknown[]> => (await verifyJournal(database.owner)).faults;

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
  await apply(writer, createChannel("web", { buffer: 1 }));
  const refresher = refresherOf();
  expect(await refresher.step()).toEqual({ refreshed: 1, failed: 0 });
  expect(await levels()).toEqual({ "web/soap": 4, "web/comb": 0 });
  expect(await tolds()).toBe(1);
  expect(await refresher.step()).toBe("idle");
  expect(walked).toEqual([{ products: 2, told: 1 }]);
});

test("numbers follow the stock without it", async () => {
  await stock();
  await apply(writer, createChannel("web"));
  const refresher = refresherOf();
  await refresher.step();
  await apply(writer, adjust("soap", "shop", -2), createProduct("brush"), adjust("brush", "shop", 9));
  expect(await refresher.step()).toBe("idle");
  expect(await levels()).toEqual({ "web/soap": 3, "web/comb": 1, "web/brush": 9 });
});

test("a location that joins and leaves a group takes its units along", async () => {
  await stock();
  await apply(writer, createChannel("web", { locationGroups: ["eu"] }));
  const refresher = refresherOf();
  await refresher.step();
  await apply(writer, patchLocation("depot", { groups: ["eu"] }));
  await refresher.step();
  expect(await levels()).toEqual({ "web/soap": 25, "web/comb": 1 });
  await apply(writer, patchLocation("depot", { groups: [] }));
  await refresher.step();
  expect(await levels()).toEqual({ "web/soap": 5, "web/comb": 1 });
});

test("what concerns no channel is passed over without a walk", async () => {
  await stock();
  await apply(writer, createChannel("web"));
  const refresher = refresherOf();
  await refresher.step();
  await apply(writer, createLocation("attic"), patchLocation("depot", { groups: ["us"] }));
  expect(await refresher.step()).toEqual({ refreshed: 1, failed: 0 });
  expect(walked).toHaveLength(1);
  expect(await refresher.step()).toBe("idle");
});

test("a channel that sells other products, or nothing any more, loses the numbers of the others", async () => {
  await stock();
  await apply(writer, createChannel("web"));
  const refresher = refresherOf();
  await refresher.step();
  await apply(writer, patchChannel("web", { products: ["comb"] }));
  await refresher.step();
  expect(await levels()).toEqual({ "web/soap": 0, "web/comb": 1 });
  await apply(writer, channel("web", { kind: "delete" }));
  await refresher.step();
  expect(await levels()).toEqual({});
});

test("a channel that is deleted and made again is told anew, by servers that remember what it was told before, too", async () => {
  const elsewhere = await openWriter(database);
  try {
    await stock();
    await apply(writer, createChannel("web"));
    await apply(elsewhere, adjust("soap", "shop", 1));
    const refresher = refresherOf();
    await refresher.step();
    await apply(writer, channel("web", { kind: "delete" }));
    await refresher.step();
    await apply(writer, createChannel("web"));
    await apply(elsewhere, adjust("comb", "shop", 1));
    await apply(writer, adjust("soap", "shop", 1));
    expect(await levels()).toEqual({ "web/comb": 2, "web/soap": 7 });
    await refresher.step();
    expect(await levels()).toEqual({ "web/comb": 2, "web/soap": 7 });
    expect(await verify()).toEqual([]);
  } finally {
    await elsewhere.stop();
  }
});

test("a channel that is out of use, and another name of a location, are passed over without a walk", async () => {
  await stock();
  await apply(writer, createChannel("web"), createChannel("old"), createChannel("gone"));
  const refresher = refresherOf();
  await refresher.step();
  await apply(
    writer,
    channel("old", { kind: "patch", fields: {}, life: "archived" }),
    channel("gone", { kind: "delete" }),
  );
  await refresher.step();
  expect(walked).toHaveLength(5);
  await apply(writer, patchLocation("shop", { name: "The shop" }));
  expect(await refresher.step()).toEqual({ refreshed: 3, failed: 0 });
  await apply(writer, patchLocation("shop", { region: "north" }), patchLocation("depot", { groups: ["eu"] }));
  await refresherOf("srv_1").step();
  expect(walked).toHaveLength(5);
  expect(await verify()).toEqual([]);
});

test("one whose walk fails is counted and waits, and the others are looked after", async () => {
  await stock();
  await apply(writer, createChannel("bad"), createChannel("web"));
  const submitter = new Submitter(writer);
  const clock = new ManualClock();
  let failures = 0;
  let isBroken = true;
  const refresher = refresherOf("srv_1", {
    clock,
    metrics: { walked: (each) => void walked.push(each), failed: () => void failures++ },
    submitter: {
      submitOne: (command) =>
        isBroken && command.kind === "channel-refresh" && command.channelId === "bad"
          ? Promise.reject(new Error("it cannot be worked out"))
          : submitter.submitOne(command),
    },
  });
  expect(await refresher.step()).toEqual({ refreshed: 1, failed: 1 });
  expect(await levels()).toEqual({ "web/comb": 1, "web/soap": 5 });
  expect([failures, refresher.lagging]).toEqual([1, 1]);
  expect(await refresher.step()).toBe("idle");
  isBroken = false;
  await clock.pass(1_000);
  expect(await refresher.step()).toEqual({ refreshed: 1, failed: 0 });
  expect(await levels()).toMatchObject({ "bad/soap": 5 });
  expect(await refresher.step()).toBe("idle");
});

test("more products than a page has are all reached", async () => {
  const count = walkLimits.pageProductsMax + 100;
  const names = Array.from({ length: count }, (_, index) => `p${index}`);
  await apply(writer, createLocation("shop"), ...names.map((name) => createProduct(name)));
  await apply(writer, ...names.map((name, index) => adjust(name, "shop", index + 1)));
  await apply(writer, createChannel("web"));
  await refresherOf().step();
  expect(walked).toEqual([{ products: count, told: count }]);
  expect(Object.values(await levels()).reduce((sum, each) => sum + each, 0)).toBe((count * (count + 1)) / 2);
});

test("a walk that was broken off is begun again by another server", async () => {
  await stock();
  await apply(writer, createChannel("web"));
  const submitter = new Submitter(writer);
  let asked = 0;
  const dying = refresherOf("srv_dying", {
    submitter: {
      submitOne: (command) => (asked++ > 0 ? Promise.reject(new Error("gone")) : submitter.submitOne(command)),
    },
  });
  expect(await dying.step()).toEqual({ refreshed: 0, failed: 1 });
  const other = refresherOf("srv_other");
  expect(await other.step()).toBe("elsewhere");
  await dying.stop();
  expect(await other.step()).toEqual({ refreshed: 1, failed: 0 });
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

test("one whose renewal failed goes on as soon as the database answers again", async () => {
  const clock = new ManualClock();
  let isAway = false;
  const query: Queryable["query"] = (statement) =>
    isAway ? Promise.reject(new Error("away")) : database.application.query(statement);
  const refresher = refresherOf("srv_1", { clock, database: { query } });
  const other = refresherOf("srv_other");
  expect(await refresher.step()).toBe("idle");
  await clock.pass(3_500);
  isAway = true;
  await expect(refresher.step()).rejects.toThrow("away");
  isAway = false;
  expect(await refresher.step()).toBe("idle");
  expect(await other.step()).toBe("elsewhere");
});

test("a walk that tells nothing is heard of by the other servers", async () => {
  const elsewhere = await openWriter(database);
  try {
    await stock();
    await apply(writer, createChannel("web", { buffer: 30 }));
    const refresher = refresherOf();
    await refresher.step();
    await apply(elsewhere, adjust("soap", "shop", 1));
    await apply(writer, patchChannel("web", { locations: ["shop", "depot"] }));
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
    await apply(writer, createChannel("web", { buffer: 30 }));
    const first = refresherOf();
    await first.step();
    await apply(elsewhere, adjust("soap", "shop", 1));
    await apply(writer, patchChannel("web", { locations: ["shop", "depot"] }));
    await first.step();
    await first.stop();
    await apply(writer, patchChannel("web", { locations: ["shop"] }));
    const second = refresherOf("srv_2", { submitter: new Submitter(elsewhere) });
    expect(await second.step()).toEqual({ refreshed: 1, failed: 0 });
    const { rows } = await database.owner.query<{ sellable: number }>({
      text: "SELECT sellable FROM channel_level WHERE product_id = 'soap'",
    });
    expect(rows.map(({ sellable }) => Number(sellable))).toEqual([6]);
  } finally {
    await elsewhere.stop();
  }
});
