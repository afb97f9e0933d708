/** What is reported of channels that are brought up to date, as Prometheus metrics. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface ChannelMetrics {
  /** A channel was walked through: products that were looked at, and numbers that were told. */
  walked(walked: { readonly products: number; readonly told: number }): void;
  failed(): void;
}

/** Registers the metrics of the refresher. @param lagging channels that lag behind the catalogue, read when it is asked for */
export function channelMetrics(registry: Registry, lagging: () => number): ChannelMetrics {
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers: [registry] });
  const walks = counter(
    "onhand_channel_walks_total",
    "Channels that this server walked through after a change of the catalogue",
  );
  const products = counter("onhand_channel_products_total", "Products that were looked at in those walks");
  const told = counter("onhand_channel_corrections_total", "Numbers of channels that were told in those walks");
  const failures = counter("onhand_channel_refresh_failures_total", "Walks and looks that failed and were repeated");
  new Gauge({
    name: "onhand_channels_lagging",
    help: "Channels whose numbers lag behind the catalogue, on the server that looks after them",
    registers: [registry],
    collect() {
      this.set(lagging());
    },
  });
  return {
    walked(walked) {
      walks.inc();
      products.inc(walked.products);
      told.inc(walked.told);
    },
    failed: () => failures.inc(),
  };
}
