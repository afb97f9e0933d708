import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { prepareDatabase } from "../assembly/prepare-database.ts";
import { readConfig } from "../config/config.ts";
import { openDatabase } from "./pool.ts";

const login = `serve_${randomBytes(4).toString("hex")}`;
let database: TestDatabase;
let url: string;

beforeAll(async () => {
  database = await createDatabase();
  await database.owner.query({ text: `CREATE ROLE ${login} LOGIN PASSWORD 'secret'` });
  await database.owner.query({ text: `GRANT onhand_app TO ${login}` });
  const address = new URL(database.target.url);
  address.username = login;
  address.password = "secret";
  url = address.href;
});
afterAll(async () => {
  await database.owner.query({ text: `REVOKE onhand_app FROM ${login}` });
  await database.owner.query({ text: `DROP ROLE ${login}` });
  await database.close();
});

test("a login that may only serve starts on a schema that another one migrated", async () => {
  const config = readConfig({ ONHAND_BOOTSTRAP_KEY: "a-key-of-16-characters" });
  expect(await prepareDatabase({ url }, config)).toEqual({ applied: [], newKey: null });
});

test("such a login owns nothing: it can neither rewrite entries nor change the schema", async () => {
  const limited = openDatabase({ url }, { name: "limited", role: "owner" }, 1);
  try {
    for (const text of [
      "UPDATE onhand.journal SET actor = 'x'",
      "DROP TABLE onhand.journal",
      "ALTER TABLE onhand.item DROP CONSTRAINT item_never_oversells",
    ]) {
      await expect(limited.query({ text })).rejects.toThrow(/permission denied|must be owner/);
    }
  } finally {
    await limited.close();
  }
});
