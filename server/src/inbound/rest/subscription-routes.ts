/** /v1/subscriptions/inventory: webhook subscriptions, their log and their dead letters. */
import type {
  BackfillSubscription,
  CreateSubscription,
  PatchSubscription,
  ReplayDeadLetters,
  ReplayDeliveries,
  RotateSecret,
} from "@onhand/protocol/subscriptions";
import type { Reply, Route } from "../../host/route.ts";
import type { Clock } from "../../lib/clock.ts";
import type { KeyedRequest } from "../../registry/remembered.ts";
import type { DeliveryLog } from "../../webhooks/delivery-log.ts";
import type { Changed, ShownSubscription, Subscriptions } from "../../webhooks/subscriptions.ts";
import { filterOfJson } from "../streams/feed-place.ts";
import { ordinaryBodyBytesMax, refuseIfMatch } from "./common.ts";
import type { PageTokens } from "./page-token.ts";
import { attemptOf, deadLetterOf, pingOf, subscriptionOf, subscriptionWithSecret } from "./subscription-views.ts";
import { keyedHeaders, keyedRequest, workRoute } from "./work-parts.ts";

export interface SubscriptionContext {
  readonly subscriptions: Subscriptions;
  readonly log: DeliveryLog;
  readonly pageTokens: PageTokens;
  readonly clock: Clock;
}

/** @returns the routes that manage subscriptions */
export function subscriptionRoutes(context: SubscriptionContext): Route[] {
  return [...manageRoutes(context), ...actRoutes(context), ...logRoutes(context)];
}

function manageRoutes(context: SubscriptionContext): Route[] {
  const { subscriptions, pageTokens } = context;
  return [
    workRoute("listSubscriptions", 0, async ({ query }) => {
      const filters = ["subscriptions"];
      const after = (pageTokens.read(query, filters).after?.[0] as string | undefined) ?? null;
      const { rows, next } = await subscriptions.list(after, query.limit as number);
      const nextCursor = pageTokens.next(next === null ? null : [next], filters, null);
      return { status: 200, body: { data: rows.map((row) => view(context, row)), nextCursor } };
    }),
    workRoute("createSubscription", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const request = keyedRequest(context.clock, call, "createSubscription");
      const body = call.body as CreateSubscription;
      // Types of which there are no events are refused here as on every transport.
      filterOfJson(body.filter, body.types);
      const changed = await subscriptions.create(request, body);
      const reply = await withSecret(context, request, changed, 201);
      return { ...reply, headers: { ...reply.headers, location: pathOf(changed.answer.subscriptionId) } };
    }),
    workRoute("getSubscription", 0, async ({ params }) => {
      const row = await subscriptions.get(params.subscriptionId!);
      return { status: 200, body: view(context, row), headers: { etag: `"${row.version}"` } };
    }),
    workRoute("patchSubscription", ordinaryBodyBytesMax, async (call) => {
      const request = keyedRequest(context.clock, call, "patchSubscription");
      const { subscriptionId } = call.params;
      const body = call.body as PatchSubscription;
      // Types of which there are no events are refused here as on every transport.
      filterOfJson(body.filter, body.types);
      const changed = await subscriptions.patch(request, subscriptionId!, body, call.ifMatchVersion);
      return shown(context, request, changed);
    }),
    workRoute("deleteSubscription", 0, async (call) => {
      const request = keyedRequest(context.clock, call, "deleteSubscription");
      const changed = await subscriptions.delete(request, call.params.subscriptionId!, call.ifMatchVersion);
      return { status: 204, body: null, headers: keyedHeaders(request, changed.isReplayed) };
    }),
  ];
}

function actRoutes(context: SubscriptionContext): Route[] {
  const { subscriptions } = context;
  return [
    workRoute("pauseSubscription", 0, async (call) => {
      const request = keyedRequest(context.clock, call, "pauseSubscription");
      return shown(context, request, await subscriptions.pause(request, call.params.subscriptionId!));
    }),
    workRoute("resumeSubscription", 0, async (call) => {
      const request = keyedRequest(context.clock, call, "resumeSubscription");
      return shown(context, request, await subscriptions.resume(request, call.params.subscriptionId!));
    }),
    workRoute("rotateSubscriptionSecret", ordinaryBodyBytesMax, async (call) => {
      const request = keyedRequest(context.clock, call, "rotateSubscriptionSecret");
      const { subscriptionId } = call.params;
      const changed = await subscriptions.rotateSecret(request, subscriptionId!, call.body as RotateSecret);
      return withSecret(context, request, changed, 200);
    }),
    workRoute("backfillSubscription", ordinaryBodyBytesMax, async (call) => {
      const request = keyedRequest(context.clock, call, "backfillSubscription");
      const { subscriptionId } = call.params;
      return shown(
        context,
        request,
        await subscriptions.backfill(request, subscriptionId!, call.body as BackfillSubscription),
      );
    }),
  ];
}

function logRoutes(context: SubscriptionContext): Route[] {
  const { log, pageTokens } = context;
  return [
    workRoute("pingSubscription", 0, async ({ params, signal }) => ({
      status: 200,
      body: pingOf(await log.ping(params.subscriptionId!, signal)),
      headers: { "cache-control": "no-store" },
    })),
    workRoute("listDeliveries", 0, async ({ params, query }) => {
      const { limit, cursor: _cursor, ...chosen } = query;
      const filters = ["deliveries", params.subscriptionId, chosen.eventId, chosen.outcome];
      const after = pageTokens.read(query, filters).after as [number, string] | null;
      const { rows, next } = await log.attempts(
        params.subscriptionId!,
        { eventId: (chosen.eventId as string) ?? null, outcome: (chosen.outcome as string) ?? null },
        after === null ? null : { atMs: after[0], eventId: after[1] },
        limit as number,
      );
      const nextCursor = pageTokens.next(next === null ? null : [next.atMs, next.eventId], filters, null);
      return { status: 200, body: { data: rows.map(attemptOf), nextCursor } };
    }),
    workRoute("listDeadLetters", 0, async ({ params, query }) => {
      const filters = ["dead letters", params.subscriptionId];
      const after = (pageTokens.read(query, filters).after?.[0] as number | undefined) ?? null;
      const { rows, next } = await log.deadLetters(params.subscriptionId!, after, query.limit as number);
      const nextCursor = pageTokens.next(next === null ? null : [next], filters, null);
      return { status: 200, body: { data: rows.map(deadLetterOf), nextCursor } };
    }),
    workRoute("replayDeliveries", ordinaryBodyBytesMax, async (call) => {
      const request = keyedRequest(context.clock, call, "replayDeliveries");
      const replayed = await log.replay(request, call.params.subscriptionId!, call.body as ReplayDeliveries);
      return { status: 200, body: replayed.answer, headers: keyedHeaders(request, replayed.isReplayed) };
    }),
    workRoute("replayDeadLetters", ordinaryBodyBytesMax, async (call) => {
      const request = keyedRequest(context.clock, call, "replayDeadLetters");
      const replayed = await log.replayDeadLetters(
        request,
        call.params.subscriptionId!,
        call.body as ReplayDeadLetters,
      );
      return { status: 200, body: replayed.answer, headers: keyedHeaders(request, replayed.isReplayed) };
    }),
  ];
}

const pathOf = (subscriptionId: string): string => `/v1/subscriptions/inventory/${subscriptionId}`;

const view = ({ subscriptions }: SubscriptionContext, row: ShownSubscription) =>
  subscriptionOf(row, subscriptions.cursorOf(row));

async function shown(context: SubscriptionContext, request: KeyedRequest, changed: Changed): Promise<Reply> {
  const row = await context.subscriptions.get(changed.answer.subscriptionId);
  const headers = { ...keyedHeaders(request, changed.isReplayed), etag: `"${row.version}"` };
  return { status: 200, body: view(context, row), headers };
}

async function withSecret(
  context: SubscriptionContext,
  request: KeyedRequest,
  changed: Changed,
  status: number,
): Promise<Reply> {
  const row = await context.subscriptions.get(changed.answer.subscriptionId);
  const headers = {
    ...keyedHeaders(request, changed.isReplayed),
    etag: `"${row.version}"`,
    "cache-control": "no-store",
  };
  const body = subscriptionWithSecret(row, context.subscriptions.cursorOf(row), changed.answer.secret!);
  return { status, body, headers };
}
