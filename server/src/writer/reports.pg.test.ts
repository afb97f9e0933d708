/** What sources say, and demand that is refused, through the writers of two servers on one database. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import {
  adjust,
  apply,
  createLocation,
  createProduct,
  inventory,
  line,
  openWriter,
  submitOne,
} from "../../test/support/writers.ts";
import type { SourceReport } from "../core/command.ts";
import { verifyJournal } from "../journal/verify/verify-journal.ts";
import type { Writer } from "./writer.ts";

let database: TestDatabase;
let writer: Writer;
let other: Writer;

beforeAll(async () => {
  database = await createDatabase();
  [writer, other] = await Promise.all([openWriter(database), openWriter(database)]);
  await apply(writer, createLocation("paris"));
});
afterAll(async () => {
  await Promise.all([writer.stop(), other.stop()]);
  await database.close();
});

const startMs = Date.UTC(2026, 0, 1);

function states(stockLevel: number, at: number, report: Partial<SourceReport>, key?: string) {
  const whole: SourceReport = { sourceId: "erp", trust: 50, freshForMs: 0, version: null, saidAtMs: null, ...report };
  const change = { stockLevel, countedAtMs: startMs + at };
  return inventory([line("p1", "paris", change, { report: whole, allowNegative: true })], key);
}

test("rules are the same on every server, whatever it remembers of the item, and are repeated with the outcome", async () => {
  await apply(writer, createProduct("p1"));
  const newest = states(40, 10, { version: 7, trust: 80, freshForMs: 50 }, "erp-7");
  await apply(writer, newest);
  const older = await submitOne(other, states(3, 30, { version: 6 }));
  expect(older.outcome).toMatchObject({ lines: [{ rule: "older_version", item: { onHand: 40 } }] });
  const untrusted = await submitOne(writer, states(3, 60, { sourceId: "shop", trust: 10, version: 2 }));
  expect(untrusted.outcome).toMatchObject({ lines: [{ rule: "less_trusted", item: { onHand: 40 } }] });

  // A third server knows nothing but what the database holds.
  const third = await openWriter(database);
  const late = await submitOne(third, states(9, 5, { sourceId: "till", trust: 90 }));
  expect(late.outcome).toMatchObject({ lines: [{ rule: "older_level", item: { onHand: 40 } }] });
  const again = await submitOne(third, newest);
  expect(again).toMatchObject({ replayed: true, outcome: { lines: [{ rule: "newest_level", item: { onHand: 40 } }] } });
  const stated = { sourceId: "erp", trust: 80, versions: { erp: 7, shop: 2 } };
  const next = await submitOne(third, states(12, 61, { sourceId: "shop", trust: 10, version: 2 }));
  expect(next.outcome).toMatchObject({ lines: [{ rule: "older_version", item: { extras: { stated } } }] });
  await third.stop();
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
});

test("of a rush on two servers every refused sale is told of once, in far fewer entries, and repeats do not count", async () => {
  await apply(writer, createProduct("p2"), adjust("p2", "paris", 100));
  const sales = Array.from({ length: 600 }, (_, n) =>
    inventory([line("p2", "paris", { adjustment: -1 }, { movementType: "sale" })], `rush-${n}`),
  );
  const sell = () => Promise.all(sales.map((sale, n) => submitOne(n % 2 === 0 ? writer : other, sale)));
  const first = await sell();
  expect(first.filter(({ outcome }) => outcome.kind === "rejected")).toHaveLength(500);
  expect((await sell()).every(({ replayed }) => replayed)).toBe(true);
  const { rows } = await database.owner.query<{ detail: string }>({
    text: "SELECT detail::text AS detail FROM journal WHERE kind = $1",
    values: [entryKinds.inventoryDemandRefused],
  });
  const figures = rows.map(({ detail }) => JSON.parse(detail).notice as { requests: number; units: number });
  expect(figures.reduce((sum, { requests }) => sum + requests, 0)).toBe(500);
  expect(figures.reduce((sum, { units }) => sum + units, 0)).toBe(500);
  expect(figures.length).toBeLessThan(250);
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
});
