import { execFileSync } from "node:child_process";
import { readFileSync, statfsSync } from "node:fs";
import { cpus, loadavg, platform, release, totalmem } from "node:os";

/** Where and with what the numbers were made. */
export interface MachineNotes {
  readonly startedAt: string;
  readonly commit: string;
  readonly hasLocalChanges: boolean;
  readonly cpu: string;
  readonly coreCount: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly bun: string;
  readonly loadAverage: number;
}

const TMPFS_MAGIC = 0x01021994;

/** Notes about this machine and checkout. */
export function machineNotes(now: Date): MachineNotes {
  const [firstCpu] = cpus();
  return {
    startedAt: now.toISOString(),
    commit: git("rev-parse", "--short", "HEAD") ?? "uncommitted",
    hasLocalChanges: git("status", "--porcelain") !== "",
    cpu: firstCpu?.model ?? "unknown",
    coreCount: cpus().length,
    memoryBytes: totalmem(),
    system: `${platform()} ${release()}${distribution()}`,
    bun: Bun.version,
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** Whether a folder is kept in memory, where a commit costs nothing and proves nothing. */
export function isInMemory(folder: string): boolean {
  return platform() === "linux" && statfsSync(folder).type === TMPFS_MAGIC;
}

function git(...command: string[]): string | null {
  try {
    return execFileSync("git", command, { cwd: import.meta.dirname, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return null;
  }
}

function distribution(): string {
  try {
    const name = readFileSync("/etc/os-release", "utf8").match(/^PRETTY_NAME="(.*)"$/m);
    return name === null ? "" : `, ${name[1]}`;
  } catch {
    return "";
  }
}
