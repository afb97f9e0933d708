/** What the host reports, as Prometheus metrics. */
import { Counter, Histogram, type Registry } from "prom-client";

export interface HttpMetrics {
  answered(operation: string, status: number, elapsedMs: number): void;
}

/** Registers the metrics of answers. */
export function httpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry];
  const answers = new Counter({
    name: "onhand_http_requests_total",
    help: "Answers by operation and status",
    labelNames: ["operation", "status"],
    registers,
  });
  const latency = new Histogram({
    name: "onhand_http_request_seconds",
    help: "Time from reading a request to its answer",
    labelNames: ["operation"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  return {
    answered(operation, status, elapsedMs) {
      answers.inc({ operation, status });
      latency.observe({ operation }, elapsedMs / 1000);
    },
  };
}
