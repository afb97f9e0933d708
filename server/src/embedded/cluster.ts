import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Installation } from "./binaries.ts";
import { type DataFolder, readPassword, syncFolder, writeDurably } from "./data-folder.ts";
import { EmbeddedPostgresError, systemCode } from "./errors.ts";
import { type Account, runProgram } from "./program.ts";
import { giveTo } from "./unprivileged-user.ts";

export const SUPERUSER = "onhand";

const DRAFT_PREFIX = "initialising-";
const REMOVE_TREE = { recursive: true, force: true } as const;

/**
 * Creates the cluster when the data folder has none.
 *
 * initdb works in a folder beside the final one, which is renamed when initdb has written and synced everything: a
 * killed first start leaves nothing that looks like a cluster. The folder has a new name each time, because the initdb
 * of a killed owner may still be writing. The password is on disk before the cluster that needs it.
 * The caller owns the data folder.
 * @returns whether it was created
 * @throws EmbeddedPostgresError data_folder_damaged, start_failed (with the output of initdb)
 */
export async function ensureCluster(
  folder: DataFolder,
  installation: Installation,
  account: Account | null,
): Promise<boolean> {
  await removeDrafts(folder);
  if (await isOccupied(folder.cluster)) return false;
  const password = await ensurePassword(folder);
  const workshop = join(folder.dir, DRAFT_PREFIX + randomBytes(6).toString("hex"));
  await mkdir(workshop, { mode: 0o700 });
  const draft = join(workshop, "postgres");
  const passwordCopy = join(workshop, "password");
  await writeFile(passwordCopy, password, { mode: 0o600 });
  await giveTo(workshop, account);
  const { code, output } = await runProgram(
    installation.initdb,
    [
      ...["--pgdata", draft, "--username", SUPERUSER, "--pwfile", passwordCopy, "--auth", "scram-sha-256"],
      ...["--locale", "C", "--encoding", "UTF8", "--data-checksums", "--no-instructions"],
    ],
    account,
  );
  if (code !== 0) {
    throw new EmbeddedPostgresError(
      "start_failed",
      `The database could not be created in ${folder.dir}; initdb says:\n${output.trim()}`,
    );
  }
  await rename(draft, folder.cluster);
  await syncFolder(folder.dir);
  await removeDrafts(folder);
  return true;
}

async function removeDrafts(folder: DataFolder): Promise<void> {
  for (const name of await readdir(folder.dir)) {
    // What an old initdb still writes to stays until the next start.
    if (name.startsWith(DRAFT_PREFIX)) await rm(join(folder.dir, name), REMOVE_TREE).catch(() => undefined);
  }
}

/** An empty folder may be a mount point or a mistake; either way it is in the way of nothing. */
async function isOccupied(cluster: string): Promise<boolean> {
  try {
    if ((await readdir(cluster)).length > 0) return true;
    await rmdir(cluster);
    return false;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

async function ensurePassword(folder: DataFolder): Promise<string> {
  try {
    return await readPassword(folder);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
  const password = randomBytes(24).toString("base64url");
  await writeDurably(folder.password, `${password}\n`, 0o600);
  return password;
}

/**
 * Checks that the folder holds a cluster of the major version that the binaries can open, and its password.
 * @throws EmbeddedPostgresError version_mismatch, data_folder_damaged
 */
export async function assertUsable(folder: DataFolder, installation: Installation): Promise<void> {
  const major = await clusterMajor(folder.cluster);
  if (major === null) {
    throw new EmbeddedPostgresError(
      "data_folder_damaged",
      `${folder.cluster} is not a PostgreSQL data folder (it has no PG_VERSION). Restore the folder from a backup, or ` +
        "move it away to start with an empty database.",
    );
  }
  if (major !== installation.major) {
    throw new EmbeddedPostgresError(
      "version_mismatch",
      `${folder.cluster} was written by PostgreSQL ${major}, and this release of Onhand brings PostgreSQL ` +
        `${installation.version}, which cannot open it. Nothing was changed. Start the release of Onhand that wrote it; ` +
        `or convert the folder with pg_upgrade; or run a PostgreSQL ${major} of your own on it and set DATABASE_URL.`,
    );
  }
  try {
    await readPassword(folder);
    await chmod(folder.password, 0o600);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "data_folder_damaged",
      `${folder.password}, the password of the database in this folder, cannot be read (${systemCode(error)}). ` +
        "Restore it from where you copied the folder from: the data cannot be opened without it.",
      { cause: error },
    );
  }
}

async function clusterMajor(cluster: string): Promise<number | null> {
  try {
    const major = Number.parseInt(await readFile(join(cluster, "PG_VERSION"), "utf8"), 10);
    return Number.isNaN(major) ? null : major;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}
