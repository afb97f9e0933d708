import { LIMITS } from "./limits.ts";
import { settlesWithin } from "./poll-until.ts";
import { type Account, spawned, startProgram } from "./program.ts";

/**
 * A shell that holds the other end of a pipe to this process. When this process ends in whatever way, also by kill -9,
 * the system closes the pipe and the shell asks the server to shut down. It runs as the server's account, so it could
 * never signal anybody else's process. Only a convenience: the next start copes with a server that was left running.
 */
export interface OrphanGuard {
  /** Sends the guard away; the server is left alone. May be called more than once. */
  dismiss(): Promise<void>;
}

/** `read` succeeds when we send a line (dismissed) and fails at the end of the pipe (we are gone). */
const SCRIPT = 'read -r line || kill -INT "$1"';

/** @returns null on Windows and where no shell can be started */
export async function startOrphanGuard(serverPid: number, account: Account | null): Promise<OrphanGuard | null> {
  if (process.platform === "win32") return null;
  try {
    // Detached: a Ctrl-C at the terminal must reach us alone.
    const shell = await spawned(() =>
      startProgram("/bin/sh", ["-c", SCRIPT, "onhand-guard", String(serverPid)], account, {
        stdio: ["pipe", "ignore", "ignore"],
        detached: true,
      }),
    );
    const exited = new Promise<void>((resolve) => shell.once("exit", () => resolve()));
    // The pipe may break when somebody ends the guard first.
    shell.stdin?.on("error", () => undefined);
    let dismissed: Promise<unknown> | undefined;
    return {
      async dismiss() {
        if (dismissed === undefined) {
          shell.stdin?.end("dismissed\n");
          dismissed = settlesWithin(exited, LIMITS.guardStopMs);
        }
        await dismissed;
      },
    };
  } catch {
    return null;
  }
}
