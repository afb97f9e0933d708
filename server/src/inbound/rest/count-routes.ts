/** /v1/counts: single counts, and count sessions with their lines and what they come to. */
import type { OpenCountSession, PutCountLines } from "@onhand/protocol/counts";
import type { CountLines } from "../../counts/count-lines.ts";
import type { CountPoster } from "../../counts/count-poster.ts";
import type { CountSessions, ShownSession } from "../../counts/count-sessions.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { bulkBodyBytesMax, ordinaryBodyBytesMax, refuseIfMatch } from "./common.ts";
import type { RestContext } from "./context.ts";
import { countRoute } from "./count-route.ts";
import { countLineOf, hidesExpected, sessionOf, varianceOf } from "./count-views.ts";
import { keyedHeaders, keyedRequest, workRoute } from "./work-parts.ts";

/** What the routes of counts work with beside the others. */
export interface CountContext extends RestContext {
  readonly countSessions: CountSessions;
  readonly countLines: CountLines;
  readonly countPoster: CountPoster;
}

/** @returns the routes of counts and count sessions */
export function countRoutes(rest: CountContext): Route[] {
  return [countRoute(rest), ...readRoutes(rest), ...writeRoutes(rest)];
}

function readRoutes({ countSessions, countLines, pageTokens }: CountContext): Route[] {
  return [
    workRoute("listCountSessions", 0, async ({ query }) => {
      const filter = { locationId: textOrNull(query.locationId), status: textOrNull(query.status) };
      const filters = { list: "count sessions", ...filter };
      const before = (pageTokens.read(query, filters).after?.[0] as string | undefined) ?? null;
      const { rows, next } = await countSessions.list(filter, before, query.limit as number);
      const nextCursor = pageTokens.next(next === null ? null : [next], filters, null);
      return { status: 200, body: { data: rows.map(sessionOf), nextCursor } };
    }),
    workRoute("getCountSession", 0, async ({ params }) => shown(await countSessions.get(params.sessionId!))),
    workRoute("listCountLines", 0, async ({ params, query }) => {
      const session = await countSessions.get(params.sessionId!);
      const verdict = textOrNull(query.verdict) as Parameters<CountLines["list"]>[1];
      const filters = { list: "count lines", sessionId: session.session_id, verdict };
      const after = (pageTokens.read(query, filters).after?.[0] as number | undefined) ?? 0;
      const isBlind = hidesExpected(session);
      const page = await countLines.list(session.session_id, verdict, after, query.limit as number, isBlind);
      const nextCursor = pageTokens.next(page.next === null ? null : [page.next], filters, null);
      return { status: 200, body: { data: page.lines.map((line) => countLineOf(line, isBlind)), nextCursor } };
    }),
    workRoute("getCountVariance", 0, async (call) => {
      const session = await countSessions.get(call.params.sessionId!);
      requireRightToSeeExpected(call, session);
      const variance = await countLines.variance(session.session_id, call.query.limit as number);
      return { status: 200, body: varianceOf(session, variance) };
    }),
  ];
}

function writeRoutes({ countSessions, countLines, countPoster, clock }: CountContext): Route[] {
  return [
    workRoute("openCountSession", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const request = keyedRequest(clock, call, "openCountSession");
      const { answer, isReplayed } = await countSessions.open(request, call.body as OpenCountSession);
      const reply = shown(await countSessions.get(answer.sessionId), keyedHeaders(request, isReplayed));
      const location = `/v1/counts/sessions/${answer.sessionId}`;
      return { ...reply, status: 201, headers: { ...reply.headers, location } };
    }),
    workRoute("putCountLines", bulkBodyBytesMax, async (call) => {
      const request = keyedRequest(clock, call, "putCountLines");
      const { sessionId } = call.params;
      const put = await countLines.put(request, sessionId!, call.body as PutCountLines, call.ifMatchVersion);
      const reply = shown(await countSessions.get(sessionId!), keyedHeaders(request, put.isReplayed));
      return { ...reply, body: { ...put.answer, session: reply.body } };
    }),
    workRoute("postCountSession", 0, async (call) => {
      const request = keyedRequest(clock, call, "postCountSession");
      const poster = { actor: call.principal.keyId, requestId: call.requestId, traceparent: call.traceparent };
      const { sessionId } = call.params;
      const { session, isReplayed } = await countPoster.post(request, sessionId!, poster, call.ifMatchVersion);
      return shown(session, keyedHeaders(request, isReplayed));
    }),
    workRoute("cancelCountSession", 0, async (call) => {
      const request = keyedRequest(clock, call, "cancelCountSession");
      const { sessionId } = call.params;
      const { isReplayed } = await countSessions.cancel(request, sessionId!, call.ifMatchVersion);
      return shown(await countSessions.get(sessionId!), keyedHeaders(request, isReplayed));
    }),
  ];
}

const textOrNull = (value: unknown): string | null => (value as string | undefined) ?? null;

const shown = (row: ShownSession, headers: Record<string, string> = {}): Reply => ({
  status: 200,
  body: sessionOf(row),
  headers: { ...headers, etag: `"${row.version}"` },
});

/** Of a blind session what is expected is for administrators as long as it is counted. @throws ProblemError 403 */
function requireRightToSeeExpected({ principal }: Call, session: ShownSession): void {
  if (!hidesExpected(session) || principal.role === "admin") return;
  throw new ProblemError(
    "forbidden",
    "The session is blind: until it has ended, its variance is for keys with the role admin. Use such a key, or wait.",
  );
}
