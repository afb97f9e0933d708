import { constants } from "node:fs";
import { open, readFile, rm } from "node:fs/promises";
import type { Installation } from "./binaries.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { pollUntil } from "./poll-until.ts";
import { postmasterFilePath, readPostmasterFile } from "./postmaster-file.ts";
import { holdsPid, isServerOf } from "./process-identity.ts";
import { signalServer } from "./server-signal.ts";

/**
 * Shuts down the server that an owner left running when it was killed, so that a clean one can start. The caller owns
 * the data folder, so no living owner uses that server.
 * @param cluster the real path of PGDATA; it may not exist
 * @throws EmbeddedPostgresError leftover_server when it does not end
 */
export async function stopLeftoverServer(
  cluster: string,
  installation: Installation,
  note: (message: string) => void,
): Promise<void> {
  const file = await readPostmasterFile(cluster);
  if (file === null) return;
  if (!(await isServerOf(file.pid, cluster))) {
    await disownPostmasterFile(cluster, file.pid);
    return;
  }
  note(`A database server was left running by a process that is gone (process ${file.pid}); shutting it down first`);
  const gone = async (): Promise<boolean> => !(await isServerOf(file.pid, cluster));
  await signalServer(installation, file.pid, "SIGINT");
  if (await pollUntil(gone, LIMITS.fastStopMs)) return;
  note(`Process ${file.pid} did not shut down in ${LIMITS.fastStopMs / 1000} s; ending it at once`);
  await signalServer(installation, file.pid, "SIGQUIT");
  if (await pollUntil(gone, LIMITS.immediateStopMs)) return;
  throw new EmbeddedPostgresError(
    "leftover_server",
    `A database server of an earlier process still runs on ${cluster} (process ${file.pid}) and does not shut down. ` +
      `End it (kill -QUIT ${file.pid}), then start again.`,
  );
}

/**
 * After a crash the pid in postmaster.pid may belong to any program, which is not ours to end; but PostgreSQL would
 * refuse to start. It takes the file for stale when the pid is its parent's, ours, and then still checks by the other
 * lines that no process of the old server uses its shared memory. Removing the file would skip that check.
 */
async function disownPostmasterFile(cluster: string, pid: number): Promise<void> {
  const path = postmasterFilePath(cluster);
  // With no such process PostgreSQL finds out by itself. (A zombie holds its pid, and PostgreSQL takes it for running.)
  if (!holdsPid(pid)) return;
  if (process.platform === "win32") {
    // There PostgreSQL does not look at its parent, and guards its shared memory by name.
    await rm(path, { force: true });
    return;
  }
  const [, ...rest] = (await readFile(path, "utf8")).split("\n");
  // Not through a link: as root we write into a folder that belongs to an unprivileged user.
  const file = await open(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    await file.writeFile([String(process.pid), ...rest].join("\n"));
  } finally {
    await file.close();
  }
}
