/** The change feed as an endless loop of polls, each of which waits on the server until there is something. */
import type { CallOptions } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { Page } from "./listing.ts";
import { type FeedFilter, filterQuery } from "./live/filter.ts";
import type { FeedEvent } from "./refined-types.ts";
import { endlessRetry } from "./retry.ts";

export interface UpdatesOptions extends CallOptions {
  /** Cursor or RFC 3339 time to begin after; the beginning of the feed when absent. */
  readonly since?: string | null | undefined;
  /** Only changes of these; all when absent. */
  readonly filter?: FeedFilter | undefined;
  /** Only events of these types, e.g. `inventory.adjusted.v1` or `inventory.*`. */
  readonly types?: readonly string[] | undefined;
  /** Events per poll. */
  readonly limit?: number | undefined;
  /** Seconds that the server may hold a poll while nothing happens. */
  readonly waitSeconds?: number | undefined;
}

/** One poll; the client's `pollUpdates`. */
export type Poll = (
  query: { since?: string | undefined; limit: number; wait: number; [filter: string]: string | number | undefined },
  options: CallOptions,
) => Promise<Page<FeedEvent>>;

/** Empty answers that come sooner than this are followed by a pause, lest a server that does not wait be flooded. */
const emptyPollMsMin = 1_000;

/**
 * Every change once it is committed, in order per product. `event.data.cursor` is where to go on after a restart: store
 * it once the event is dealt with. Ends when `signal` aborts. The first poll fails as any call does; later ones are
 * tried until the server is back, unless `retry` says otherwise.
 */
export async function* follow(
  poll: Poll,
  clock: Clock,
  options: UpdatesOptions,
): AsyncGenerator<FeedEvent, void, undefined> {
  const { since: start, limit = 500, waitSeconds: wait = 30, filter = {}, types = [], ...rest } = options;
  const filters = filterQuery(filter, types);
  const { signal } = rest;
  let since = start ?? undefined;
  let call: CallOptions = rest;
  try {
    while (!signal?.aborted) {
      const askedAtMs = clock.monotonicMs();
      const page = await poll({ since, limit, wait, ...filters }, call);
      for (const event of page.data) {
        if (signal?.aborted) return;
        yield event;
      }
      since = page.nextCursor ?? since;
      call = { ...rest, retry: rest.retry ?? endlessRetry };
      const elapsedMs = clock.monotonicMs() - askedAtMs;
      if (page.data.length === 0 && elapsedMs < emptyPollMsMin) await clock.sleep(emptyPollMsMin - elapsedMs, signal);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
