import { afterEach, beforeEach, expect, test } from "bun:test";
import { sessionLimits } from "../../src/db/session.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { DatabaseUnavailable, OutcomeUnknown } from "../../src/writer/errors.ts";
import type { Settled } from "../../src/writer/job.ts";
import type { Writer, WriterOptions } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type Commit, type CommitFate, openPgProxy, type PgProxy } from "../support/pg-proxy.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../support/writers.ts";
import { Callers, impatient, traced } from "./callers.ts";
import { untilWaitingForLocks } from "./database-faults.ts";
import { checkLedger } from "./ledger-check.ts";

let database: TestDatabase;
let proxy: PgProxy;
let callers: Callers;
let writers: Writer[];

beforeEach(async () => {
  database = await createDatabase();
  proxy = await openPgProxy(database.target.url);
  callers = new Callers();
  writers = [];
});
afterEach(async () => {
  proxy.onCommit(() => "pass");
  await Promise.all(writers.map((writer) => writer.stop()));
  await proxy.close();
  await database.close();
});

/** A writer behind the proxy, and another beside it. */
async function openBoth(options: Partial<WriterOptions> = {}): Promise<{ first: Writer; other: Writer }> {
  const first = await openWriter(database, { target: { url: proxy.url }, ...options });
  const other = await openWriter(database, options);
  writers = [first, other];
  await apply(other, createLocation("paris"), createProduct("p"));
  return { first, other };
}

/** Holds the next COMMIT behind the proxy. */
function holdNextCommit(): { met: Promise<Commit>; release: (fate: CommitFate) => void } {
  const met = Promise.withResolvers<Commit>();
  const fate = Promise.withResolvers<CommitFate>();
  let holds = true;
  proxy.onCommit((commit) => {
    if (!holds) return "pass";
    holds = false;
    met.resolve(commit);
    return fate.promise;
  });
  return { met: met.promise, release: fate.resolve };
}

async function onHand(): Promise<number> {
  const { rows } = await database.owner.query<{ on_hand: number }>({ text: "SELECT on_hand FROM item" });
  return rows[0]?.on_hand ?? 0;
}

test("a COMMIT that lands late has the one effect, and whoever asked again meanwhile waits for it", async () => {
  const { first, other } = await openBoth(impatient(sessionLimits));
  for (let round = 1; round <= 60; round++) {
    const command = traced(adjust("p", "paris", 1, `zombie ${round}`));
    const { met, release } = holdNextCommit();
    let told = 0;
    const ask = (writer: Writer) =>
      callers.ask(writer, command).then((answer) => {
        told += 1;
        return answer as Settled;
      });
    const own = ask(first);
    const commit = await met;
    commit.connection.cutClient();
    const retried = ask(other);
    await untilWaitingForLocks(database, 2);
    expect([told, await onHand()]).toEqual([0, round - 1]);
    release("pass");
    expect(await commit.answered).toBe("COMMIT");
    const answers = await Promise.all([own, retried]);
    expect(answers.map(({ replayed }) => replayed)).toEqual([true, true]);
    expect(answers[0]!.outcome).toEqual(answers[1]!.outcome);
    expect(await onHand()).toBe(round);
  }
  await checkLedger(database, callers.told);
}, 60_000);

test("a COMMIT held for longer than the database waits never lands, and the retry takes its place", async () => {
  const { first, other } = await openBoth(impatient({ statementTimeoutMs: 4_500, idleInTransactionTimeoutMs: 200 }));
  for (let round = 1; round <= 5; round++) {
    const command = traced(adjust("p", "paris", 1, `late ${round}`));
    const { met, release } = holdNextCommit();
    const answers = [callers.ask(first, command), callers.ask(other, command)] as Promise<Settled>[];
    const commit = await met;
    const [one, two] = await Promise.all(answers);
    expect(one!.outcome).toEqual(two!.outcome);
    release("pass");
    expect(await commit.answered).toBeNull();
    expect(await onHand()).toBe(round);
  }
  await checkLedger(database, callers.told);
}, 60_000);

test("callers who are told that the outcome is unknown find the one effect later", async () => {
  let skewMs = 0;
  const { first, other } = await openBoth({
    ...impatient({ statementTimeoutMs: 100, idleInTransactionTimeoutMs: 30_000 }),
    clock: { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + skewMs },
  });
  const command = traced(adjust("p", "paris", 1, "unknown"));
  const { met, release } = holdNextCommit();
  const own = callers.ask(first, command);
  const commit = await met;
  commit.connection.cutClient();
  const retried = callers.ask(other, command);
  await untilWaitingForLocks(database, 2);
  skewMs = 60_000;
  expect(await own).toBeInstanceOf(OutcomeUnknown);
  // The other server sent nothing, and says no more than that.
  expect(await retried).toBeInstanceOf(DatabaseUnavailable);
  expect(await onHand()).toBe(0);
  release("pass");
  expect(await commit.answered).toBe("COMMIT");
  for (const writer of [other, first]) expect(await callers.ask(writer, command)).toMatchObject({ replayed: true });
  expect(await onHand()).toBe(1);
  await checkLedger(database, callers.told);
}, 60_000);
