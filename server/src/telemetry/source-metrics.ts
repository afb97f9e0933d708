/** What is reported of sources, as Prometheus metrics. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface SourceMetrics {
  /** What the last look found: open parked lines by what they wait for, and contacts that are stale. */
  looked(open: ReadonlyMap<string, number>, stale: number): void;
  failed(): void;
}

/** Registers the metrics of what looks after sources. */
export function sourceMetrics(registry: Registry): SourceMetrics {
  const registers = [registry];
  const open = new Gauge({
    name: "onhand_parked_lines_open",
    help: "Lines of sources and devices that waited at the last look of the server that looks after them, by what they wait for",
    labelNames: ["reason"],
    registers,
  });
  const stale = new Gauge({
    name: "onhand_stale_source_contacts",
    help: "Sources, and locations that they speak for, of which nothing was heard for too long, at the last look",
    registers,
  });
  const failures = new Counter({
    name: "onhand_source_keeper_failures_total",
    help: "Looks after sources that failed and were repeated",
    registers,
  });
  return {
    looked(lines, contacts) {
      open.reset();
      for (const [reason, count] of lines) open.set({ reason }, count);
      stale.set(contacts);
    },
    failed: () => failures.inc(),
  };
}
