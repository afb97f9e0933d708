import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Installation } from "./binaries.ts";
import { connectAndPrepare, type EmbeddedConnection } from "./connection.ts";
import type { DataFolder } from "./data-folder.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { type OrphanGuard, startOrphanGuard } from "./orphan-guard.ts";
import { settlesWithin } from "./poll-until.ts";
import { type Account, spawned, startProgram } from "./program.ts";
import { logSizeBytes, logTail, openServerLog } from "./server-log.ts";
import { signalServer } from "./server-signal.ts";
import { serverArguments } from "./settings.ts";

/**
 * A server that is a child of this process.
 * Modes: running, stopping (`stop` was called), exited. It never returns to an earlier one; who wants a server again
 * starts another.
 */
export interface Postmaster {
  connection: EmbeddedConnection;
  /** Resolves when the server has ended for whatever reason, with what is known of it in words. Never rejects. */
  exited: Promise<string>;
  /**
   * Shuts it down and waits for its end.
   * @throws EmbeddedPostgresError stop_failed
   */
  stop(): Promise<void>;
}

/** What a server needs to start; the cluster exists and no other server runs on it. */
export interface ServerPlan {
  folder: DataFolder;
  installation: Installation;
  account: Account | null;
  settings: Readonly<Record<string, string>>;
  socketDir: string | null;
  /** Where a server before this one was reached, so that its clients find it again; else a free one is taken. */
  port?: number;
  /** Without host and port, which come from the start. */
  login: Pick<EmbeddedConnection, "user" | "password" | "database">;
  note: (message: string) => void;
}

/** What passes by itself: another program took the port; processes of a killed server still hold its memory. */
const PASSING_FAILURES = [/could not create any TCP\/IP sockets/, /pre-existing shared memory block/];

/**
 * Starts the server on a free port and waits until it takes connections.
 * @throws EmbeddedPostgresError start_failed, with the last lines of the log
 */
export async function startPostmaster(plan: ServerPlan): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    const port = plan.port ?? (await freePort());
    const logStart = await logSizeBytes(plan.folder.log);
    const postmaster = await launch(plan, port);
    const failure = await waitUntilReady(postmaster, plan);
    if (failure === null) return postmaster;
    await postmaster.stop();
    const log = await logTail(plan.folder.log, logStart);
    if (attempt === LIMITS.startAttemptsMax || !PASSING_FAILURES.some((pattern) => pattern.test(log))) {
      throw new EmbeddedPostgresError(
        "start_failed",
        `PostgreSQL ${plan.installation.version} did not start on ${plan.folder.cluster}: ${failure}. ` +
          `The end of ${plan.folder.log}:\n${log || "(nothing was written)"}`,
      );
    }
    await delay(LIMITS.pollMaxMs * attempt);
  }
}

async function waitUntilReady(postmaster: Postmaster, plan: ServerPlan): Promise<string | null> {
  const ended = new AbortController();
  void postmaster.exited.then(() => ended.abort());
  const quiet = setTimeout(() => {
    plan.note(
      `Still waiting for the database to start (after a crash it recovers first); it writes to ${plan.folder.log}`,
    );
  }, LIMITS.startQuietMs);
  try {
    const failure = await connectAndPrepare(postmaster.connection, ended.signal);
    return failure !== null && ended.signal.aborted ? await postmaster.exited : failure;
  } finally {
    clearTimeout(quiet);
  }
}

async function launch(plan: ServerPlan, port: number): Promise<Postmaster> {
  const { folder, installation, account, socketDir } = plan;
  const log = await openServerLog(folder.log);
  let child: ChildProcess;
  try {
    const args = serverArguments(folder.cluster, plan.settings, { port, socketDir });
    // Detached: a Ctrl-C at the terminal must reach us alone, so that we can finish our work before the database goes.
    child = await spawned(() =>
      startProgram(installation.postgres, args, account, { stdio: ["ignore", log.fd, log.fd], detached: true }),
    );
  } finally {
    await log.close();
  }
  const guard = child.pid === undefined ? null : await startOrphanGuard(child.pid, account);
  const exited = exitOf(child, guard);
  let stopping: Promise<void> | undefined;
  return {
    connection: { ...plan.login, host: socketDir ?? "127.0.0.1", port },
    exited,
    stop() {
      stopping ??= shutDown(child, exited, plan);
      return stopping;
    },
  };
}

function exitOf(child: ChildProcess, guard: OrphanGuard | null): Promise<string> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      // The pid is free for others from here on, so the guard must not use it any more.
      void guard?.dismiss();
      resolve(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`);
    });
  });
}

async function shutDown(child: ChildProcess, exited: Promise<string>, plan: ServerPlan): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await signalServer(plan.installation, child.pid, "SIGINT");
  if (await settlesWithin(exited, LIMITS.fastStopMs)) return;
  plan.note(
    `The database did not shut down in ${LIMITS.fastStopMs / 1000} s; ending it at once, it recovers at its next start`,
  );
  await signalServer(plan.installation, child.pid, "SIGQUIT");
  if (await settlesWithin(exited, LIMITS.immediateStopMs)) return;
  throw new EmbeddedPostgresError(
    "stop_failed",
    `The database server (process ${child.pid}) does not end. End it with "kill -QUIT ${child.pid}".`,
  );
}

/** Free at this moment; another program may take it before the server does, which is a passing failure. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
