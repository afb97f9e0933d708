import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { workOverdue } from "../assembly/work-side.ts";
import { Clearing } from "../db/clearing.ts";
import { systemClock } from "../lib/clock.ts";
import { type KeyedRequest, remembered } from "./remembered.ts";
import { WorkRefusal } from "./work-refusal.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.close());

const requestUnder = (key: string): KeyedRequest => ({
  principal: "key_1",
  key,
  operation: "resolveReview",
  content: {},
});

/** Makes all answers so much older, as the database sees it, and clears away those whose time is over. */
async function passHours(hours: number, resultDays: number): Promise<void> {
  await database.owner.query({
    text: `UPDATE onhand.remembered_request SET recorded_at = recorded_at - interval '${hours} hours'`,
  });
  const report = {
    cleared() {},
    failed(error: Error) {
      throw error;
    },
  };
  await new Clearing(database.application, systemClock, workOverdue(resultDays), report).clear();
}

test("an answer is remembered for as many days as outcomes are", async () => {
  const ask = () => remembered(database.application, requestUnder("a"), async () => "done");
  expect(await ask()).toEqual({ answer: "done", isReplayed: false });
  await passHours(30 * 24 - 1, 30);
  expect(await ask()).toEqual({ answer: "done", isReplayed: true });
  await passHours(2, 30);
  expect(await ask()).toEqual({ answer: "done", isReplayed: false });
});

test("a refusal leaves the key free for the next try", async () => {
  const refused = remembered(database.application, requestUnder("b"), async () => {
    throw new WorkRefusal("already_ended", "Not now.");
  });
  expect(refused).rejects.toThrow("Not now.");
  await refused.catch(() => {});
  const again = await remembered(database.application, requestUnder("b"), async () => "done");
  expect(again).toEqual({ answer: "done", isReplayed: false });
});
