import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Outcome } from "../../src/core/outcome.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type CommitFate, openPgProxy, type PgProxy } from "../support/pg-proxy.ts";
import { adjust, apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";
import { Callers, impatient, randomNumbers, together, traced } from "./callers.ts";
import { checkLedger } from "./ledger-check.ts";

const productCount = 64;
/** A silent connection is given up after 1.5 seconds more than a statement may take. */
const limits = { statementTimeoutMs: 250, idleInTransactionTimeoutMs: 2_000 };

let database: TestDatabase;
let proxy: PgProxy;
let callers: Callers;
let writers: Writer[];

beforeEach(async () => {
  database = await createDatabase();
  proxy = await openPgProxy(database.target.url);
  callers = new Callers();
  writers = [];
  const writer = await openWriter(database);
  await apply(writer, createLocation("paris"));
  await apply(writer, ...Array.from({ length: productCount }, (_, index) => createProduct(`p${index}`)));
  await writer.stop();
});
afterEach(async () => {
  proxy.onCommit(() => "pass");
  proxy.onStatement(() => {});
  await Promise.all(writers.map((writer) => writer.stop()));
  await proxy.close();
  await database.close();
});

async function openProxied(laneCount: number): Promise<Writer> {
  const writer = await openWriter(database, { target: { url: proxy.url }, laneCount, ...impatient(limits) });
  writers.push(writer);
  return writer;
}

/** Meets the COMMITs with these fates in turn until so many were not passed. @returns how many were, by tag */
function cutCommits(count: number, fates: readonly CommitFate[]): { left: number; tags: (string | null)[] } {
  const cuts = { left: count, tags: [] as (string | null)[] };
  proxy.onCommit((commit) => {
    const fate = cuts.left > 0 ? fates[commit.number % fates.length]! : "pass";
    if (fate === "pass") return fate;
    cuts.left -= 1;
    void commit.answered.then((tag) => cuts.tags.push(tag));
    return fate;
  });
  return cuts;
}

/** Sums what callers were told of their adjustments, by product, and holds it against the levels. */
async function expectLevelsAsTold(): Promise<void> {
  const expected = new Map<string, number>();
  const seen = new Set<string>();
  for (const { command, answer } of callers.told) {
    if (answer instanceof Error || answer.outcome.kind !== "lines" || seen.has(command.key)) continue;
    seen.add(command.key);
    if (command.kind !== "inventory") continue;
    for (const { productId, change } of command.lines)
      expected.set(productId, (expected.get(productId) ?? 0) + change.adjustment!);
  }
  const { rows } = await database.owner.query<{ product_id: string; on_hand: number }>({
    text: "SELECT product_id, on_hand FROM item",
  });
  expect(Object.fromEntries(rows.map((row) => [row.product_id, row.on_hand]))).toEqual(Object.fromEntries(expected));
}

const isApplied = (outcome: Outcome): boolean => outcome.kind === "lines";

test("a lost answer to COMMIT is resolved by asking again: every command takes effect once", async () => {
  const servers = [await openProxied(16), await openProxied(16)];
  const cuts = cutCommits(160, ["reset", "pass", "silence", "pass"]);
  await together(160, async (index) => {
    const random = randomNumbers(index);
    for (let round = 0; cuts.left > 0 || round === 0; round++) {
      // More is taken than brought, so that some are refused.
      const command = traced(adjust(`p${random(productCount)}`, "paris", random(20) - 11, `${index}/${round}`));
      await callers.insist(() => servers[random(2)]!, command);
    }
  });
  expect(cuts.tags.filter((tag) => tag === "COMMIT").length).toBeGreaterThan(120);
  await checkLedger(database, callers.told);
  await expectLevelsAsTold();
}, 60_000);

test("a connection lost before COMMIT was sent leaves nothing behind, and its group is done again", async () => {
  const servers = [await openProxied(4), await openProxied(4)];
  const cuts = cutCommits(200, ["lose", "strand", "pass"]);
  await together(64, async (index) => {
    const random = randomNumbers(1_000 + index);
    for (let round = 0; cuts.left > 0 || round === 0; round++) {
      const command = traced(adjust(`p${random(productCount)}`, "paris", random(20) - 11, `${index}/${round}`));
      await callers.insist(() => servers[random(2)]!, command);
    }
  });
  expect(cuts.tags.every((tag) => tag === null)).toBe(true);
  await checkLedger(database, callers.told);
  await expectLevelsAsTold();
}, 60_000);

test("changes over several partitions stay whole when answers are cut to pieces", async () => {
  const servers = [await openProxied(1), await openProxied(3)];
  const fates: CommitFate[] = [
    "pass",
    { answerBytes: 0 },
    "lose",
    "pass",
    "strand",
    { answerBytes: 5 },
    { answerBytes: 12 },
  ];
  const cuts = cutCommits(100, fates);
  await together(40, async (index) => {
    const random = randomNumbers(2_000 + index);
    for (let round = 0; cuts.left > 0 || round === 0; round++) {
      const lines = Array.from({ length: 1 + random(4) }, () =>
        line(`p${random(productCount)}`, "paris", { adjustment: random(20) - 8 }),
      );
      const { outcome } = await callers.insist(
        () => servers[random(2)]!,
        traced(inventory(lines, `${index}/${round}`)),
      );
      if (!isApplied(outcome)) expect(outcome.kind).toBe("rejected");
    }
  });
  await checkLedger(database, callers.told);
  await expectLevelsAsTold();
}, 60_000);

test("a connection may break at any statement and in the middle of any answer", async () => {
  const servers = [await openProxied(4), await openProxied(4)];
  const random = randomNumbers(3_000);
  let left = 150;
  proxy.onStatement((_, connection) => {
    if (left === 0 || random(16) > 0) return;
    left -= 1;
    if (random(2) === 0) connection.cut();
    else connection.cutAnswerAfter(random(60));
  });
  await together(48, async (index) => {
    for (let round = 0; left > 0 || round === 0; round++) {
      const command = traced(adjust(`p${random(productCount)}`, "paris", random(20) - 11, `${index}/${round}`));
      await callers.insist(() => servers[random(2)]!, command);
    }
  });
  await checkLedger(database, callers.told);
  await expectLevelsAsTold();
}, 60_000);
