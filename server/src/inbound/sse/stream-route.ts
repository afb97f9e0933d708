/** GET /v1/inventory/stream: the change feed as server-sent events. */
import type { Call, Reply, Route } from "../../host/route.ts";
import type { Clock } from "../../lib/clock.ts";
import type { StreamMetrics } from "../../telemetry/stream-metrics.ts";
import { filterKey } from "../streams/event-batches.ts";
import { type FeedAccess, filterOfQuery, follow, placeOf } from "../streams/feed-place.ts";
import type { OpenStreams } from "../streams/open-streams.ts";
import { SseStream } from "./sse-stream.ts";

export interface StreamContext extends FeedAccess {
  readonly streams: OpenStreams;
  readonly streamMetrics: StreamMetrics;
  readonly clock: Clock;
}

/** Opens a stream where the call says: `Last-Event-ID` before `cursor` before `since`, and from now on without them. */
export async function openEventStream(context: StreamContext, call: Call): Promise<Reply> {
  const filter = filterOfQuery(call.query);
  const slot = context.streams.admit("sse", call.principal);
  try {
    const follower = await follow(context, await beginningOf(context, call), filter);
    const { clock, streamMetrics: metrics } = context;
    const stream = new SseStream({ follower, filter: filterKey(filter), slot, clock, metrics, random: Math.random });
    const headers = {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // Proxies must hand on each event at once.
      "x-accel-buffering": "no",
    };
    return { status: 200, body: null, stream, headers };
  } catch (error) {
    slot.free("refused");
    throw error;
  }
}

async function beginningOf(context: StreamContext, { header, query }: Call) {
  const lastEventId = header("last-event-id");
  if (lastEventId !== null && lastEventId !== "") return placeOf(context, "Last-Event-ID", lastEventId);
  if (query.cursor !== undefined) return placeOf(context, "cursor", query.cursor as string);
  if (query.since !== undefined) return placeOf(context, "since", query.since as string);
  return context.feedReader.heads();
}

/** The route of the stream. */
export function streamRoute(context: StreamContext): Route {
  return { operationId: "streamUpdates", bodyBytesMax: 0, handle: (call) => openEventStream(context, call) };
}
