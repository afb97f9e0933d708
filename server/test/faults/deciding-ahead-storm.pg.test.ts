import { afterEach, beforeEach, expect, test } from "bun:test";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type CommitFate, openPgProxy, type PgProxy } from "../support/pg-proxy.ts";
import { adjust, apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";
import { Callers, impatient, MetricsSpy, randomNumbers, together, traced } from "./callers.ts";
import { checkLedger } from "./ledger-check.ts";

const productCount = 24;
const callerCount = 48;
/** COMMITs after which most callers turn to the other server, so that each is alone long enough to decide ahead. */
const commitsPerTurn = 200;
const turns = 6;
const locations = ["paris", "lyon"];
const seed = Number(process.env.ONHAND_TEST_SEED ?? 1);

let database: TestDatabase;
let proxy: PgProxy;
let callers: Callers;
let metrics: MetricsSpy;
let servers: Writer[];

beforeEach(async () => {
  database = await createDatabase(4);
  proxy = await openPgProxy(database.target.url);
  callers = new Callers();
  metrics = new MetricsSpy();
  const limits = { statementTimeoutMs: 1_000, idleInTransactionTimeoutMs: 2_000 };
  const options = { target: { url: proxy.url }, metrics, ...impatient(limits) };
  servers = [
    await openWriter(database, { ...options, laneCount: 1 }),
    await openWriter(database, { ...options, laneCount: 2 }),
  ];
  await apply(servers[0]!, ...locations.map((locationId) => createLocation(locationId)));
  await apply(servers[0]!, ...Array.from({ length: productCount }, (_, index) => createProduct(`p${index}`)));
});
afterEach(async () => {
  proxy.onCommit(() => "pass");
  proxy.onStatement(() => {});
  await Promise.all(servers.map((writer) => writer.stop()));
  await proxy.close();
  await database.close();
});

test(`two servers that decide ahead lose nothing and do nothing twice, wherever connections break (seed ${seed})`, async () => {
  const random = randomNumbers(seed);
  const fates: CommitFate[] = ["lose", "reset", "strand", { answerBytes: 5 }];
  let commits = 0;
  let cuts = 0;
  proxy.onCommit(() => {
    commits += 1;
    if (random(70) > 0) return "pass";
    cuts += 1;
    return fates[random(fates.length)]!;
  });
  proxy.onStatement((_, connection) => {
    if (random(2_000) > 0) return;
    cuts += 1;
    if (random(2) === 0) connection.cut();
    else connection.cutAnswerAfter(random(60));
  });
  const turn = (): number => Math.floor(commits / commitsPerTurn);
  await together(callerCount, async (index) => {
    const choose = randomNumbers(seed * 1_000 + index);
    for (let round = 0; turn() < turns; round++) {
      // Of a few products little is left, so that many are refused; one in a thousand goes to the other server.
      const change = () => line(`p${choose(productCount)}`, locations[choose(2)]!, { adjustment: choose(20) - 10 });
      const key = `${index}/${round}`;
      const lines = Array.from({ length: choose(8) === 0 ? 2 + choose(4) : 1 }, change);
      const pick = (): Writer => servers[(turn() + (choose(1_000) === 0 ? 1 : 0)) % 2]!;
      await callers.insist(pick, traced(inventory(lines, key)));
    }
  });
  proxy.onCommit(() => "pass");
  proxy.onStatement(() => {});
  expect([cuts > 8, metrics.ahead > 50, metrics.dropped > 4]).toEqual([true, true, true]);

  await checkLedger(database, callers.told);
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
  const accepted = new Map<string, number>();
  for (const { command, answer } of callers.told) {
    if (answer instanceof Error || answer.outcome.kind !== "lines" || command.kind !== "inventory") continue;
    accepted.set(
      command.key,
      command.lines.reduce((sum, { change }) => sum + change.adjustment!, 0),
    );
  }
  const { rows } = await database.owner.query<{ on_hand: number }>({
    text: "SELECT sum(on_hand) AS on_hand FROM item",
  });
  expect(Number(rows[0]!.on_hand)).toBe([...accepted.values()].reduce((sum, moved) => sum + moved, 0));
}, 120_000);

test("the last units are sold once each, over two servers that decide ahead in turn", async () => {
  await apply(servers[0]!, adjust("p0", "paris", 300));
  let asked = 0;
  const answers = await Promise.all(
    Array.from({ length: callerCount }, async () => {
      let sold = 0;
      while (asked < 900) {
        asked += 1;
        const server = servers[Math.floor(asked / 225) % 2]!;
        const { outcome } = await callers.insist(() => server, traced(adjust("p0", "paris", -1)));
        if (outcome.kind === "lines") sold += 1;
      }
      return sold;
    }),
  );
  expect(answers.reduce((sum, sold) => sum + sold, 0)).toBe(300);
  await checkLedger(database, callers.told);
}, 60_000);
