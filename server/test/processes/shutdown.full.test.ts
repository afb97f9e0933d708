import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { stallWriters, untilWaitingForLocks } from "../faults/database-faults.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type ServerProcess, startServer, stopAll, temporaryFolder, until } from "../support/server-process.ts";
import { openAsOwner } from "./history-check.ts";
import { expectConsistent, SteadyLoad } from "./steady-load.ts";
import { adjust, locationIdOf, productIdOf, stockUp } from "./stock.ts";
import { Watcher } from "./watchers.ts";

const stock = { products: 30, locations: 2 };
const clean = { code: 0, signal: null };
/** What the end of a process may take beyond the work that is finished. */
const endMsMax = 3_000;
let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await stopAll();
  await database.close();
});

/** Starts a server on the shared cluster, with stock. */
async function startStocked(settings: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServer({ databaseUrl: database.target.url, settings });
  await stockUp(server, stock.products, stock.locations, 1_000);
  return server;
}

async function timed<Result>(work: Promise<Result>): Promise<[Result, number]> {
  const startedAtMs = performance.now();
  return [await work, performance.now() - startedAtMs];
}

test("told to stop under load again and again, it answers all that it accepted", async () => {
  const dataDir = join(await temporaryFolder(), "data");
  let server = await startServer({ dataDir });
  await stockUp(server, stock.products, stock.locations, 1_000);
  const load = new SteadyLoad({ servers: [server], clients: 48, ...stock });
  for (let round = 0; round < 6; round++) {
    await load.afterOperations(300);
    const [end, elapsedMs] = await timed(server.terminate());
    expect([round, end]).toEqual([round, clean]);
    expect(elapsedMs).toBeLessThan(endMsMax + 2_000);
    server = await startServer({ dataDir });
    // A server that was stopped in good order leaves nothing to mend.
    expect(server.output).not.toMatch(/recover|leftover|was left/i);
    load.directory.urls = [server.url];
  }
  await load.afterOperations(300);
  const history = await load.finish();
  const database = await openAsOwner({ dataDir });
  await expectConsistent(server, database, history);
  await database.close();
  // A try without an answer whose repeat was answered from memory: it was accepted, and its answer was dropped.
  const dropped = history.filter(
    ({ tries }) =>
      tries.some(({ answer }) => answer === null) && tries.at(-1)!.answer!.headers.has("idempotent-replayed"),
  );
  expect(dropped.map(({ key }) => key)).toEqual([]);
  const statuses = new Set(history.flatMap(({ tries }) => tries.map(({ answer }) => answer?.status ?? "none")));
  expect([...statuses].filter((status) => ![200, 409, 503, "none"].includes(status))).toEqual([]);
}, 120_000);

test("requests that wait for the database are finished before it ends; it is never ready meanwhile", async () => {
  const server = await startStocked();
  const release = await stallWriters(database);
  const answers = Promise.all(
    Array.from({ length: 32 }, (_, index) => adjust(server, productIdOf(index % stock.products), locationIdOf(0), 1)),
  );
  await untilWaitingForLocks(database, 1);
  const readiness = new Watcher(() => server.url, "/readyz", { apiKey: null });
  await until("readiness was seen", () => readiness.seen.length > 0);
  server.signal("SIGTERM");
  await until("it is seen not to be ready", () => readiness.seen.at(-1)!.status !== 200);
  expect(server.hasEnded).toBe(false);
  await release();
  expect(new Set((await answers).map(({ movementId }) => movementId)).size).toBe(32);
  const [end, elapsedMs] = await timed(server.ended);
  expect([end, elapsedMs < endMsMax]).toEqual([clean, true]);
  const { statuses, faults } = await readiness.stop();
  expect([...faults]).toEqual([]);
  expect(statuses.lastIndexOf(200)).toBe(0);
}, 60_000);

test("what the database never answers does not hold the end up beyond the limit", async () => {
  const server = await startStocked({ ONHAND_DRAIN_SECONDS: "2" });
  const release = await stallWriters(database);
  const answer = adjust(server, productIdOf(0), locationIdOf(0), 1).catch((error: Error) => error);
  await untilWaitingForLocks(database, 1);
  const [end, elapsedMs] = await timed(server.terminate());
  await release();
  await answer;
  expect([end, elapsedMs < 2_000 + endMsMax]).toEqual([clean, true]);
}, 60_000);

test("readers that wait, and connections that idle, do not hold the end up", async () => {
  const server = await startStocked();
  const { body } = await server.request<{ nextCursor: string }>("GET", "/v1/inventory/updates?limit=1000");
  const waiting = server.request("GET", `/v1/inventory/updates?since=${body.nextCursor}&wait=25`);
  const metrics = async () => (await server.request<string>("GET", "/metrics")).body;
  await until("the reader waits", async () => /^onhand_feed_waiting 1$/m.test(await metrics()));
  const idle = await Bun.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(server.url).port),
    socket: { data() {}, error() {} },
  });
  idle.write("GET /livez HTTP/1.1\r\nHost: onhand\r\n\r\n");
  const [end, elapsedMs] = await timed(server.terminate());
  expect([end, elapsedMs < endMsMax]).toEqual([clean, true]);
  expect(await waiting).toMatchObject({ status: 200, body: { data: [] } });
  idle.end();
}, 60_000);
