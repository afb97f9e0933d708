/** The history of items is a fold of the journal: whatever the batches, and when it is built anew in the middle of writes. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { movementTypes } from "@onhand/protocol/vocabulary";
import { historyProjection } from "../../src/history/history-projection.ts";
import { HistoryQueries } from "../../src/history/history-queries.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { catchUp, runnerOn } from "../projections/support.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";

let database: TestDatabase;
let writer: Writer;
beforeEach(async () => {
  database = await createDatabase(2);
  writer = await openWriter(database);
  await apply(writer, createProduct("soap"), createProduct("comb"), createLocation("shop"), createLocation("depot"));
});
afterEach(async () => {
  await writer.stop();
  await database.close();
});

const hourMs = 3_600_000;
const rows = async (text: string): Promise<object[]> => (await database.owner.query({ text })).rows;

/** Numbers that look random and are the same in every run. */
function* draws(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state / 2_147_483_648;
  }
}
const random = draws(42);
const draw = (below: number): number => Math.floor(random.next().value * below);
const pick = <Value>(values: readonly Value[]): Value => values[draw(values.length)]!;

/** Some movement that may have happened in the last three days, facts among them that take stock below zero. */
function somethingHappens() {
  const movementType = pick(["sale", "return", "restock", "loss", "correction"] as const);
  const units = 1 + draw(9);
  const adjustment = movementType === "sale" || movementType === "loss" ? -units : units;
  return inventory([
    {
      ...line(pick(["soap", "comb"]), pick(["shop", "depot"]), { adjustment }),
      movementType,
      allowNegative: true,
      occurredAtMs: draw(4) === 0 ? null : Date.now() - draw(72 * hourMs),
    },
  ]);
}

const typesOf = (...types: (typeof movementTypes)[number][]): string =>
  types.map((type) => movementTypes.indexOf(type)).join(",");

/** What the tables say, and what the journal says, in the same form. */
async function compare(): Promise<void> {
  const [told, journal] = await Promise.all([
    rows(`SELECT product_id, location_id, grain, period, sold, returned, received, lost, corrected, net FROM item_period
          ORDER BY product_id, location_id, grain, period`),
    rows(`SELECT * FROM (SELECT product_id, location_id, g.grain, floor(extract(epoch FROM occurred_at) / g.seconds)::integer AS period,
            coalesce(-sum(on_hand_delta) FILTER (WHERE movement_type IN (${typesOf("sale", "hold")})), 0)::bigint AS sold,
            coalesce(sum(on_hand_delta) FILTER (WHERE movement_type IN (${typesOf("return")})), 0)::bigint AS returned,
            coalesce(sum(on_hand_delta) FILTER (WHERE movement_type IN (${typesOf("restock", "supply")})), 0)::bigint AS received,
            coalesce(-sum(on_hand_delta) FILTER (WHERE movement_type IN (${typesOf("loss")})), 0)::bigint AS lost,
            coalesce(sum(on_hand_delta) FILTER (WHERE movement_type IN (${typesOf("correction", "count")})), 0)::bigint AS corrected,
            sum(on_hand_delta)::bigint AS net
          FROM journal, (VALUES (0::smallint, 3600), (1::smallint, 86400)) g(grain, seconds)
          WHERE item_number IS NOT NULL AND on_hand_delta <> 0 GROUP BY 1, 2, 3, 4) f ORDER BY product_id, location_id, grain, period`),
  ]);
  expect(told).toEqual(journal);
  expect(await rows("SELECT product_id, location_id, on_hand FROM item_history ORDER BY 1, 2")).toEqual(
    await rows("SELECT product_id, location_id, on_hand FROM item ORDER BY 1, 2"),
  );
  await compareOutages();
}

/** Times without stock, worked out from the entries one by one. */
async function compareOutages(): Promise<void> {
  const entries =
    (await rows(`SELECT product_id, location_id, recorded_at, on_hand - reserved - unavailable AS available FROM journal
    WHERE item_number IS NOT NULL AND kind < 60 ORDER BY partition, sequence`)) as {
      product_id: string;
      location_id: string;
      recorded_at: number;
      available: number;
    }[];
  const since = new Map<string, number>();
  const until = new Map<string, number>();
  for (const { product_id, location_id, recorded_at, available } of entries) {
    const key = `${product_id}/${location_id}`;
    const from = since.get(key);
    if (available <= 0 && from === undefined) since.set(key, recorded_at);
    if (available > 0 && from !== undefined) {
      since.delete(key);
      until.set(`${key}/${from}`, Math.max(recorded_at, until.get(`${key}/${from}`) ?? 0));
    }
  }
  const outages = (await rows("SELECT * FROM item_outage")) as Record<string, string>[];
  const told = outages.map((row) => [`${row.product_id}/${row.location_id}/${row.since}`, row.until]);
  expect(told.sort()).toEqual([...until].sort() as unknown as string[][]);
  const open = (await rows("SELECT * FROM item_history WHERE out_since IS NOT NULL")) as Record<string, string>[];
  expect(open.map((row) => [`${row.product_id}/${row.location_id}`, row.out_since]).sort()).toEqual(
    [...since].sort() as unknown as string[][],
  );
}

test("it equals the journal whatever the batches, and after it was built anew in the middle of writes", async () => {
  const projection = historyProjection(database.application);
  const small = runnerOn(database, { ...projection, batchMax: 3 });
  for (let round = 0; round < 20; round++) {
    await apply(writer, ...Array.from({ length: 10 }, somethingHappens));
    await small.step();
  }
  await catchUp(small);
  await compare();
  await small.stop();
  const anew = runnerOn(database, { ...projection, version: 2, batchMax: 40 }, { serverId: "srv_2" });
  for (let round = 0; round < 20; round++) {
    const writing = apply(writer, ...Array.from({ length: 10 }, somethingHappens));
    await anew.step();
    await writing;
  }
  await catchUp(anew);
  await compare();
});

describe("what is read", () => {
  test("fills periods in which nothing happened, and closes each as it was by the time of events", async () => {
    const noon = Math.floor(Date.now() / hourMs) * hourMs - 20 * hourMs;
    const at = (hours: number, adjustment: number, movementType: "sale" | "restock" = "sale") =>
      inventory([
        { ...line("soap", "shop", { adjustment }), movementType, occurredAtMs: noon + hours * hourMs + 60_000 },
      ]);
    await apply(writer, at(0, 10, "restock"), at(3, -4), at(1, -1));
    const runner = runnerOn(database, historyProjection(database.application));
    await catchUp(runner);
    const history = new HistoryQueries(database.application);
    const { partition } = (await rows("SELECT partition FROM item"))[0] as { partition: number };
    const item = { partition, productId: "soap", locationId: "shop" };
    const read = async () =>
      (await history.read(item, "hour", null, noon - hourMs, noon + 5 * hourMs, Date.now())).periods.map(
        ({ startMs, flows, opening, closing }) => [
          (startMs - noon) / hourMs,
          opening,
          flows.received,
          flows.sold,
          closing,
        ],
      );
    expect(await read()).toEqual([
      [-1, 0, 0, 0, 0],
      [0, 0, 10, 0, 10],
      [1, 10, 0, 1, 9],
      [2, 9, 0, 0, 9],
      [3, 9, 0, 4, 5],
      [4, 5, 0, 0, 5],
    ]);
    // A sale that is heard of late belongs to its hour, and changes what every later hour closed with.
    await apply(writer, at(2, -2));
    await catchUp(runner);
    expect((await read()).map((row) => row.at(-1))).toEqual([0, 10, 9, 7, 3, 3]);
    await expect(history.read(item, "hour", null, 0, Date.now(), Date.now())).rejects.toThrow("are more than 1000");
  });

  test("an item that nobody has told of yet has none", async () => {
    const history = new HistoryQueries(database.application);
    const item = { partition: 1, productId: "soap", locationId: "shop" };
    expect(await history.read(item, "day", null, 0, 1, 1)).toEqual({ periods: [], reflected: 0 });
  });
});
