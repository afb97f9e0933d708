import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { parse } from "node:path";
import { LIMITS } from "./limits.ts";

/**
 * The environment of every PostgreSQL program: fixed, so that neither the caller's PG* variables nor its locale decide
 * anything, and none of its secrets is handed on. (On Windows the runtime adds the variables a process cannot do without.)
 */
const ENVIRONMENT = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" };

/** A user of this machine under whose identity PostgreSQL runs, because it refuses to run as root. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

export interface ProgramResult {
  /** null when a signal ended it. */
  code: number | null;
  /** Standard output and standard error, in order of arrival, bounded. */
  output: string;
}

/** Starts a program as `account` (null: as ourselves), from a working directory that every user can enter. */
export function startProgram(file: string, args: readonly string[], account: Account | null, options: SpawnOptions) {
  const identity = account === null ? {} : { uid: account.uid, gid: account.gid };
  const cwd = parse(process.execPath).root;
  return spawn(file, args, { ...options, ...identity, cwd, env: ENVIRONMENT, windowsHide: true });
}

/**
 * Resolves with the child once the system has accepted to start it.
 * @throws the system error (EACCES, ENOENT, ...), whether the runtime throws it or emits it.
 */
export function spawned(start: () => ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = start();
    child.once("error", reject);
    child.once("spawn", () => resolve(child));
  });
}

/**
 * Runs a program to its end.
 * @throws the system error when it cannot be started; an exit code is a result, not an error.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  account: Account | null,
): Promise<ProgramResult> {
  const child = await spawned(() =>
    startProgram(file, args, account, { stdio: ["ignore", "pipe", "pipe"], timeout: LIMITS.programMs }),
  );
  let output = "";
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-LIMITS.programOutputCharsMax);
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
