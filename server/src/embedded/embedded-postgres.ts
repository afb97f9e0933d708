import { findPackage, locateInstallation } from "./binaries.ts";
import { assertUsable, ensureCluster, SUPERUSER } from "./cluster.ts";
import { answers, DATABASE, type EmbeddedConnection } from "./connection.ts";
import { openDataFolder, pathsOf, readPassword } from "./data-folder.ts";
import { stopLeftoverServer } from "./leftover-server.ts";
import { livingOwner, type Ownership, takeOwnership } from "./owner-lock.ts";
import { type Postmaster, type ServerPlan, startPostmaster } from "./postmaster.ts";
import { readPostmasterFile } from "./postmaster-file.ts";
import { logTail } from "./server-log.ts";
import { withBuildSettings } from "./settings.ts";
import { makeSocketFolder } from "./socket-folder.ts";
import { assertCanEnter, chooseAccount, giveTo } from "./unprivileged-user.ts";

export { connectionUrl, type EmbeddedConnection } from "./connection.ts";

/**
 * A PostgreSQL server that lives and dies with this process.
 *
 * Layout of the data folder: postgres/ (PGDATA), socket/, owner.json (the lock), password, postgres.log.
 * Invariants: one living owner for each folder (owner-lock.ts); a server runs only under an owner, except after a
 * kill -9 of that owner, until the next start (orphan-guard.ts, leftover-server.ts); postgres/ holds a complete cluster
 * or does not exist (cluster.ts).
 */
export interface EmbeddedPostgres {
  connection: EmbeddedConnection;
  /**
   * Shuts the server down (sessions are ended, not waited for) and frees the folder. May be called more than once, also
   * after the server ended by itself.
   * @throws EmbeddedPostgresError stop_failed; the folder stays taken then
   */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Created when it does not exist. */
  dataDir: string;
  /** Who opens it, for people: "onhand serve (http://127.0.0.1:8080)". */
  holder: string;
  /** PostgreSQL settings by name, over the defaults of settings.ts. */
  settings?: Record<string, string>;
  /** The existing user to run PostgreSQL as when this process is root; else the owner of the cluster, or nobody. */
  runAs?: string;
  /** Told, in a sentence, what an operator may wonder about: a recovery, a leftover server, a copy of the binaries. */
  onNote?: (message: string) => void;
  /** Told when the server ends without `stop`: how, and the end of its log. It is started again at the same place. */
  onUnexpectedExit?: (detail: string) => void;
}

/**
 * Takes the data folder for this process, creates the database on first use, and starts the server. When this fails,
 * nothing runs and the folder is free again.
 * @throws DataFolderInUseError when a living process has the folder
 * @throws EmbeddedPostgresError for everything else that can be said in advance; see the codes in errors.ts
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findPackage();
  const folder = await openDataFolder(options.dataDir);
  const ownership = await takeOwnership(folder.dir, options.holder);
  try {
    const note = options.onNote ?? (() => undefined);
    const account = await chooseAccount(folder.cluster, options.runAs);
    await assertCanEnter(folder.dir, account);
    const installation = await locateInstallation(binaries, account, note);
    await stopLeftoverServer(folder.cluster, installation, note);
    if (await ensureCluster(folder, installation, account)) note(`Created a database in ${folder.dir}`);
    await assertUsable(folder, installation);
    await giveTo(folder.cluster, account);
    const plan: ServerPlan = {
      ...{ folder, installation, account, note },
      settings: await withBuildSettings(installation, account, folder.cluster, options.settings ?? {}),
      socketDir: await makeSocketFolder(folder.dir, account),
      login: { user: SUPERUSER, password: await readPassword(folder), database: DATABASE },
    };
    return supervise(plan, await startPostmaster(plan), ownership, options.onUnexpectedExit);
  } catch (error) {
    await ownership.release();
    throw error;
  }
}

/** Starts the server again where its clients know it when it ends without having been told to. */
function supervise(
  plan: ServerPlan,
  first: Postmaster,
  ownership: Ownership,
  onUnexpectedExit: ((detail: string) => void) | undefined,
): EmbeddedPostgres {
  let current: Promise<Postmaster | null> = Promise.resolve(first);
  let stopping: Promise<void> | undefined;
  const restart = async (ended: Postmaster, how: string): Promise<Postmaster | null> => {
    const log = await logTail(plan.folder.log).catch(() => "");
    onUnexpectedExit?.(`The database server stopped unexpectedly: ${how}. The end of ${plan.folder.log}:\n${log}`);
    try {
      const next = await startPostmaster({ ...plan, port: ended.connection.port });
      plan.note("The database server was started again");
      watch(next);
      return next;
    } catch (error) {
      plan.note(`The database server could not be started again: ${error instanceof Error ? error.message : error}`);
      return null;
    }
  };
  const watch = (postmaster: Postmaster): void => {
    void postmaster.exited.then((how) => {
      if (stopping === undefined) current = restart(postmaster, how);
    });
  };
  watch(first);
  return {
    connection: first.connection,
    stop() {
      stopping ??= current.then((postmaster) => postmaster?.stop()).then(() => ownership.release());
      return stopping;
    },
  };
}

/**
 * The connection of the database that another living process has opened in this folder, for command line tools.
 * @returns null when nobody has the folder open, or its server does not answer (not yet, not any more, not from here)
 * @throws the system error (EACCES) when this user may not read the folder
 */
export async function joinEmbeddedPostgres(dataDir: string): Promise<EmbeddedConnection | null> {
  const folder = pathsOf(dataDir);
  if ((await livingOwner(folder.dir)) === null) return null;
  const server = await readPostmasterFile(folder.cluster);
  if (server === null || !server.ready) return null;
  const password = await readPassword(folder);
  const login = { user: SUPERUSER, password, database: DATABASE };
  const connection = { ...login, host: server.socketDir || "127.0.0.1", port: server.port };
  return (await answers(connection)) ? connection : null;
}
