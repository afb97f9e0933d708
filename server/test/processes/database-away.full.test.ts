import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type DatabaseGate, openDatabaseGate } from "../support/database-gate.ts";
import { type ServerProcess, startServer, stopAll, until } from "../support/server-process.ts";
import { expectConsistent, SteadyLoad } from "./steady-load.ts";
import { stockUp } from "./stock.ts";
import { Watcher, watchReads } from "./watchers.ts";

const stock = { products: 30, locations: 2 };
let database: TestDatabase;
let gate: DatabaseGate;
let server: ServerProcess;

beforeEach(async () => {
  database = await createDatabase();
  gate = await openDatabaseGate(database.target.url);
  server = await startServer({ databaseUrl: gate.url });
  await stockUp(server, stock.products, stock.locations, 1_000);
});
afterEach(async () => {
  await gate.open();
  await stopAll();
  await gate.close();
  await database.close();
});

/**
 * Takes the database away under load until everybody has said so, gives it back, and insists that all is well again
 * without a restart.
 * @param noticeMsMax how long it may take until the server says that it is not ready
 */
async function takeAway(away: () => unknown, noticeMsMax: number): Promise<void> {
  const url = () => server.url;
  const load = new SteadyLoad({ servers: [server], clients: 32, ...stock });
  await load.afterOperations(300);
  const live = new Watcher(url, "/livez", { apiKey: null });
  const ready = new Watcher(url, "/readyz", { apiKey: null });
  const reads = watchReads(url);
  await until("everybody reads", () => [live, ready, ...reads].every(({ seen }) => seen.length > 0));
  await away();
  await until("it is not ready", () => ready.seen.at(-1)!.status === 503, noticeMsMax);
  await until("reads are refused", () => reads.every(({ seen }) => seen.at(-1)!.status === 503), noticeMsMax);
  await gate.open();
  await until("it is ready again", () => ready.seen.at(-1)!.status === 200, 10_000);
  await load.afterOperations(300);
  const history = await load.finish();
  await until("reads are answered", () => reads.every(({ seen }) => seen.at(-1)!.status === 200), 10_000);
  const watchers = await Promise.all([live, ready, ...reads].map((watcher) => watcher.stop()));
  await expectConsistent(server, database.owner, history);
  expect(watchers.flatMap(({ faults }) => [...faults])).toEqual([]);
  expect(live.statuses).toEqual([200]);
  expect(Math.max(...live.seen.map(({ elapsedMs }) => elapsedMs))).toBeLessThan(1_000);
  expect(await server.terminate()).toEqual({ code: 0, signal: null });
}

test("a database that refuses connections: 503 until it is back, then on as before", async () => {
  await takeAway(() => gate.shut(), 10_000);
}, 90_000);

test("a database that falls silent: 503 until it is back, then on as before", async () => {
  await takeAway(() => gate.silence(), 15_000);
}, 90_000);

test("a database that ends every session again and again costs nobody an answer", async () => {
  const load = new SteadyLoad({ servers: [server], clients: 32, ...stock });
  const reads = watchReads(() => server.url);
  for (let round = 0; round < 20; round++) {
    await load.afterOperations(100);
    await database.owner.query({
      text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name IN ('onhand reads', 'onhand lane 0', 'onhand lane 1')`,
    });
  }
  const history = await load.finish();
  const watchers = await Promise.all(reads.map((watcher) => watcher.stop()));
  await expectConsistent(server, database.owner, history);
  expect(history.flatMap(({ tries }) => tries).filter(({ answer }) => answer?.status === 503)).toEqual([]);
  expect(watchers.flatMap(({ faults }) => [...faults])).toEqual([]);
}, 90_000);

test("a server stops in time while its database is away", async () => {
  await gate.shut();
  await until("it is not ready", async () => (await server.readiness()) === 503);
  const startedAtMs = performance.now();
  expect(await server.terminate()).toEqual({ code: 0, signal: null });
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
}, 60_000);
