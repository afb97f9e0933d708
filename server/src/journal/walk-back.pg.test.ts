/** What moved since moments, as it is found by walking back. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { apply, createLocation, createProduct, inventory, line, openWriter } from "../../test/support/writers.ts";
import type { Writer } from "../writer/writer.ts";
import { type Walk, walkBack } from "./walk-back.ts";

const partitionCount = 3;
const nowMs = Date.now();
const agoMs = (seconds: number): number => nowMs - seconds * 1_000;

let database: TestDatabase;
let writer: Writer;
beforeAll(async () => {
  database = await createDatabase(partitionCount);
  writer = await openWriter(database);
  await apply(writer, createLocation("shop"));
  await apply(writer, ...["long", "short", "none"].map((productId) => createProduct(productId)));
});
afterAll(async () => {
  await writer.stop();
  await database.close();
});

const move = (productId: string, adjustment: number, occurredAtMs: number | null) =>
  inventory([line(productId, "shop", { adjustment }, { occurredAtMs, allowNegative: true })]);

async function walkOf(productId: string, momentsMs: readonly number[]): Promise<Walk> {
  const { rows } = await database.owner.query<{ partition: number; last_sequence: number }>({
    text: "SELECT partition, last_sequence FROM item WHERE product_id = $1",
    values: [productId],
  });
  return { partition: rows[0]!.partition, lastSequence: rows[0]!.last_sequence, momentsMs };
}

test("each item is walked to its oldest moment, in stretches, and all its moments are told apart", async () => {
  // Recorded in another order than they happened.
  const seconds = Array.from({ length: 80 }, (_, index) => ((index * 37) % 80) + 1);
  await apply(writer, ...seconds.map((second) => move("long", second, agoMs(second))));
  await apply(writer, move("short", 5, agoMs(10)), move("short", 7, null));
  const moments = [0, 1, 40, 41, 90].map(agoMs);
  const walks = [await walkOf("long", moments), await walkOf("short", [agoMs(10), agoMs(11)])];
  for (const budget of [100_000, 120]) {
    const { since, entries, isSpent } = await walkBack(database.application, walks, budget);
    expect([entries, isSpent]).toEqual([82, false]);
    const moved = (from: number): number => seconds.filter((second) => second < from).reduce((sum, n) => sum + n, 0);
    expect([...since[0]!].map(([, found]) => found.moved)).toEqual([0, 1, 40, 41, 90].map(moved));
    expect([...since[1]!].map(([, found]) => found.moved)).toEqual([7, 12]);
  }
});

test("what the budget does not reach is unknown, and no sum that is not exact is told", async () => {
  const walks = [await walkOf("long", [agoMs(90)]), await walkOf("short", [agoMs(90)])];
  const { since, entries, isSpent } = await walkBack(database.application, walks, 20);
  expect([entries, isSpent]).toEqual([20, true]);
  expect(since.map((found) => found.get(agoMs(90))!.moved)).toEqual([Number.NaN, 12]);
  const most = Number.MAX_SAFE_INTEGER;
  await apply(writer, move("none", most, null), move("none", -most, null), move("none", -most, null));
  for (const back of [most, 1, -1]) await apply(writer, move("none", back, null));
  const { since: huge } = await walkBack(database.application, [await walkOf("none", [agoMs(90)])], 100);
  expect(huge[0]!.get(agoMs(90))!.moved).toBe(0);
});

test("counts that were applied are found, and neither guarded sets nor what was contained", async () => {
  const count = (stockLevel: number, countedAtMs: number, errorMs?: null) =>
    inventory([
      line("short", "shop", { stockLevel, countedAtMs }, errorMs === null ? { clock: { deviceId: "d", errorMs } } : {}),
    ]);
  const laterThan = async (second: number): Promise<number | null> => {
    const { since } = await walkBack(database.application, [await walkOf("short", [agoMs(second)])], 100);
    return since[0]!.get(agoMs(second))!.countedAtMs;
  };
  expect(await laterThan(90)).toBeNull();
  const guard = { stockLevel: null };
  await apply(writer, inventory([line("short", "shop", { stockLevel: 9 }, { guard, movementType: "count" })]));
  expect(await laterThan(90)).toBeNull();
  await apply(writer, count(4, agoMs(30), null), count(5, agoMs(60)), count(9, agoMs(50)));
  expect([await laterThan(90), await laterThan(31), await laterThan(30)]).toEqual([agoMs(30), agoMs(30), null]);
});
