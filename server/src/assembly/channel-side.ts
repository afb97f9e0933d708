/** What keeps channels up to date behind changes of the catalogue. */
import type { Registry } from "prom-client";
import { ChannelRefresher } from "../channels/refresher.ts";
import { systemClock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { channelMetrics } from "../telemetry/channel-metrics.ts";
import type { WriteSide, WriteSideOptions } from "./write-side.ts";

/** Puts the refresher together; nothing runs yet. */
export function openChannelSide(
  { logger, clock = systemClock }: WriteSideOptions,
  registry: Registry,
  { database, installation, submitter }: WriteSide,
): ChannelRefresher {
  const metrics = channelMetrics(registry, () => refresher.lagging);
  const refresher: ChannelRefresher = new ChannelRefresher({
    database,
    submitter,
    partitionCount: installation.partitionCount,
    serverId: sortableId("srv_", clock.nowMs()),
    clock,
    metrics,
    logger,
  });
  return refresher;
}
