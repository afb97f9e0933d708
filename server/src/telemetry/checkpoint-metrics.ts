/** What is reported of checkpoints, and of reads of past moments, as Prometheus metrics. */
import { Counter, type Registry } from "prom-client";

export interface CheckpointMetrics {
  made(checkpoint: { readonly levels: number; readonly late: number }, tookMs: number): void;
  failed(): void;
}

/** Registers the metrics of the keeper of checkpoints. */
export function checkpointMetrics(registry: Registry): CheckpointMetrics {
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers: [registry] });
  const made = counter("onhand_checkpoints_total", "Checkpoints of a partition that this server made");
  const levels = counter("onhand_checkpoint_levels_total", "Levels of items that were written down in them");
  const late = counter("onhand_checkpoint_late_movements_total", "Movements that came late, written down in them");
  const seconds = counter("onhand_checkpoint_seconds_total", "Time that making them took");
  const failures = counter("onhand_checkpoint_failures_total", "Turns that failed and were repeated");
  return {
    made(checkpoint, tookMs) {
      made.inc();
      levels.inc(checkpoint.levels);
      late.inc(checkpoint.late);
      seconds.inc(tookMs / 1000);
    },
    failed: () => failures.inc(),
  };
}

export type AsOfBasis = "recorded" | "occurred";

export interface AsOfMetrics {
  /** A past moment was read; so many entries of the journal lay between it and what is known nearest to it. */
  read(basis: AsOfBasis, entries: number): void;
  /** It was refused, for there were more than one answer looks through. */
  refused(basis: AsOfBasis): void;
}

/** Registers the metrics of reads of past moments. */
export function asOfMetrics(registry: Registry): AsOfMetrics {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ["basis"], registers: [registry] });
  const reads = counter("onhand_as_of_reads_total", "Reads of a past moment");
  const entries = counter(
    "onhand_as_of_entries_total",
    "Entries of the journal between those moments and what is known nearest to them",
  );
  const refusals = counter(
    "onhand_as_of_refusals_total",
    "Reads of a past moment that would have looked through too many entries",
  );
  return {
    read(basis, count) {
      reads.inc({ basis });
      entries.inc({ basis }, count);
    },
    refused: (basis) => refusals.inc({ basis }),
  };
}
