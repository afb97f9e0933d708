import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { createDatabase } from "../support/database.ts";
import { runCommand, type ServerProcess, startServer, stopAll, temporaryFolder } from "../support/server-process.ts";
import { openAsOwner } from "./history-check.ts";
import { longestSilenceMs } from "./load.ts";
import { expectConsistent, SteadyLoad } from "./steady-load.ts";
import { stockUp } from "./stock.ts";

const stock = { products: 30, locations: 2 };
const startMsMax = 15_000;
let dataDir: string;

/** While one server runs, somebody's change succeeds at least so often. */
const silenceMsMax = 10_000;

beforeEach(async () => {
  dataDir = join(await temporaryFolder(), "data");
});
afterEach(stopAll);

/** Starts the server again on its data folder and tells the clients where it is now. @returns how long that took, too */
async function restart(load: SteadyLoad, settings: Record<string, string>): Promise<[ServerProcess, number]> {
  const startedAtMs = performance.now();
  const server = await startServer({ dataDir, settings });
  load.directory.urls = [server.url];
  return [server, performance.now() - startedAtMs];
}

test("killed at every point of the write path, the server loses nothing and doubles nothing", async () => {
  const points = ["before_lock", "after_insert", "before_commit", "after_commit"];
  let server = await startServer({ dataDir });
  await stockUp(server, stock.products, stock.locations, 1_000);
  const load = new SteadyLoad({ servers: [server], clients: 48, ...stock });
  await load.afterOperations(200);
  await server.killHard();
  let startMs: number;
  for (const failpoint of [1, 2, 5, 20, 60].flatMap((times) => points.map((point) => `${point}:${times}`))) {
    [server, startMs] = await restart(load, { ONHAND_FAILPOINT: failpoint });
    expect([failpoint, startMs]).toEqual([failpoint, expect.any(Number)]);
    expect(startMs).toBeLessThan(startMsMax);
    // The load brings it to its end.
    expect([failpoint, await server.ended]).toEqual([failpoint, { code: null, signal: "SIGKILL" }]);
  }
  [server, startMs] = await restart(load, {});
  await load.afterOperations(500);
  const history = await load.finish();
  const replayed = history.filter(({ tries }) =>
    tries.some(({ answer }) => answer?.headers.has("idempotent-replayed")),
  );
  expect(replayed.length).toBeGreaterThan(0);
  const database = await openAsOwner({ dataDir });
  await expectConsistent(server, database, history);
  await database.close();
  const verified = await runCommand(["verify"], { dataDir });
  expect([verified.code, verified.out]).toEqual([0, expect.stringContaining("The journal is whole")]);
  expect(await server.terminate()).toEqual({ code: 0, signal: null });
}, 240_000);

test("of two servers one is killed again and again: its clients get the rest of their answers from the other", async () => {
  const database = await createDatabase();
  const databaseUrl = database.target.url;
  const servers = await Promise.all([startServer({ databaseUrl }), startServer({ databaseUrl })]);
  await stockUp(servers[0]!, stock.products, stock.locations, 1_000);
  const load = new SteadyLoad({ servers, clients: 48, ...stock });
  for (let round = 0; round < 8; round++) {
    await load.afterOperations(200);
    const place = round % 2;
    expect(await servers[place]!.killHard()).toEqual({ code: null, signal: "SIGKILL" });
    // The next one comes while the clients have only the other.
    await load.afterOperations(100);
    servers[place] = await startServer({ databaseUrl });
    load.directory.urls = servers.map(({ url }) => url);
  }
  const history = await load.finish();
  for (const server of servers) await expectConsistent(server, database.owner, history);
  expect(longestSilenceMs(history)).toBeLessThan(silenceMsMax);
  await stopAll();
  await database.close();
}, 240_000);
