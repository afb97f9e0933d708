/** Facts that were fixed when the installation was made. */
import type { Queryable } from "../db/pool.ts";
import { selectInstallation } from "./sql/installation.ts";

export interface Installation {
  readonly installationId: string;
  readonly partitionCount: number;
  /** Signs cursors; the same for all servers. */
  readonly cursorSecret: Uint8Array;
}

/** @throws when the schema is there but was never founded */
export async function readInstallation(database: Queryable): Promise<Installation> {
  const { rows } = await database.query<{ installation_id: string; partition_count: number; cursor_secret: Buffer }>(
    selectInstallation(),
  );
  const [row] = rows;
  if (row === undefined)
    throw new Error("the database has the schema of Onhand but no installation; restore it from a backup");
  return { installationId: row.installation_id, partitionCount: row.partition_count, cursorSecret: row.cursor_secret };
}
