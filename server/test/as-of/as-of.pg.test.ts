/** Reads as of random moments are held against a fold of the whole journal, whichever way they are worked out. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Registry } from "prom-client";
import { makeCheckpoint } from "../../src/checkpoints/checkpoint-maker.ts";
import type { Item } from "../../src/core/inventory/item.ts";
import type { SealedEntry } from "../../src/core/record/entry.ts";
import {
  type AsOf,
  type AsOfFilter,
  AsOfQueries,
  AsOfTooFar,
  asOfLimits,
  planOf,
} from "../../src/queries/as-of-queries.ts";
import { asOfMetrics } from "../../src/telemetry/checkpoint-metrics.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { cases } from "../model/property-settings.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { apply, createLocation, createProduct, inventory, line, openWriter, submitOne } from "../support/writers.ts";
import { allEntries, foldAsOf } from "./fold.ts";

const partitionCount = 3;
const products = Array.from({ length: 8 }, (_, index) => `p${index}`);
const locations = ["paris", "lyon", "nice"];
const rounds = 60;
const linesPerRound = 6;

let database: TestDatabase;
let writer: Writer;
let entries: SealedEntry[];
const metrics = asOfMetrics(new Registry());

/** Numbers from 0 up to a limit, always the same ones. */
function drawer(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Sales and counts, on time and late, items put away and taken out again, with checkpoints now and then. */
async function makeHistory(): Promise<void> {
  const draw = drawer(20_261_122);
  await apply(writer, ...locations.map((id) => createLocation(id)), ...products.map((id) => createProduct(id)));
  for (let round = 0; round < rounds; round++) {
    const lines = Array.from({ length: linesPerRound }, () => {
      const [productId, locationId] = [products[draw(products.length)]!, locations[draw(locations.length)]!];
      const nowMs = Date.now();
      const kind = draw(12);
      if (kind === 0) return line(productId, locationId, { retire: draw(2) === 0 ? "archive" : "delete" });
      if (kind === 1) return line(productId, locationId, { retire: "restore" });
      if (kind === 2)
        return line(
          productId,
          locationId,
          { stockLevel: draw(50), countedAtMs: nowMs - draw(400) },
          { allowNegative: true },
        );
      if (kind === 3) return line(productId, locationId, { adjustment: draw(9), state: "damaged" });
      const occurredAtMs = kind < 8 ? null : nowMs + (kind === 8 ? draw(500) : -draw(1_500));
      return line(productId, locationId, { adjustment: draw(20) - 8 }, { occurredAtMs, allowNegative: true });
    });
    await Promise.all(lines.map((each) => submitOne(writer, inventory([each]))));
    if (round % 7 === 3) await checkpoint(1 + draw(partitionCount));
  }
}

const checkpoint = (partition: number) =>
  makeCheckpoint(
    { database: database.application, submit: (command) => submitOne(writer, command), kept: 3 },
    partition,
  );

beforeAll(async () => {
  database = await createDatabase(partitionCount);
  writer = await openWriter(database);
  await makeHistory();
  entries = await allEntries(database.owner);
});
afterAll(async () => {
  await writer.stop();
  await database.close();
});

const everything: AsOfFilter = {
  product: null,
  item: null,
  locationIds: null,
  availableBelow: null,
  q: null,
  lives: [0, 1, 2],
};

/** Walks are cut off at different lengths, so that all ways of working it out are gone. */
const queriesOf = (walkEntriesMax: number): AsOfQueries =>
  new AsOfQueries(database.application, metrics, { ...asOfLimits, candidatesMin: 4, walkEntriesMax });

async function readAll(queries: AsOfQueries, asOf: AsOf, filter: AsOfFilter, limit: number): Promise<Item[]> {
  const items: Item[] = [];
  for (let after: readonly unknown[] | null = null; ; ) {
    const page = await queries.list(asOf, filter, after, limit);
    items.push(...page.rows.map(({ item }) => item));
    if (page.next === null) return items;
    after = page.next;
  }
}

/** Moments that something was recorded or occurred at, and those beside them. */
const moments = fc.tuple(fc.nat(), fc.constantFrom(-1, 0, 1), fc.boolean()).map(([index, off, isRecorded]) => {
  const entry = entries[index % entries.length]!;
  return (isRecorded ? entry.recordedAtMs : entry.occurredAtMs) + off;
});
const asOfs: fc.Arbitrary<AsOf> = fc.record({
  momentMs: moments,
  basis: fc.constantFrom("recorded" as const, "occurred" as const),
});

const sumOf = (items: readonly Item[]) => ({
  on_hand: items.reduce((sum, item) => sum + item.onHand, 0),
  reserved: items.reduce((sum, item) => sum + item.reserved, 0),
  unavailable: items.reduce((sum, item) => sum + item.unavailable, 0),
  incoming: items.reduce((sum, item) => sum + item.incoming, 0),
});

test("the history has what makes it difficult", async () => {
  const ofItems = entries.filter(({ itemNumber }) => itemNumber !== null);
  expect(ofItems.filter((entry) => entry.occurredAtMs < entry.recordedAtMs - 100).length).toBeGreaterThan(20);
  expect(ofItems.filter((entry) => entry.occurredAtMs > entry.recordedAtMs).length).toBeGreaterThan(5);
  expect(new Set(ofItems.map(({ kind }) => kind)).size).toBeGreaterThan(3);
  const { rows } = await database.owner.query<{ checkpoints: number; cleared: number; late: number }>({
    text: "SELECT count(*)::integer AS checkpoints, (count(*) FILTER (WHERE NOT has_levels))::integer AS cleared, sum(late)::integer AS late FROM checkpoint",
  });
  expect(rows[0]!.checkpoints).toBeGreaterThan(5);
  expect(rows[0]!.late).toBeGreaterThan(5);
});

describe("as of any moment", () => {
  test("a list is the fold of the journal", async () => {
    await fc.assert(
      fc.asyncProperty(asOfs, fc.integer({ min: 1, max: 40 }), async (asOf, limit) => {
        expect(await readAll(queriesOf(0), asOf, everything, limit)).toEqual(foldAsOf(entries, asOf));
      }),
      cases(120),
    );
  });

  test("so are one product and one item, however far the walk goes before it is broken off", async () => {
    await fc.assert(
      fc.asyncProperty(
        asOfs,
        fc.constantFrom(...products),
        fc.constantFrom(0, 3, 10_000),
        async (asOf, productId, max) => {
          const whole = foldAsOf(entries, asOf).filter((item) => item.productId === productId);
          const { partition } = entries.find((entry) => entry.productId === productId)!;
          const filter = { ...everything, product: { partition, productId } };
          expect(await readAll(queriesOf(max), asOf, filter, 2)).toEqual(whole);
          const at = { ...filter, locationIds: ["lyon"] };
          expect(await readAll(queriesOf(max), asOf, at, 2)).toEqual(
            whole.filter(({ locationId }) => locationId === "lyon"),
          );
          for (const item of whole) {
            const one = { ...everything, item: { partition, itemNumber: item.itemNumber } };
            expect(await readAll(queriesOf(max), asOf, one, 2)).toEqual([item]);
          }
        },
      ),
      cases(60),
    );
  });

  test("so are a location, totals, and totals by product and location", async () => {
    await fc.assert(
      fc.asyncProperty(asOfs, fc.constantFrom(...locations), async (asOf, locationId) => {
        const queries = queriesOf(0);
        const whole = foldAsOf(entries, asOf).filter(({ life }) => life !== "deleted");
        const here = whole.filter((item) => item.locationId === locationId);
        const filter = { ...everything, lives: [0, 1], locationIds: [locationId] };
        const listed = await readAll(queries, asOf, filter, 5);
        expect(listed.map(({ productId }) => productId).sort()).toEqual(here.map(({ productId }) => productId).sort());
        expect(await queries.sum(asOf, filter)).toMatchObject(sumOf(here));
        const all = { ...everything, lives: [0, 1] };
        expect(await queries.sum(asOf, all)).toMatchObject(sumOf(whole));
        for (const by of ["product", "location"] as const) {
          const { rows } = await queries.sums(asOf, all, by, null, 100);
          const groups = Map.groupBy(whole, (item) => (by === "product" ? item.productId : item.locationId));
          expect(rows).toHaveLength(groups.size);
          for (const row of rows)
            expect(row).toMatchObject(sumOf(groups.get((by === "product" ? row.product_id : row.location_id)!)!));
        }
      }),
      cases(60),
    );
  });

  test("what was put away or had little left is found by what it was then", async () => {
    await fc.assert(
      fc.asyncProperty(asOfs, fc.constantFrom(0, 1), async (asOf, life) => {
        const whole = foldAsOf(entries, asOf).filter((item) => item.life === (life === 0 ? "active" : "archived"));
        expect(await readAll(queriesOf(0), asOf, { ...everything, lives: [life] }, 7)).toEqual(whole);
        const few = await readAll(queriesOf(0), asOf, { ...everything, lives: [life], availableBelow: 5 }, 7);
        expect(few).toEqual(whole.filter((item) => item.onHand - item.reserved - item.unavailable < 5));
      }),
      cases(30),
    );
  });
});

test("beyond the limit it is refused, and says how far it is", async () => {
  const queries = new AsOfQueries(database.application, metrics, {
    walkEntriesMax: 1,
    rangeEntriesMax: 1,
    candidatesMin: 4,
  });
  const momentMs = entries[Math.floor(entries.length / 2)]!.recordedAtMs;
  const read = queries.list({ momentMs, basis: "occurred" }, everything, null, 10);
  expect(read).rejects.toThrow(AsOfTooFar);
  await read.catch((error: AsOfTooFar) => expect(error.entries).toBeGreaterThan(1));
});

describe("the way to a place in a partition", () => {
  const row = {
    partition: 1,
    head: 1_000,
    place: 500,
    settled: 480,
    before: null,
    after: null,
    next: null,
    last: null,
    late: 0,
  };

  test("is from the nearest: the beginning, a checkpoint on either side, or today", () => {
    expect(planOf({ ...row, place: 100 })).toMatchObject({ base: 0, after: 0, upTo: 100, isForward: true });
    expect(planOf({ ...row, place: 900 })).toMatchObject({ base: 0, after: 900, upTo: 1_000, isForward: false });
    expect(planOf({ ...row, before: 450 })).toMatchObject({ base: 450, after: 450, upTo: 500, isForward: true });
    expect(planOf({ ...row, before: 400, after: 520 })).toMatchObject({
      base: 520,
      after: 500,
      upTo: 520,
      isForward: false,
    });
    expect(planOf({ ...row, before: 500, after: 500 })).toMatchObject({ after: 500, upTo: 500 });
  });

  test("what came late lies in the entries up to the next checkpoint, its successors, and behind the last", () => {
    expect(planOf({ ...row, next: 600, last: 900 })).toMatchObject({ next: 600, last: 900, head: 1_000 });
    expect(planOf({ ...row, before: 450, last: 450 })).toMatchObject({ next: 1_000, last: 1_000 });
  });
});
