/** What is reported of rows in bulk and of jobs, as Prometheus metrics. */
import { Counter, Gauge, type Registry } from "prom-client";

type Counts = Readonly<Record<"applied" | "duplicate" | "rejected" | "valid", number>>;

export interface BulkMetrics {
  /** Rows of an import that were decided. */
  imported(list: string, counts: Counts): void;
  exported(rows: number): void;
  ended(status: string): void;
  failed(): void;
}

/** Registers the metrics. @param load what is asked for at each scrape */
export function bulkMetrics(
  registry: Registry,
  load: { readonly importsUnderWay: () => number; readonly open: () => Promise<{ jobs: number; bytes: number }> },
): BulkMetrics {
  const registers = [registry];
  const rows = new Counter({
    name: "onhand_import_rows_total",
    help: "Rows that were imported in bulk, by list and verdict",
    labelNames: ["list", "verdict"],
    registers,
  });
  const exported = new Counter({
    name: "onhand_export_rows_total",
    help: "Rows of lists that were given whole",
    registers,
  });
  const ended = new Counter({
    name: "onhand_jobs_ended_total",
    help: "Jobs that this server saw to their end, by how they ended",
    labelNames: ["status"],
    registers,
  });
  const failures = new Counter({
    name: "onhand_job_failures_total",
    help: "Steps of jobs that failed and were repeated",
    registers,
  });
  new Gauge({
    name: "onhand_imports_under_way",
    help: "Imports that this server answers as they go",
    registers,
    collect() {
      this.set(load.importsUnderWay());
    },
  });
  const waiting = new Gauge({
    name: "onhand_job_waiting_bytes",
    help: "Bytes of rows that wait in jobs, of all servers",
    registers,
  });
  new Gauge({
    name: "onhand_jobs_open",
    help: "Jobs that have not ended, of all servers",
    registers,
    async collect() {
      const { jobs, bytes } = await load.open().catch(() => ({ jobs: Number.NaN, bytes: Number.NaN }));
      this.set(jobs);
      waiting.set(bytes);
    },
  });
  return {
    imported(list, counts) {
      for (const [verdict, count] of Object.entries(counts)) if (count > 0) rows.inc({ list, verdict }, count);
    },
    exported: (count) => exported.inc(count),
    ended: (status) => ended.inc({ status }),
    failed: () => failures.inc(),
  };
}
