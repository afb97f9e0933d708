import { afterEach, beforeEach, expect, test } from "bun:test";
import { openSession, sessionLimits } from "../../src/db/session.ts";
import { lockHeads } from "../../src/journal/sql/lock-heads.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { adjust, apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";
import { Callers, impatient, MetricsSpy, randomNumbers, together, traced } from "./callers.ts";
import { databaseTimeMs, openBystander, terminateWriters, untilWaitingForLocks } from "./database-faults.ts";
import { checkLedger } from "./ledger-check.ts";

const productCount = 40;
let database: TestDatabase;
let callers: Callers;
let metrics: MetricsSpy;
let writers: Writer[];

beforeEach(async () => {
  database = await createDatabase();
  callers = new Callers();
  metrics = new MetricsSpy();
  const options = { laneCount: 4, metrics, ...impatient(sessionLimits) };
  writers = [await openWriter(database, options), await openWriter(database, options)];
  await apply(writers[0]!, createLocation("paris"));
  await apply(writers[0]!, ...Array.from({ length: productCount }, (_, index) => createProduct(`p${index}`)));
});
afterEach(async () => {
  await Promise.all(writers.map((writer) => writer.stop()));
  await database.close();
});

test("sessions ended again and again under load lose nothing that was answered", async () => {
  const restartsMax = 15;
  let restarts = 0;
  let ended = 0;
  let answered = 0;
  await together(64, async (index) => {
    const random = randomNumbers(index);
    for (let round = 0; restarts < restartsMax; round++) {
      const lines = Array.from({ length: random(10) === 0 ? 3 : 1 }, () =>
        line(`p${random(productCount)}`, "paris", { adjustment: random(20) - 8 }),
      );
      const command = traced(inventory(lines, `${index}/${round}`));
      await callers.insist(() => writers[random(2)]!, command);
      answered += 1;
      if (answered % 80 !== 0) continue;
      restarts += 1;
      ended += await terminateWriters(database);
    }
  });
  expect(ended).toBeGreaterThan(restartsMax);
  await checkLedger(database, callers.told);
}, 60_000);

test("sessions ended while nothing was under way are not noticed by the next command", async () => {
  await apply(writers[0]!, adjust("p1", "paris", 1));
  expect(await terminateWriters(database)).toBeGreaterThan(0);
  const answer = await callers.ask(writers[0]!, traced(adjust("p1", "paris", 1)));
  expect(answer).toMatchObject({ outcome: { lines: [{ item: { onHand: 2 } }] } });
}, 60_000);

test("a server that froze while it held heads costs the others seconds: the database ends its session", async () => {
  const frozen = await openSession(database.target, "frozen");
  await frozen.query({ text: "BEGIN" });
  const startedAtMs = await databaseTimeMs(database);
  await frozen.query(lockHeads(Array.from({ length: 17 }, (_, partition) => partition)));
  await together(32, (index) => callers.insist(() => writers[index % 2]!, traced(adjust(`p${index}`, "paris", 1))));
  expect((await databaseTimeMs(database)) - startedAtMs).toBeLessThan(5_000);
  await expect(frozen.query({ text: "SELECT 1" })).rejects.toThrow();
  expect(frozen.isBroken).toBe(true);
  await checkLedger(database, callers.told);
}, 60_000);

test("a deadlock with somebody else's session is a try that failed: the whole group succeeds on the next", async () => {
  // The writer looks for deadlocks soon, so that it is the one that is refused.
  await database.owner.query({
    text: "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 50', current_database()); END $$",
  });
  await apply(writers[0]!, adjust("p1", "paris", 10));
  await terminateWriters(database);
  const bystander = await openBystander(database);
  await bystander.run("SET deadlock_timeout = '1min'; BEGIN; SELECT FROM item WHERE product_id = 'p1' FOR UPDATE");
  const commands = Array.from({ length: 20 }, () => traced(adjust("p1", "paris", -1)));
  const answers = Promise.all(commands.map((command) => callers.ask(writers[0]!, command)));
  await untilWaitingForLocks(database, 1);
  await bystander.run("SELECT FROM partition_head ORDER BY partition FOR UPDATE; COMMIT");
  const outcomes = await answers;
  const applied = outcomes.filter((answer) => !(answer instanceof Error) && answer.outcome.kind === "lines");
  expect(applied).toHaveLength(10);
  expect(metrics.states).toContain("40P01");
  await bystander.end();
  await checkLedger(database, callers.told);
}, 60_000);
