import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type ServerProcess, startServer, stopAll } from "../support/server-process.ts";
import { expectConsistent, SteadyLoad } from "./steady-load.ts";
import { adjust, locationIdOf, productIdOf, stockUp } from "./stock.ts";

const stock = { products: 30, locations: 2 };
/** What the sessions of a frozen server may cost the others, and what a loaded machine may add. */
const answerMsMax = 5_000 + 2_000;
let database: TestDatabase;
let servers: ServerProcess[];

beforeEach(async () => {
  database = await createDatabase();
  const options = { databaseUrl: database.target.url };
  servers = await Promise.all([startServer(options), startServer(options)]);
  await stockUp(servers[0]!, stock.products, stock.locations, 1_000);
});
afterEach(async () => {
  await stopAll();
  await database.close();
});

test("a server that freezes under load costs the other one seconds, and goes on right when it wakes", async () => {
  const [frozen, other] = servers as [ServerProcess, ServerProcess];
  const urls = servers.map(({ url }) => url);
  // Each client stays with its server.
  const load = new SteadyLoad({ servers, clients: 48, ...stock, pick: (client) => urls[client % 2]! });
  const doneDuring: number[] = [];
  for (const freezeMs of [1_000, 3_000, 3_000, 3_000, 12_000]) {
    await load.afterOperations(300);
    const before = load.doneCount;
    await frozen.freeze(freezeMs);
    doneDuring.push(load.doneCount - before);
  }
  await load.afterOperations(300);
  const history = await load.finish();
  const tries = history.flatMap((operation) => operation.tries).filter(({ url }) => url === other.url);
  expect(tries.filter(({ answer }) => answer === null)).toEqual([]);
  expect(Math.max(...tries.map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs))).toBeLessThan(answerMsMax);
  expect(doneDuring.at(-1)).toBeGreaterThan(300);
  for (const server of servers) await expectConsistent(server, database.owner, history);
  expect(await adjust(frozen, productIdOf(0), locationIdOf(0), 5)).toMatchObject({ productId: productIdOf(0) });
  for (const server of servers) expect(await server.terminate()).toEqual({ code: 0, signal: null });
}, 120_000);
