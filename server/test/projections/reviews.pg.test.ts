/** The list of what somebody should look at: each entry once, resolved once, and built anew without forgetting what was said. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { partitionOf } from "../../src/core/record/partition.ts";
import { reviewProjection } from "../../src/reviews/review-projection.ts";
import { ReviewQueries } from "../../src/reviews/review-queries.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { append, catchUp, runnerOn } from "./support.ts";

let database: TestDatabase;
let reviews: ReviewQueries;
beforeEach(async () => {
  database = await createDatabase(2);
  reviews = new ReviewQueries(database.application, 2);
});
afterEach(() => database.close());

const open = { state: "open", kind: null, productId: null, locationId: null } as const;
const soapPartition = partitionOf("soap", 2);
const doubtful = (day: number) => ({
  partition: soapPartition,
  detail: { review: `look at day ${day}` },
  occurredAtMs: Date.UTC(2026, 5, day),
});
const oversold = {
  partition: soapPartition,
  kind: entryKinds.inventoryOversold,
  onHand: 0,
  detail: { notice: { reason: "3 units more than there are", about: 1, units: 3 } },
};
const request = (key: string, content: unknown = "note") => ({
  principal: "key_1",
  key,
  operation: "resolve",
  content,
});
const reasons = async (filter: Parameters<ReviewQueries["list"]>[0]) =>
  (await reviews.list(filter, null, 100)).rows.map((row) => row.reason);

test("entries for review, oversold and unusual ones are listed, and no others", async () => {
  await append(database, [
    doubtful(2),
    { partition: soapPartition, detail: { extras: { damaged: 1 } } },
    oversold,
    {
      ...oversold,
      kind: entryKinds.inventoryUnusual,
      detail: { notice: { reason: "500 at once", about: 2, by: "size" } },
    },
    { ...oversold, kind: entryKinds.inventoryLow, detail: { notice: { reason: "low", about: 2 } } },
  ]);
  await catchUp(runnerOn(database, reviewProjection));
  const { rows } = await reviews.list(open, null, 100);
  expect(rows.map(({ kind, reason, about, figures }) => ({ kind, reason, about, figures }))).toEqual([
    { kind: "doubtful", reason: "look at day 2", about: null, figures: null },
    { kind: "oversold", reason: "3 units more than there are", about: 1, figures: { units: 3 } },
    { kind: "unusual", reason: "500 at once", about: 2, figures: { by: "size" } },
  ]);
  expect(await reasons({ ...open, kind: "oversold" })).toEqual(["3 units more than there are"]);
  expect(await reasons({ ...open, productId: "comb" })).toEqual([]);
  expect(await reasons({ ...open, productId: "soap", locationId: "shop" })).toHaveLength(3);
});

test("pages of open ones begin with the one that waits longest", async () => {
  await append(database, [1, 2, 3, 4, 5].map(doubtful));
  await catchUp(runnerOn(database, reviewProjection));
  const seen: string[] = [];
  let after: readonly unknown[] | null = null;
  do {
    const { rows, next } = await reviews.list(open, after, 2);
    seen.push(...rows.map((row) => row.reason));
    after = next;
  } while (after !== null);
  expect(seen).toEqual([1, 2, 3, 4, 5].map((day) => `look at day ${day}`));
});

test("resolved once: a repeat under the key gets the same answer, another one is told who was first", async () => {
  await append(database, [doubtful(1)]);
  await catchUp(runnerOn(database, reviewProjection));
  const place = { partition: soapPartition, sequence: 1 };
  const attempts = await Promise.allSettled(
    ["a", "a", "b"].map((key) => reviews.resolve(request(key), place, "the till was wrong")),
  );
  const won = attempts.filter(({ status }) => status === "fulfilled");
  expect(won.length).toBeWithin(1, 3);
  const again = await reviews.resolve(request("c"), place, "another note").catch((error) => error);
  expect(again).toMatchObject({ code: "already_ended" });
  expect(again.message).toMatch(/^The review was resolved by key_1 at \d{4}-/);
  expect(await reasons(open)).toEqual([]);
  const { rows } = await reviews.list({ ...open, state: "resolved" }, null, 10);
  expect(rows[0]).toMatchObject({ reason: "look at day 1", resolved_by: "key_1", note: "the till was wrong" });
});

test("a repeat with other words under the same key is refused, and so is a movement that nobody need look at", async () => {
  await append(database, [doubtful(1)]);
  await catchUp(runnerOn(database, reviewProjection));
  const place = { partition: soapPartition, sequence: 1 };
  expect(await reviews.resolve(request("a"), place, "note")).toMatchObject({ isReplayed: false });
  expect(await reviews.resolve(request("a"), place, "note")).toMatchObject({
    isReplayed: true,
    answer: { note: "note" },
  });
  await expect(reviews.resolve(request("a", "other"), place, "other")).rejects.toMatchObject({
    code: "idempotency_key_reused",
  });
  await expect(reviews.resolve(request("d"), { ...place, sequence: 9 }, "note")).rejects.toMatchObject({
    code: "not_found",
  });
});

test("built anew, open ones come back and resolved ones stay resolved", async () => {
  await append(database, [doubtful(1), doubtful(2)]);
  const runner = runnerOn(database, reviewProjection);
  await catchUp(runner);
  await reviews.resolve(request("a"), { partition: soapPartition, sequence: 1 }, "seen");
  await runner.stop();
  await database.owner.query({ text: "UPDATE projection_position SET hash = '\\x00'" });
  await catchUp(runner);
  expect(await reasons(open)).toEqual(["look at day 2"]);
  expect(await reasons({ ...open, state: "resolved" })).toEqual(["look at day 1"]);
});
