import type { WorkloadName } from "../load/job.ts";
import type { BulkMode } from "../servers/plain/bulk-update.ts";
import type { TargetName } from "../targets/target.ts";
import { TARGETS } from "../targets/targets.ts";

/** What is measured, on what, and what it must reach. */

export type ScenarioName = "spread" | "hot" | "tail" | "bulk" | "get" | "large";

/** One column of a comparison: a target, perhaps in a special mode. */
export interface Cell {
  readonly id: string;
  readonly title: string;
  readonly target: TargetName | "batched-sql";
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** Shortest window that still holds a few requests. */
  readonly secondsMin?: number;
}

/** A ratio of two cells and the bound it must keep. */
export interface Goal {
  readonly statement: string;
  readonly measure: "rate" | "p99";
  readonly numerator: string;
  readonly denominator: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One workload, measured on several cells in turn. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  readonly workload: WorkloadName;
  readonly connections: number;
  readonly linesPerRequest: number;
  /** All requests go to one product. */
  readonly isHot: boolean;
  readonly unit: "requests" | "lines";
  /** Audits of a long history take minutes: then only after the last round. */
  readonly auditedRounds: "every" | "last";
  readonly cells: readonly Cell[];
  readonly goals: readonly Goal[];
}

const ONHAND = cellOf("onhand");
const WITHOUT_DATABASE = cellOf("onhand-without-database");
const PLAIN = cellOf("plain");
const LARGE = cellOf("onhand-large");
const PLAIN_BY_LINE = plainBulkCell("line", "plain server, one transaction per line");
const PLAIN_IN_PARALLEL = plainBulkCell("line-parallel", "plain server, one transaction per line, ten at once");
const PLAIN_BY_REQUEST = plainBulkCell("request", "plain server, one transaction per request");
const BATCHED_SQL: Cell = {
  id: "batched-sql",
  title: "the same rows in plain batched SQL, one connection",
  target: "batched-sql",
};

const SINGLE = { workload: "adjust", linesPerRequest: 0, unit: "requests", auditedRounds: "every" } as const;

export const SCENARIOS: readonly Scenario[] = [
  {
    ...{ name: "spread", title: "Single adjustments over 10,000 products, 256 connections", ...SINGLE },
    ...{ connections: 256, isHot: false },
    cells: [ONHAND, WITHOUT_DATABASE, PLAIN],
    goals: [
      atLeast(8, "rate", "onhand", "plain", "requests/s ÷ plain server"),
      atLeast(0.45, "rate", "onhand", "onhand-without-database", "requests/s ÷ itself without the database"),
    ],
  },
  {
    ...{ name: "hot", title: "Single adjustments of one product, 256 connections", ...SINGLE },
    ...{ connections: 256, isHot: true },
    cells: [ONHAND, WITHOUT_DATABASE, PLAIN],
    goals: [
      atLeast(16, "rate", "onhand", "plain", "requests/s ÷ plain server"),
      atLeast(0.6, "rate", "onhand", "onhand-without-database", "requests/s ÷ itself without the database"),
    ],
  },
  {
    ...{ name: "tail", title: "Single adjustments over 10,000 products, 64 connections", ...SINGLE },
    ...{ connections: 64, isHot: false },
    cells: [ONHAND, PLAIN],
    goals: [atMost(0.2, "p99", "onhand", "plain", "p99 ÷ plain server")],
  },
  {
    ...{ name: "bulk", title: "Bulk updates of 1,000 lines, 4 connections", workload: "bulk", unit: "lines" },
    auditedRounds: "every",
    ...{ connections: 4, isHot: false, linesPerRequest: 1000 },
    cells: [ONHAND, PLAIN_BY_LINE, PLAIN_IN_PARALLEL, PLAIN_BY_REQUEST, BATCHED_SQL],
    goals: [
      atLeast(15, "rate", "onhand", "plain-line", "lines/s ÷ plain server, one transaction per line"),
      atLeast(0.8, "rate", "onhand", "batched-sql", "lines/s ÷ the same rows in plain batched SQL"),
    ],
  },
  {
    ...{ name: "get", title: "Reads of one product by SKU, 64 connections", workload: "read", unit: "requests" },
    auditedRounds: "every",
    ...{ connections: 64, isHot: false, linesPerRequest: 0 },
    cells: [ONHAND, WITHOUT_DATABASE, PLAIN],
    goals: [atLeast(0.6, "rate", "onhand", "onhand-without-database", "requests/s ÷ itself without the database")],
  },
  {
    ...{ name: "large", title: "Single adjustments at 10,000,000 journal entries and 1,000,000 items", ...SINGLE },
    ...{ connections: 256, isHot: false, auditedRounds: "last" },
    cells: [ONHAND, LARGE],
    goals: [atLeast(0.8, "rate", "onhand-large", "onhand", "requests/s ÷ itself when empty")],
  },
];

function cellOf(target: TargetName): Cell {
  return { id: target, title: TARGETS[target].title, target };
}

/** The window is never short, for a request of 1,000 lines takes the plain server a second or more. */
function plainBulkCell(mode: BulkMode, title: string): Cell {
  return { id: `plain-${mode}`, title, target: "plain", extraHeaders: { "X-Bench-Bulk-Mode": mode }, secondsMin: 8 };
}

function atLeast(bound: number, measure: Goal["measure"], numerator: string, denominator: string, what: string): Goal {
  return { statement: `${what} ≥ ${bound}`, measure, numerator, denominator, atLeast: bound };
}

function atMost(bound: number, measure: Goal["measure"], numerator: string, denominator: string, what: string): Goal {
  return { statement: `${what} ≤ ${bound}`, measure, numerator, denominator, atMost: bound };
}
