import type { WorkloadName } from "../load/job.ts";
import type { AuditFinding } from "../targets/target.ts";
import type { TargetSet } from "../targets/target-set.ts";
import { TARGETS } from "../targets/targets.ts";
import { BENCH_LOCATION_ID } from "../workloads/names.ts";
import type { Measurement } from "./measurement.ts";
import { runBatchedSql } from "./run-batched-sql.ts";
import { runExpiry } from "./run-expiry.ts";
import { FeedRunner } from "./run-feed.ts";
import { runLoadJob } from "./run-load.ts";
import { runWebhooks } from "./run-webhooks.ts";
import type { Cell, Scenario } from "./scenarios.ts";

/** How long and how often. */
export interface Pace {
  readonly rounds: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Measurements of one cell, by round. */
export interface CellRuns {
  readonly cell: Cell;
  readonly runs: readonly Measurement[];
  /** What did not hold, and what could not be checked, with the round it was seen in. */
  readonly findings: readonly { readonly round: number; readonly finding: AuditFinding }[];
  /** Statements checked over all rounds. */
  readonly checkCount: number;
  /** Why there are no runs. */
  readonly skipped: string | null;
}

/** A scenario with everything measured. */
export interface ScenarioRuns {
  readonly scenario: Scenario;
  readonly cells: readonly CellRuns[];
}

/** What a run needs from its surroundings. */
export interface Surroundings {
  readonly targets: TargetSet;
  readonly scratchDir: string;
  readonly pace: Pace;
  readonly onRun: (scenario: Scenario, cell: Cell, round: number, measurement: Measurement) => void;
}

/**
 * Measures all cells of a scenario round by round. Within a round the cells follow each other closely, so that they meet the same
 * machine, and each round begins with another cell, so that none is always first.
 */
export async function runScenario(scenario: Scenario, surroundings: Surroundings): Promise<ScenarioRuns> {
  const cells = scenario.cells.map((cell) => ({
    cell,
    runs: [],
    findings: [],
    checkCount: 0,
    skipped: unavailable(cell),
  }));
  const available: Writable[] = cells.filter((each) => each.skipped === null);
  const feedRunner = new FeedRunner(scenario, surroundings.targets);
  for (let round = 1; round <= surroundings.pace.rounds; round++) {
    const first = (round - 1) % Math.max(available.length, 1);
    for (const each of [...available.slice(first), ...available.slice(0, first)]) {
      const { measurement, findings } = await runCell(scenario, each.cell, round, surroundings, feedRunner);
      each.runs.push(measurement);
      each.checkCount += findings.length;
      for (const finding of findings) if (finding.holds !== true) each.findings.push({ round, finding });
      surroundings.onRun(scenario, each.cell, round, measurement);
    }
  }
  return { scenario, cells };
}

/** Workloads that change nothing. */
const READS: ReadonlySet<WorkloadName> = new Set(["read", "totals-sku", "totals-groups", "as-of"]);

interface Writable {
  readonly cell: Cell;
  readonly runs: Measurement[];
  readonly findings: { round: number; finding: AuditFinding }[];
  checkCount: number;
}

/** Why a cell cannot be measured in this checkout. */
export function unavailable(cell: Cell): string | null {
  return cell.target === "batched-sql" ? null : TARGETS[cell.target].unavailable();
}

async function runCell(
  scenario: Scenario,
  cell: Cell,
  round: number,
  { targets, scratchDir, pace }: Surroundings,
  feedRunner: FeedRunner,
) {
  const { warmUpSeconds } = pace;
  const seconds = Math.max(pace.seconds, cell.secondsMin ?? 0);
  if (cell.target === "batched-sql") {
    return runBatchedSql(scratchDir, { number: round, warmUpSeconds, seconds, rows: scenario.linesPerRequest });
  }
  const isAudited = scenario.auditedRounds === "every" || round === pace.rounds;
  if (cell.readers !== undefined) {
    const { measurement, finding } = await feedRunner.run(cell.target, cell.readers, { warmUpSeconds, seconds, round });
    return { measurement, findings: [...finding, ...(isAudited ? await targets.audit(cell.target) : [])] };
  }
  if (cell.holds !== undefined) {
    const { measurement, findings } = await runExpiry(targets, scenario, cell.holds, { warmUpSeconds, seconds, round });
    return { measurement, findings: [...findings, ...(isAudited ? await targets.audit(cell.target) : [])] };
  }
  if (cell.subscriptions !== undefined) {
    const { measurement, findings } = await runWebhooks(targets, cell.subscriptions, { warmUpSeconds, seconds, round });
    return { measurement, findings: [...findings, ...(isAudited ? await targets.audit(cell.target) : [])] };
  }
  const workload = cell.workload ?? scenario.workload;
  const target = await targets.get(cell.target);
  await target.settle();
  const { measurement, result } = await runLoadJob(target, {
    ...{ workload, connections: scenario.connections, linesPerRequest: scenario.linesPerRequest },
    ...{ warmUpSeconds, seconds, seed: round },
    productCount: scenario.isHot ? 1 : target.productCount,
    locationId: BENCH_LOCATION_ID,
    ...(cell.extraHeaders === undefined ? {} : { extraHeaders: cell.extraHeaders }),
  });
  const changes = READS.has(workload) ? 0 : result.lifetime.units;
  targets.acknowledge(cell.target, { changes, hasLostConnections: result.connectionErrors > 0 });
  return { measurement, findings: isAudited ? await targets.audit(cell.target) : [] };
}
