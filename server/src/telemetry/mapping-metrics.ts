/** What is reported of foreign payloads and their mappings, as Prometheus metrics. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export interface MappingMetrics {
  /** An expression was evaluated: `ok`, or what was wrong. */
  evaluated(result: string, tookMs: number): void;
  /** A payload came in: `applied`, `kept` or `refused`. */
  payload(result: "applied" | "kept" | "refused"): void;
}

/** Registers the metrics of payloads. @param waiting payloads that wait to be read */
export function mappingMetrics(registry: Registry, waiting: () => number): MappingMetrics {
  const registers = [registry];
  const seconds = new Histogram({
    name: "onhand_mapping_seconds",
    help: "How long mappings took to read a payload, by what came of it",
    labelNames: ["result"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 5],
    registers,
  });
  const payloads = new Counter({
    name: "onhand_source_payloads_total",
    help: "Requests with lines or payloads of sources, by what came of them",
    labelNames: ["result"],
    registers,
  });
  new Gauge({
    name: "onhand_mapping_waiting",
    help: "Payloads that wait to be read by a mapping",
    registers,
    collect() {
      this.set(waiting());
    },
  });
  return {
    evaluated: (result, tookMs) => seconds.observe({ result }, tookMs / 1_000),
    payload: (result) => payloads.inc({ result }),
  };
}
