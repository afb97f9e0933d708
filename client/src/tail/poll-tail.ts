/** The feed as a row of polls that wait on the server: works through whatever lets plain requests through. */
import type { Page } from "../listing.ts";
import { filterQuery, isOfTypes } from "../live/filter.ts";
import type { FeedEvent } from "../refined-types.ts";
import { request as send } from "../request.ts";
import { meaningOf } from "./failure.ts";
import { type TailEnd, type TailRequest, tailLimits, type Word } from "./tail.ts";

/** Empty answers that come sooner than this are followed by a pause, lest a server that does not wait be flooded. */
const emptyPollMsMin = 1_000;

/** Follows `GET /v1/inventory/updates`. */
export async function pollTail(request: TailRequest, report: (word: Word) => void): Promise<TailEnd> {
  const { http, signal, types, isFallback } = request;
  const { clock } = http;
  const beganAtMs = clock.monotonicMs();
  const filters = filterQuery(request.filter, types);
  let since = request.cursor;
  let isCaughtUp = false;
  try {
    while (true) {
      if (isFallback && clock.monotonicMs() - beganAtMs > tailLimits.fallbackMsMax) {
        return { kind: "ended", end: { cursor: since, pauseMs: 0, afterMs: 0, transport: "first" } };
      }
      const askedAtMs = clock.monotonicMs();
      const limit = tailLimits.pollEventsMax;
      // The first polls do not wait, so that it shows at once when there is nothing more.
      const query = { ...filters, since, limit, wait: isCaughtUp ? tailLimits.pollWaitSeconds : 0 };
      const call = { method: "GET", path: "/v1/inventory/updates", writes: false, query } as const;
      const { body } = await send<Page<FeedEvent>>(http, call, { signal, retry: false });
      signal.throwIfAborted();
      since = body.nextCursor ?? since;
      const events = body.data.filter((event) => isOfTypes(types, event));
      if (events.length > 0) report({ kind: "events", events, cursor: since });
      const hadWaited = isCaughtUp;
      if (body.data.length < limit) {
        report({ kind: "caughtUp", cursor: since });
        isCaughtUp = true;
      } else report({ kind: "progress", cursor: since });
      const elapsedMs = clock.monotonicMs() - askedAtMs;
      if (hadWaited && body.data.length === 0 && elapsedMs < emptyPollMsMin)
        await clock.sleep(emptyPollMsMin - elapsedMs, signal);
    }
  } catch (error) {
    return meaningOf(error, true);
  }
}
