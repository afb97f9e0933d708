/** What is reported of holds whose time is over, as Prometheus metrics. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface ExpiryMetrics {
  /** What the last look found: reservations that are due, at most so many as one look finds, and the age of the oldest. */
  looked(due: { readonly orders: number; readonly oldestMs: number }): void;
  swept(entries: number): void;
  failed(): void;
}

/** Registers the metrics of the sweeper. */
export function expiryMetrics(registry: Registry): ExpiryMetrics {
  const registers = [registry];
  const overdue = new Gauge({
    name: "onhand_overdue_reservations",
    help: "Reservations that still held units beyond their time at the last look, at most as many as one look finds",
    registers,
  });
  const oldest = new Gauge({
    name: "onhand_overdue_reservation_age_seconds",
    help: "How long the oldest of them had been due",
    registers,
  });
  const swept = new Counter({
    name: "onhand_swept_entries_total",
    help: "Entries by which this server's sweeper released units of reservations that were over",
    registers,
  });
  const failures = new Counter({
    name: "onhand_sweep_failures_total",
    help: "Sweeps that failed and were repeated",
    registers,
  });
  return {
    looked(due) {
      overdue.set(due.orders);
      oldest.set(due.oldestMs / 1000);
    },
    swept: (entries) => swept.inc(entries),
    failed: () => failures.inc(),
  };
}
