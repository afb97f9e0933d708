import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { adjust, apply, createLocation, createProduct, openWriter, submitOne } from "../../test/support/writers.ts";
import { Clearing } from "../db/clearing.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import type { Writer } from "../writer/writer.ts";
import { journalOverdue } from "./retention.ts";

let database: TestDatabase;
let writer: Writer;

beforeAll(async () => {
  database = await createDatabase();
  writer = await openWriter(database);
  await apply(writer, createLocation("l"), createProduct("p"));
});
afterAll(async () => {
  await writer.stop();
  await database.close();
});

const retention = (clock: Clock = systemClock): Clearing =>
  new Clearing(database.application, clock, journalOverdue(7), {
    cleared() {},
    failed(error) {
      throw error;
    },
  });

/** Makes all outcomes so much older, as the database sees it. */
const age = (hours: number) =>
  database.owner.query({ text: `UPDATE onhand.result SET recorded_at = recorded_at - interval '${hours} hours'` });

async function areReplayed(): Promise<boolean[]> {
  const commands = ["caller", "source"].map((key) => submitOne(writer, adjust("p", "l", 1, key)));
  return (await Promise.all(commands)).map(({ replayed }) => replayed);
}

test("an outcome is remembered for as long as was promised, and one of a source for ever", async () => {
  await apply(writer, adjust("p", "l", 1, "caller"), { ...adjust("p", "l", 1, "source"), source: "import" });
  await age(7 * 24 - 1);
  await retention().clear();
  expect(await areReplayed()).toEqual([true, true]);
  await age(2);
  await retention().clear();
  expect(await areReplayed()).toEqual([false, true]);
});

test("a server whose clock is wrong clears nothing away too early", async () => {
  await apply(writer, adjust("p", "l", 1, "fresh"));
  const inAYear = { ...systemClock, nowMs: () => Date.now() + 365 * 86_400_000 };
  await retention(inAYear).clear();
  expect((await submitOne(writer, adjust("p", "l", 1, "fresh"))).replayed).toBe(true);
});

test("old observations of the heads are thinned out to the first of each hour", async () => {
  await database.owner.query({
    text: `INSERT INTO observed_heads SELECT '2026-01-01 00:00:00+00'::timestamptz + n * interval '10 minutes', '\\x00' FROM generate_series(0, 17) n`,
  });
  await retention().clear();
  const { rows } = await database.owner.query({
    text: "SELECT observed_at FROM observed_heads WHERE observed_at < '2026-01-02'",
  });
  expect(rows).toHaveLength(3);
});
