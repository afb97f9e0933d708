/** Metrics of streams as a test reads them. */
import { Registry } from "prom-client";
import { type StreamMetrics, streamMetrics } from "../../src/telemetry/stream-metrics.ts";

export interface MetricsLog {
  readonly metrics: StreamMetrics;
  /** Value of a metric, summed over its labels that are not named. */
  value(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
}

/** Metrics in a registry of their own. */
export function metricsLog(): MetricsLog {
  const registry = new Registry();
  return {
    metrics: streamMetrics(registry),
    async value(name, labels = {}) {
      const { values } = (await registry.getSingleMetric(name)!.get()) as {
        values: { value: number; labels: Record<string, string> }[];
      };
      const wanted = values.filter((each) =>
        Object.entries(labels).every(([key, value]) => each.labels[key] === value),
      );
      return wanted.reduce((sum, { value }) => sum + value, 0);
    },
  };
}
