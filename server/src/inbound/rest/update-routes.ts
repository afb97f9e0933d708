/** GET /v1/inventory/updates: the change feed, polled. */

import type { FeedEvent } from "@onhand/protocol/resources";
import { Timestamp } from "@onhand/protocol/schema";
import type { PositionVector } from "../../core/position-vector.ts";
import { PositionLost } from "../../feed/feed-reader.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Route } from "../../host/route.ts";
import { Check } from "../../host/validation.ts";
import { parseRfc3339Ms } from "../../lib/rfc3339.ts";
import { problemOfLostPosition } from "./common.ts";
import type { RestContext } from "./context.ts";
import { eventOf } from "./event-view.ts";

const time = new Check(Timestamp("A time"));

async function positionOf(rest: RestContext, since: unknown): Promise<PositionVector> {
  if (since === undefined) return rest.feedReader.beginning();
  if (time.accepts(since)) return rest.feedReader.positionAt(parseRfc3339Ms(since as string));
  const vector = rest.cursors.parse(since as string);
  if (vector !== null) return vector;
  const message = "is neither an RFC 3339 time nor a cursor of this server";
  throw new ProblemError(
    "validation_failed",
    `since ${message}. Use a cursor exactly as it was given out, or leave it out to read from the beginning.`,
    { errors: [{ pointer: "/since", message }] },
  );
}

async function readOrExplain(rest: RestContext, from: PositionVector, limit: number) {
  try {
    return await rest.feedReader.read(from, limit);
  } catch (error) {
    throw error instanceof PositionLost ? problemOfLostPosition(rest.cursors, error) : error;
  }
}

/** The route of the polled change feed. */
export function updateRoutes(rest: RestContext): Route[] {
  return [
    {
      operationId: "pollUpdates",
      bodyBytesMax: 0,
      async handle({ query, signal }) {
        const limit = query.limit as number;
        const from = await positionOf(rest, query.since);
        const deadlineMs = rest.clock.monotonicMs() + ((query.wait as number | undefined) ?? 0) * 1000;
        let page = await readOrExplain(rest, from, limit);
        for (
          let leftMs = deadlineMs - rest.clock.monotonicMs();
          page.entries.length === 0 && leftMs > 0 && !rest.watcher.isStopped && !signal.aborted;
          leftMs = deadlineMs - rest.clock.monotonicMs()
        ) {
          await rest.watcher.changed(from, leftMs, signal);
          page = await readOrExplain(rest, from, limit);
        }
        const data: FeedEvent[] = page.entries.map((entry) =>
          eventOf(entry, rest.cursors.fromVector(entry.after), rest.eventSource),
        );
        return {
          status: 200,
          body: { data, nextCursor: rest.cursors.fromVector(page.next) },
          headers: { "cache-control": "no-store" },
        };
      },
    },
  ];
}
