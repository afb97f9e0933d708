/** What delivers webhooks: its own connections to the database, and the feed that it follows. */
import type { Registry } from "prom-client";
import { version } from "../config/version.ts";
import { openDatabase, readSettings, readTimeoutMs } from "../db/pool.ts";
import { systemClock } from "../lib/clock.ts";
import { registerWebhookGauges, webhookMetrics } from "../telemetry/webhook-metrics.ts";
import { openWebhooks, type Webhooks, webhookConnectionsMax } from "../webhooks/webhooks.ts";
import type { FeedSide } from "./feed-side.ts";
import type { WriteSideOptions } from "./write-side.ts";

/** Puts webhooks together; nothing runs yet. */
export function openWebhookSide(
  { config, target, logger, clock = systemClock }: WriteSideOptions,
  registry: Registry,
  { feed, texts, reader, cursors, eventSource }: FeedSide,
): Webhooks {
  const database = openDatabase(
    target,
    { name: "webhooks", role: "application", queryTimeoutMs: readTimeoutMs, settings: readSettings },
    webhookConnectionsMax,
    (error) => logger.warn({ reason: error.message }, "an idle connection was lost"),
  );
  const webhooks = openWebhooks({
    database,
    feed,
    writer: texts,
    clock,
    logger,
    metrics: webhookMetrics(registry),
    heads: () => reader.heads(),
    readCursor: (cursor) => cursors.parse(cursor),
    eventSource,
    version,
    allowsPrivateTargets: config.allowsPrivateWebhookTargets,
  });
  registerWebhookGauges(registry, () => webhooks.gauges());
  return webhooks;
}
