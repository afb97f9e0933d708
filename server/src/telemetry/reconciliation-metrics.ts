/** What is reported of reconciliation, as Prometheus metrics. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface ReconciliationMetrics {
  /** Rows that were compared. */
  checked(kinds: readonly string[], rows: number): void;
  /** What a look at one thing came to: found, stays, closed, none, dropped. */
  settled(check: string, change: string): void;
  corrected(isDone: boolean): void;
  /** A round through everything came to its end. */
  roundEnded(durationMs: number): void;
  /** The whole journal was looked through. */
  journalEnded(durationMs: number): void;
  /** Differences that are not closed, by check. */
  unclosed(counts: readonly { readonly check: string; readonly state: string; readonly count: number }[]): void;
  failed(): void;
}

/** Registers the metrics of reconciliation. */
export function reconciliationMetrics(registry: Registry): ReconciliationMetrics {
  const registers = [registry];
  const checked = new Counter({
    name: "onhand_reconciled_rows_total",
    help: "Rows that were compared, by check",
    labelNames: ["check"],
    registers,
  });
  const settled = new Counter({
    name: "onhand_reconciliation_looks_total",
    help: "Things that were looked at because they may differ, by check and what that came to; dropped: there was no room to keep it",
    labelNames: ["check", "change"],
    registers,
  });
  const corrections = new Counter({
    name: "onhand_reconciliation_corrections_total",
    help: "Corrections by rule or by somebody, done or refused",
    labelNames: ["result"],
    registers,
  });
  const gauge = (name: string, help: string, labelNames: readonly ["check", "state"] | readonly [] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const unclosed = gauge(
    "onhand_differences",
    "Differences that are open or accepted, by check, on the server that looks",
    ["check", "state"],
  );
  const round = gauge("onhand_reconciliation_round_seconds", "How long the last round through everything took");
  const journal = gauge(
    "onhand_reconciliation_journal_seconds",
    "How long the last look through the whole journal took",
  );
  const roundAt = gauge("onhand_reconciliation_round_timestamp_seconds", "When the last round came to its end");
  const rounds = new Counter({
    name: "onhand_reconciliation_rounds_total",
    help: "Rounds through everything that came to their end on this server",
    registers,
  });
  const failures = new Counter({
    name: "onhand_reconciliation_failures_total",
    help: "Steps that failed and were repeated",
    registers,
  });
  return {
    checked(kinds, rows) {
      for (const check of kinds) checked.inc({ check }, rows);
    },
    settled: (check, change) => settled.inc({ check, change }),
    corrected: (isDone) => corrections.inc({ result: isDone ? "done" : "refused" }),
    roundEnded(durationMs) {
      rounds.inc();
      round.set(durationMs / 1000);
      roundAt.setToCurrentTime();
    },
    journalEnded: (durationMs) => journal.set(durationMs / 1000),
    unclosed(counts) {
      unclosed.reset();
      for (const { check, state, count } of counts) unclosed.set({ check, state }, count);
    },
    failed: () => failures.inc(),
  };
}
