import { join } from "node:path";
import { Client } from "pg";
import { type EmbeddedConnection, openEmbeddedPostgres } from "../../server/src/embedded/embedded-postgres.ts";
import { parentPid } from "./process-table.ts";
import { holdUntilStopped } from "./running-things.ts";

/** A fresh PostgreSQL for one target, run by Onhand's own supervisor with its own settings. */
export interface BenchDatabase {
  /** Over the Unix socket where there is one, as the embedded database is used. */
  readonly url: string;
  /** The first process of the server; null where process tables cannot be read. */
  readonly postmasterPid: number | null;
  /** Cleans up after the last run, so that no vacuum or checkpoint of it falls into the next one. */
  settle(): Promise<void>;
  withClient<T>(work: (client: Client) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** Opens a database in a folder of its own. */
export async function openBenchDatabase(scratchDir: string, name: string): Promise<BenchDatabase> {
  const embedded = await openEmbeddedPostgres({
    dataDir: join(scratchDir, `${name}-data`),
    holder: `onhand bench, ${name}`,
  });
  const stop = holdUntilStopped(() => embedded.stop());
  const withClient = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client(embedded.connection);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  return {
    url: socketUrl(embedded.connection),
    postmasterPid: await withClient(async (client) => {
      const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      return parentPid(rows[0]!.pid);
    }),
    settle: () =>
      withClient(async (client) => {
        await client.query("VACUUM (ANALYZE)");
        await client.query("CHECKPOINT");
      }),
    withClient,
    stop,
  };
}

/** The connection as a URL; a socket's folder goes into the host, percent-encoded. */
function socketUrl(connection: EmbeddedConnection): string {
  const { user, password, host, port, database } = connection;
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${encodeURIComponent(host)}:${port}/${database}`;
}
