import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import type { Database } from "../../src/db/pool.ts";
import {
  databasePid,
  type ServerProcess,
  startServer,
  stopAll,
  temporaryFolder,
  until,
} from "../support/server-process.ts";
import { openAsOwner } from "./history-check.ts";
import { longestSilenceMs } from "./load.ts";
import { expectConsistent, SteadyLoad } from "./steady-load.ts";
import { stockUp } from "./stock.ts";
import { Watcher, watchReads } from "./watchers.ts";

const stock = { products: 30, locations: 2 };
let dataDir: string;
let server: ServerProcess;
let load: SteadyLoad;

beforeEach(async () => {
  dataDir = join(await temporaryFolder(), "data");
  server = await startServer({ dataDir });
  await stockUp(server, stock.products, stock.locations, 1_000);
  load = new SteadyLoad({ servers: [server], clients: 48, ...stock });
});
afterEach(stopAll);

/** Hurts the database again and again under load; then everything must have come back by itself. */
async function survive(times: number, hurt: () => Promise<void>): Promise<void> {
  const url = () => server.url;
  const watchers = [new Watcher(url, "/livez"), new Watcher(url, "/readyz"), ...watchReads(url)];
  for (let time = 0; time < times; time++) {
    await load.afterOperations(300);
    await hurt();
  }
  await load.afterOperations(500);
  const history = await load.finish();
  await Promise.all(watchers.map((watcher) => watcher.stop()));
  expect(await server.readiness()).toBe(200);
  const database = await openAsOwner({ dataDir });
  await expectConsistent(server, database, history);
  await database.close();
  expect(server.errors).toBe("");
  expect(longestSilenceMs(history)).toBeLessThan(10_000);
  expect(watchers[0]!.statuses).toEqual([200]);
  expect(Math.max(...watchers.map(({ slowestMs }) => slowestMs))).toBeLessThan(10_000);
  expect(watchers.flatMap(({ faults }) => [...faults])).toEqual([]);
}

test("the database's main process is killed: the server starts it again and loses nothing", async () => {
  await survive(5, async () => {
    const killed = (await databasePid(dataDir))!;
    process.kill(killed, "SIGKILL");
    await until("another database runs", async () => ![null, killed].includes(await databasePid(dataDir)));
  });
  expect(await server.terminate()).toEqual({ code: 0, signal: null });
}, 120_000);

test("one of the database's processes is killed: the database recovers, and the server with it", async () => {
  const backendsOf = (database: Database, name: string) =>
    database.query<{ pid: number }>({
      text: "SELECT pid FROM pg_stat_activity WHERE starts_with(application_name, $1)",
      values: [`onhand ${name}`],
    });
  for (const name of ["lane", "reads"]) {
    const before = await openAsOwner({ dataDir });
    const { rows } = await backendsOf(before, name);
    expect(rows.length).toBeGreaterThan(0);
    await before.close();
  }
  let round = 0;
  await survive(6, async () => {
    const database = await openAsOwner({ dataDir });
    const { rows } = await backendsOf(database, round++ % 2 === 0 ? "lane" : "reads");
    await database.close();
    process.kill(rows[0]!.pid, "SIGKILL");
  });
}, 120_000);
