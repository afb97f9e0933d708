import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { findPackage, locateInstallation } from "./binaries.ts";
import { connectionUrl } from "./connection.ts";
import {
  type EmbeddedConnection,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  joinEmbeddedPostgres,
  openEmbeddedPostgres,
} from "./embedded-postgres.ts";
import { DataFolderInUseError } from "./errors.ts";
import { pollUntil } from "./poll-until.ts";
import { readPostmasterFile } from "./postmaster-file.ts";
import { holdsPid, processStart } from "./process-identity.ts";
import { chooseAccount } from "./unprivileged-user.ts";

const TEST_MS = 60_000;
const isRoot = process.getuid?.() === 0;

let root = "";
let dataDir = "";
const opened: EmbeddedPostgres[] = [];
const owners: ChildProcess[] = [];
const notes: string[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "onhand-e2e-"));
  // mkdtemp closes the folder; as root PostgreSQL runs as somebody else, who has to pass.
  await chmod(root, 0o711);
  dataDir = join(root, "data");
  notes.length = 0;
});

afterEach(async () => {
  for (const database of opened.splice(0)) await database.stop();
  for (const owner of owners.splice(0)) await kill(owner);
  // Whatever a failed test left running.
  const left = await readPostmasterFile(join(dataDir, "postgres"));
  if (left !== null && spawnSync("ps", ["-o", "args=", "-p", String(left.pid)]).stdout.includes(dataDir)) {
    process.kill(left.pid, "SIGQUIT");
    await gone(left.pid);
  }
  await rm(root, { recursive: true, force: true });
}, TEST_MS);

async function open(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const onNote = (message: string): void => void notes.push(message);
  const database = await openEmbeddedPostgres({ dataDir, holder: "test", onNote, ...options });
  opened.push(database);
  return database;
}

async function query(connection: EmbeddedConnection | string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(typeof connection === "string" ? { connectionString: connection } : { ...connection });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Starts another process that opens the folder; its lines: what it got. */
function startOwner(holder: string): ChildProcess {
  const module = JSON.stringify(join(import.meta.dirname, "embedded-postgres.ts"));
  const code = `import { openEmbeddedPostgres } from ${module};
    try {
      const db = await openEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, holder: ${JSON.stringify(holder)} });
      console.log(JSON.stringify({ connection: db.connection }));
    } catch (error) {
      console.log(JSON.stringify({ error: error.name, message: error.message }));
    }
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  owners.push(owner);
  return owner;
}

type Answer = { connection?: EmbeddedConnection; error?: string; message?: string };

async function answerOf(owner: ChildProcess): Promise<Answer> {
  for await (const line of createInterface({ input: owner.stdout! })) return JSON.parse(line) as Answer;
  throw new Error("the owner process ended without an answer");
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
}

async function gone(pid: number): Promise<void> {
  expect(await pollUntil(async () => (await processStart(pid)) === null, 30_000)).toBe(true);
}

/** Ends the guard of an owner first, so that a killed owner leaves its server running for sure. */
async function killWithoutGuard(owner: ChildProcess): Promise<number> {
  const list = spawnSync("ps", ["-o", "pid=,args=", "--ppid", String(owner.pid)]).stdout.toString();
  const guard = list.split("\n").find((line) => line.includes("onhand-guard"));
  const guardPid = Number.parseInt(guard ?? "", 10);
  process.kill(guardPid, "SIGKILL");
  await gone(guardPid);
  await kill(owner);
  const server = await readPostmasterFile(join(dataDir, "postgres"));
  expect(await processStart(server!.pid)).not.toBeNull();
  return server!.pid;
}

async function ownerWithData(): Promise<ChildProcess> {
  const owner = startOwner("owner");
  const { connection, message } = await answerOf(owner);
  if (connection === undefined) throw new Error(message);
  await query(connection, "CREATE TABLE kept AS SELECT 42 AS answer");
  return owner;
}

const KEPT = "SELECT answer FROM kept";

describe("embedded PostgreSQL", () => {
  test(
    "creates a durable, password protected database on first start",
    async () => {
      const { connection } = await open();
      expect(connection).toMatchObject({ user: "onhand", database: "onhand", host: join(dataDir, "socket") });
      const settings = `SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) AS line FROM pg_settings
      WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'server_encoding', 'TimeZone')`;
      const expected =
        "TimeZone=UTC data_checksums=on fsync=on full_page_writes=on server_encoding=UTF8 synchronous_commit=on";
      for (const way of [connection, connectionUrl(connection)]) {
        expect(await query(way, settings)).toEqual([{ line: expected }]);
      }
      await expect(query({ ...connection, password: "wrong" }, "SELECT 1")).rejects.toThrow(
        /password authentication failed/,
      );
      expect((await lstat(join(dataDir, "password"))).mode & 0o777).toBe(0o600);
      expect(await readFile(join(dataDir, "postgres", "pg_hba.conf"), "utf8")).not.toMatch(/^[^#\n]*\btrust\b/m);
    },
    TEST_MS,
  );

  test(
    "keeps data over a restart, and leaves neither a process nor a lock after stop",
    async () => {
      const first = await open();
      await query(first.connection, "CREATE TABLE kept AS SELECT 42 AS answer");
      const server = await readPostmasterFile(join(dataDir, "postgres"));
      await Promise.all([first.stop(), first.stop()]);
      expect(await processStart(server!.pid)).toBeNull();
      expect(await joinEmbeddedPostgres(dataDir)).toBeNull();
      const names = (await readdir(dataDir)).sort();
      expect(names).toEqual(["password", "postgres", "postgres.log", "socket"]);
      expect(await query((await open()).connection, KEPT)).toEqual([{ answer: 42 }]);
    },
    TEST_MS,
  );

  test(
    "takes the caller's settings over its own",
    async () => {
      const { connection } = await open({ settings: { work_mem: "7MB", max_connections: "20" } });
      expect(await query(connection, "SHOW work_mem")).toEqual([{ work_mem: "7MB" }]);
      expect(await query(connection, "SHOW max_connections")).toEqual([{ max_connections: "20" }]);
    },
    TEST_MS,
  );

  test(
    "answers a start that fails with the end of the server's log, and is free again",
    async () => {
      await expect(open({ settings: { shared_buffers: "much" } })).rejects.toThrow(
        /did not start[\s\S]*invalid value for parameter "shared_buffers"/,
      );
      await open();
    },
    TEST_MS,
  );

  test(
    "puts the socket elsewhere when the path of the data folder is too long for one",
    async () => {
      dataDir = join(root, "long".repeat(25));
      const { connection } = await open();
      expect(connection.host).not.toContain(dataDir);
      expect((await lstat(connection.host)).mode & 0o777).toBe(0o700);
      expect(await query(connection, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
      await rm(connection.host, { recursive: true });
    },
    TEST_MS,
  );

  test(
    "tells when the server ends by itself, and recovers at the next start",
    async () => {
      const { promise, resolve } = Promise.withResolvers<string>();
      const database = await open({ onUnexpectedExit: resolve });
      await query(database.connection, "CREATE TABLE kept AS SELECT 42 AS answer");
      process.kill((await readPostmasterFile(join(dataDir, "postgres")))!.pid, "SIGKILL");
      expect(await promise).toMatch(/stopped unexpectedly: it was ended by SIGKILL/);
      await database.stop();
      expect(await query((await open()).connection, KEPT)).toEqual([{ answer: 42 }]);
    },
    TEST_MS,
  );
});

describe("a data folder that another process has open", () => {
  test(
    "is refused with who holds it, and can be joined",
    async () => {
      const owner = startOwner("onhand serve (http://127.0.0.1:1)");
      const { connection } = await answerOf(owner);
      const refusal = await open().catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DataFolderInUseError);
      expect(refusal).toMatchObject({ pid: owner.pid, holder: "onhand serve (http://127.0.0.1:1)" });
      expect(await joinEmbeddedPostgres(dataDir)).toEqual(connection!);
    },
    TEST_MS,
  );

  test(
    "goes to exactly one of two that open it at once",
    async () => {
      const answers = await Promise.all([startOwner("a"), startOwner("b")].map(answerOf));
      expect(answers.filter((answer) => answer.connection !== undefined)).toHaveLength(1);
      expect(answers.filter((answer) => answer.error === "DataFolderInUseError")).toHaveLength(1);
    },
    TEST_MS,
  );

  test(
    "counts as left when its owner in another container gives no sign",
    async () => {
      await mkdir(dataDir, { mode: 0o711 });
      const record = { pid: 1, start: "1", place: "elsewhere", token: "aa", holder: "x", startedAt: "2026-01-01" };
      await writeFile(join(dataDir, "owner.json"), JSON.stringify(record));
      await open();
    },
    TEST_MS,
  );
});

describe("after kill -9 of the owner", () => {
  test(
    "the server shuts down by itself",
    async () => {
      const owner = await ownerWithData();
      const server = await readPostmasterFile(join(dataDir, "postgres"));
      await kill(owner);
      await gone(server!.pid);
      expect(await joinEmbeddedPostgres(dataDir)).toBeNull();
      expect(await query((await open()).connection, KEPT)).toEqual([{ answer: 42 }]);
      expect(await readFile(join(dataDir, "postgres.log"), "utf8")).not.toContain("was interrupted");
    },
    TEST_MS,
  );

  test(
    "the next start shuts a server down that still runs, and starts clean with the data",
    async () => {
      const server = await killWithoutGuard(await ownerWithData());
      expect(await joinEmbeddedPostgres(dataDir)).toBeNull();
      expect(await query((await open()).connection, KEPT)).toEqual([{ answer: 42 }]);
      expect(notes).toEqual([expect.stringContaining(`process ${server}`)]);
      expect(await processStart(server)).toBeNull();
      expect(await readFile(join(dataDir, "postgres.log"), "utf8")).not.toContain("was interrupted");
    },
    TEST_MS,
  );

  test(
    "and of the server, a process that now has the server's pid is left alone",
    async () => {
      const server = await killWithoutGuard(await ownerWithData());
      process.kill(server, "SIGKILL");
      await gone(server);
      const path = join(dataDir, "postgres", "postmaster.pid");
      const account = await chooseAccount(join(dataDir, "postgres"), undefined);
      const identity = account === null ? {} : { uid: account.uid, gid: account.gid };
      const bystander = spawn("cat", [], { stdio: ["pipe", "ignore", "ignore"], cwd: "/", ...identity });
      owners.push(bystander);
      const [, ...rest] = (await readFile(path, "utf8")).split("\n");
      await writeFile(path, [bystander.pid, ...rest].join("\n"));
      expect(await query((await open()).connection, KEPT)).toEqual([{ answer: 42 }]);
      expect(holdsPid(bystander.pid!)).toBe(true);
      expect(bystander.exitCode).toBeNull();
    },
    TEST_MS,
  );

  test(
    "in the middle of the first start, the next one is clean",
    async () => {
      const owner = startOwner("owner");
      const begun = async (): Promise<boolean> => {
        const drafts = await readdir(dataDir).catch(() => []);
        const draft = drafts.find((name) => name.startsWith("initialising-"));
        const files = draft === undefined ? [] : await readdir(join(dataDir, draft, "postgres")).catch(() => []);
        return files.includes("PG_VERSION");
      };
      expect(await pollUntil(begun, 30_000)).toBe(true);
      await kill(owner);
      expect(await readdir(dataDir)).not.toContain("postgres");
      expect(await query((await open()).connection, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    },
    TEST_MS,
  );
});

describe("a cluster that cannot be used", () => {
  test(
    "of another major version is named with both versions and left as it is",
    async () => {
      await (await open()).stop();
      await writeFile(join(dataDir, "postgres", "PG_VERSION"), "17\n");
      await expect(open()).rejects.toThrow(/PostgreSQL 17.*PostgreSQL 18\.\d+.*DATABASE_URL/);
      expect(await readFile(join(dataDir, "postgres", "PG_VERSION"), "utf8")).toBe("17\n");
    },
    TEST_MS,
  );

  test(
    "because it is none is not overwritten",
    async () => {
      await mkdir(join(dataDir, "postgres"), { recursive: true });
      await chmod(dataDir, 0o711);
      await writeFile(join(dataDir, "postgres", "precious"), "");
      await expect(open()).rejects.toThrow(/no PG_VERSION/);
      expect(await readdir(join(dataDir, "postgres"))).toEqual(["precious"]);
    },
    TEST_MS,
  );

  test(
    "because its password is gone says so",
    async () => {
      await (await open()).stop();
      await rm(join(dataDir, "password"));
      await expect(open()).rejects.toThrow(/password.*ENOENT/);
    },
    TEST_MS,
  );
});

describe.skipIf(!isRoot)("as root", () => {
  test(
    "the cluster belongs to an unprivileged user and is given to it when it was restored by root",
    async () => {
      await (await open()).stop();
      const cluster = join(dataDir, "postgres");
      expect((await lstat(cluster)).uid).not.toBe(0);
      spawnSync("chown", ["-R", "0:0", cluster]);
      await open();
      expect((await lstat(join(cluster, "base"))).uid).not.toBe(0);
    },
    TEST_MS,
  );

  test(
    "a folder the unprivileged user cannot enter is named, with what to do",
    async () => {
      const closed = join(root, "closed");
      await mkdir(closed, { mode: 0o700 });
      dataDir = join(closed, "deep", "data");
      await expect(open()).rejects.toThrow(new RegExp(`cannot enter ${closed}\\..*chmod o\\+x ${closed}"`));
    },
    TEST_MS,
  );

  test(
    "an unknown user to run as is refused",
    async () => {
      await expect(open({ runAs: "no-such-user" })).rejects.toThrow(/no unprivileged user "no-such-user"/);
      await expect(open({ runAs: "root" })).rejects.toThrow(/no unprivileged user "root"/);
    },
    TEST_MS,
  );

  test(
    "binaries in a closed folder are run from a copy that only root can write",
    async () => {
      const source = await findPackage();
      const closed = join(root, "closed");
      await mkdir(closed, { mode: 0o700 });
      await cp(join(source.root, "native"), join(closed, "native"), { recursive: true, verbatimSymlinks: true });
      const account = await chooseAccount(join(dataDir, "postgres"), undefined);
      const cache = join(root, "cache");
      const note = (message: string): void => void notes.push(message);
      const { postgres, major } = await locateInstallation({ ...source, root: closed }, account, note, [cache]);
      expect(postgres).toStartWith(cache);
      expect(major).toBe(18);
      expect(await lstat(postgres)).toMatchObject({ uid: 0 });
      expect(notes).toEqual([expect.stringContaining(cache)]);
    },
    TEST_MS,
  );
});
