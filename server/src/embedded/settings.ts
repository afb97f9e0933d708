import { totalmem } from "node:os";
import type { Installation } from "./binaries.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import { type Account, runProgram } from "./program.ts";

const megabyte = 1024 * 1024;

/**
 * An eighth of the machine's memory, for the service runs beside the database and the system caches files as well. What
 * lies in here need not be looked up and copied again: the keys of a long history are met in no order.
 */
export const sharedBuffersMb = (memoryBytes: number): number =>
  Math.min(4096, Math.max(128, Math.floor(memoryBytes / megabyte / 8)));

/**
 * For a machine that runs the service beside the database. A checkpoint every 15 minutes or 4 GB
 * of journal keeps full page images rare; recovery after a kill replays at most that much.
 * The first three are what an answered write rests on.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  shared_buffers: `${sharedBuffersMb(totalmem())}MB`,
  max_wal_size: "4GB",
  checkpoint_timeout: "15min",
  max_connections: "100",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] ",
  logging_collector: "off",
};

/** Where the server listens is the supervisor's affair: it is what `connection` is made of. */
export interface Listening {
  port: number;
  /** null: TCP only. */
  socketDir: string | null;
}

/**
 * The command line of the server. Settings on the command line outrank the configuration files and ALTER SYSTEM, so what
 * runs is what is written here.
 * @throws EmbeddedPostgresError settings_invalid
 */
export function serverArguments(
  cluster: string,
  settings: Readonly<Record<string, string>>,
  listening: Listening,
): string[] {
  const merged = {
    ...DEFAULTS,
    ...settings,
    listen_addresses: "127.0.0.1",
    port: String(listening.port),
    unix_socket_directories: listening.socketDir === null ? "" : quoteListItem(listening.socketDir),
  };
  const args = ["-D", cluster];
  for (const [name, value] of Object.entries(merged)) {
    if (!/^[a-z_][a-z0-9_.]*$/i.test(name) || value.includes("\0")) {
      throw new EmbeddedPostgresError("settings_invalid", `"${name}" cannot be the name of a PostgreSQL setting.`);
    }
    args.push("-c", `${name}=${value}`);
  }
  return args;
}

/** unix_socket_directories is a list; quotes keep commas and blanks of a path together. */
function quoteListItem(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}

/**
 * Chooses what depends on how the binaries were built: pages in the journal are compressed where lz4 is built in. Else
 * they are not: the old pglz costs more processor time than the disk space is worth.
 */
export async function withBuildSettings(
  installation: Installation,
  account: Account | null,
  cluster: string,
  settings: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  if (Object.hasOwn(settings, "wal_compression")) return { ...settings };
  const probe = ["-D", cluster, "-C", "wal_compression", "-c", "wal_compression=lz4"];
  const { code } = await runProgram(installation.postgres, probe, account);
  return { wal_compression: code === 0 ? "lz4" : "off", ...settings };
}
