import { createHash } from "node:crypto";
import { chmod, lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemCode } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { Account } from "./program.ts";
import { canEnter, giveTo } from "./unprivileged-user.ts";

/**
 * Makes the folder for the server's Unix socket: in the data folder, or, where that path is too long for a socket, in a
 * temporary folder, under a name that follows from the data folder, so that each start finds the same.
 * @returns null when there is no place for a socket and the server is reached over TCP only
 */
export async function makeSocketFolder(dataDir: string, account: Account | null): Promise<string | null> {
  if (process.platform === "win32") return null;
  const hash = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  const candidates = [join(dataDir, "socket"), join(tmpdir(), `onhand-${hash}`), `/tmp/onhand-${hash}`];
  for (const path of candidates) {
    if (socketPathFits(path) && (await makeOwnFolder(path, account))) return path;
  }
  return null;
}

/** Whether a socket in the folder stays within the length that the system allows. */
export function socketPathFits(dir: string): boolean {
  return Buffer.byteLength(join(dir, ".s.PGSQL.65535")) <= LIMITS.socketPathBytesMax;
}

/** @returns false when somebody else has the name or the account cannot get there */
async function makeOwnFolder(path: string, account: Account | null): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") return false;
  }
  // A temporary folder is open to all: take only what root, we, or the server's own account made.
  const stats = await lstat(path);
  const trusted = [process.getuid?.(), account?.uid];
  if (!stats.isDirectory() || !trusted.includes(stats.uid)) return false;
  await chmod(path, 0o700);
  await giveTo(path, account);
  return account === null || (await canEnter(path, account));
}
