/**
 * A lock as a file: it names the process that holds it, so that the lock of one that was killed can be taken over. A
 * process is told apart from a later one with the same id by when it started, where the system says so (Linux).
 */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";

interface Holder {
  readonly pid: number;
  readonly startedAt: string | null;
  readonly token: string;
}

const takeOversMax = 20;

/** @returns gives the lock back; null when another process holds it */
export async function takeLock(path: string): Promise<(() => Promise<void>) | null> {
  const token = randomBytes(8).toString("hex");
  const own: Holder = { pid: process.pid, startedAt: await startOf(process.pid), token };
  const draft = `${path}.${token}`;
  await writeFile(draft, JSON.stringify(own));
  try {
    for (let tries = 0; tries < takeOversMax; tries++) {
      // A link appears whole or not at all, and never over another one.
      if (await linked(draft, path)) return async () => giveBack(path, token);
      const holder = await holderOf(path);
      if (holder !== null && (await isAlive(holder))) return null;
      await clear(path, holder?.token ?? null);
    }
    return null;
  } finally {
    await rm(draft, { force: true });
  }
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Takes the lock of a dead process away, unless somebody else has taken it over in between. */
async function clear(path: string, token: string | null): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString("hex")}.old`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const taken = await holderOf(aside);
  if (taken !== null && taken.token !== token) await linked(aside, path);
  await rm(aside, { force: true });
}

async function giveBack(path: string, token: string): Promise<void> {
  if ((await holderOf(path))?.token === token) await rm(path, { force: true });
}

async function holderOf(path: string): Promise<Holder | null> {
  try {
    const holder = JSON.parse(await readFile(path, "utf8")) as Partial<Holder>;
    return typeof holder.pid === "number" && typeof holder.token === "string" ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

async function isAlive({ pid, startedAt }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const start = await startOf(pid);
  return startedAt === null || start === null || start === startedAt;
}

/** When a process started, in the words of the system; null where it does not say. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
