import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename } from "node:path";
import { systemCode } from "./errors.ts";
import { runProgram } from "./program.ts";

/** What `processStart` says of a process that exists and of which the system shows no more. */
export const HIDDEN = "hidden";

/**
 * A text that tells a process from every later one with the same pid: its start time as the system words it.
 * @returns null when no such process runs (a zombie does not run), HIDDEN when it runs but may not be looked at.
 */
export async function processStart(pid: number): Promise<string | null> {
  if (process.platform === "linux") return linuxProcessStart(pid);
  if (process.platform === "win32") {
    const script = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`;
    const { code, output } = await runProgram("powershell.exe", ["-NoProfile", "-Command", script], null);
    return code === 0 ? output.trim() : null;
  }
  const { code, output } = await runProgram("/bin/ps", ["-o", "stat=,lstart=", "-p", String(pid)], null);
  const [state, ...start] = output.trim().split(/\s+/);
  return code !== 0 || state === undefined || state.startsWith("Z") ? null : start.join(" ");
}

async function linuxProcessStart(pid: number): Promise<string | null> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch {
    return holdsPid(pid) ? HIDDEN : null;
  }
  // proc_pid_stat(5): the name in parentheses may hold anything; after it come the state (field 3) and, as field 22,
  // the start time in clock ticks since boot.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? null : (fields[22 - 3] ?? null);
}

/** Whether some process has the pid, be it a zombie or somebody else's. */
export function holdsPid(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

/** Names the world in which a pid means something: one boot of one machine, and in it one container. */
export async function processPlace(): Promise<string> {
  if (process.platform !== "linux") return `host ${hostname()}`;
  const [boot, namespace] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => hostname()),
    readlink("/proc/self/ns/pid").catch(() => "pid"),
  ]);
  return `boot ${boot.trim()} ${namespace}`;
}

/**
 * Whether `pid` is a PostgreSQL server of exactly this cluster, so that it may be shut down.
 * @param clusterDir the real path of PGDATA
 */
export async function isServerOf(pid: number, clusterDir: string): Promise<boolean> {
  if ((await processStart(pid)) === null) return false;
  if (process.platform === "linux") {
    try {
      // A server works in its PGDATA. "(deleted)" follows the path of a binary that was upgraded meanwhile.
      const [executable, workingDir] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/cwd`)]);
      return basename(executable).replace(" (deleted)", "") === "postgres" && workingDir === clusterDir;
    } catch {
      return false;
    }
  }
  if (process.platform === "win32") {
    const { output } = await runProgram("tasklist.exe", ["/FI", `PID eq ${pid}`, "/FO", "CSV", "/NH"], null);
    return output.toLowerCase().includes("postgres.exe");
  }
  const { output } = await runProgram("/bin/ps", ["-ww", "-o", "command=", "-p", String(pid)], null);
  return output.includes("postgres") && output.includes(clusterDir);
}
