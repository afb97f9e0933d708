import { setTimeout as delay } from "node:timers/promises";
import { Client, DatabaseError } from "pg";
import { messageOf } from "./errors.ts";
import { LIMITS } from "./limits.ts";

/** How to reach the database; the fields are what a `pg` client or pool takes. */
export interface EmbeddedConnection {
  /** The folder of the Unix socket, or "127.0.0.1" where there is none. */
  host: string;
  /** Of 127.0.0.1, and part of the name of the socket. */
  port: number;
  user: string;
  password: string;
  database: string;
}

export const DATABASE = "onhand";

/** SQLSTATE of a server that is starting, recovering or shutting down. */
const CANNOT_CONNECT_NOW = "57P03";

/** The connection as a `postgresql://` URL over TCP, for tools that take nothing else. It holds the password. */
export function connectionUrl(connection: EmbeddedConnection): string {
  const { user, password, port, database } = connection;
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/**
 * Waits until the server takes connections and creates the database when it is missing.
 * @param gaveUp aborted when there is nothing to wait for any more
 * @returns null when it is done, else the last failure in words: the server refuses us, `gaveUp`, or LIMITS.startMs passed
 */
export async function connectAndPrepare(connection: EmbeddedConnection, gaveUp: AbortSignal): Promise<string | null> {
  const deadline = performance.now() + LIMITS.startMs;
  let failure = "it was not asked";
  for (let pauseMs: number = LIMITS.pollMinMs; ; pauseMs = Math.min(pauseMs * 1.5, LIMITS.pollMaxMs)) {
    if (gaveUp.aborted || performance.now() >= deadline) return failure;
    try {
      await createDatabaseIfMissing(connection);
      return null;
    } catch (error) {
      failure = messageOf(error);
      if (error instanceof DatabaseError && error.code !== CANNOT_CONNECT_NOW) return failure;
    }
    await delay(pauseMs, undefined, { signal: gaveUp }).catch(() => undefined);
  }
}

/** Whether the database can be connected to. */
export async function answers(connection: EmbeddedConnection): Promise<boolean> {
  try {
    await withClient(connection, (client) => client.query("SELECT 1"));
    return true;
  } catch {
    return false;
  }
}

async function createDatabaseIfMissing(connection: EmbeddedConnection): Promise<void> {
  await withClient({ ...connection, database: "postgres" }, async (client) => {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [connection.database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(connection.database)}`);
  });
}

async function withClient(connection: EmbeddedConnection, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ ...connection, connectionTimeoutMillis: LIMITS.connectMs });
  // A server that goes down while we talk is reported by the query; unheard, the event would end this process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
