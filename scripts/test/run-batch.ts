/** Runs one batch of test files in a process of its own and reports how it went. */
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Batch } from "./plan.ts";
import { addReports, failureOf, NOTHING, type Report, readReport } from "./report.ts";

export interface Surroundings {
  readonly root: string;
  /** A folder for the files of one batch. */
  readonly scratch: string;
  /** Several batches run at a time: what this one says is shown whole, when it has ended. */
  readonly isOneOfSeveral: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** Ends the process when the run is interrupted. */
  readonly signal: AbortSignal;
  /** A process still running after this hangs; it is killed and counts as crashed. */
  readonly processMinutesMax: number;
}

/** How long one test may take unless it says otherwise itself. */
const testMsMax = 120_000;

/** Runs a batch; when several files crash together, runs each alone to learn which one it was. */
export async function runBatch(batch: Batch, around: Surroundings): Promise<Report> {
  const { xml, exitCode, hung } = await runProcess(batch.files, around);
  if (hung) return failureOf(`${batch.label} was still running after ${around.processMinutesMax} minutes`);
  if (xml !== undefined || batch.files.length === 1 || around.signal.aborted) {
    return readReport(xml, batch.files, exitCode);
  }
  process.stdout.write("The process crashed; running its files one by one.\n");
  let report = NOTHING;
  for (const file of batch.files) {
    report = addReports(report, await runBatch({ ...batch, label: file, files: [file] }, around));
  }
  if (report.failed > 0) return report;
  return addReports(report, failureOf(`${batch.label} crash together (exit code ${exitCode}) but not one by one`));
}

interface ProcessEnd {
  readonly xml: string | undefined;
  readonly exitCode: number;
  readonly hung: boolean;
}

async function runProcess(files: readonly string[], around: Surroundings): Promise<ProcessEnd> {
  const outfile = join(around.scratch, "report.xml");
  // A report left by the process before would speak for this one.
  rmSync(outfile, { force: true });
  const outputPath = join(around.scratch, "output.txt");
  const output = around.isOneOfSeveral ? openSync(outputPath, "w") : null;
  const options = [`--timeout=${testMsMax}`, "--reporter=junit", `--reporter-outfile=${outfile}`];
  const tests = Bun.spawn([process.execPath, "test", ...options, ...files.map((file) => `./${file}`)], {
    cwd: around.root,
    env: { ...process.env, ...around.env },
    stdio: ["ignore", output ?? "inherit", output ?? "inherit"],
    signal: around.signal,
  });
  let hung = false;
  const limit = setTimeout(() => {
    hung = true;
    tests.kill("SIGKILL");
  }, around.processMinutesMax * 60_000);
  const exitCode = await tests.exited;
  clearTimeout(limit);
  if (output !== null) {
    closeSync(output);
    process.stdout.write(readFileSync(outputPath));
  }
  return { xml: existsSync(outfile) ? readFileSync(outfile, "utf8") : undefined, exitCode, hung };
}
