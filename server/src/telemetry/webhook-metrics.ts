/** What the delivery of webhooks reports, as Prometheus metrics. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export interface WebhookMetrics {
  tried(outcome: string, latencyMs: number): void;
  diedOff(count: number): void;
  disabled(reason: string): void;
  superseded(count: number): void;
}

/** What is read when it is asked for. Totals are of the whole installation, as last seen by this server. */
export interface WebhookGauges {
  readonly held: number;
  readonly inFlight: number;
  readonly openBreakers: number;
  readonly queued: number;
  readonly oldestSeconds: number;
  readonly deadLetters: number;
  readonly disabled: number;
}

/** Registers the metrics of webhooks. */
export function webhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  const tries = new Counter({
    name: "onhand_webhook_tries_total",
    help: "Tries to deliver an event, by what came of them",
    labelNames: ["outcome"],
    registers,
  });
  const latency = new Histogram({
    name: "onhand_webhook_try_seconds",
    help: "Time of a try, from resolving the name to the end of the answer",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
    registers,
  });
  const dead = new Counter({
    name: "onhand_webhook_dead_letters_total",
    help: "Deliveries that were given up by this server",
    registers,
  });
  const disabled = new Counter({
    name: "onhand_webhook_disabled_total",
    help: "Subscriptions that this server disabled",
    labelNames: ["reason"],
    registers,
  });
  const superseded = new Counter({
    name: "onhand_webhook_superseded_total",
    help: "Deliveries of the ordering latest that newer ones took the place of",
    registers,
  });
  return {
    tried(outcome, latencyMs) {
      tries.inc({ outcome });
      latency.observe(latencyMs / 1000);
    },
    diedOff: (count) => dead.inc(count),
    disabled: (reason) => disabled.inc({ reason }),
    superseded: (count) => superseded.inc(count),
  };
}

/** Registers the gauges of webhooks. */
export function registerWebhookGauges(registry: Registry, read: () => WebhookGauges): void {
  const gauge = (name: string, help: string, of: (gauges: WebhookGauges) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(of(read()));
      },
    });
  };
  gauge("onhand_webhook_subscriptions_held", "Subscriptions that this server delivers", (all) => all.held);
  gauge("onhand_webhook_in_flight", "Deliveries under way from this server", (all) => all.inFlight);
  gauge("onhand_webhook_open_breakers", "Endpoints that this server only probes", (all) => all.openBreakers);
  gauge("onhand_webhook_queued", "Deliveries that wait, of all servers", (all) => all.queued);
  gauge("onhand_webhook_oldest_seconds", "Age of the oldest delivery that waits", (all) => all.oldestSeconds);
  gauge("onhand_webhook_dead_letters", "Deliveries that were given up and are kept", (all) => all.deadLetters);
  gauge("onhand_webhook_subscriptions_disabled", "Subscriptions that are disabled", (all) => all.disabled);
}
