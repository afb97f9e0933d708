/**
 * A lock among the processes of one machine, made of files: each that wants it puts a file of its own beside the
 * others, and only then looks at them. So of two that come at the same time at least one sees the other. Files of
 * processes that are gone are removed; their names are never used again, so nobody removes a live one by mistake. A
 * process is told apart from a later one with the same id by when it started, where the system says so (Linux).
 *
 * Modes of a file: wanting → held. One that wants gives way to one that holds, and to one that wants with a lower token.
 */
import { randomBytes } from "node:crypto";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

interface Claim {
  readonly pid: number;
  readonly startedAt: string | null;
  readonly token: string;
  readonly isHeld: boolean;
}

/** How often the files are looked at while others want the lock too, and how long in between. */
const looksMax = 100;
const lookMs = 10;

/** @returns gives the lock back; null when another process holds it */
export async function takeLock(path: string): Promise<(() => Promise<void>) | null> {
  const token = randomBytes(8).toString("hex");
  const claim: Claim = { pid: process.pid, startedAt: await startOf(process.pid), token, isHeld: false };
  const release = () => rm(fileOf(path, token), { force: true });
  try {
    await put(path, claim);
    for (let looks = 0; looks < looksMax; looks++) {
      const others = (await claimsAt(path)).filter((other) => other.token !== token);
      if (others.some(({ isHeld }) => isHeld)) break;
      if (others.length === 0) {
        await put(path, { ...claim, isHeld: true });
        return release;
      }
      if (others.some((other) => other.token < token)) {
        await release();
        await delay(lookMs);
        await put(path, claim);
      } else await delay(lookMs);
    }
  } catch (error) {
    await release();
    throw error;
  }
  await release();
  return null;
}

const fileOf = (path: string, token: string): string => `${path}-${token}`;

/** A file appears whole or not at all. */
async function put(path: string, claim: Claim): Promise<void> {
  const draft = `${path}.draft-${claim.token}`;
  await writeFile(draft, JSON.stringify(claim));
  await rename(draft, fileOf(path, claim.token));
}

/** Claims of processes that live; the others' files are removed. */
async function claimsAt(path: string): Promise<Claim[]> {
  const folder = dirname(path);
  const prefix = `${basename(path)}-`;
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix));
  const claims = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const text = await readFile(file, "utf8").catch(() => null);
      if (text === null) return [];
      const claim = claimIn(text);
      if (claim !== null && (await isAlive(claim))) return [claim];
      await rm(file, { force: true });
      return [];
    }),
  );
  return claims.flat();
}

function claimIn(text: string): Claim | null {
  try {
    const claim = JSON.parse(text) as Partial<Claim>;
    return typeof claim.pid === "number" && typeof claim.token === "string" ? (claim as Claim) : null;
  } catch {
    return null;
  }
}

async function isAlive({ pid, startedAt }: Claim): Promise<boolean> {
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
