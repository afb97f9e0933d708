import { FEED_COLUMNS } from "./feed-table.ts";
import { judge, type Verdict } from "./judge.ts";
import type { MachineNotes } from "./machine.ts";
import { lostShare, type Measurement } from "./measurement.ts";
import { LOST_SHARE_MAX, quietRounds } from "./quiet-rounds.ts";
import type { CellRuns, Pace, ScenarioRuns } from "./run-scenario.ts";
import type { Scenario } from "./scenarios.ts";
import { STAGE_COLUMNS } from "./stage-columns.ts";
import { median } from "./statistics.ts";

/** Everything one benchmark found. */
export interface BenchReport {
  readonly machine: MachineNotes;
  readonly pace: Pace;
  readonly scenarios: readonly ScenarioRuns[];
}

/** The report for people. */
export function markdownReport(report: BenchReport): string {
  const { machine, pace } = report;
  const changes = machine.hasLocalChanges ? " with local changes" : "";
  const parts = [
    `# Benchmark of ${machine.startedAt.slice(0, 16).replace("T", " ")} UTC, ${machine.commit}${changes}`,
    `${machine.coreCount} × ${machine.cpu}, ${gigabytes(machine.memoryBytes)} GB, ${machine.system}, Bun ${machine.bun}. ` +
      "Server, PostgreSQL and load generator share the machine. " +
      `${pace.rounds} rounds of ${pace.seconds} s after ${pace.warmUpSeconds} s of warm-up; medians of the rounds in which ` +
      `no more than ${LOST_SHARE_MAX * 100} % of the machine went elsewhere. bench/README.md says how to read this.`,
    "## Goals",
    goalTable(report.scenarios),
    ...report.scenarios.flatMap(({ scenario, cells }) => [
      `## ${scenario.title}`,
      cellTable(scenario, cells),
      ...cells
        .filter((cell) => cell.skipped !== null)
        .map((cell) => `Not measured: ${cell.cell.title}. ${cell.skipped}.`),
    ]),
    "## Audit",
    auditText(report.scenarios),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The report for programs: every run of every round, and the verdicts. */
export function jsonReport(report: BenchReport): string {
  const scenarios = report.scenarios.map((each) => ({ ...each, verdicts: judge(each) }));
  return `${JSON.stringify({ ...report, scenarios }, null, 2)}\n`;
}

/** Whether something that must hold did not. */
export function hasAuditFailure(report: BenchReport): boolean {
  return report.scenarios.some(({ cells }) =>
    cells.some((cell) => cell.findings.some(({ finding }) => finding.holds === false)),
  );
}

function goalTable(scenarios: readonly ScenarioRuns[]): string {
  const rows = scenarios.flatMap((each) => judge(each).map((verdict) => goalRow(each.scenario, verdict)));
  return table(["Scenario", "Goal", "Ratio", "Range", "Rounds", "Verdict"], rows);
}

function goalRow(scenario: Scenario, { goal, ratio, ratioMin, ratioMax, roundCount, verdict }: Verdict): string[] {
  const range = ratioMin === null || ratioMax === null ? "–" : `${ratioText(ratioMin)} – ${ratioText(ratioMax)}`;
  const isMissed = verdict === "MISSED";
  return [
    ...[scenario.name, goal.statement, ratio === null ? "–" : ratioText(ratio), range, String(roundCount)],
    isMissed ? `**${verdict}**` : verdict,
  ];
}

function cellTable(scenario: Scenario, cells: readonly CellRuns[]): string {
  if (scenario.cells.some((cell) => cell.readers !== undefined)) return feedTable(cells);
  const stages = STAGE_COLUMNS.map((column) => `${column.title} µs`);
  const heads = [
    ...["Target", `${scenario.unit}/s`, "p50 ms", "p99 ms", "p99.9 ms", "max ms", "server µs", "PG µs", "load µs"],
    ...stages,
    ...["server MB", "PG MB", "lost %", "refused"],
  ];
  const rows = cells.filter((cell) => cell.runs.length > 0).map((cell) => cellRow(cell));
  return table(heads, rows);
}

/** One line: medians over the counted rounds; the maximum is the worst of all rounds, counted or not. */
function cellRow({ cell, runs, ...rest }: CellRuns): string[] {
  const { middle, refused } = summaryOf({ cell, runs, ...rest });
  const worstUs = Math.max(...runs.map((run) => run.latency?.maxUs ?? Number.NaN));
  return [
    cell.title,
    middle((run) => run.unitsPerSecond, 0),
    middle((run) => run.latency?.p50Us, 1, 1000),
    middle((run) => run.latency?.p99Us, 1, 1000),
    middle((run) => run.latency?.p999Us, 1, 1000),
    Number.isNaN(worstUs) ? "n/a" : formatNumber(worstUs / 1000, 1),
    middle((run) => run.serverUs),
    middle((run) => run.postgresUs),
    middle((run) => run.loadUs),
    ...STAGE_COLUMNS.map((column) => middle((run) => run.stagesUs[column.metric])),
    middle((run) => run.serverPeakBytes, 0, 1 << 20),
    middle((run) => run.postgresBytes, 0, 1 << 20),
    middle(lostPercent, 0),
    String(refused),
  ];
}

/** Medians over the counted rounds of a cell, and what was refused in all of them. */
function summaryOf({ cell, runs }: CellRuns) {
  const rounds = quietRounds([{ cell, runs, findings: [], checkCount: 0, skipped: null }]);
  const middle = (value: (run: Measurement) => number | null | undefined, digits = 1, scale = 1): string => {
    const values = rounds.map((round) => value(runs[round]!)).filter((each) => each !== null && each !== undefined);
    return values.length === 0 ? "n/a" : formatNumber(median(values) / scale, digits);
  };
  const refused = runs.reduce(
    (sum, run) => sum + Object.values(run.notOkByStatus).reduce((all, count) => all + count, 0),
    0,
  );
  return { middle, refused };
}

function feedTable(cells: readonly CellRuns[]): string {
  const rows = cells.filter((cell) => cell.runs.length > 0).map((cell) => feedRow(cell));
  return table(["Target", ...FEED_COLUMNS.map((column) => column.head), "server MB", "lost %", "refused"], rows);
}

function feedRow(cell: CellRuns): string[] {
  const { middle, refused } = summaryOf(cell);
  return [
    cell.cell.title,
    ...FEED_COLUMNS.map(({ value, digits, scale }) =>
      middle((run) => (run.feed === undefined ? null : value(run.feed)), digits, scale),
    ),
    middle((run) => run.serverPeakBytes, 0, 1 << 20),
    middle(lostPercent, 0),
    String(refused),
  ];
}

function lostPercent(run: Measurement): number | null {
  return run.cpu.stolenShare === null ? null : lostShare(run) * 100;
}

function auditText(scenarios: readonly ScenarioRuns[]): string {
  const cells = scenarios.flatMap(({ scenario, cells }) => cells.map((cell) => ({ scenario, cell })));
  const checkCount = cells.reduce((sum, { cell }) => sum + cell.checkCount, 0);
  const rows = cells.flatMap(({ scenario, cell }) =>
    cell.findings.map(({ round, finding }) => [
      `${scenario.name}, round ${round}`,
      cell.cell.title,
      finding.statement,
      finding.expected,
      finding.actual,
      finding.holds === null ? "not checked" : "**FAILED**",
    ]),
  );
  const open = rows.length === 0 ? "all held" : `all held except ${rows.length}`;
  const summary = `${checkCount} statements were checked after the runs; ${open}.`;
  if (rows.length === 0) return summary;
  return `${summary}\n\n${table(["Run", "Target", "Statement", "Expected", "Actual", "Verdict"], rows)}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

function ratioText(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}

function formatNumber(value: number, digits: number): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function gigabytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(0);
}
