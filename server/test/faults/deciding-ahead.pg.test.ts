import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Command } from "../../src/core/command.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { endOfTurn } from "../../src/lib/turn.ts";
import { PoisonCommand } from "../../src/writer/errors.ts";
import type { Settled } from "../../src/writer/job.ts";
import { streakLimits } from "../../src/writer/own-streak.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type Commit, type CommitFate, openPgProxy, type PgProxy } from "../support/pg-proxy.ts";
import { adjust, apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";
import { Callers, MetricsSpy, traced } from "./callers.ts";
import { checkLedger } from "./ledger-check.ts";
import { type TappedCommit, TappedSessions } from "./tapped-sessions.ts";

const products = ["p", "q", "poison"];

let database: TestDatabase;
let proxy: PgProxy;
let callers: Callers;
let metrics: MetricsSpy;
let sessions: TappedSessions;
/** Writes through the proxy, on one lane, and remembers all that the tests touch. */
let writer: Writer;
/** Another server on the same database. */
let other: Writer;

beforeEach(async () => {
  database = await createDatabase();
  proxy = await openPgProxy(database.target.url);
  callers = new Callers();
  metrics = new MetricsSpy();
  sessions = new TappedSessions();
  writer = await openWriter(database, {
    target: { url: proxy.url },
    laneCount: 1,
    metrics,
    connect: sessions.connect,
    // Time stands still, so that the database's clock need not be looked at again.
    clock: { ...systemClock, monotonicMs: () => 0 },
  });
  other = await openWriter(database);
  await apply(writer, createLocation("paris"), createLocation("lyon"));
  await apply(writer, ...products.map((productId) => createProduct(productId)));
  await apply(
    writer,
    ...products.flatMap((productId) => [adjust(productId, "paris", 1), adjust(productId, "lyon", 1)]),
  );
  await apply(writer, ...products.map((productId) => adjust(productId, "lyon", -1)));
  sessions.forget();
});
afterEach(async () => {
  proxy.onCommit(() => "pass");
  await Promise.all([writer.stop(), other.stop()]);
  await proxy.close();
  await database.close();
});

const plus = (productId: string, adjustment: number, locationId = "paris"): Command =>
  traced(adjust(productId, locationId, adjustment));

const ask = (...commands: Command[]): Promise<(Settled | Error)[]> =>
  Promise.all(commands.map((command) => callers.ask(writer, command)));

const kinds = (answers: readonly (Settled | Error)[]): string[] =>
  answers.map((answer) => (answer instanceof Error ? answer.name : answer.outcome.kind));

async function onHand(productId: string, locationId = "paris"): Promise<number> {
  const { rows } = await database.owner.query<{ on_hand: number }>({
    text: "SELECT on_hand FROM item WHERE product_id = $1 AND location_id = $2",
    values: [productId, locationId],
  });
  return rows[0]!.on_hand;
}

interface TwoInFlight {
  readonly first: Promise<(Settled | Error)[]>;
  readonly second: Promise<(Settled | Error)[]>;
  readonly commits: readonly [TappedCommit, TappedCommit];
  /** Lets the writer have the answers to both, and to whatever comes later. */
  release(): void;
}

/** Sends a group, and another one behind it before the writer knows what came of the first. */
async function sendTwo(first: readonly Command[], second: readonly Command[]): Promise<TwoInFlight> {
  const before = metrics.ahead;
  sessions.holdsAnswers = true;
  const firstAnswers = ask(...first);
  const firstCommit = await sessions.nextCommit();
  const secondAnswers = ask(...second);
  const secondCommit = await sessions.nextCommit();
  expect(metrics.ahead).toBe(before + 1);
  const commits = [firstCommit, secondCommit] as const;
  const release = (): void => {
    sessions.holdsAnswers = false;
    for (const commit of commits) commit.release();
  };
  return { first: firstAnswers, second: secondAnswers, commits, release };
}

/** Everything agrees, also to those who verify the journal. */
async function expectSound(): Promise<void> {
  await checkLedger(database, callers.told);
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
}

test("a group is committed while the answer to the one before it is still to come, and each has its own answer", async () => {
  const { first, second, commits } = await sendTwo([plus("p", 5)], [plus("p", 7)]);
  expect(await commits[1].answered).toBe("COMMIT");
  expect(await onHand("p")).toBe(13);
  expect(callers.told).toEqual([]);
  commits[0].release();
  expect(kinds(await first)).toEqual(["lines"]);
  expect(callers.told).toHaveLength(1);
  commits[1].release();
  expect(await second).toMatchObject([{ outcome: { lines: [{ item: { onHand: 13, version: 3 } }] } }]);
  expect([metrics.ahead, metrics.dropped]).toEqual([1, 0]);
  await expectSound();
});

test("one group after the other is decided ahead, each on the one before", async () => {
  const { first, second, commits } = await sendTwo([plus("p", 1)], [plus("p", 1)]);
  let before = { commit: commits[0], answers: first };
  let last = { commit: commits[1], answers: second };
  for (let round = 0; round < 30; round++) {
    before.commit.release();
    await before.answers;
    const answers = ask(plus("p", 1));
    before = last;
    last = { commit: await sessions.nextCommit(), answers };
  }
  sessions.holdsAnswers = false;
  for (const { commit } of [before, last]) commit.release();
  await last.answers;
  expect([metrics.ahead, metrics.dropped]).toEqual([31, 0]);
  expect(await onHand("p")).toBe(33);
  await expectSound();
});

test("of two commands for the last unit one succeeds, though the second is decided before the first is committed", async () => {
  const { first, second, release } = await sendTwo([plus("p", -1)], [plus("p", -1)]);
  release();
  expect(kinds([...(await first), ...(await second)])).toEqual(["lines", "rejected"]);
  expect(metrics.dropped).toBe(0);
  await expectSound();
});

test("a group whose head another server moved is decided again, and twenty groups lock first after that", async () => {
  const resume = sessions.pauseBehindNextCommit();
  const { first, second, commits, release } = await sendTwo([plus("p", 5)], [plus("p", -7), plus("q", 1)]);
  expect(await commits[0].answered).toBe("COMMIT");
  await apply(other, adjust("p", "paris", -4));
  resume();
  release();
  expect(kinds(await first)).toEqual(["lines"]);
  // Decided on six units it would have been refused for seven too; on the two that are left it says so.
  expect(await second).toMatchObject([
    { outcome: { kind: "rejected", rejection: { available: 2 } } },
    { outcome: { kind: "lines" } },
  ]);
  expect([metrics.ahead, metrics.dropped]).toEqual([1, 1]);
  await expectSound();

  sessions.holdsAnswers = true;
  sessions.forget();
  for (let group = 0; group < streakLimits.ownGroupsMin; group += 2) {
    const held = ask(plus("p", 1));
    const commit = await sessions.nextCommit();
    const waiting = ask(plus("p", 1));
    // Enough turns for it to be sent, if it were.
    for (let turn = 0; turn < 5; turn++) await endOfTurn();
    expect(metrics.ahead).toBe(1);
    commit.release();
    await held;
    (await sessions.nextCommit()).release();
    await waiting;
  }
  const { first: third, second: fourth, release: releaseLast } = await sendTwo([plus("p", 1)], [plus("p", 1)]);
  releaseLast();
  await Promise.all([third, fourth]);
  expect([metrics.ahead, metrics.dropped]).toEqual([2, 1]);
  await expectSound();
});

test("a lane that catches up with another server under its locks decides nothing ahead", async () => {
  await apply(other, adjust("p", "paris", 1));
  sessions.holdsAnswers = true;
  const first = ask(plus("p", 1));
  const commit = await sessions.nextCommit();
  const second = ask(plus("p", 1));
  for (let turn = 0; turn < 5; turn++) await endOfTurn();
  expect(metrics.ahead).toBe(0);
  sessions.holdsAnswers = false;
  commit.release();
  expect(kinds([...(await first), ...(await second)])).toEqual(["lines", "lines"]);
});

test("a group behind one that the database refuses is dropped with it, and both come out right", async () => {
  await database.owner.query({
    text: "ALTER TABLE journal ADD CONSTRAINT planted CHECK (product_id <> 'poison' OR on_hand_delta <> 13) NOT VALID",
  });
  const { first, second, commits, release } = await sendTwo(
    [plus("p", 5), plus("poison", 13), plus("q", 5)],
    [plus("p", -6), plus("poison", -14), plus("q", -1)],
  );
  expect(await Promise.all(commits.map((commit) => commit.answered))).toEqual(["ROLLBACK", "ROLLBACK"]);
  release();
  const answers = [...(await first), ...(await second)];
  expect(kinds(answers)).toEqual(["lines", "PoisonCommand", "lines", "lines", "rejected", "lines"]);
  expect(answers[4]).toMatchObject({ outcome: { rejection: { available: 1 } } });
  expect([await onHand("p"), await onHand("q"), metrics.dropped]).toEqual([0, 5, 1]);
  await expectSound();
});

test("a refusal that rests on a group that was rolled back is not kept, though it moves no head itself", async () => {
  await database.owner.query({
    text: "ALTER TABLE journal ADD CONSTRAINT planted CHECK (product_id <> 'poison' OR on_hand_delta <> -1) NOT VALID",
  });
  const { first, second, release } = await sendTwo(
    [plus("poison", -1)],
    [traced(inventory([line("poison", "paris", { stockLevel: 9 }, { guard: { version: 1 } })]))],
  );
  release();
  expect((await first)[0]).toBeInstanceOf(PoisonCommand);
  expect(kinds(await second)).toEqual(["lines"]);
  expect([await onHand("poison"), metrics.dropped]).toEqual([9, 1]);
  await expectSound();
});

test("nothing arrives at a location that another server deleted between two groups", async () => {
  expect(partitionOf("p", 16)).not.toBe(partitionOf("q", 16));
  const resume = sessions.pauseBehindNextCommit();
  const { first, second, commits, release } = await sendTwo([plus("p", 1)], [plus("q", 5, "lyon")]);
  expect(await commits[0].answered).toBe("COMMIT");
  await apply(other, { ...createLocation("lyon"), operation: { kind: "delete" } });
  resume();
  release();
  expect(kinds(await first)).toEqual(["lines"]);
  expect(await second).toMatchObject([
    { outcome: { kind: "rejected", rejection: { code: "not_found", pointer: "/locationId" } } },
  ]);
  expect([await onHand("q", "lyon"), metrics.dropped]).toEqual([0, 1]);
  await expectSound();
});

test("a key that comes again while its first group is under way has one effect and one answer", async () => {
  const command = plus("p", 5);
  const { first, second, release } = await sendTwo([command], [command, plus("p", 1)]);
  release();
  expect(await first).toMatchObject([{ replayed: false }]);
  expect(await second).toMatchObject([{ replayed: true }, { replayed: false }]);
  expect([await onHand("p"), metrics.dropped]).toEqual([7, 1]);
  await expectSound();
});

test.each<{ name: string; fates: [CommitFate, CommitFate]; tags: (string | null)[] }>([
  { name: "both are committed", fates: ["silence", "pass"], tags: ["COMMIT", "COMMIT"] },
  { name: "only the first is committed", fates: ["silence", "lose"], tags: ["COMMIT", null] },
  { name: "neither is committed", fates: ["lose", "pass"], tags: [null] },
])("every key takes effect once when the connection is lost behind two COMMITs and $name", async ({ fates, tags }) => {
  const seen: (string | null)[] = [];
  const bothSent = Promise.withResolvers<void>();
  const met: Commit[] = [];
  proxy.onCommit(async (commit) => {
    const fate = fates[met.length];
    if (fate === undefined || (met[0] ?? commit).connection !== commit.connection) return "pass";
    met.push(commit);
    const isFirst = met.length === 1;
    void commit.answered.then((tag) => {
      seen.push(tag);
      // The database has both by now, and the writer has heard of neither.
      if (!isFirst) commit.connection.cut();
    });
    await (isFirst ? bothSent.promise : met[0]!.answered);
    return fate;
  });
  const { first, second, release } = await sendTwo([plus("p", 5), plus("p", -3)], [plus("p", 7), plus("q", 1)]);
  bothSent.resolve();
  release();
  const answers = [...(await first), ...(await second)];
  expect(kinds(answers)).toEqual(["lines", "lines", "lines", "lines"]);
  expect(seen).toEqual(tags);
  expect(answers.map((answer) => (answer as Settled).replayed)).toEqual(
    [0, 0, 1, 1].map((group) => tags[group] === "COMMIT"),
  );
  expect([await onHand("p"), await onHand("q"), metrics.dropped]).toEqual([10, 2, 1]);
  await expectSound();
});

test("stopping waits for both groups in flight and for what came of them", async () => {
  const { first, second, commits } = await sendTwo([plus("p", 1)], [plus("p", 1)]);
  let hasStopped = false;
  const stopped = writer.stop().then(() => {
    hasStopped = true;
  });
  commits[0].release();
  await first;
  await commits[1].answered;
  for (let turn = 0; turn < 5; turn++) await endOfTurn();
  expect(hasStopped).toBe(false);
  commits[1].release();
  expect(kinds(await second)).toEqual(["lines"]);
  await stopped;
});

test("what needs a look at the database waits for the group before, and what comes after it waits too", async () => {
  const count = traced(inventory([line("p", "paris", { stockLevel: 20, countedAtMs: Date.now() - 60_000 })]));
  for (const waiting of [count, traced(createProduct("new")), plus("unheard-of", 1)]) {
    sessions.holdsAnswers = true;
    const held = ask(plus("p", 1));
    const commit = await sessions.nextCommit();
    const behind = ask(waiting, plus("p", 1));
    for (let turn = 0; turn < 5; turn++) await endOfTurn();
    expect(metrics.ahead).toBe(0);
    sessions.holdsAnswers = false;
    commit.release();
    await held;
    await behind;
    sessions.forget();
  }
  await expectSound();
});

test("when much is waiting it becomes one large group instead of being sent behind", async () => {
  sessions.holdsAnswers = true;
  const held = ask(plus("p", 1));
  const commit = await sessions.nextCommit();
  const waiting = ask(...Array.from({ length: 600 }, (_, index) => plus(index % 2 === 0 ? "p" : "q", 1)));
  for (let turn = 0; turn < 5; turn++) await endOfTurn();
  expect(metrics.ahead).toBe(0);
  sessions.holdsAnswers = false;
  commit.release();
  await Promise.all([held, waiting]);
  expect(metrics.groupSizes.at(-1)).toBe(600);
  expect([await onHand("p"), await onHand("q")]).toEqual([302, 301]);
});

test("a group whose BEGIN failed is not written by itself, outside of a transaction", async () => {
  sessions.holdsAnswers = true;
  const first = ask(plus("p", 1));
  const firstCommit = await sessions.nextCommit();
  sessions.failsNextBegin = true;
  const second = ask(plus("p", 2));
  const secondCommit = await sessions.nextCommit();
  sessions.holdsAnswers = false;
  await secondCommit.answered;
  expect(await onHand("p")).toBe(2);
  for (const commit of [firstCommit, secondCommit]) commit.release();
  expect(await first).toMatchObject([{ replayed: false }]);
  expect(await second).toMatchObject([{ replayed: false }]);
  expect([await onHand("p"), metrics.dropped]).toEqual([4, 1]);
  await expectSound();
});
