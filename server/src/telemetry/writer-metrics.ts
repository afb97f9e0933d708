/** What the writer reports, as Prometheus metrics. */
import { Counter, Histogram, type Registry } from "prom-client";

export interface WriterMetrics {
  groupLocked(durationMs: number): void;
  groupCommitted(group: {
    commands: number;
    entries: number;
    decideMs: number;
    encodeMs: number;
    commitMs: number;
  }): void;
  groupFailed(error: unknown): void;
  /** A group was decided and sent while the one before it was being committed. */
  groupDecidedAhead(): void;
  /** A group that was decided ahead came to nothing and is decided again. */
  groupDropped(): void;
  refused(code: string, count: number): void;
  oversold(count: number): void;
}

const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Registers the writer's metrics. */
export function writerMetrics(registry: Registry): WriterMetrics {
  const registers = [registry];
  const entries = new Counter({
    name: "onhand_entries_total",
    help: "Journal entries committed by this server",
    registers,
  });
  const commands = new Counter({
    name: "onhand_commands_total",
    help: "Commands whose outcome was committed, refusals too",
    registers,
  });
  const refusals = new Counter({
    name: "onhand_refusals_total",
    help: "Commands refused by the rules of stock",
    labelNames: ["code"],
    registers,
  });
  const oversells = new Counter({
    name: "onhand_oversell_incidents_total",
    help: "Entries that left available below zero",
    registers,
  });
  const failures = new Counter({
    name: "onhand_group_failures_total",
    help: "Tries of a group that failed and were repeated or isolated",
    labelNames: ["error"],
    registers,
  });
  const ahead = new Counter({
    name: "onhand_groups_decided_ahead_total",
    help: "Groups decided while the one before was being committed",
    registers,
  });
  const dropped = new Counter({
    name: "onhand_groups_dropped_total",
    help: "Groups decided ahead that came to nothing and were decided again",
    registers,
  });
  const size = new Histogram({
    name: "onhand_group_commands",
    help: "Commands in a group",
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000],
    registers,
  });
  const stages = new Histogram({
    name: "onhand_group_stage_seconds",
    help: "Time of a group in each stage",
    labelNames: ["stage"],
    buckets: secondsBuckets,
    registers,
  });
  return {
    groupLocked: (durationMs) => stages.observe({ stage: "lock" }, durationMs / 1000),
    groupCommitted(group) {
      commands.inc(group.commands);
      entries.inc(group.entries);
      size.observe(group.commands);
      stages.observe({ stage: "decide" }, group.decideMs / 1000);
      stages.observe({ stage: "encode" }, group.encodeMs / 1000);
      stages.observe({ stage: "commit" }, group.commitMs / 1000);
    },
    groupFailed: (error) => failures.inc({ error: error instanceof Error ? error.name : "unknown" }),
    groupDecidedAhead: () => ahead.inc(),
    groupDropped: () => dropped.inc(),
    refused: (code, count) => refusals.inc({ code }, count),
    oversold: (count) => oversells.inc(count),
  };
}
