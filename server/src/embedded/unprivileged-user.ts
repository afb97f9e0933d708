import { lchown, lstat, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EmbeddedPostgresError, messageOf, systemCode } from "./errors.ts";
import { type Account, runProgram } from "./program.ts";

/** The usual account for daemons that must own nothing else; it exists on every Linux and on macOS. */
const DEFAULT_ACCOUNT = "nobody";

/** Reads the lines of a passwd file. macOS writes 4294967294 as -2. */
export function parsePasswd(text: string): Account[] {
  const accounts: Account[] = [];
  for (const line of text.split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (!name || name.startsWith("#") || !/^-?\d+$/.test(uid ?? "") || !/^-?\d+$/.test(gid ?? "")) continue;
    accounts.push({ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 });
  }
  return accounts;
}

/**
 * The account to run as: the one asked for, else the one that owns the existing cluster, else nobody.
 * Never creates one: a database service has no business changing the machine's users.
 * @returns null when this process is not root and PostgreSQL runs as ourselves.
 * @throws EmbeddedPostgresError account_unusable
 */
export async function chooseAccount(clusterDir: string, requested: string | undefined): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const accounts = parsePasswd(await readFile("/etc/passwd", "utf8"));
  const ownerUid = await uidOf(clusterDir);
  const owner = accounts.find((account) => account.uid !== 0 && account.uid === ownerUid);
  const chosen =
    requested === undefined
      ? (owner ?? accounts.find((account) => account.name === DEFAULT_ACCOUNT))
      : accounts.find((account) => account.name === requested);
  if (chosen === undefined || chosen.uid === 0) {
    throw new EmbeddedPostgresError(
      "account_unusable",
      `PostgreSQL refuses to run as root, and /etc/passwd has no unprivileged user "${requested ?? DEFAULT_ACCOUNT}" ` +
        "to run it as. Start Onhand as an ordinary user, name an existing user, or use your own server with DATABASE_URL.",
    );
  }
  return chosen;
}

/**
 * Makes `path` and all it contains belong to `account`; does nothing when it already does or when we are not root.
 * @throws EmbeddedPostgresError account_unusable
 */
export async function giveTo(path: string, account: Account | null): Promise<void> {
  if (account === null || (await uidOf(path)) === account.uid) return;
  try {
    await chownTree(path, account);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "account_unusable",
      `PostgreSQL refuses to run as root, and ${path} cannot be given to "${account.name}": ${messageOf(error)}. ` +
        "Start Onhand as an ordinary user, or use your own server with DATABASE_URL.",
      { cause: error },
    );
  }
}

/** The folder itself comes last, so that an interrupted run is seen as not done and starts again. */
async function chownTree(path: string, account: Account): Promise<void> {
  if ((await lstat(path)).isDirectory()) {
    for (const name of await readdir(path)) await chownTree(join(path, name), account);
  }
  // lchown: a link is never followed out of the folder.
  await lchown(path, account.uid, account.gid);
}

async function uidOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).uid;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Checks that the account can enter a folder, by entering it: modes alone do not tell (ACLs, mounts).
 * @throws EmbeddedPostgresError data_folder_unreachable, naming the folder on the way that is closed
 */
export async function assertCanEnter(dir: string, account: Account | null): Promise<void> {
  if (account === null || (await canEnter(dir, account))) return;
  let closed = dir;
  for (let parent = dirname(dir); parent !== closed && !(await canEnter(parent, account)); parent = dirname(parent)) {
    closed = parent;
  }
  throw new EmbeddedPostgresError(
    "data_folder_unreachable",
    `PostgreSQL refuses to run as root and is therefore run as "${account.name}", who cannot enter ${closed}. ` +
      `Choose a data folder that this user can enter, for example ONHAND_DATA_DIR=/var/lib/onhand; ` +
      `or open the way with "chmod o+x ${closed}"; or start Onhand as an ordinary user.`,
  );
}

/** Whether the account may enter the folder. */
export async function canEnter(dir: string, account: Account): Promise<boolean> {
  return (await runProgram("/bin/sh", ["-c", 'cd "$1"', "sh", dir], account)).code === 0;
}
