import type { Queryable } from "../../db/pool.ts";

export interface DatabaseFacts {
  /** As `server_version_num`, e.g. 180004. */
  readonly serverVersion: number;
  readonly serverVersionText: string;
  /** Migrations that were applied; null when there is no schema. */
  readonly migrations: number | null;
}

/** What `doctor` asks of a database, schema or not. */
export async function readDatabaseFacts(database: Queryable): Promise<DatabaseFacts> {
  const { rows } = await database.query<{ number: number; text: string; has_schema: boolean }>({
    text: `SELECT current_setting('server_version_num')::integer AS number, current_setting('server_version') AS text,
                  to_regclass('onhand.migration') IS NOT NULL AS has_schema`,
  });
  const { number, text, has_schema } = rows[0]!;
  if (!has_schema) return { serverVersion: number, serverVersionText: text, migrations: null };
  const { rows: applied } = await database.query<{ count: number }>({
    text: "SELECT count(*) AS count FROM onhand.migration",
  });
  return { serverVersion: number, serverVersionText: text, migrations: applied[0]!.count };
}
