/**
 * Which test files run, and which share a process. The suffix of a test file says what it needs: `.test.ts` nothing,
 * `.pg.test.ts` a PostgreSQL, `.e2e.test.ts` a whole server, `.full.test.ts` much time or more than Node and npm.
 */

/** Quick is what one runs all day; full is the storms, crashes and browsers. */
export type Suite = "quick" | "full";

/** Files that run in one process. */
export interface Batch {
  readonly label: string;
  readonly files: readonly string[];
  readonly needsDatabase: boolean;
}

const FOLDERS = ["protocol", "server", "client", "scripts", "bench", "demo"];

/** Finds the test files of a suite whose path contains one of the words; without words, all of them. */
export function findTestFiles(root: string, suite: Suite, words: readonly string[]): string[] {
  const glob = new Bun.Glob(`{${FOLDERS.join(",")}}/**/*.test.ts`);
  const paths = [...glob.scanSync({ cwd: root })].map((path) => path.replaceAll("\\", "/"));
  return selectTests(paths, suite, words);
}

/** The part of `findTestFiles` that needs no disk. */
export function selectTests(paths: readonly string[], suite: Suite, words: readonly string[]): string[] {
  return paths
    .filter((path) => !path.includes("node_modules/"))
    .filter((path) => path.endsWith(".full.test.ts") === (suite === "full"))
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
    .sort();
}

/**
 * Tests that need nothing share one process, for starting one costs more than most of them take. Each of the others has
 * its own, one after the other: they share a database and the machine, and a crash must name its file.
 */
export function planBatches(files: readonly string[]): Batch[] {
  const needs = (path: string) => /\.(?:pg|e2e|full)\.test\.ts$/.test(path);
  const plain = files.filter((path) => !needs(path));
  const label = plain.length === 1 ? (plain[0] ?? "") : `${plain.length} files that need no database`;
  const first = plain.length > 0 ? [{ label, files: plain, needsDatabase: false }] : [];
  const rest = files.filter(needs).map((path) => ({ label: path, files: [path], needsDatabase: true }));
  return [...first, ...rest];
}
