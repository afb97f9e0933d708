/** Profiles and notices over crashes and two servers: each finding is told of under one key, whatever is repeated. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { Command, NoticeCommand } from "../../src/core/command.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { unusualProjection } from "../../src/unusual/unusual-projection.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { append, catchUp, noLog, type PlainEntry, runnerOn } from "./support.ts";

const dayMs = 24 * 3_600_000;
const monday = Date.UTC(2026, 5, 1, 9);
let database: TestDatabase;
let told: NoticeCommand[];
let answer: () => Promise<Outcome>;

beforeEach(async () => {
  database = await createDatabase(2);
  told = [];
  answer = async () => ({ kind: "done", entries: 1 });
});
afterEach(() => database.close());

const submit = async (command: Command): Promise<{ outcome: Outcome }> => {
  const outcome = await answer();
  told.push(command as NoticeCommand);
  return { outcome };
};
const runner = (serverId = "srv_1") =>
  runnerOn(database, unusualProjection({ database: database.application, submit, logger: noLog }), { serverId });

const history = (days: number, fields: Partial<PlainEntry> = {}): PlainEntry[] =>
  Array.from({ length: days }, (_, day) => ({
    partition: 1,
    onHand: -(1 + (day % 4)),
    occurredAtMs: monday + day * dayMs,
    ...fields,
  }));
const slip = (day: number): PlainEntry => ({ partition: 1, onHand: -500, occurredAtMs: monday + day * dayMs });
const profiles = async () =>
  (
    await database.owner.query({
      text: "SELECT product_id, location_id, profile::text AS profile FROM item_profile ORDER BY 1, 2",
    })
  ).rows;

test("what is unlike the item's own history is told of, with reason and figures", async () => {
  await append(database, [...history(30), ...history(30, { productId: "comb", onHand: -500 }), slip(31)]);
  await append(database, [{ partition: 1, productId: "comb", onHand: -500, occurredAtMs: monday + 31 * dayMs }]);
  await catchUp(runner());
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ kind: "notice", productId: "soap", locationId: "shop", about: 61, actor: "onhand" });
  expect(told[0]!.reason).toMatch(/^500 units were taken off at once/);
  expect(told[0]!.figures).toMatchObject({ by: "size", units: 500 });
});

test("after a crash between the notice and the cursor, the same is told under the same key", async () => {
  await append(database, [...history(30), slip(31)]);
  const crashing = runner();
  answer = () => Promise.reject(new Error("the answer was lost"));
  await expect(crashing.step()).rejects.toThrow("the answer was lost");
  expect(await profiles()).toEqual([]);
  answer = async () => ({ kind: "done", entries: 1 });
  await catchUp(runner("srv_2"));
  const first = told[0]!;
  // Its tables are lost and built anew: the movement is found again, and told of as before.
  await database.owner.query({
    text: "DELETE FROM projection_position; DELETE FROM item_profile; UPDATE projection SET holder = NULL",
  });
  await catchUp(runner("srv_3"));
  expect(told).toHaveLength(2);
  expect(told[1]).toEqual(first);
});

test("batches make no difference to what is learned", async () => {
  await append(database, [...history(30), slip(31)]);
  await catchUp(runner());
  const atOnce = await profiles();
  await database.owner.query({
    text: "DELETE FROM projection_position; DELETE FROM item_profile; UPDATE projection SET holder = NULL",
  });
  const projection = unusualProjection({ database: database.application, submit, logger: noLog });
  await catchUp(runnerOn(database, { ...projection, batchMax: 1 }, { serverId: "srv_2" }));
  expect(await profiles()).toEqual(atOnce);
});

test("history that is taken over is learned from and not told of", async () => {
  await append(database, [...history(30), slip(31), { partition: 2, occurredAtMs: monday + 400 * dayMs }]);
  await catchUp(runner());
  expect(told).toEqual([]);
  expect(await profiles()).toHaveLength(1);
});

test("a refusal is final, and a stale one is asked again", async () => {
  await append(database, [...history(30), slip(31)]);
  const rejection = { code: "not_found", detail: "There is no such item any more.", line: 0 } as const;
  const asking = runner();
  answer = async () => ({ kind: "rejected", rejection: { ...rejection, isStale: true } });
  await expect(asking.step()).rejects.toThrow("There is no such item");
  answer = async () => ({ kind: "rejected", rejection });
  await catchUp(asking);
  expect(asking.behind).toBe(0);
});

test("what the service itself recorded has no size, and an item that is deleted is forgotten", async () => {
  await append(database, [
    ...history(3, { actor: "onhand" }),
    ...history(3, { productId: "comb" }),
    { partition: 1, productId: "comb", kind: entryKinds.inventoryDeleted, onHand: 0 },
  ]);
  await catchUp(runner());
  expect(await profiles()).toEqual([]);
});
