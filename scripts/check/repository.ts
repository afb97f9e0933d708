/**
 * The files a check looks at: what git would commit, read once and parsed once. Tests build one in memory, so that
 * a rule can be shown its violation without touching the disk.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSource, type Source } from "./source.ts";

/** Paths use forward slashes and start at the root of the repository. */
export interface Repository {
  readonly paths: readonly string[];
  /** True for a file and for every folder above one. */
  has(path: string): boolean;
  text(path: string): string;
  source(path: string): Source;
}

/** One thing a check objects to, or with level "warning" only mentions. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
  readonly level?: "error" | "warning";
}

/** Opens the checkout at `root`, including files not yet committed but leaving out what .gitignore names. */
export function openRepository(root: string): Repository {
  const command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const listing = Bun.spawnSync(command, { cwd: root });
  if (!listing.success) throw new Error(`git could not list the files of ${root}: ${listing.stderr}`);
  const listed = listing.stdout.toString().split("\0");
  // A file deleted but not yet committed is still listed.
  const paths = [...new Set(listed)].filter((path) => path !== "" && existsSync(join(root, path))).sort();
  return repositoryWith(paths, (path) => readFileSync(join(root, path), "utf8"));
}

/** A repository that exists only in memory: path to text. */
export function repositoryOf(files: Readonly<Record<string, string>>): Repository {
  return repositoryWith(Object.keys(files), (path) => files[path] ?? "");
}

/** True when the path matches one of the patterns; `**` crosses folders. */
export function matchesAny(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => new Bun.Glob(pattern).match(path));
}

/** A file that holds tests rather than something tests exercise. */
export function isTest(path: string): boolean {
  return /\.test\.[jt]sx?$/.test(path);
}

/** Generated files answer to their generator, and copied-in ones to their authors. */
export function isCode(path: string): boolean {
  return /\.(?:[cm]?[jt]s|tsx)$/.test(path) && !/(?:^|\/)(?:generated|vendor)\//.test(path);
}

function repositoryWith(paths: readonly string[], read: (path: string) => string): Repository {
  const known = new Set(paths.flatMap(withFolders));
  const texts = new Map<string, string>();
  const sources = new Map<string, Source>();
  const text = (path: string) => remember(texts, path, read);
  return {
    paths,
    text,
    has: (path) => known.has(path),
    source: (path) => remember(sources, path, () => parseSource(path, text(path))),
  };
}

function withFolders(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function remember<Value>(known: Map<string, Value>, path: string, make: (path: string) => Value): Value {
  const value = known.get(path) ?? make(path);
  known.set(path, value);
  return value;
}
