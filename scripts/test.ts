/**
 * Runs the tests and ends with the line "N passed, N failed, N skipped". Exit code 0 means that tests ran, none failed
 * and, where CI=true, none was skipped.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Batch, findTestFiles, planBatches, type Suite } from "./test/plan.ts";
import { addReports, failureOf, NOTHING, type Report } from "./test/report.ts";
import { runBatch, type Surroundings } from "./test/run-batch.ts";
import { type SharedCluster, startCluster } from "./test/shared-cluster.ts";

const HELP = `Runs the tests.

Usage: npm test [-- WORD…]             all but *.full.test.ts
       npm run test:full [-- WORD…]    only *.full.test.ts: storms, crashes, browsers

With words, only files whose path contains one of them run.

Examples:
  npm test                         everything quick
  npm test -- decide               files with "decide" in their path
  npm test -- .pg.                 files that need a PostgreSQL
  npm test -- journal writer       both layers
  npm run test:full -- crash       the crash tests
`;

const root = resolve(import.meta.dir, "..");
/** Batches at a time: quick ones mostly wait for processes and databases, storms take the whole machine. */
const AT_ONCE: Record<Suite, number> = { quick: 2, full: 1 };
const PROCESS_MINUTES_MAX: Record<Suite, number> = { quick: 10, full: 30 };

async function main(suite: string | undefined, words: readonly string[]): Promise<number> {
  if (suite === "--help" || words.some((word) => word === "--help" || word === "-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  const flag = words.find((word) => word.startsWith("-"));
  if ((suite !== "quick" && suite !== "full") || flag !== undefined) {
    process.stderr.write(`Unknown ${flag === undefined ? `suite "${suite}"` : `option ${flag}`}.\n\n${HELP}`);
    return 2;
  }
  const batches = planBatches(findTestFiles(root, suite, words));
  if (batches.length === 0) process.stdout.write(`No ${suite} test file matches ${words.join(" ") || "at all"}.\n`);
  const report = await runAll(batches, suite);
  if (report.failures.length > 0) process.stdout.write(`\nFailed:\n  ${report.failures.join("\n  ")}\n`);
  process.stdout.write(`\n${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped\n`);
  const incomplete = report.passed === 0 || (process.env.CI === "true" && report.skipped > 0);
  return report.failed > 0 || incomplete ? 1 : 0;
}

/** Runs the batches; whatever happens, the shared database and the scratch folder are gone afterwards. */
async function runAll(batches: readonly Batch[], suite: Suite): Promise<Report> {
  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupt.abort());
  const scratch = mkdtempSync(join(tmpdir(), "onhand-tests-"));
  const around = {
    root,
    scratch,
    isOneOfSeveral: AT_ONCE[suite] > 1,
    env: {},
    signal: interrupt.signal,
    processMinutesMax: PROCESS_MINUTES_MAX[suite],
  };
  const database: { cluster?: SharedCluster } = {};
  try {
    return await runBatches(batches, around, database, AT_ONCE[suite]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    await database.cluster?.stop();
  }
}

/** Runs batches, so many at a time, each begun when another one has ended. */
async function runBatches(
  batches: readonly Batch[],
  around: Surroundings,
  database: { cluster?: SharedCluster },
  atOnce: number,
): Promise<Report> {
  const start = performance.now();
  const waiting = [...batches.entries()];
  // Started only where a batch needs it, and once.
  let starting: Promise<SharedCluster> | null = null;
  const envOf = async ({ needsDatabase }: Batch): Promise<Readonly<Record<string, string>>> => {
    if (!needsDatabase) return {};
    starting ??= startCluster(root);
    database.cluster = await starting;
    return database.cluster.env;
  };
  const run = async (batch: Batch, index: number): Promise<Report> => {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stdout.write(`\n[${index + 1}/${batches.length}] ${batch.label} (${seconds} s so far)\n`);
    const scratch = join(around.scratch, String(index));
    mkdirSync(scratch);
    try {
      return await runBatch(batch, { ...around, scratch, env: await envOf(batch) });
    } catch (error) {
      return failureOf(`${batch.label} did not run: ${error}`);
    }
  };
  const work = async (): Promise<Report> => {
    let report = NOTHING;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (around.signal.aborted) return addReports(report, failureOf("interrupted"));
      report = addReports(report, await run(next[1], next[0]));
    }
    return report;
  };
  const reports = await Promise.all(Array.from({ length: atOnce }, work));
  return reports.reduce(addReports, NOTHING);
}

process.exitCode = await main(process.argv[2], process.argv.slice(3));
