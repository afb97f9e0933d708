/** What the building of projections reports, as Prometheus metrics. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface ProjectionMetrics {
  /** Entries of the journal that were passed, and those of them that were of interest. */
  passed(projection: string, entries: number, ofInterest: number): void;
  failed(projection: string): void;
  rebuilt(projection: string): void;
}

/** What is read when it is asked for. */
export interface ProjectionReading {
  readonly name: string;
  readonly isHeld: boolean;
  readonly behind: number;
}

/** Registers the metrics of projections. */
export function projectionMetrics(registry: Registry): ProjectionMetrics {
  const counter = (name: string, help: string): Counter =>
    new Counter({ name, help, labelNames: ["projection"], registers: [registry] });
  const passed = counter("onhand_projection_entries_total", "Journal entries that this server passed for a projection");
  const digested = counter("onhand_projection_digested_total", "Those of them that were of interest to the projection");
  const failed = counter("onhand_projection_failures_total", "Batches that failed and were repeated");
  const rebuilt = counter("onhand_projection_rebuilds_total", "Times that a projection was begun anew");
  return {
    passed(projection, entries, ofInterest) {
      passed.inc({ projection }, entries);
      digested.inc({ projection }, ofInterest);
    },
    failed: (projection) => failed.inc({ projection }),
    rebuilt: (projection) => rebuilt.inc({ projection }),
  };
}

/** Registers the gauges of projections. */
export function registerProjectionGauges(registry: Registry, read: () => readonly ProjectionReading[]): void {
  const gauge = (name: string, help: string, of: (reading: ProjectionReading) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ["projection"],
      registers: [registry],
      collect() {
        for (const reading of read()) this.set({ projection: reading.name }, of(reading));
      },
    });
  };
  gauge("onhand_projection_held", "1 where this server builds the projection", ({ isHeld }) => (isHeld ? 1 : 0));
  gauge("onhand_projection_behind_entries", "Entries that the projection has yet to pass", ({ behind }) => behind);
}
