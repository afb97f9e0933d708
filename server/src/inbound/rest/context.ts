/** What the routes work with, wired together in `app.ts`. */
import type { Tickets } from "../../auth/tickets.ts";
import type { RequestContext } from "../../commands/request-context.ts";
import type { Submitter } from "../../commands/submitter.ts";
import type { Command } from "../../core/command.ts";
import type { Outcome } from "../../core/outcome.ts";
import type { CursorCodec } from "../../feed/cursor.ts";
import type { Feed } from "../../feed/feed.ts";
import type { FeedReader } from "../../feed/feed-reader.ts";
import type { Freshness } from "../../feed/freshness.ts";
import type { HeadsWatcher } from "../../feed/heads-watcher.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call } from "../../host/route.ts";
import type { Clock } from "../../lib/clock.ts";
import { sortableId } from "../../lib/random-id.ts";
import type { CatalogueQueries } from "../../queries/catalogue-queries.ts";
import type { ChannelQueries } from "../../queries/channel-queries.ts";
import type { ItemQueries } from "../../queries/item-queries.ts";
import type { MovementQueries } from "../../queries/movement-queries.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { StreamMetrics } from "../../telemetry/stream-metrics.ts";
import type { OpenStreams } from "../streams/open-streams.ts";
import { explainFailure, problemOfRejection } from "./outcome-problems.ts";
import type { PageStart, PageTokens } from "./page-token.ts";

export interface RestContext {
  readonly submitter: Submitter;
  readonly items: ItemQueries;
  readonly catalogue: CatalogueQueries;
  readonly movements: MovementQueries;
  readonly channels: ChannelQueries;
  readonly cursors: CursorCodec;
  readonly feed: Feed;
  readonly feedReader: FeedReader;
  readonly watcher: HeadsWatcher;
  readonly freshness: Freshness;
  readonly pageTokens: PageTokens;
  readonly tickets: Tickets;
  readonly streams: OpenStreams;
  readonly streamMetrics: StreamMetrics;
  readonly clock: Clock;
  readonly defaultCurrency: string;
  readonly logger: Pick<Logger, "error">;
  /** `source` of events. */
  readonly eventSource: string;
}

/** The context of a call's commands, with a key that was made when the caller sent none. */
export function requestContext(rest: RestContext, call: Call, operationId?: string): RequestContext {
  return {
    principal: call.principal,
    idempotencyKey: operationId ?? call.idempotencyKey ?? sortableId("made_", rest.clock.nowMs()),
    requestId: call.requestId,
    traceparent: call.traceparent,
    source: null,
  };
}

export interface Accepted<Kind extends Outcome["kind"]> {
  readonly outcome: Extract<Outcome, { kind: Kind }>;
  readonly cursor: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What every page of a listing carries: the cursor of its first page, taken before its rows are read. */
export async function feedCursorOf(rest: RestContext, start: PageStart): Promise<string> {
  return start.feedCursor ?? rest.cursors.fromVector((await rest.watcher.read()).vector);
}

/**
 * Submits one command and gives its outcome.
 * @param sent body of the request, for advice on how to mend it
 * @throws ProblemError for refusals and failures, with the key to ask again by
 */
export async function execute<Kind extends Exclude<Outcome["kind"], "rejected">>(
  rest: RestContext,
  context: RequestContext,
  command: Command,
  kind: Kind,
  sent: object = {},
): Promise<Accepted<Kind>> {
  const headers: Record<string, string> = { "idempotency-key": context.idempotencyKey };
  try {
    const { outcome, headVector, replayed } = await rest.submitter.submitOne(command);
    if (replayed) headers["idempotent-replayed"] = "true";
    if (outcome.kind === "rejected") throw problemOfRejection(outcome.rejection, { body: sent, takesIfMatch: true });
    if (outcome.kind !== kind) throw new Error(`a ${kind} command came to ${outcome.kind}`);
    return {
      outcome: outcome as Extract<Outcome, { kind: Kind }>,
      cursor: rest.cursors.fromBytes(headVector),
      headers,
    };
  } catch (error) {
    const problem = error instanceof ProblemError ? error : explainFailure(error);
    if (problem === null) throw error;
    throw new ProblemError(
      problem.code,
      problem.message,
      { ...problem.fields, idempotencyKey: context.idempotencyKey },
      {
        headers: { ...problem.headers, ...headers },
        status: problem.status,
        isRemembered: problem.isRemembered,
        cause: error,
      },
    );
  }
}

/** @throws ProblemError 404 */
export function notFound(what: string): ProblemError {
  return new ProblemError("not_found", `There is no ${what}. Check the id, or create it first.`);
}
