import type { WorkloadName } from "../load/job.ts";
import type { BulkMode } from "../servers/plain/bulk-update.ts";
import type { TargetName } from "../targets/target.ts";
import { TARGETS } from "../targets/targets.ts";

/** What is measured, on what, and what it must reach. */

export type ScenarioName =
  | "spread"
  | "hot"
  | "tail"
  | "bulk"
  | "sync"
  | "source"
  | "get"
  | "totals-sku"
  | "totals-groups"
  | "as-of"
  | "large"
  | "checkout-1"
  | "checkout-3"
  | "checkout-10"
  | "checkout-hot"
  | "expiry"
  | "feed-delay"
  | "feed-fanout"
  | "feed-cost"
  | "feed-slow"
  | "webhooks";

/** Who reads the feed while a cell is measured. */
export interface CellReaders {
  readonly kind: "stream" | "poll";
  readonly count: number;
  /** Query of their filter; empty for everything. */
  readonly filter: string;
  /** Streams beside them that are opened and never read; what they do not take has piled up before the run. */
  readonly silent: number;
  /** Whether they read from the bare server instead, which sends as many events as Onhand had written with readers. */
  readonly areElsewhere: boolean;
}

/** Reservations that are made before a cell is measured. */
export interface CellHolds {
  readonly count: number;
  /** Whether their time is over within one second of the measured window. */
  readonly expire: boolean;
}

/** One column of a comparison: a target, perhaps in a special mode. */
export interface Cell {
  readonly id: string;
  readonly title: string;
  readonly target: TargetName | "batched-sql";
  /** Where it is another one than the scenario's. */
  readonly workload?: WorkloadName;
  readonly extraHeaders?: Readonly<Record<string, string>>;
  /** Shortest window that still holds a few requests. */
  readonly secondsMin?: number;
  /** Present in the scenarios of the feed, also with no readers. */
  readonly readers?: CellReaders;
  /** Deliveries of so many webhook subscriptions are measured, not requests. */
  readonly subscriptions?: number;
  readonly holds?: CellHolds;
}

/** A ratio of two cells and the bound it must keep. */
export interface Goal {
  readonly statement: string;
  readonly measure: "rate" | "p50" | "p99";
  readonly numerator: string;
  readonly denominator: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The goal is met at this rate of the numerator, too, whatever the ratio. */
  readonly orRateAtLeast?: number;
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
  readonly unit: "requests" | "lines" | "deliveries";
  /** Requests leave at this rate; without it each waits for the answer to the one before. */
  readonly requestsPerSecond?: number;
  /** Audits of a long history take minutes: then only after the last round. */
  readonly auditedRounds: "every" | "last";
  readonly cells: readonly Cell[];
  readonly goals: readonly Goal[];
}

const ONHAND = cellOf("onhand");
const WITHOUT_DATABASE = cellOf("onhand-without-database");
const PLAIN = cellOf("plain");
const LARGE = cellOf("onhand-large");
const LOCATIONS = cellOf("onhand-locations");
const PLAIN_BY_LINE = plainBulkCell("line", "plain server, one transaction per line");
const PLAIN_IN_PARALLEL = plainBulkCell("line-parallel", "plain server, one transaction per line, ten at once");
const PLAIN_BY_REQUEST = plainBulkCell("request", "plain server, one transaction per request");
const BATCHED_SQL: Cell = {
  id: "batched-sql",
  title: "the same rows in plain batched SQL, one connection",
  target: "batched-sql",
};

const SINGLE = { workload: "adjust", linesPerRequest: 0, unit: "requests", auditedRounds: "every" } as const;

/** How much longer than an answer without a database a read over many places may take. */
const READ_RATIO = 10;
const SILENT_READERS = 200;
const COST_READERS = 100;
/** Deliveries a second that are enough, however fast the receiver is. */
const WEBHOOK_RATE_ENOUGH = 3_000;
/** Bytes that make the load generator's small requests as long as a delivery is. */
const WEBHOOK_PADDING = 1_500;

const FEED_SCENARIOS: readonly Scenario[] = [
  {
    ...{ name: "feed-delay", title: "From a write to its readers, 200 writes/s", ...SINGLE, auditedRounds: "last" },
    ...{ connections: 32, isHot: false, requestsPerSecond: 200 },
    cells: [1, 100, 1000].flatMap((count) => [
      readersCell(`stream-${count}`, `${many(count)} by server-sent events`, { count }),
      readersCell(`poll-${count}`, `${many(count)} by polling with wait`, { count, kind: "poll" }),
    ]),
    goals: [1, 100, 1000].map((count) =>
      atMost(1, "p99", `stream-${count}`, `poll-${count}`, `p99 of ${many(count)} ÷ polling`),
    ),
  },
  {
    ...{ name: "feed-fanout", title: "1,000 events/s to 1,000 readers", workload: "bulk", unit: "deliveries" },
    ...{ auditedRounds: "last", connections: 4, isHot: false, linesPerRequest: 50, requestsPerSecond: 20 },
    cells: [
      readersCell("onhand", TARGETS.onhand.title, { count: 1000 }),
      { ...readersCell("bare-stream", TARGETS["bare-stream"].title, { count: 1000 }), target: "bare-stream" },
    ],
    goals: [atLeast(0.6, "rate", "onhand", "bare-stream", "deliveries/s ÷ bare server")],
  },
  {
    ...{ name: "feed-cost", title: `As spread, with ${COST_READERS} readers`, ...SINGLE, auditedRounds: "last" },
    ...{ connections: 256, isHot: false },
    cells: [
      readersCell("with-readers", `Onhand, ${COST_READERS} readers of everything`, { count: COST_READERS }),
      readersCell("alone", "Onhand, nobody reads", { count: 0 }),
      readersCell("with-idle-readers", `Onhand, ${COST_READERS} readers whose filter lets nothing pass`, {
        ...{ count: COST_READERS, filter: "productId=none" },
      }),
      readersCell("with-readers-elsewhere", `Onhand; ${COST_READERS} readers of the bare server beside it`, {
        ...{ count: COST_READERS, areElsewhere: true },
      }),
    ],
    goals: [
      atLeast(0.9, "rate", "with-readers", "alone", `requests/s with ${COST_READERS} readers ÷ with none`),
      atLeast(0.9, "rate", "with-idle-readers", "alone", `with ${COST_READERS} that filter everything out ÷ with none`),
      atLeast(0.9, "rate", "with-readers", "with-readers-elsewhere", "with readers ÷ with the same on a bare server"),
    ],
  },
  {
    ...{ name: "feed-slow", title: `${SILENT_READERS} streams that are never read beside 800 that are`, ...SINGLE },
    ...{ auditedRounds: "last", connections: 32, isHot: false, requestsPerSecond: 100 },
    cells: [
      readersCell("alone", "800 readers", { count: 800 }),
      readersCell("beside-silent", `800 readers beside ${SILENT_READERS} silent ones`, {
        ...{ count: 800, silent: SILENT_READERS },
      }),
    ],
    goals: [atMost(1.2, "p99", "beside-silent", "alone", "p99 beside silent streams ÷ alone")],
  },
  {
    ...{ name: "webhooks", title: "Webhooks to a receiver on this machine", ...SINGLE, unit: "deliveries" },
    ...{ auditedRounds: "last", connections: 64, isHot: false },
    cells: [
      { id: "one", title: "Onhand, one subscription", target: "onhand", subscriptions: 1 },
      { id: "ten", title: "Onhand, ten subscriptions", target: "onhand", subscriptions: 10 },
      { ...cellOf("webhook-receiver"), id: "receiver", extraHeaders: { "X-Padding": "x".repeat(WEBHOOK_PADDING) } },
    ],
    goals: [
      orFaster(atLeast(0.8, "rate", "one", "receiver", "one subscription, deliveries/s ÷ the receiver's limit")),
      orFaster(atLeast(0.8, "rate", "ten", "receiver", "ten subscriptions, deliveries/s ÷ the receiver's limit")),
    ],
  },
];

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
  linesScenario("sync", "Logs of devices, 1,000 lines a request", [
    { ...ONHAND, id: "sync", title: "Onhand, POST /v1/sync/batch", workload: "sync" },
  ]),
  linesScenario("source", "Lines of sources, 1,000 a request", [
    { ...ONHAND, id: "source", title: "Onhand, POST /v1/sources/{id}/events: changes", workload: "source" },
    { ...ONHAND, id: "source-levels", title: "the same: levels", workload: "source-levels" },
  ]),
  {
    ...{ name: "get", title: "Reads of one product by SKU, 64 connections", workload: "read", unit: "requests" },
    auditedRounds: "every",
    ...{ connections: 64, isHot: false, linesPerRequest: 0 },
    cells: [ONHAND, WITHOUT_DATABASE, PLAIN],
    goals: [atLeast(0.6, "rate", "onhand", "onhand-without-database", "requests/s ÷ itself without the database")],
  },
  readScenario("totals-sku", "Consolidated totals of one SKU at 1,000 locations", LOCATIONS),
  readScenario("totals-groups", "Totals of all groups over 1,000,000 items", LOCATIONS),
  readScenario("as-of", "Reads of one product as of a past moment", ONHAND),
  {
    ...{ name: "large", title: "Single adjustments at 10,000,000 journal entries and 1,000,000 items", ...SINGLE },
    ...{ connections: 256, isHot: false, auditedRounds: "last" },
    cells: [ONHAND, LARGE],
    goals: [atLeast(0.8, "rate", "onhand-large", "onhand", "requests/s ÷ itself when empty")],
  },
  ...[1, 3, 10].map((lines) => checkoutScenario(`checkout-${lines}` as ScenarioName, lines, false, 6)),
  checkoutScenario("checkout-hot", 1, true, 12),
  {
    ...{ name: "expiry", title: "500 adjustments/s while 10,000 holds expire within one second", ...SINGLE },
    ...{ auditedRounds: "every", connections: 64, isHot: false, requestsPerSecond: 500 },
    cells: [
      {
        ...ONHAND,
        id: "expiring",
        title: "10,000 holds expire",
        holds: { count: 10_000, expire: true },
        secondsMin: 6,
      },
      { ...ONHAND, id: "quiet", title: "10,000 holds stay", holds: { count: 10_000, expire: false }, secondsMin: 6 },
    ],
    goals: [atMost(2, "p99", "expiring", "quiet", "p99 of the sales while holds expire ÷ while none does")],
  },
  ...FEED_SCENARIOS,
];

/** Lines from outside beside as many lines of bulk updates. */
function linesScenario(name: "sync" | "source", title: string, cells: readonly Cell[]): Scenario {
  return {
    ...{ name, title: `${title}, 4 connections`, workload: "bulk", unit: "lines", auditedRounds: "every" },
    ...{ connections: 4, isHot: false, linesPerRequest: 1000 },
    cells: [{ ...ONHAND, id: "bulk", title: "Onhand, bulk updates" }, ...cells],
    goals: cells.map(({ id }) => atLeast(0.7, "rate", id, "bulk", `${id}, lines/s ÷ bulk updates`)),
  };
}

/** A read, one at a time, beside what the server takes for an answer without a database. */
function readScenario(name: "totals-sku" | "totals-groups" | "as-of", title: string, cell: Cell): Scenario {
  const bare: Cell = {
    ...{ ...WITHOUT_DATABASE, id: "without-database", title: "a read of one SKU without the database" },
    workload: "read",
  };
  return {
    ...{ name, title: `${title}, 1 connection`, workload: name, unit: "requests", auditedRounds: "last" },
    ...{ connections: 1, isHot: false, linesPerRequest: 0 },
    cells: [{ ...cell, id: name }, bare],
    goals: [atMost(READ_RATIO, "p50", name, "without-database", "p50 ÷ a read without the database")],
  };
}

/** Reservations and their commits, each a request of its own. */
function checkoutScenario(name: ScenarioName, lines: number, isHot: boolean, bound: number): Scenario {
  const products = isHot ? "one product" : "10,000 products";
  return {
    ...{ name, title: `Reserve and commit ${lines} line${lines === 1 ? "" : "s"} of ${products}, 256 connections` },
    ...{ workload: "checkout", unit: "lines", auditedRounds: "every" },
    ...{ connections: 256, isHot, linesPerRequest: lines },
    cells: [ONHAND, PLAIN],
    goals: [atLeast(bound, "rate", "onhand", "plain", "lines/s ÷ plain server, one transaction per request")],
  };
}

function cellOf(target: TargetName): Cell {
  return { id: target, title: TARGETS[target].title, target };
}

function orFaster(goal: Goal): Goal {
  const enough = `${WEBHOOK_RATE_ENOUGH.toLocaleString("en")}/s`;
  return { ...goal, statement: `${goal.statement}, or ${enough}`, orRateAtLeast: WEBHOOK_RATE_ENOUGH };
}

function many(count: number): string {
  return `${count.toLocaleString("en")} reader${count === 1 ? "" : "s"}`;
}

function readersCell(id: string, title: string, readers: Partial<CellReaders> & { readonly count: number }): Cell {
  const nobodyElse = { kind: "stream", filter: "", silent: 0, areElsewhere: false } as const;
  return { id, title, target: "onhand", readers: { ...nobodyElse, ...readers } };
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
