import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "../../src/db/migrate.ts";
import { openDatabase } from "../../src/db/pool.ts";
import { connectionUrl, openEmbeddedPostgres } from "../../src/embedded/embedded-postgres.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { OutcomeUnknown } from "../../src/writer/errors.ts";
import type { Settled } from "../../src/writer/job.ts";
import type { Writer } from "../../src/writer/writer.ts";
import type { TestDatabase } from "../support/database.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../support/writers.ts";
import { Callers, impatient, traced } from "./callers.ts";
import { terminateWriters } from "./database-faults.ts";
import { checkLedger } from "./ledger-check.ts";

// A cluster of its own: the setting that makes every COMMIT wait for a standby is one for the whole cluster.
let database: TestDatabase;
let callers: Callers;
let writers: Writer[];
let skewMs: number;

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "onhand-test-"));
  // Run by root, PostgreSQL runs as another user, who must be able to enter.
  await chmod(dataDir, 0o711);
  const cluster = await openEmbeddedPostgres({ dataDir, holder: "missing standby test" });
  const target = { url: connectionUrl(cluster.connection) };
  const owner = openDatabase(target, { name: "test owner", role: "owner" }, 4);
  await migrate(owner, 4);
  const application = openDatabase(target, { name: "test", role: "application" }, 4);
  database = {
    target,
    owner,
    application,
    async close() {
      await application.close();
      await owner.close();
      await cluster.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  const writer = await openWriter(database);
  await apply(writer, createLocation("paris"), createProduct("p"));
  await writer.stop();
});
afterAll(() => database.close());
beforeEach(async () => {
  callers = new Callers();
  skewMs = 0;
  const options = {
    ...impatient({ statementTimeoutMs: 200, idleInTransactionTimeoutMs: 2_000 }),
    clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + skewMs },
  };
  writers = [await openWriter(database, options), await openWriter(database, options)];
});
afterEach(async () => {
  await requireStandby("");
  await Promise.all(writers.map((writer) => writer.stop()));
});

/** Names the standby that every COMMIT waits for; none when empty. */
async function requireStandby(name: string): Promise<void> {
  await database.owner.query({ text: `ALTER SYSTEM SET synchronous_standby_names = '${name}'` });
  await database.owner.query({ text: "SELECT pg_reload_conf()" });
  for (;;) {
    const { rows } = await database.owner.query<{ setting: string }>({
      text: "SELECT setting FROM pg_settings WHERE name = 'synchronous_standby_names'",
    });
    if (rows[0]!.setting === name) return;
  }
}

/** Returns once so many COMMITs wait for the standby. */
async function untilWaitingForStandby(count: number): Promise<void> {
  for (;;) {
    const { rows } = await database.owner.query<{ waiting: number }>({
      text: "SELECT count(*) AS waiting FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
    });
    if (rows[0]!.waiting >= count) return;
  }
}

const isSettled = (answer: Settled | Error): boolean => !(answer instanceof Error);

test("what only this server holds is answered to nobody, not even to a retry that finds it committed", async () => {
  const command = traced(adjust("p", "paris", 1, "unreplicated"));
  await requireStandby("ghost");
  const answers: (Settled | Error)[] = [];
  const asked = writers.map((writer) =>
    callers.ask(writer, command).then((answer) => {
      answers.push(answer);
      return answer;
    }),
  );
  // Each termination leaves the COMMIT done here and only here, frees its locks, and the next try finds its outcome.
  for (let round = 0; round < 10; round++) {
    await untilWaitingForStandby(1);
    expect(answers).toEqual([]);
    await terminateWriters(database);
  }
  await untilWaitingForStandby(1);
  const { rows } = await database.owner.query({ text: "SELECT on_hand FROM item" });
  expect([rows, answers]).toEqual([[{ on_hand: 1 }], []]);
  await requireStandby("");
  const settled = await Promise.all(asked);
  expect(settled.every(isSettled)).toBe(true);
  await checkLedger(database, callers.told);
}, 60_000);

test("a caller hears that the outcome is unknown when the standby stays away", async () => {
  const command = traced(adjust("p", "paris", 1, "never replicated"));
  await requireStandby("ghost");
  const asked = callers.ask(writers[0]!, command);
  await untilWaitingForStandby(1);
  skewMs = 60_000;
  expect(await asked).toBeInstanceOf(OutcomeUnknown);
  await requireStandby("");
  expect(isSettled(await callers.insist(() => writers[1]!, command))).toBe(true);
  await checkLedger(database, callers.told);
}, 60_000);
