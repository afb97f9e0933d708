import { randomUUID } from "node:crypto";
import { constants, copyFile, link, open, readdir, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { DataFolderInUseError, EmbeddedPostgresError, systemCode } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { isOwnerAlive, type OwnerRecord, readOwnerRecord } from "./owner-record.ts";
import { HIDDEN, processPlace, processStart } from "./process-identity.ts";

/**
 * The lock on a data folder: the file owner.json.
 *
 * Modes: free (no owner.json), owned (its process lives), abandoned (its process is gone).
 * - free → owned: owner.json appears at once with its whole content, by an exclusive hard link.
 * - abandoned → owned: the right to replace the owner with token T belongs to whoever creates owner.json.after-T. That
 *   is exclusive too, so of many that saw the same dead owner one wins. If the winner dies before it replaced
 *   owner.json, the right to replace *it* is won in the same way: a chain, whose last living member holds the lock.
 * - owned → free: the owner removes owner.json.
 * Invariant: nobody removes or replaces an owner.json that is not its own without holding the claim on its token and
 * having seen that token there while holding the claim.
 */
export interface Ownership {
  /** Frees the folder. May be called more than once. */
  release(): Promise<void>;
}

const OWNER_FILE = "owner.json";
const CLAIM_PREFIX = "owner.json.after-";

interface Link {
  record: OwnerRecord;
  path: string;
}

/**
 * Takes the folder for this process.
 * @throws DataFolderInUseError when a living process has it
 */
export async function takeOwnership(dataDir: string, holder: string): Promise<Ownership> {
  const record: OwnerRecord = {
    pid: process.pid,
    start: (await processStart(process.pid)) ?? HIDDEN,
    place: await processPlace(),
    token: randomUUID(),
    holder,
    startedAt: new Date().toISOString(),
  };
  const draft = join(dataDir, `owner.json.draft-${record.token}`);
  try {
    await writeDraft(draft, record);
    for (let attempt = 0; attempt < LIMITS.claimAttemptsMax; attempt++) {
      if (await tryClaim(dataDir, draft)) return holdOwnership(join(dataDir, OWNER_FILE), record);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new EmbeddedPostgresError(
    "data_folder_in_use",
    `Too many processes try to open the data folder ${dataDir} at once. Start one of them, then the others.`,
  );
}

/** @returns the record of the process that has the folder, or null when none that lives has it */
export async function livingOwner(dataDir: string): Promise<OwnerRecord | null> {
  const path = join(dataDir, OWNER_FILE);
  const record = await readOwnerRecord(path);
  return record !== null && (await isOwnerAlive(record, path)) ? record : null;
}

/** @returns false when another process changed something meanwhile and the state has to be looked at again */
async function tryClaim(dataDir: string, draft: string): Promise<boolean> {
  const path = join(dataDir, OWNER_FILE);
  const chain = await readChain(dataDir);
  const [first] = chain;
  const last = chain.at(-1);
  if (first === undefined || last === undefined) return linkExclusively(draft, path);
  if (await isOwnerAlive(last.record, last.path)) {
    throw new DataFolderInUseError({ ...last.record, dataDir, here: last.record.place === (await processPlace()) });
  }
  const claim = join(dataDir, CLAIM_PREFIX + last.record.token);
  if (!(await linkExclusively(draft, claim))) return false;
  const current = await readOwnerRecord(path);
  if (current?.token !== first.record.token) {
    await rm(claim, { force: true });
    return false;
  }
  await rename(draft, path);
  await removeClaims(dataDir);
  return true;
}

/** owner.json and the claims that follow from it, oldest first. */
async function readChain(dataDir: string): Promise<Link[]> {
  const chain: Link[] = [];
  let path = join(dataDir, OWNER_FILE);
  for (;;) {
    const record = await readOwnerRecord(path);
    if (record === null || chain.some((link) => link.record.token === record.token)) return chain;
    chain.push({ record, path });
    path = join(dataDir, CLAIM_PREFIX + record.token);
  }
}

/** Claims on former owners are void once owner.json is ours, also those that are just being made. */
async function removeClaims(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(CLAIM_PREFIX)) await rm(join(dataDir, name), { force: true });
  }
}

async function writeDraft(path: string, record: OwnerRecord): Promise<void> {
  const file = await open(path, "wx", 0o644);
  try {
    await file.writeFile(`${JSON.stringify(record, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @returns false when `path` exists */
async function linkExclusively(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
  }
  // Some file systems have no hard links. This is as exclusive, only the content comes a moment after the name.
  try {
    await copyFile(draft, path, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

function holdOwnership(path: string, record: OwnerRecord): Ownership {
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A missed heartbeat is made up for by the next one.
    utimes(path, now, now).catch(() => undefined);
  }, LIMITS.heartbeatMs);
  heartbeat.unref();
  return {
    async release() {
      clearInterval(heartbeat);
      const current = await readOwnerRecord(path);
      if (current?.token === record.token) await rm(path, { force: true });
    },
  };
}
