import { afterEach, beforeEach, test } from "bun:test";
import { dispatcherLimits } from "../../src/webhooks/dispatcher.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type ServerProcess, stopAll } from "../support/server-process.ts";
import { dealBlows } from "./crash-scenario.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await stopAll();
  await database.close();
});

const kill = async (server: ServerProcess): Promise<void> => void (await server.killHard());
const freeze = (server: ServerProcess): Promise<void> => server.freeze(dispatcherLimits.leaseMs * 1.5);

test("killed again and again, the servers lose nothing", async () => {
  await dealBlows(database, Array(4).fill(kill));
}, 600_000);

test("a server that was frozen beyond its lease does nothing more when it wakes", async () => {
  await dealBlows(database, [freeze, freeze, kill]);
}, 600_000);
