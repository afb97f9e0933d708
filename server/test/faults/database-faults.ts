/** Faults that are made inside the database, by its owner. */
import pg from "pg";
import { connectionOptions } from "../../src/db/connection-options.ts";
import type { TestDatabase } from "../support/database.ts";

/** Returns once so many sessions of the database wait for a lock. */
export async function untilWaitingForLocks(database: TestDatabase, count: number): Promise<void> {
  for (;;) {
    const { rows } = await database.owner.query<{ waiting: number }>({
      text: "SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    });
    if (rows[0]!.waiting >= count) return;
  }
}

/** Ends every session of a writer, as a restart of the database would. @returns how many there were */
export async function terminateWriters(database: TestDatabase): Promise<number> {
  const { rows } = await database.owner.query<{ ended: number }>({
    text: `SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
           WHERE datname = current_database() AND application_name LIKE 'onhand lane%'`,
  });
  return rows[0]!.ended;
}

/** Milliseconds on the database's clock. */
export async function databaseTimeMs(database: TestDatabase): Promise<number> {
  const { rows } = await database.owner.query<{ now: number }>({ text: "SELECT clock_timestamp() AS now" });
  return rows[0]!.now;
}

/** A session of somebody else, with nothing that ends it but itself. */
export interface Bystander {
  run(text: string): Promise<unknown>;
  end(): Promise<void>;
}

/** Opens a session as the owner of the schema. */
export async function openBystander(database: TestDatabase): Promise<Bystander> {
  const client = new pg.Client(connectionOptions(database.target, { name: "bystander", role: "owner" }));
  client.on("error", () => {});
  await client.connect();
  return { run: (text) => client.query(text), end: () => client.end() };
}

/** Locks all heads, so that no writer gets any further, until the returned function is called for the first time. */
export async function stallWriters(database: TestDatabase): Promise<() => Promise<void>> {
  const bystander = await openBystander(database);
  await bystander.run("BEGIN; SELECT FROM partition_head ORDER BY partition FOR UPDATE");
  let ended: Promise<void> | null = null;
  return () => {
    ended ??= bystander.end();
    return ended;
  };
}
