/** A database for the short work of a command: reached, brought up to date, and let go of afterwards. */
import { prepareDatabase } from "../assembly/prepare-database.ts";
import type { Config } from "../config/config.ts";
import { type Database, openDatabase } from "../db/pool.ts";
import { accessDatabase, explainingDatabase } from "./database-access.ts";

/** @param command what it is called, for others that meet the data folder in use */
export async function withPreparedDatabase<Result>(
  config: Config,
  command: string,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const access = await accessDatabase(config, `onhand ${command}`);
  try {
    const { newKey } = await explainingDatabase(access.target, () => prepareDatabase(access.target, config));
    if (newKey !== null) process.stdout.write(`First admin key, shown this once: ${newKey}\n`);
    const database = openDatabase(access.target, { name: command, role: "application" }, 2);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    await access.release();
  }
}
