/** A source of truth does not run on a database that may forget what it acknowledged. */
import type { Queryable } from "./pool.ts";

/** Names of the settings that would let acknowledged changes be lost; empty when all is well. */
export async function unsafeSettings(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ name: string; setting: string }>({
    text: "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')",
  });
  return rows.filter((row) => row.setting === "off").map((row) => row.name);
}
