/** GET /v1/inventory/updates: the change feed, polled; as a stream for those who accept one. */
import type { Follower, NextOptions } from "../../feed/follower.ts";
import type { FeedRecord } from "../../feed/record.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { openEventStream, type StreamContext } from "../sse/stream-route.ts";
import { filterOfQuery, follow, placeOf, problemOfLost } from "../streams/feed-place.ts";

const wantsStream = ({ header }: Call): boolean => /\btext\/event-stream\b/i.test(header("accept") ?? "");

const pollLimits = {
  /** How long a poll waits for this server to see what others had committed when it was asked. */
  catchUpMsMax: 1_000,
  /** Polls under way, most of which wait. */
  pollsMax: 5_000,
} as const;

/** As many callers poll as this server lets wait. */
class TooManyReaders extends Error {
  override readonly name = "TooManyReaders";
}

/** Everything that was committed when the call came in, up to `max`; waits only when that is nothing. */
async function readOn(context: StreamContext, follower: Follower, options: NextOptions): Promise<FeedRecord[]> {
  const { clock } = context;
  const heads = await context.feedReader.heads();
  const isThere = (): boolean =>
    heads.positions.every((position, partition) => position <= (follower.position.positions[partition] ?? 0));
  const records = [...(await follower.next({ ...options, waitMs: 0 }))];
  const startedAtMs = clock.monotonicMs();
  const leftMs = (limitMs: number): number => Math.max(0, limitMs - (clock.monotonicMs() - startedAtMs));
  const isDone = (): boolean => records.length >= options.max || options.signal.aborted;
  while (!isDone() && !isThere() && leftMs(pollLimits.catchUpMsMax) > 0) {
    const max = options.max - records.length;
    const more = await follower.next({ ...options, max, waitMs: leftMs(pollLimits.catchUpMsMax) });
    if (more.length === 0) break;
    records.push(...more);
  }
  if (records.length > 0 || isDone()) return records;
  return [...(await follower.next({ ...options, waitMs: leftMs(options.waitMs) }))];
}

async function poll(context: StreamContext, { query, signal }: Call): Promise<Reply> {
  const filter = filterOfQuery(query);
  const since = query.since as string | undefined;
  const from = since === undefined ? await context.feedReader.beginning() : await placeOf(context, "since", since);
  const follower = await follow(context, from, filter);
  try {
    const waitMs = ((query.wait as number | undefined) ?? 0) * 1000;
    const records = await readOn(context, follower, { max: query.limit as number, waitMs, signal });
    const events = records.map(({ json }) => json).join(",");
    const json = `{"data":[${events}],"nextCursor":"${follower.cursor()}"}`;
    return { status: 200, body: null, json, headers: { "cache-control": "no-store" } };
  } catch (error) {
    throw problemOfLost(context, error);
  } finally {
    follower.close();
  }
}

/** The route of the polled change feed. */
export function updateRoutes(context: StreamContext): Route[] {
  let polls = 0;
  return [
    {
      operationId: "pollUpdates",
      bodyBytesMax: 0,
      async handle(call) {
        if (wantsStream(call)) return openEventStream(context, call);
        if (polls >= pollLimits.pollsMax) throw new TooManyReaders("too many readers wait for changes");
        polls += 1;
        try {
          return await poll(context, call);
        } finally {
          polls -= 1;
        }
      },
    },
  ];
}
