/** What the routes work with, wired together in `app.ts`. */
import type { Tickets } from "../../auth/tickets.ts";
import type { RequestContext } from "../../commands/request-context.ts";
import type { Submitter } from "../../commands/submitter.ts";
import type { Command, HoldLimits } from "../../core/command.ts";
import type { Outcome } from "../../core/outcome.ts";
import type { Rejection } from "../../core/rejection.ts";
import type { CursorCodec } from "../../feed/cursor.ts";
import type { Feed } from "../../feed/feed.ts";
import type { FeedReader } from "../../feed/feed-reader.ts";
import type { Freshness } from "../../feed/freshness.ts";
import type { HeadsWatcher } from "../../feed/heads-watcher.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call } from "../../host/route.ts";
import type { Clock } from "../../lib/clock.ts";
import { sortableId } from "../../lib/random-id.ts";
import type { AsOfQueries } from "../../queries/as-of-queries.ts";
import type { CatalogueQueries } from "../../queries/catalogue-queries.ts";
import type { ChannelQueries } from "../../queries/channel-queries.ts";
import type { ItemQueries } from "../../queries/item-queries.ts";
import type { MovementQueries } from "../../queries/movement-queries.ts";
import type { OrderQueries } from "../../queries/order-queries.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { StreamMetrics } from "../../telemetry/stream-metrics.ts";
import type { OpenStreams } from "../streams/open-streams.ts";
import { explainFailure, problemOfRejection } from "./outcome-problems.ts";
import type { PageStart, PageTokens } from "./page-token.ts";

export interface RestContext {
  readonly submitter: Submitter;
  readonly items: ItemQueries;
  readonly asOf: AsOfQueries;
  readonly catalogue: CatalogueQueries;
  readonly movements: MovementQueries;
  readonly orders: OrderQueries;
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
  readonly holdLimits: HoldLimits;
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

/** How often a command whose look-ups were out of date is made anew and asked again, before its caller has to. */
const staleRetriesMax = 5;

/** Makes a command anew from fresh look-ups, after a refusal that rested on old ones. */
export type MakeAnew = (rejection: Rejection) => Promise<Command>;

/** A refusal that is stale is no answer: the command is asked again, as long as somebody can make it anew. */
async function settle(rest: RestContext, command: Command, makeAnew: MakeAnew | undefined) {
  let settled = await rest.submitter.submitOne(command);
  for (let retries = 0; makeAnew !== undefined && retries < staleRetriesMax; retries++) {
    const { outcome } = settled;
    if (outcome.kind !== "rejected" || outcome.rejection.isStale !== true) break;
    settled = await rest.submitter.submitOne(await makeAnew(outcome.rejection));
  }
  return settled;
}

/**
 * Submits one command and gives its outcome.
 * @param sent body of the request, for advice on how to mend it
 * @param makeAnew for commands that rest on look-ups, of the same request under the same key
 * @throws ProblemError for refusals and failures, with the key to ask again by if it is remembered under one
 */
export async function execute<Kind extends Exclude<Outcome["kind"], "rejected">>(
  rest: RestContext,
  context: RequestContext,
  command: Command,
  kind: Kind,
  sent: object = {},
  makeAnew?: MakeAnew,
): Promise<Accepted<Kind>> {
  // What takes nothing is not remembered, so there is no key to ask again by.
  const isRemembered = command.kind !== "reserve" || !command.isDryRun;
  const headers: Record<string, string> = isRemembered ? { "idempotency-key": context.idempotencyKey } : {};
  try {
    const { outcome, headVector, replayed } = await settle(rest, command, makeAnew);
    if (replayed) headers["idempotent-replayed"] = "true";
    if (outcome.kind === "rejected") {
      const hasLines = command.kind === "reserve" || command.kind === "transfer";
      throw problemOfRejection(outcome.rejection, { body: sent, takesIfMatch: true, hasLines });
    }
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
      { ...problem.fields, ...(isRemembered ? { idempotencyKey: context.idempotencyKey } : {}) },
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
