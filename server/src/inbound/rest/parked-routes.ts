/** /v1/parked-lines: what came from sources and devices and could not be applied. */
import {
  type AssignParkedLine,
  type DiscardParkedLine,
  parkedRetryMax,
  type RetryParkedLines,
} from "@onhand/protocol/parked";
import type { Route } from "../../host/route.ts";
import type { ParkedDesk } from "../../intake/parked-desk.ts";
import type { ParkedState } from "../../intake/parked-lines.ts";
import { ordinaryBodyBytesMax, refuseIfMatch } from "./common.ts";
import { type RestContext, requestContext } from "./context.ts";
import { parkedLineOf } from "./source-views.ts";
import { keyedHeaders, keyedRequest, workRoute } from "./work-parts.ts";

/** What the routes of parked lines work with beside the others. */
export interface ParkedContext extends RestContext {
  readonly parkedDesk: ParkedDesk;
}

const textOrNull = (value: unknown): string | null => (value as string | undefined) ?? null;

const filterOf = (said: Readonly<Record<string, unknown>>) => ({
  originKind: textOrNull(said.originKind),
  originId: textOrNull(said.originId),
  reason: textOrNull(said.reason),
  code: textOrNull(said.code),
  owner: textOrNull(said.owner),
});

/** @returns the routes of parked lines */
export function parkedRoutes(rest: ParkedContext): Route[] {
  const { parkedDesk, pageTokens, clock } = rest;
  return [
    workRoute("listParkedLines", 0, async ({ query }) => {
      const filter = { ...filterOf(query), state: query.state === "all" ? null : (query.state as ParkedState) };
      const filters = { list: "parked lines", ...filter };
      const after = textOrNull(pageTokens.read(query, filters).after?.[0]);
      const { rows, next } = await parkedDesk.list(filter, after, query.limit as number);
      const nextCursor = pageTokens.next(next === null ? null : [next], filters, null);
      return { status: 200, body: { data: rows.map(parkedLineOf), nextCursor } };
    }),
    workRoute("getParkedLine", 0, async ({ params }) => ({
      status: 200,
      body: parkedLineOf(await parkedDesk.get(params.parkedId!)),
    })),
    workRoute("retryParkedLines", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      // Each try has a key of its own line: asked for again, what was applied is left alone.
      const { key } = keyedRequest(clock, call, "retryParkedLines");
      const { after = null, ...filter } = (call.body ?? {}) as RetryParkedLines;
      const context = requestContext(rest, call);
      const { retried, next } = await parkedDesk.retryAll(filterOf(filter), after, parkedRetryMax, context);
      const results = retried.map(({ row, result: { applied: _, ...result } }) => ({
        ...result,
        parkedId: row.parked_id,
      }));
      return { status: 200, body: { results, next }, headers: { "idempotency-key": key } };
    }),
    workRoute("retryParkedLine", 0, async (call) => {
      refuseIfMatch(call);
      const { key } = keyedRequest(clock, call, "retryParkedLine");
      const row = await parkedDesk.retry(call.params.parkedId!, requestContext(rest, call));
      return { status: 200, body: parkedLineOf(row), headers: { "idempotency-key": key } };
    }),
    workRoute("assignParkedLine", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const { parkedId } = call.params;
      const { owner, note } = call.body as AssignParkedLine;
      const request = keyedRequest(clock, call, "assignParkedLine");
      const { isReplayed } = await parkedDesk.assign(request, parkedId!, owner, note ?? null);
      const body = parkedLineOf(await parkedDesk.get(parkedId!));
      return { status: 200, body, headers: keyedHeaders(request, isReplayed) };
    }),
    workRoute("discardParkedLine", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const { parkedId } = call.params;
      const { note } = (call.body ?? {}) as DiscardParkedLine;
      const request = keyedRequest(clock, call, "discardParkedLine");
      const { isReplayed } = await parkedDesk.discard(request, parkedId!, note ?? null);
      const body = parkedLineOf(await parkedDesk.get(parkedId!));
      return { status: 200, body, headers: keyedHeaders(request, isReplayed) };
    }),
  ];
}
