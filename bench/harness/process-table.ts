import { readdirSync, readFileSync } from "node:fs";

/**
 * What Linux says about processes in `/proc`: CPU time, parents, memory. Everywhere else, and for processes that are gone, the
 * answers are null and the report says "n/a".
 */

/** Unit of the times in `/proc`; 100 on every Linux that Bun runs on. */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly parentPid: number;
  /** Own time in user and kernel mode. */
  readonly ownSeconds: number;
  /** The same of children that have ended. */
  readonly endedChildrenSeconds: number;
}

/** CPU seconds of one process so far. */
export function processCpuSeconds(pid: number): number | null {
  return readStat(pid)?.ownSeconds ?? null;
}

/** The parent of a process. */
export function parentPid(pid: number): number | null {
  return readStat(pid)?.parentPid ?? null;
}

/** CPU seconds so far of a process, its children, and its children that have ended: all of a PostgreSQL server. */
export function familyCpuSeconds(pid: number): number | null {
  const parent = readStat(pid);
  if (parent === null) return null;
  let seconds = parent.ownSeconds + parent.endedChildrenSeconds;
  for (const child of childPids(pid)) seconds += readStat(child)?.ownSeconds ?? 0;
  return seconds;
}

/** The most memory a process has held at once, in bytes. */
export function peakMemoryBytes(pid: number): number | null {
  return readKilobytes(`/proc/${pid}/status`, "VmHWM");
}

/** Memory of a process and its children now, shared pages counted once, in bytes. */
export function familyMemoryBytes(pid: number): number | null {
  const sizes = [pid, ...childPids(pid)].map((each) => readKilobytes(`/proc/${each}/smaps_rollup`, "Pss"));
  return sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

function childPids(pid: number): number[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((each) => parentPid(each) === pid);
}

function readStat(pid: number): ProcessStat | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The command's name stands in parentheses and may contain blanks, so fields are counted from behind it.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = (index: number): number => Number(fields[index]) / TICKS_PER_SECOND;
  return {
    parentPid: Number(fields[1]),
    ownSeconds: ticks(11) + ticks(12),
    endedChildrenSeconds: ticks(13) + ticks(14),
  };
}

function readKilobytes(path: string, field: string): number | null {
  const match = readText(path)?.match(new RegExp(`^${field}:\\s+(\\d+) kB`, "m"));
  return match === null || match === undefined ? null : Number(match[1]) * 1024;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
