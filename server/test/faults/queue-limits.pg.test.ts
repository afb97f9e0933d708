import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Command } from "../../src/core/command.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Overloaded } from "../../src/writer/errors.ts";
import type { Settled } from "../../src/writer/job.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { adjust, apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";
import { Callers, traced } from "./callers.ts";
import { stallWriters, untilWaitingForLocks } from "./database-faults.ts";
import { checkLedger } from "./ledger-check.ts";

const products = ["a", "b", "c", "d", "e", "f"];
const queueEntriesMax = 50;

let database: TestDatabase;
let callers: Callers;
let writer: Writer;
let skewMs: number;
let letGo: () => Promise<void>;

beforeEach(async () => {
  database = await createDatabase();
  callers = new Callers();
  skewMs = 0;
  letGo = () => Promise.resolve();
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + skewMs };
  writer = await openWriter(database, { queueEntriesMax, clock });
  await apply(writer, createLocation("paris"));
  await apply(writer, ...products.map((productId) => createProduct(productId)));
});
afterEach(async () => {
  await letGo();
  await writer.stop();
  await database.close();
});

const one = (index: number): Command => traced(adjust(products[index % products.length]!, "paris", 1));
const spanning = (): Command =>
  traced(inventory(products.map((productId) => line(productId, "paris", { adjustment: 1 }))));

/** Asks for all of them at once. */
const askAll = (commands: readonly Command[]): Promise<Settled | Error>[] =>
  commands.map((command) => callers.ask(writer, command));

const overloaded = (answers: readonly (Settled | Error)[]): number =>
  answers.filter((answer) => answer instanceof Overloaded).length;

test("commands beyond the limit of the queue are refused at once, and the accepted ones are answered", async () => {
  letGo = await stallWriters(database);
  const first = askAll([one(0), one(1)]);
  await untilWaitingForLocks(database, 1);
  const asked = askAll(Array.from({ length: 4 * queueEntriesMax }, (_, index) => one(index)));
  // Refusals do not wait for the database.
  await Promise.any(asked.map(async (answer) => (await answer) instanceof Overloaded || Promise.reject()));
  const { queuedEntries } = writer.load();
  expect(queuedEntries).toBeGreaterThan(queueEntriesMax - 2);
  expect(queuedEntries).toBeLessThanOrEqual(queueEntriesMax);
  await letGo();
  const answers = await Promise.all([...first, ...asked]);
  expect(answers.filter((answer) => answer instanceof Error)).toHaveLength(overloaded(answers));
  expect(answers.length - overloaded(answers)).toBeGreaterThanOrEqual(queuedEntries + 2);
  expect(writer.load().queuedEntries).toBe(0);
  await checkLedger(database, callers.told);
});

test("commands over several lanes count in the queue too", async () => {
  letGo = await stallWriters(database);
  const first = askAll([one(0)]);
  await untilWaitingForLocks(database, 1);
  const asked = askAll(Array.from({ length: queueEntriesMax }, spanning));
  await letGo();
  const answers = await Promise.all([...first, ...asked]);
  const accepted = answers.length - overloaded(answers);
  expect(accepted).toBeLessThanOrEqual(3 + queueEntriesMax / products.length);
  expect(accepted).toBeGreaterThan(1);
  await checkLedger(database, callers.told);
});

test("a command larger than the whole queue is taken when it comes alone", async () => {
  const lines = Array.from({ length: 2 * queueEntriesMax }, (_, index) =>
    line(products[index % products.length]!, "paris", { adjustment: 1 }),
  );
  expect(await callers.ask(writer, traced(inventory(lines)))).toMatchObject({ outcome: { kind: "lines" } });
});

test("a command that waited too long is refused before it costs the database anything", async () => {
  letGo = await stallWriters(database);
  const first = askAll([one(0)]);
  await untilWaitingForLocks(database, 1);
  const asked = askAll([one(0), one(0)]);
  skewMs += 11_000;
  await letGo();
  expect(overloaded(await Promise.all(asked))).toBe(2);
  expect(overloaded(await Promise.all(first))).toBe(0);
  await checkLedger(database, callers.told);
});

test("a command over several lanes that waited too long is refused too", async () => {
  letGo = await stallWriters(database);
  const first = askAll([one(0)]);
  await untilWaitingForLocks(database, 1);
  const asked = askAll([spanning(), spanning(), spanning()]);
  expect(writer.load().oldestAgeMs).toBeGreaterThan(0);
  skewMs += 11_000;
  expect(writer.load().oldestAgeMs).toBeGreaterThan(11_000);
  await letGo();
  // The first one may have left the queue already; the others may not be tried one after the other for as long as it takes.
  expect(overloaded(await Promise.all(asked))).toBeGreaterThanOrEqual(2);
  expect(overloaded(await Promise.all(first))).toBe(0);
  await checkLedger(database, callers.told);
});

test("stopping refuses what is new and answers all that was accepted", async () => {
  letGo = await stallWriters(database);
  const accepted = askAll([...Array.from({ length: 20 }, (_, index) => one(index)), spanning(), spanning()]);
  await untilWaitingForLocks(database, 1);
  let hasStopped = false;
  const stopped = writer.stop().then(() => {
    hasStopped = true;
  });
  expect(await callers.ask(writer, one(0))).toBeInstanceOf(Overloaded);
  expect(hasStopped).toBe(false);
  await letGo();
  const answers = await Promise.all(accepted);
  expect(answers.filter((answer) => answer instanceof Error)).toEqual([]);
  await stopped;
  const { rows } = await database.owner.query<{ open: number }>({
    text: "SELECT count(*) AS open FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'onhand lane%' AND state <> 'idle'",
  });
  expect(rows).toEqual([{ open: 0 }]);
  await checkLedger(database, callers.told);
});
