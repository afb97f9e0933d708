/** Failpoints for crash tests: the process kills itself, as a power cut would, at a named place in the write path. */
import type { ReachFailpoint } from "../journal/group-transaction.ts";

/** @param setting `name` or `name:n`; null for none, which costs nothing */
export function failpoint(setting: string | null): ReachFailpoint {
  if (setting === null) return null;
  const [name, times = "1"] = setting.split(":");
  let left = Number(times);
  return async (point) => {
    if (point !== name) return;
    left -= 1;
    if (left <= 0) process.kill(process.pid, "SIGKILL");
  };
}
