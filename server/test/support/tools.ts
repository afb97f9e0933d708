/**
 * Programs that only the full tests use. They are taken from the system, or installed from its packages when that is
 * possible; a missing one is a failure that says what to install, never a skipped test.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

interface Tool {
  readonly paths: readonly string[];
  /** Name of the Debian package. */
  readonly package: string;
}

const chromium: Tool = {
  paths: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  package: "chromium",
};
const postgres15: Tool = { paths: ["/usr/lib/postgresql/15/bin/postgres"], package: "postgresql-15" };

const installed = (tool: Tool): string | undefined => tool.paths.find((path) => existsSync(path));

function run(command: string, args: readonly string[]): boolean {
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"], env: environment }).status === 0;
}

/** @returns the program's path @throws when it is neither there nor can be installed */
function require(tool: Tool): string {
  const found = installed(tool);
  if (found !== undefined) return found;
  const options = ["install", "-y", "-qq", "--no-install-recommends", tool.package];
  const done = process.getuid?.() === 0 && run("apt-get", ["update", "-qq"]) && run("apt-get", options);
  const path = done ? installed(tool) : undefined;
  if (path === undefined)
    throw new Error(`The full tests need ${tool.package}. Install it: apt-get install ${tool.package}`);
  return path;
}

/** Path of a Chromium. */
export const requireChromium = (): string => require(chromium);

/** Folder with the programs of a PostgreSQL 15, the oldest that is supported. */
export const requirePostgres15 = (): string => require(postgres15).replace(/\/postgres$/, "");
