/** Gauges that are read when they are asked for. */
import { Counter, collectDefaultMetrics, Gauge, type Registry } from "prom-client";

export interface Gauges {
  readonly writer: () => { queuedEntries: number; oldestAgeMs: number; cachedItems: number };
  readonly pool: () => { total: number; idle: number; waiting: number };
  readonly inFlightCommands: () => number;
  readonly feedWaiting: () => number;
}

/** Registers memory, CPU and event loop of the process, the writer's queue and the pool. */
export function registerGauges(registry: Registry, gauges: Gauges): void {
  collectDefaultMetrics({ register: registry });
  // These walk the whole heap: a scrape would stop the server for a tenth of a second.
  for (const kind of ["total", "used", "available"])
    registry.removeSingleMetric(`nodejs_heap_space_size_${kind}_bytes`);
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge("onhand_queue_entries", "Changes that wait for the writer", () => gauges.writer().queuedEntries);
  gauge(
    "onhand_queue_oldest_seconds",
    "Age of the change that waits longest",
    () => gauges.writer().oldestAgeMs / 1000,
  );
  gauge("onhand_cached_items", "Items whose levels are in memory", () => gauges.writer().cachedItems);
  gauge("onhand_pool_connections", "Connections for reading", () => gauges.pool().total);
  gauge("onhand_pool_idle", "Idle connections for reading", () => gauges.pool().idle);
  gauge("onhand_pool_waiting", "Reads that wait for a connection", () => gauges.pool().waiting);
  gauge("onhand_commands_in_flight", "Commands under way", gauges.inFlightCommands);
  gauge("onhand_feed_waiting", "Readers that wait for a change", gauges.feedWaiting);
}

/** Registers the counter of rows that retention cleared away. @returns what counts them */
export function countCleared(registry: Registry): (rows: number) => void {
  const help = "Rows cleared away because their time was over";
  const cleared = new Counter({ name: "onhand_retention_cleared_rows_total", help, registers: [registry] });
  return (rows) => cleared.inc(rows);
}
