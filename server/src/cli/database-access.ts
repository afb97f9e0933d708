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

/** The database of DATABASE_URL cannot be used; the message says why, without the password. */
class DatabaseUnusable extends Error {
  override readonly name = "DatabaseUnusable";
}

/** @returns what the work returns @throws DatabaseUnusable when the database cannot be reached or refuses the user */
export async function explainingDatabase<Result>(target: DatabaseTarget, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!("url" in target) || !(error instanceof Error) || !isConnectionFailure(error)) throw error;
    const { host, pathname } = new URL(target.url);
    throw new DatabaseUnusable(
      `The database of DATABASE_URL cannot be used: ${host}${pathname} (${error.message}). Check that it runs, the address, the user and the password; npx onhand doctor looks again.`,
      { cause: error },
    );
  }
}

/** Not reached, or refused at the door: classes 28 (credentials) and 3D (no such database). */
function isConnectionFailure(error: Error): boolean {
  const state = "code" in error ? String(error.code) : "";
  return error.name === "ConnectionLost" || state.startsWith("28") || state === "3D000";
}
