import { readFileSync } from "node:fs";

/** CPU seconds of the whole machine so far, all cores together. */
export interface MachineCpu {
  readonly totalSeconds: number;
  /** Spent in user and kernel mode by anyone; interrupts are not counted, for they belong to nobody. */
  readonly busySeconds: number;
  /** Taken by other guests of the same host. */
  readonly stealSeconds: number;
}

const TICKS_PER_SECOND = 100;

/** Reads `/proc/stat`; null where there is none. */
export function readMachineCpu(): MachineCpu | null {
  let text: string;
  try {
    text = readFileSync("/proc/stat", "utf8");
  } catch {
    return null;
  }
  return parseMachineCpu(text);
}

/** Reads the first line: user, nice, system, idle, iowait, irq, softirq, steal. */
function parseMachineCpu(text: string): MachineCpu | null {
  const match = text.match(/^cpu\s+(.+)$/m);
  if (match === null) return null;
  const ticks = match[1]!.split(/\s+/).slice(0, 8).map(Number);
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = ticks;
  return {
    totalSeconds: ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND,
    busySeconds: (user + nice + system) / TICKS_PER_SECOND,
    stealSeconds: steal / TICKS_PER_SECOND,
  };
}
