/** `npm run bench`: starts the servers, measures them in turn, judges the ratios, writes the report. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInMemory, machineNotes } from "./harness/machine.ts";
import { Progress } from "./harness/progress.ts";
import { type BenchReport, hasAuditFailure, jsonReport, markdownReport } from "./harness/report.ts";
import { runScenario, type ScenarioRuns, unavailable } from "./harness/run-scenario.ts";
import { stopEverything } from "./harness/running-things.ts";
import { SCENARIOS } from "./harness/scenarios.ts";
import { openScratch } from "./harness/scratch-folder.ts";
import { type BenchOptions, HELP, parseOptions, UsageError } from "./options.ts";
import { TargetSet } from "./targets/target-set.ts";

const RESULTS_DIR = new URL("./results/", import.meta.url).pathname;

/** Runs the chosen scenarios; always leaves no process and no scratch folder behind. */
async function bench(options: BenchOptions): Promise<BenchReport> {
  const scenarios = SCENARIOS.filter((scenario) => options.scenarios.includes(scenario.name));
  const cellCount = scenarios.flatMap((scenario) => scenario.cells).filter((cell) => unavailable(cell) === null).length;
  const progress = new Progress(cellCount * options.pace.rounds);
  const scratchDir = openScratch(options.scratchDir);
  if (isInMemory(scratchDir)) progress.say(`Warning: ${scratchDir} is kept in memory; choose a disk with --scratch.`);

  const targets = new TargetSet(scratchDir, (text) => progress.say(text));
  const cleanUp = async (): Promise<void> => {
    await stopEverything((text) => progress.say(text));
    if (options.scratchDir === null) rmSync(scratchDir, { recursive: true, force: true });
  };
  const onInterrupt = (): void => {
    progress.say("Interrupted; stopping the servers.");
    void cleanUp().finally(() => process.exit(130));
  };
  process.once("SIGINT", onInterrupt).once("SIGTERM", onInterrupt);
  try {
    const machine = machineNotes(new Date());
    const runs: ScenarioRuns[] = [];
    for (const scenario of scenarios) {
      progress.say(`${scenario.name}: ${scenario.title}`);
      const onRun = progress.ran.bind(progress);
      runs.push(await runScenario(scenario, { targets, scratchDir, pace: options.pace, onRun }));
    }
    return { machine, pace: options.pace, scenarios: runs };
  } finally {
    await cleanUp();
  }
}

/** Writes both forms of the report and returns the path of the one for people. */
function writeReport(report: BenchReport): string {
  mkdirSync(RESULTS_DIR, { recursive: true });
  const base = join(RESULTS_DIR, `${report.machine.startedAt.slice(0, 16).replace(":", "")}-${report.machine.commit}`);
  writeFileSync(`${base}.json`, jsonReport(report));
  writeFileSync(`${base}.md`, markdownReport(report));
  return `${base}.md`;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const report = await bench(options);
  process.stdout.write(`\n${markdownReport(report)}`);
  if (options.writes) process.stderr.write(`\nWritten to ${writeReport(report)}\n`);
  process.exit(hasAuditFailure(report) ? 1 : 0);
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message} See --help.\n`);
    process.exit(2);
  }
  throw error;
}
