/** What the routes work with, put together from the incoming and the outgoing side. */
import type { Registry } from "prom-client";
import type { Keyring } from "../auth/keyring.ts";
import { Tickets } from "../auth/tickets.ts";
import { Freshness } from "../feed/freshness.ts";
import type { RestContext } from "../inbound/rest/context.ts";
import { PageTokens } from "../inbound/rest/page-token.ts";
import { OpenStreams } from "../inbound/streams/open-streams.ts";
import { systemClock } from "../lib/clock.ts";
import { AsOfQueries } from "../queries/as-of-queries.ts";
import { CatalogueQueries } from "../queries/catalogue-queries.ts";
import { ChannelQueries } from "../queries/channel-queries.ts";
import { MovementQueries } from "../queries/movement-queries.ts";
import { OrderQueries } from "../queries/order-queries.ts";
import { asOfMetrics } from "../telemetry/checkpoint-metrics.ts";
import { streamMetrics } from "../telemetry/stream-metrics.ts";
import type { FeedSide } from "./feed-side.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

/** @returns the context of every route */
export function openRestSide(
  { config, logger, clock = systemClock }: WriteSideOptions,
  registry: Registry,
  keyring: Keyring,
  { database, installation, submitter, items, board }: WriteSide,
  { watcher, reader, feed, cursors, eventSource, signer }: FeedSide,
): RestContext {
  const metrics = streamMetrics(registry);
  return {
    submitter,
    items,
    asOf: new AsOfQueries(database, asOfMetrics(registry)),
    catalogue: new CatalogueQueries(database, installation.partitionCount),
    movements: new MovementQueries(database),
    orders: new OrderQueries(database),
    channels: new ChannelQueries(database, installation.partitionCount),
    cursors,
    feed,
    feedReader: reader,
    watcher,
    freshness: new Freshness({ board, cursors, reader, watcher, clock }),
    pageTokens: new PageTokens(signer),
    tickets: new Tickets(database, () => metrics.ticketIssued()),
    streams: new OpenStreams(config.streamsMax, metrics, keyring),
    streamMetrics: metrics,
    clock,
    defaultCurrency: config.defaultCurrency,
    holdLimits: { unitsPerBuyer: config.holdUnitsPerBuyerMax, percentPerPrincipal: config.holdPercentPerKeyMax },
    eventSource,
    logger,
  };
}
