/**
 * One pipelined connection of a writer lane: statements are sent at once and answered in order.
 *
 * Modes: open → broken. A broken session is never used again; whoever meets `ConnectionLost` opens another. Every
 * statement has a time limit, after which the connection is destroyed, for its answer can no longer be told.
 */
import type { Duplex } from "node:stream";
import pg from "pg";
import { connectionOptions, type DatabaseTarget } from "./connection-options.ts";
import { ConnectionLost, classify } from "./errors.ts";
import type { Queryable, Statement } from "./pool.ts";

export interface SessionLimits {
  /** How long a statement may take, waiting for locks included. */
  readonly statementTimeoutMs: number;
  /** How long a frozen server may hold locks before the database ends its session. */
  readonly idleInTransactionTimeoutMs: number;
}

export const sessionLimits: SessionLimits = { statementTimeoutMs: 4_500, idleInTransactionTimeoutMs: 2_000 };

export interface Session extends Queryable {
  /** The command tag of the statement's answer, e.g. `COMMIT`. */
  command(text: string): Promise<string>;
  readonly isBroken: boolean;
  /** Ends the connection without waiting for anything on it. */
  destroy(): void;
}

/** Opens a writer session; fails with `ConnectionLost` when the database cannot be reached. */
export async function openSession(
  target: DatabaseTarget,
  name: string,
  limits: SessionLimits = sessionLimits,
): Promise<Session> {
  const settings = {
    statement_timeout: String(limits.statementTimeoutMs),
    idle_in_transaction_session_timeout: String(limits.idleInTransactionTimeoutMs),
    tcp_keepalives_idle: "5",
    tcp_keepalives_interval: "2",
    tcp_keepalives_count: "3",
    // One plan for every group size: the index joins that stay right however the tables grow.
    plan_cache_mode: "force_generic_plan",
    enable_seqscan: "off",
    enable_hashjoin: "off",
    enable_mergejoin: "off",
    jit: "off",
  };
  const client = new pg.Client({
    ...connectionOptions(target, { name, role: "application", settings }),
    pipeline: true,
    query_timeout: limits.statementTimeoutMs + 1_500,
  } as pg.ClientConfig);
  let broken = false;
  const breakDown = (): void => {
    broken = true;
  };
  client.on("error", breakDown);
  client.on("end", breakDown);
  try {
    await client.connect();
  } catch (error) {
    client.end().catch(() => {});
    throw new ConnectionLost(`the database cannot be reached: ${(error as Error).message}`, { cause: error });
  }
  const stream = streamOf(client);
  writeOncePerTurn(stream);
  const failed = (error: unknown): never => {
    const classified = classify(error);
    if (classified instanceof ConnectionLost) broken = true;
    throw classified;
  };
  return {
    query: <Row extends object>(statement: Statement) =>
      client.query(statement as pg.QueryConfig).catch(failed) as Promise<pg.QueryResult & { rows: Row[] }>,
    command: async (text) => (await client.query(text).catch(failed)).command,
    get isBroken() {
      return broken;
    },
    destroy() {
      broken = true;
      stream.destroy();
    },
  };
}

const streamOf = (client: pg.Client): Duplex =>
  (client as unknown as { connection: { stream: Duplex } }).connection.stream;

/**
 * `pg` writes each message of the protocol by itself, some five for a statement. Everything that is sent in one turn is
 * put together here, so that a whole group costs one system call.
 */
function writeOncePerTurn(stream: Duplex): void {
  const write = stream.write.bind(stream) as (chunk: Uint8Array) => boolean;
  let pending: Uint8Array[] = [];
  const flush = (): void => {
    const chunks = pending;
    pending = [];
    if (!stream.destroyed) write(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  };
  stream.cork = () => {};
  stream.uncork = () => {};
  stream.write = ((chunk: Uint8Array) => {
    if (pending.push(chunk) === 1) queueMicrotask(flush);
    return true;
  }) as typeof stream.write;
}
