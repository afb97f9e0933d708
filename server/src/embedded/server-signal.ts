import type { Installation } from "./binaries.ts";
import { systemCode } from "./errors.ts";
import { runProgram } from "./program.ts";

/** SIGINT: fast shutdown (sessions end, a checkpoint is written). SIGQUIT: immediate (recovery at the next start). */
export type ShutdownSignal = "SIGINT" | "SIGQUIT";

/** Asks a server to shut down. A server that is gone already is no error. */
export async function signalServer(installation: Installation, pid: number, signal: ShutdownSignal): Promise<void> {
  if (process.platform === "win32") {
    // Windows has no signals; PostgreSQL listens for its own kind of them.
    await runProgram(installation.pgCtl, ["kill", signal.slice("SIG".length), String(pid)], null);
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) !== "ESRCH") throw error;
  }
}
