/** What workers share, and what the dispatcher is told by them. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { WebhookMetrics } from "../telemetry/webhook-metrics.ts";
import type { DatabaseTime } from "./database-time.ts";
import type { DeliveryStore } from "./delivery-store.ts";
import type { EventSource } from "./event-source.ts";
import type { Sender } from "./send/sender.ts";
import type { SendSlots } from "./send-slots.ts";

export interface WorkerParts {
  readonly store: DeliveryStore;
  readonly events: EventSource;
  readonly sender: Pick<Sender, "send">;
  readonly slots: SendSlots;
  readonly clock: Clock;
  readonly time: DatabaseTime;
  readonly metrics: WebhookMetrics;
  readonly logger: Pick<Logger, "warn">;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** A lease as its holder knows it. */
export interface Lease {
  readonly subscriptionId: string;
  readonly token: number;
  /** Monotonic time after which nothing may be sent, unless it was renewed. */
  validUntilMs: number;
}
