/** How commands reach the database: by its URL, by joining the embedded one that runs, or by starting it for a while. */
import type { Config } from "../config/config.ts";
import type { DatabaseTarget } from "../db/connection-options.ts";
import { joinEmbeddedPostgres, openEmbeddedPostgres } from "../embedded/embedded-postgres.ts";

export interface DatabaseAccess {
  readonly target: DatabaseTarget;
  /** What was done to reach it, in words. */
  readonly how: string;
  release(): Promise<void>;
}

/** Opens the database for a command. @param holder who it is, for others that meet the folder in use */
export async function accessDatabase(config: Config, holder: string): Promise<DatabaseAccess> {
  if (config.databaseUrl !== null)
    return { target: { url: config.databaseUrl }, how: "DATABASE_URL", release: async () => {} };
  const joined = await joinEmbeddedPostgres(config.dataDir);
  if (joined !== null)
    return { target: joined, how: `the embedded database running in ${config.dataDir}`, release: async () => {} };
  const embedded = await openEmbeddedPostgres({ dataDir: config.dataDir, holder });
  return {
    target: embedded.connection,
    how: `the embedded database in ${config.dataDir}, started for this command`,
    release: () => embedded.stop(),
  };
}
