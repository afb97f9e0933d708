import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Command } from "../../src/core/command.ts";
import { openSession, type Session } from "../../src/db/session.ts";
import { KeyReused, PoisonCommand } from "../../src/writer/errors.ts";
import type { Settled } from "../../src/writer/job.ts";
import type { Writer, WriterOptions } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { adjust, apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";
import { Callers, impatient, MetricsSpy, traced } from "./callers.ts";
import { checkLedger } from "./ledger-check.ts";

const quantityMax = Number.MAX_SAFE_INTEGER;

let database: TestDatabase;
let callers: Callers;
let writers: Writer[];

beforeEach(async () => {
  database = await createDatabase();
  callers = new Callers();
  writers = [];
});
afterEach(async () => {
  await Promise.all(writers.map((writer) => writer.stop()));
  await database.close();
});

/** One lane, so that what is submitted together is one group. */
async function open(options: Partial<WriterOptions> = {}): Promise<Writer> {
  const writer = await openWriter(database, { laneCount: 1, ...options });
  writers.push(writer);
  await apply(writer, createLocation("paris"), createLocation("lyon"));
  await apply(writer, ...["p1", "p2", "p3", "poison"].map((productId) => createProduct(productId)));
  return writer;
}

/** Submits the commands as one group. */
async function askTogether(writer: Writer, commands: readonly Command[]): Promise<(Settled | Error)[]> {
  const answers = await Promise.all(writer.submit(commands).map((answer) => answer.catch((error: Error) => error)));
  commands.forEach((command, index) => void callers.told.push({ command, answer: answers[index]! }));
  return answers;
}

const healthy = (count: number): Command[] =>
  Array.from({ length: count }, (_, index) => traced(adjust(`p${1 + (index % 3)}`, "paris", 1)));

const isApplied = (answer: Settled | Error | undefined): boolean =>
  answer !== undefined && !(answer instanceof Error) && answer.outcome.kind === "lines";

/** Asks for a group with the bad commands spread over it. @returns what the bad ones were told */
async function expectIsolated(writer: Writer, bad: readonly Command[], neighbours = 255): Promise<(Settled | Error)[]> {
  const group = healthy(neighbours);
  bad.forEach(
    (command, index) => void group.splice(Math.floor(((index + 1) * neighbours) / (bad.length + 1)), 0, command),
  );
  const answers = await askTogether(writer, group);
  const ofBad = answers.filter((_, index) => bad.includes(group[index]!));
  expect(answers.filter(isApplied)).toHaveLength(neighbours);
  return ofBad;
}

test("a command that the database refuses fails alone, and succeeds when the cause is gone", async () => {
  const metrics = new MetricsSpy();
  const writer = await open({ metrics });
  await database.owner.query({
    text: "ALTER TABLE journal ADD CONSTRAINT planted CHECK (product_id <> 'poison' OR on_hand_delta <> 13) NOT VALID",
  });
  const alone = traced(adjust("poison", "paris", 13));
  const half = traced(
    inventory([
      line("p1", "lyon", { adjustment: 5 }),
      line("poison", "paris", { adjustment: 13 }),
      line("p2", "lyon", { adjustment: 5 }),
    ]),
  );
  const answers = await expectIsolated(writer, [alone, half, traced(adjust("poison", "paris", 13))], 253);
  expect(answers.map((answer) => answer instanceof PoisonCommand)).toEqual([true, true, true]);
  expect(metrics.failures.length).toBeLessThan(40);
  const journal = await checkLedger(database, callers.told);
  const planted = journal.filter((entry) => entry.itemNumber !== null && entry.locationId === "lyon");
  expect([...planted, ...journal.filter((entry) => entry.delta.onHand === 13)]).toEqual([]);
  await database.owner.query({ text: "ALTER TABLE journal DROP CONSTRAINT planted" });
  expect((await askTogether(writer, [alone, half])).every(isApplied)).toBe(true);
  await checkLedger(database, callers.told);
});

test("text that the database cannot hold is isolated, wherever it stands", async () => {
  const writer = await open();
  const bad = [
    { ...traced(adjust("p1", "paris", 1)), source: "a\0b" },
    traced(adjust("p1", "par\0is", 1)),
    traced(adjust("p\x001", "paris", 1)),
    { ...traced(createProduct("p4", "SKU\0")) },
  ];
  const answers = await expectIsolated(writer, bad);
  expect(answers.every((answer) => answer instanceof PoisonCommand)).toBe(true);
  await checkLedger(database, callers.told);
});

test("a product's total is exact beyond 2^53, and what would leave the database's range fails alone", async () => {
  const writer = await open();
  const locations = Array.from({ length: 1_100 }, (_, index) => `l${index}`);
  await apply(writer, ...locations.map((locationId) => createLocation(locationId)));
  const fill = (from: number, to: number): Command =>
    traced(
      inventory(locations.slice(from, to).map((locationId) => line("p1", locationId, { adjustment: quantityMax }))),
    );
  expect((await askTogether(writer, [fill(0, 3), fill(3, 4), ...healthy(10)])).every(isApplied)).toBe(true);
  await checkLedger(database, callers.told);
  expect((await askTogether(writer, [fill(4, 1_000)])).every(isApplied)).toBe(true);
  const [beyond] = await expectIsolated(writer, [fill(1_000, 1_100)], 20);
  expect(beyond).toBeInstanceOf(PoisonCommand);
  const [atOnce] = await expectIsolated(writer, [fill(0, 1_100)], 20);
  expect(atOnce).toMatchObject({ outcome: { kind: "rejected" } });
  await checkLedger(database, callers.told);
});

test("the same key twice in one group has one effect, and its neighbours do not notice", async () => {
  const writer = await open(impatient({ statementTimeoutMs: 4_500, idleInTransactionTimeoutMs: 2_000 }));
  const first = traced(adjust("p1", "paris", 5, "double click"));
  const other = traced(adjust("p1", "paris", 6, "double click"));
  const answers = await askTogether(writer, [...healthy(20), first, first, other, first, ...healthy(20)]);
  expect(answers.filter(isApplied)).toHaveLength(43);
  expect(answers[22]).toBeInstanceOf(KeyReused);
  expect([20, 21, 23].map((index) => (answers[index] as Settled).replayed)).toEqual([false, true, true]);
  await checkLedger(
    database,
    callers.told.filter(({ command }) => command !== other),
  );
}, 30_000);

test("a count that asks for more history than is walked back fails alone", async () => {
  const stretch = { place: 1, passed: 1, moved: "0", counted_at: null, next_sequence: 1, beginnings: 0 };
  const tooLong = { ...stretch, entries: 1_000_000, recorded_at: Date.now() };
  const connect = async (...[target, name]: Parameters<typeof openSession>): Promise<Session> => {
    const session = await openSession(target, name);
    const query: Session["query"] = (statement) =>
      statement.name === "walk_stretches"
        ? Promise.resolve({ rows: [tooLong] as never[], rowCount: 1 })
        : session.query(statement);
    return {
      query,
      command: session.command,
      destroy: session.destroy,
      get isBroken() {
        return session.isBroken;
      },
    };
  };
  const writer = await open({ connect });
  await apply(writer, adjust("p1", "paris", 1));
  const count = traced(inventory([line("p1", "paris", { stockLevel: 7, countedAtMs: 1_000 })]));
  const [answer] = await expectIsolated(writer, [count], 40);
  expect(answer).toMatchObject({
    outcome: { kind: "rejected", rejection: { code: "validation_failed", pointer: "/countedAt" } },
  });
}, 60_000);

test("a group that takes the database too long at once is done in halves", async () => {
  const sizes: number[] = [];
  const connect = async (...[target, name]: Parameters<typeof openSession>): Promise<Session> => {
    const session = await openSession(target, name);
    const query: Session["query"] = (statement) => {
      // The statement's parameter $71 is how many outcomes it stores.
      const size = statement.name === "append_group" ? Number(statement.values?.[70]) : 0;
      if (size > 0) sizes.push(size);
      if (size <= 10) return session.query(statement);
      return Promise.reject(
        Object.assign(new Error("canceling statement due to statement timeout"), { code: "57014" }),
      );
    };
    return {
      query,
      command: (text) => session.command(text === "COMMIT" && sizes.at(-1)! > 10 ? "ROLLBACK" : text),
      destroy: session.destroy,
      get isBroken() {
        return session.isBroken;
      },
    };
  };
  const writer = await open({ connect });
  const answers = await askTogether(writer, healthy(32));
  expect(answers.filter(isApplied)).toHaveLength(32);
  expect(Math.max(...sizes)).toBeGreaterThan(10);
}, 60_000);
