/** The pool for reads and registry writes. The writer's lanes have connections of their own. */
import pg from "pg";
import { type ConnectionPurpose, connectionOptions, type DatabaseTarget } from "./connection-options.ts";
import { ConnectionLost, classify, isTimeout, isTransient } from "./errors.ts";

/** What a statement needs of a pool or of a single connection. */
export interface Queryable {
  query<Row extends object>(statement: Statement): Promise<{ rows: Row[]; rowCount: number | null }>;
}

/** A statement with its parameters; with a name it is prepared once for each connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface Database extends Queryable {
  /** Runs the work in one transaction on one connection; a throw rolls back. */
  transaction<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result>;
  /** Connections in all, idle ones, and requests waiting for one. */
  counts(): { total: number; idle: number; waiting: number };
  close(): Promise<void>;
}

/** How long a read that somebody waits for may take. */
export const readTimeoutMs = 5_000;

/** The database ends a read before we stop waiting for it, so that nothing goes on scanning for nobody. */
export const readSettings = { statement_timeout: String(readTimeoutMs - 500), jit: "off" } as const;

/** A read took longer than reads may; narrower filters may help, waiting may not. */
class ReadTooSlow extends Error {
  override readonly name = "ReadTooSlow";
}

/** Whatever may pass by itself is reported as a lost connection, so that callers are told to come again. */
function failed(error: unknown): never {
  const classified = classify(error);
  if (isTimeout(classified))
    throw new ReadTooSlow("the database ended a read that took too long", { cause: classified });
  if (!isTransient(classified) || classified instanceof ConnectionLost) throw classified;
  throw new ConnectionLost(classified.message, { cause: classified });
}

/** Opens a pool of at most `connectionsMax` connections; errors of idle connections go to `onIdleError`. Statements fail with `ConnectionLost` or as `pg` says. */
export function openDatabase(
  target: DatabaseTarget,
  purpose: ConnectionPurpose,
  connectionsMax: number,
  onIdleError: (error: Error) => void = () => {},
): Database {
  const pool = new pg.Pool({ ...connectionOptions(target, purpose), max: connectionsMax });
  // A connection that is on its way out when the database stops is not lost.
  pool.on("error", (error) => pool.ending || onIdleError(error));
  const run = (queryable: pg.Pool | pg.PoolClient) => ({
    query: <Row extends object>(statement: Statement) =>
      queryable.query(statement as pg.QueryConfig).catch(failed) as Promise<pg.QueryResult & { rows: Row[] }>,
  });
  return {
    ...run(pool),
    async transaction(work) {
      const client = await pool.connect().catch(failed);
      let failure: Error | undefined;
      // A connection that is cut between two statements says so by this event alone, and unheard it ends the process.
      const lost = (error: Error): void => {
        failure = error;
      };
      client.on("error", lost);
      try {
        await client.query("BEGIN").catch(failed);
        const result = await work(run(client));
        const { command } = await client.query("COMMIT").catch(failed);
        if (command !== "COMMIT") throw new Error("the transaction was rolled back");
        return result;
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        await client.query("ROLLBACK").catch(() => {});
        throw error;
      } finally {
        client.off("error", lost);
        client.release(failure);
      }
    },
    counts: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}
