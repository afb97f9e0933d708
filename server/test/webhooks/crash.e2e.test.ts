import { afterEach, beforeEach, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { stopAll } from "../support/server-process.ts";
import { dealBlows } from "./crash-scenario.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await stopAll();
  await database.close();
});

test("a server killed in the middle of its requests loses nothing: the other one delivers, same ids, same numbers", async () => {
  await dealBlows(database, [async (server) => void (await server.killHard())]);
}, 120_000);
