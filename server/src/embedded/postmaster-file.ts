import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "./errors.ts";

/** What a running server writes into PGDATA/postmaster.pid. */
export interface PostmasterFile {
  pid: number;
  port: number;
  /** Empty when the server has no Unix socket. */
  socketDir: string;
  /** Whether it takes connections. */
  ready: boolean;
}

/** Where PostgreSQL writes who runs on a cluster. */
export function postmasterFilePath(cluster: string): string {
  return join(cluster, "postmaster.pid");
}

/** @returns null when there is none or it does not begin with a pid */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | null> {
  try {
    return parsePostmasterFile(await readFile(postmasterFilePath(cluster), "utf8"));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Lines: pid, PGDATA, start time, port, socket folder, TCP address, shared memory, status (padded with blanks). */
export function parsePostmasterFile(text: string): PostmasterFile | null {
  const lines = text.split("\n").map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return { pid, port: Number(lines[3] ?? 0), socketDir: lines[4] ?? "", ready: lines[7] === "ready" };
}
