/** Everything about webhooks, put together: managing subscriptions, and delivering them. */
import type { PositionVector } from "../core/record/position-vector.ts";
import type { Database } from "../db/pool.ts";
import type { Feed } from "../feed/feed.ts";
import type { EventWriter } from "../feed/record.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { WebhookGauges, WebhookMetrics } from "../telemetry/webhook-metrics.ts";
import { type Resolve, systemResolve, TargetGuard } from "./address/target-guard.ts";
import { DatabaseTime } from "./database-time.ts";
import { DeliveryLog } from "./delivery-log.ts";
import { DeliveryStore } from "./delivery-store.ts";
import { Dispatcher } from "./dispatcher.ts";
import { EventSource } from "./event-source.ts";
import { Sender } from "./send/sender.ts";
import { SendSlots } from "./send-slots.ts";
import { Subscriptions } from "./subscriptions.ts";

/** Connections to the database for webhooks, apart from those for reading, so that neither waits for the other. */
export const webhookConnectionsMax = 4;

export interface WebhooksOptions {
  /** A pool of its own. */
  readonly database: Database;
  readonly feed: Feed;
  readonly writer: EventWriter;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
  readonly metrics: WebhookMetrics;
  readonly heads: () => Promise<PositionVector>;
  readonly readCursor: (cursor: string) => PositionVector | null;
  readonly eventSource: string;
  readonly version: string;
  readonly allowsPrivateTargets: boolean;
  /** How names are resolved; as the system does when absent. */
  readonly resolve?: Resolve;
}

export interface Webhooks {
  readonly subscriptions: Subscriptions;
  readonly log: DeliveryLog;
  start(): void;
  /** Finishes what is in flight and gives everything back; may be called more than once. */
  stop(): Promise<void>;
  gauges(): WebhookGauges;
}

/** Wires webhooks; nothing is sent before `start`. */
export function openWebhooks(options: WebhooksOptions): Webhooks {
  const { database, clock, logger, metrics, heads, readCursor, eventSource } = options;
  const guard = new TargetGuard({
    allowsPrivate: options.allowsPrivateTargets,
    resolve: options.resolve ?? systemResolve,
  });
  const sender = new Sender({ guard, clock, userAgent: `Onhand/${options.version}` });
  const events = new EventSource(options.feed, options.writer, database);
  const time = new DatabaseTime(clock);
  const parts = {
    store: new DeliveryStore(database, time),
    events,
    sender,
    slots: new SendSlots(),
    clock,
    time,
    metrics,
    logger,
    random: Math.random,
  };
  const dispatcher = new Dispatcher({ database, serverId: sortableId("srv_", clock.nowMs()), parts });
  const onChanged = (): void => dispatcher.nudge();
  let stopping: Promise<void> | null = null;
  return {
    subscriptions: new Subscriptions({ database, guard, events, clock, heads, readCursor, onChanged }),
    log: new DeliveryLog({ database, sender, clock, eventSource, onChanged }),
    start: () => dispatcher.start(),
    stop() {
      stopping ??= dispatcher.stop().then(() => {
        sender.close();
        return database.close();
      });
      return stopping;
    },
    gauges: () => dispatcher.gauges(),
  };
}
