import { randomBytes } from "node:crypto";
import { chmod, cp, lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedPostgresError, messageOf, systemCode } from "./errors.ts";

/**
 * A copy of the PostgreSQL binaries (60 MB) for when the installed ones cannot be run by the account that needs them.
 *
 * Invariants: a version's folder appears complete or not at all (copied beside it, then renamed) and is never written
 * again; it and the folder above belong to us and nobody else can write to them, or they are not used. A copy that a
 * kill left half done has a name of its own and is never used.
 */

/** As root: a system cache, then the temporary folder. Else: the user's own cache first. */
function cacheFolders(): string[] {
  const uid = process.getuid?.();
  if (uid === 0) return ["/var/cache/onhand", join(tmpdir(), "onhand-cache")];
  return [join(homedir(), ".cache", "onhand"), join(tmpdir(), `onhand-cache-${uid ?? "user"}`)];
}

/**
 * Copies `native` to a folder named `name` in the first cache folder that takes it, unless it is there already.
 * @param finish called with the copy before it appears under its name
 * @returns the path of the copy
 * @throws EmbeddedPostgresError binaries_unusable, with the reason for each folder that was tried
 */
export async function copyToCache(
  native: string,
  name: string,
  finish: (copy: string) => Promise<void>,
  folders: readonly string[] = cacheFolders(),
): Promise<string> {
  const reasons: string[] = [];
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o755 });
      await assertOnlyOurs(folder);
      await chmod(folder, 0o755);
      const path = join(folder, name);
      if (!(await exists(path))) await copyAside(native, path, finish);
      await assertOnlyOurs(path);
      return path;
    } catch (error) {
      reasons.push(`${folder}: ${messageOf(error)}`);
    }
  }
  throw new EmbeddedPostgresError(
    "binaries_unusable",
    `The PostgreSQL binaries in ${native} cannot be run from there and cannot be copied either (${reasons.join("; ")}). ` +
      "Install Onhand where every user can read it, start it as an ordinary user, or use DATABASE_URL.",
  );
}

async function copyAside(native: string, path: string, finish: (copy: string) => Promise<void>): Promise<void> {
  const draft = `${path}.draft-${randomBytes(6).toString("hex")}`;
  try {
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await finish(draft);
    await openForReading(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process was faster; its copy is as good.
    const code = systemCode(error);
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

/** Whatever the umask was: readable by all, writable by nobody else, programs and libraries executable. */
async function openForReading(path: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return;
  if (!stats.isDirectory()) {
    await chmod(path, stats.mode & 0o100 ? 0o755 : 0o644);
    return;
  }
  await chmod(path, 0o755);
  for (const entry of await readdir(path)) await openForReading(join(path, entry));
}

/** In a shared temporary folder somebody else may have made the folder first, to have us run what they put there. */
async function assertOnlyOurs(path: string): Promise<void> {
  if (process.getuid === undefined) return;
  const stats = await lstat(path);
  if (!stats.isDirectory() || stats.uid !== process.getuid() || (stats.mode & 0o022) !== 0) {
    throw new Error("not a folder that only we can write to");
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}
