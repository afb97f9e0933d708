import { readFile, stat } from "node:fs/promises";
import { systemCode } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { pollUntil } from "./poll-until.ts";
import { HIDDEN, processPlace, processStart } from "./process-identity.ts";

/** What an owner writes into the data folder about itself. */
export interface OwnerRecord {
  pid: number;
  /** Tells the process from a later one with the same pid. */
  start: string;
  /** Where the pid means anything. */
  place: string;
  /** Random, another one for each time the folder is opened. */
  token: string;
  /** For people, for example "onhand serve (http://127.0.0.1:8080)". */
  holder: string;
  /** RFC 3339. */
  startedAt: string;
}

/** Reads an owner record; null when the text is none. */
export function parseOwnerRecord(text: string): OwnerRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { pid, start, place, token, holder, startedAt } = value as Record<string, unknown>;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return null;
  if (typeof start !== "string" || typeof place !== "string" || typeof holder !== "string") return null;
  // The token becomes part of a file name.
  if (typeof token !== "string" || !/^[0-9a-f-]+$/.test(token) || typeof startedAt !== "string") return null;
  return { pid, start, place, token, holder, startedAt };
}

/** Stands for a file that holds no record, which is what a power cut can leave behind. Its process does not exist. */
const UNREADABLE: OwnerRecord = { pid: 0, start: "", place: "", token: "0", holder: "unknown", startedAt: "unknown" };

/** @returns null when there is no such file */
export async function readOwnerRecord(path: string): Promise<OwnerRecord | null> {
  let record: OwnerRecord | null = UNREADABLE;
  await pollUntil(async () => {
    try {
      record = parseOwnerRecord(await readFile(path, "utf8")) ?? UNREADABLE;
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      record = null;
    }
    return record !== UNREADABLE;
  }, LIMITS.unreadableOwnerMs);
  return record;
}

/**
 * Whether the process that wrote the record still runs. In another container or on another machine, which share the
 * folder but not the pids, only the heartbeat tells; then the answer takes up to LIMITS.foreignOwnerMs.
 * @param path the file with the record, whose modification time is the heartbeat
 */
export async function isOwnerAlive(record: OwnerRecord, path: string): Promise<boolean> {
  if (record === UNREADABLE) return false;
  if (record.place !== (await processPlace())) return beats(path);
  const start = await processStart(record.pid);
  return start !== null && (start === record.start || start === HIDDEN);
}

/** Watches for a change instead of comparing clocks, which may differ between machines. */
async function beats(path: string): Promise<boolean> {
  const before = await modifiedMs(path);
  if (before === null) return false;
  let latest: number | null = before;
  await pollUntil(async () => {
    latest = await modifiedMs(path);
    return latest !== before;
  }, LIMITS.foreignOwnerMs);
  return latest !== null && latest !== before;
}

async function modifiedMs(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}
