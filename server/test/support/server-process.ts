/**
 * The server as its users run it: a process of its own, reached over HTTP and by signals.
 *
 * Every process that is started here is ended by `stopAll`, which tests call after each test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readPostmasterFile } from "../../src/embedded/postmaster-file.ts";
import { processStart } from "../../src/embedded/process-identity.ts";

const repository = resolve(import.meta.dir, "../../..");
const mainFile = resolve(repository, "server/src/main.ts");

/** Bounds of every wait in this file, in milliseconds. */
const processLimits = { startMs: 60_000, endMs: 60_000, readyMs: 60_000, pollMs: 25 } as const;

/** Admin key of servers started without one of their own. */
const adminKey = "an-admin-key-for-tests";

export interface ServerOptions {
  /** A database that runs already; without it the server starts its own in `dataDir`. */
  readonly databaseUrl?: string;
  readonly dataDir?: string;
  /** Null starts the server without ONHAND_BOOTSTRAP_KEY. */
  readonly bootstrapKey?: string | null;
  /** Further settings by the names of the environment. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a process ended: its exit code, or the signal that ended it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface RequestOptions {
  readonly body?: unknown;
  /** API key; null sends none. */
  readonly apiKey?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends a request. @throws when no complete answer comes */
export async function request<Body = unknown>(
  url: string,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<Body>> {
  const { body, apiKey = adminKey, signal } = options;
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
}

const running = new Set<ServerProcess>();
const folders: string[] = [];
/** Data folders whose database may outlive its server for a moment. */
const dataDirs = new Set<string>();

/** A folder in which an embedded database can be made; removed by `stopAll`. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "onhand-process-"));
  // Run by root, PostgreSQL runs as another user, who must be able to enter.
  await chmod(folder, 0o711);
  folders.push(folder);
  return folder;
}

/** Ends every server that still runs and removes the temporary folders. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((server) => server.end()));
  for (const dataDir of dataDirs) await until("the database has stopped", () => hasStopped(dataDir));
  dataDirs.clear();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** Pid of the embedded PostgreSQL in a data folder, or null when none runs there. */
export async function databasePid(dataDir: string): Promise<number | null> {
  const pid = (await readPostmasterFile(join(dataDir, "postgres")))?.pid ?? null;
  return pid === null || (await processStart(pid)) === null ? null : pid;
}

const hasStopped = async (dataDir: string): Promise<boolean> => (await databasePid(dataDir)) === null;

/** Settings of this process must not reach the ones it starts. */
function environmentOf(options: ServerOptions): Record<string, string> {
  const inherited = ["PATH", "HOME", "TMPDIR", "LANG"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const { databaseUrl, dataDir, bootstrapKey = adminKey } = options;
  return {
    ...Object.fromEntries(inherited),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(dataDir === undefined ? {} : { ONHAND_DATA_DIR: dataDir }),
    ...(bootstrapKey === null ? {} : { ONHAND_BOOTSTRAP_KEY: bootstrapKey }),
    ...options.settings,
  };
}

interface Collected {
  out: string;
  errors: string;
  readonly ended: Promise<ProcessEnd>;
}

function collect(child: ChildProcess): Collected {
  const ended = new Promise<ProcessEnd>((done) => child.once("close", (code, signal) => done({ code, signal })));
  const collected: Collected = { out: "", errors: "", ended };
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    collected.out += text;
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    collected.errors += text;
  });
  return collected;
}

/** What a command of the command line wrote, and its exit code. */
export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** Runs a command of the command line to its end. */
export async function runCommand(args: readonly string[], options: ServerOptions = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, [mainFile, ...args], {
    env: environmentOf({ bootstrapKey: null, ...options }),
    cwd: options.cwd ?? repository,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const collected = collect(child);
  const late = setTimeout(() => child.kill("SIGKILL"), processLimits.startMs);
  const { code } = await collected.ended;
  clearTimeout(late);
  return { code, out: collected.out, errors: collected.errors };
}

/** Asks again and again until `check` gives true. @throws when it takes longer than `limitMs` */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  limitMs: number = processLimits.readyMs,
): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await check())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await delay(processLimits.pollMs);
  }
}

/** @throws when the promise takes longer than `limitMs` */
async function within<Result>(what: string, promise: Promise<Result>, limitMs: number): Promise<Result> {
  const abort = new AbortController();
  const late = delay(limitMs, undefined, { signal: abort.signal }).then(
    () => Promise.reject(new Error(`${what}: not within ${limitMs} ms`)),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
  }
}

/** A server in a process of its own. Modes: starting → serving (or paused) → ended. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #collected: Collected;
  #end: ProcessEnd | null = null;

  constructor(options: ServerOptions) {
    const settings = { PORT: "0", HOST: "127.0.0.1", ...options.settings };
    this.#child = spawn(process.execPath, [mainFile, "serve"], {
      env: environmentOf({ ...options, settings }),
      cwd: options.cwd ?? repository,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#collected = collect(this.#child);
    running.add(this);
    if (options.dataDir !== undefined) dataDirs.add(options.dataDir);
    void this.#collected.ended.then((end) => {
      this.#end = end;
      running.delete(this);
    });
  }

  /** Everything that it printed and logged so far. */
  get output(): string {
    return this.#collected.out;
  }

  get errors(): string {
    return this.#collected.errors;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get hasEnded(): boolean {
    return this.#end !== null;
  }

  /** Resolves when the process has ended. */
  get ended(): Promise<ProcessEnd> {
    return this.#collected.ended;
  }

  /** Where it listens, as it printed it. */
  get url(): string {
    const url = this.#printedUrl();
    if (url === null) throw new Error(`the server printed no address:\n${this.output}\n${this.errors}`);
    return url;
  }

  #printedUrl(): string | null {
    return /^Onhand \S+ serves (http\S+)$/m.exec(this.output)?.[1] ?? null;
  }

  /** Waits until it printed its address and /readyz says 200. @throws when it ends instead */
  async waitReady(): Promise<this> {
    await until("the server is ready", async () => {
      if (this.hasEnded) throw new Error(`the server ended instead of serving:\n${this.output}\n${this.errors}`);
      if (this.#printedUrl() === null) return false;
      return (await this.readiness()) === 200;
    });
    return this;
  }

  /** Status of /readyz; 0 when nobody answers. */
  async readiness(): Promise<number> {
    return request(this.url, "GET", "/readyz", { apiKey: null }).then(
      ({ status }) => status,
      () => 0,
    );
  }

  request<Body = unknown>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<Body>> {
    return request<Body>(this.url, method, path, options);
  }

  /** Sends a request that must succeed. @returns the body of the answer */
  async expect<Body = unknown>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.request<Body>(method, path, body === undefined ? {} : { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.hasEnded) process.kill(this.pid, name);
  }

  /** As a power cut would. */
  async killHard(): Promise<ProcessEnd> {
    this.signal("SIGKILL");
    return within("the server is gone", this.ended, processLimits.endMs);
  }

  /** Asks it to stop and waits. */
  async terminate(limitMs: number = processLimits.endMs): Promise<ProcessEnd> {
    this.signal("SIGTERM");
    return within("the server has stopped", this.ended, limitMs);
  }

  /** Freezes it, as a long collection of garbage or a suspended machine would. */
  pause(): void {
    this.signal("SIGSTOP");
  }

  resume(): void {
    this.signal("SIGCONT");
  }

  /** Freezes it for a while. */
  async freeze(durationMs: number): Promise<void> {
    this.pause();
    await delay(durationMs);
    this.resume();
  }

  /** Ends it in whatever way works. */
  async end(): Promise<void> {
    this.resume();
    await this.terminate().catch(() => this.killHard());
  }
}

/** Starts a server and waits until it is ready. */
export const startServer = (options: ServerOptions): Promise<ServerProcess> => new ServerProcess(options).waitReady();
