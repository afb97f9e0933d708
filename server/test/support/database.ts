/** A fresh, migrated database for a test file. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import type { DatabaseTarget } from "../../src/db/connection-options.ts";
import { migrate } from "../../src/db/migrate.ts";
import { type Database, openDatabase } from "../../src/db/pool.ts";
import { clusterUrl } from "./cluster.ts";

export interface TestDatabase {
  readonly target: DatabaseTarget & { url: string };
  /** As the application sees it: it cannot rewrite entries. */
  readonly application: Database;
  /** As the owner of the schema, for looking behind and for planting faults. */
  readonly owner: Database;
  close(): Promise<void>;
}

async function maintenance(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: await clusterUrl() });
  await client.connect();
  await client.query(text);
  await client.end();
}

/** Creates an empty database without a schema. @returns its URL */
export async function createEmptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `onhand_test_${randomBytes(6).toString("hex")}`;
  await maintenance(`CREATE DATABASE ${name}`);
  const url = new URL(await clusterUrl());
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => maintenance(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Creates a database with the schema of today. */
export async function createDatabase(partitionCount = 16): Promise<TestDatabase> {
  const { url, drop } = await createEmptyDatabase();
  const target = { url };
  const owner = openDatabase(target, { name: "test owner", role: "owner" }, 4);
  await migrate(owner, partitionCount);
  const application = openDatabase(target, { name: "test", role: "application" }, 8);
  return {
    target,
    owner,
    application,
    async close() {
      await application.close();
      await owner.close();
      await drop();
    },
  };
}
