import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { holdUntilStopped } from "../harness/running-things.ts";

const READY_SECONDS_MAX = 60;
const STOP_SECONDS_MAX = 15;
const POLL_MS = 50;
const LOG_TAIL_CHARACTERS = 2000;

/** A server started as a child process, its output in a log file. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** How to start it. `PORT` and `HOST` are added to the environment. */
export interface ServerCommand {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly scratchDir: string;
}

/** Starts a server under this Bun on a free port and waits until `GET /readyz` answers 200. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logPath = join(command.scratchDir, `${command.name}.log`);
  const log = openSync(logPath, "a");
  const child = Bun.spawn([process.execPath, ...command.arguments], {
    env: { ...process.env, ...command.environment, HOST: "127.0.0.1", PORT: String(port) },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const stop = holdUntilStopped(async () => {
    child.kill("SIGTERM");
    const isGone = await Promise.race([
      child.exited.then(() => true),
      Bun.sleep(STOP_SECONDS_MAX * 1000).then(() => false),
    ]);
    if (!isGone) child.kill("SIGKILL");
    await child.exited;
  });

  const endsAtMs = performance.now() + READY_SECONDS_MAX * 1000;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || performance.now() > endsAtMs) {
      await stop();
      const tail = readFileSync(logPath, "utf8").slice(-LOG_TAIL_CHARACTERS);
      throw new Error(
        `${command.name} did not become ready (exit code ${child.exitCode}); its log ends with:\n${tail}`,
      );
    }
    await Bun.sleep(POLL_MS);
  }
  return { url, pid: child.pid, stop };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`);
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** A TCP port that nobody listens on just now. */
function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.on("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() =>
      typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port")),
    );
  });
  return promise;
}
