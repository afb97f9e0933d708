import { chmod, mkdir, open, readFile, realpath, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EmbeddedPostgresError, messageOf } from "./errors.ts";

/** The paths of a data folder. */
export interface DataFolder {
  /** Absolute, without symbolic links. */
  dir: string;
  /** PGDATA; exists only when initdb ran to its end. */
  cluster: string;
  log: string;
  /** The superuser's password, readable by the owner of the folder only. */
  password: string;
}

/**
 * Creates the folder when there is none, closed to other users (as root: others may pass through, because PostgreSQL
 * runs as another user below it).
 * @throws EmbeddedPostgresError data_folder_unreachable
 */
export async function openDataFolder(dataDir: string): Promise<DataFolder> {
  try {
    const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
    const firstCreated = await mkdir(dataDir, { recursive: true, mode });
    const dir = await realpath(dataDir);
    // The umask may have taken more than we wanted. Folders that were there before keep their modes.
    if (firstCreated !== undefined) {
      const first = await realpath(firstCreated);
      for (let created = dir; created.length >= first.length; created = dirname(created)) await chmod(created, mode);
    }
    return pathsOf(dir);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "data_folder_unreachable",
      `The data folder ${dataDir} cannot be used: ${messageOf(error)}. Set ONHAND_DATA_DIR to a folder that can be written.`,
      { cause: error },
    );
  }
}

/** Where everything lies in a data folder; nothing is created. */
export function pathsOf(dir: string): DataFolder {
  return {
    dir,
    cluster: join(dir, "postgres"),
    log: join(dir, "postgres.log"),
    password: join(dir, "password"),
  };
}

/** Writes a file so that after a power cut it has its old or its new content, never half of one. */
export async function writeDurably(path: string, content: string, mode: number): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, "w", mode);
  try {
    await file.chmod(mode);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** Makes renames in a folder survive a power cut. Windows cannot and need not open folders for that. */
export async function syncFolder(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(dir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** @throws the system error, ENOENT when there is no password yet */
export async function readPassword(folder: DataFolder): Promise<string> {
  return (await readFile(folder.password, "utf8")).trim();
}
