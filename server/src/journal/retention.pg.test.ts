import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { adjust, apply, createLocation, createProduct, openWriter, submitOne } from "../../test/support/writers.ts";
import { systemClock } from "../lib/clock.ts";
import type { Writer } from "../writer/writer.ts";
import { Retention } from "./retention.ts";

const dayMs = 86_400_000;
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

const inDays = (days: number): Retention =>
  new Retention(database.application, { ...systemClock, nowMs: () => Date.now() + days * dayMs }, 7, () => {});

test("an outcome is remembered for as long as was promised, and one of a source for ever", async () => {
  await apply(writer, adjust("p", "l", 1, "caller"), { ...adjust("p", "l", 1, "source"), source: "import" });
  await inDays(6.9).clear();
  const kept = await Promise.all([
    submitOne(writer, adjust("p", "l", 1, "caller")),
    submitOne(writer, adjust("p", "l", 1, "source")),
  ]);
  expect(kept.map(({ replayed }) => replayed)).toEqual([true, true]);
  await inDays(7.1).clear();
  const later = await Promise.all([
    submitOne(writer, adjust("p", "l", 1, "caller")),
    submitOne(writer, adjust("p", "l", 1, "source")),
  ]);
  expect(later.map(({ replayed }) => replayed)).toEqual([false, true]);
});

test("old observations of the heads are thinned out to the first of each hour", async () => {
  await database.owner.query({
    text: `INSERT INTO observed_heads SELECT '2026-01-01 00:00:00+00'::timestamptz + n * interval '10 minutes', '\\x00' FROM generate_series(0, 17) n`,
  });
  await inDays(0).clear();
  const { rows } = await database.owner.query({
    text: "SELECT observed_at FROM observed_heads WHERE observed_at < '2026-01-02'",
  });
  expect(rows).toHaveLength(3);
});
