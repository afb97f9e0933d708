/** The server as a child process, with a data folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { joinEmbeddedPostgres } from "../server/src/embedded/embedded-postgres.ts";

const mainFile = fileURLToPath(new URL("../server/src/main.ts", import.meta.url));
const usualPort = 8080;
const outputKept = 20_000;

/** Something keeps the demo from starting; the message says what to do. */
export class DemoProblem extends Error {
  override readonly name = "DemoProblem";
}

export interface CommandResult {
  readonly code: number | null;
  readonly output: string;
}

export interface DemoServer {
  readonly url: string;
  readonly adminKey: string;
  /** Runs another command of the command line on the same data. */
  run(...args: string[]): Promise<CommandResult>;
  /** Resolves with what it printed when the server ends by itself. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** @param keepsData whether the data of the last demo stays @throws DemoProblem */
export async function startDemoServer(dataDir: string, keepsData: boolean): Promise<DemoServer> {
  if ((await joinEmbeddedPostgres(dataDir)) !== null)
    throw new DemoProblem(`A demo is running on ${dataDir} already. End it first.`);
  if (!keepsData) await rm(dataDir, { recursive: true, force: true });
  const adminKey = `demo_${randomBytes(18).toString("base64url")}`;
  const port = (await isFree(usualPort)) ? usualPort : 0;
  const child = start(["serve"], dataDir, {
    ONHAND_BOOTSTRAP_KEY: adminKey,
    PORT: `${port}`,
    HOST: "127.0.0.1",
    LOG_LEVEL: "warn",
  });
  const { url, output } = await listening(child);
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(output())));
  return {
    url,
    adminKey,
    run: (...args) => runToEnd(args, dataDir),
    ended,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The settings of whoever runs the demo must not lead it to another database. */
function start(args: readonly string[], dataDir: string, settings: Record<string, string>): ChildProcess {
  const { DATABASE_URL: _, ONHAND_BOOTSTRAP_KEY: __, ONHAND_FAILPOINT: ___, ...inherited } = process.env;
  return spawn(process.execPath, [mainFile, ...args], {
    env: { ...inherited, ...settings, ONHAND_DATA_DIR: dataDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function collect(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding("utf8").on("data", (part: string) => {
      text = (text + part).slice(-outputKept);
    });
  return () => text;
}

function listening(child: ChildProcess): Promise<{ url: string; output: () => string }> {
  const output = collect(child);
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const url = /^Onhand \S+ serves (http\S+)$/m.exec(output())?.[1];
      if (url === undefined) return;
      child.stdout!.off("data", look);
      resolve({ url, output });
    };
    child.stdout!.on("data", look);
    child.once("close", () => reject(new DemoProblem(`The server did not start:\n${output()}`)));
  });
}

async function runToEnd(args: readonly string[], dataDir: string): Promise<CommandResult> {
  const child = start(args, dataDir, {});
  const output = collect(child);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output: output() };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
