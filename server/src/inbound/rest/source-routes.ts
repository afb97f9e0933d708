/** /v1/sources: the register of sources, what they call things, what they were told and what they stated. */
import {
  type AddSourceSecret,
  type CreateSource,
  type PatchSource,
  type PublishToSource,
  type PutSourceCodes,
  sourceCodeKinds,
} from "@onhand/protocol/sources";
import type { Call, Reply, Route } from "../../host/route.ts";
import type { Remembered } from "../../registry/remembered.ts";
import type { SourceBooks } from "../../sources/source-books.ts";
import type { SourceKeeper } from "../../sources/source-keeper.ts";
import { sourceChanged } from "../../sources/source-news.ts";
import type { SourceChange, Sources } from "../../sources/sources.ts";
import { bulkBodyBytesMax, livesOf, ordinaryBodyBytesMax, refuseIfMatch } from "./common.ts";
import { type RestContext, requestContext } from "./context.ts";
import { codeOf, sourceOf, statementOf } from "./source-views.ts";
import { keyedHeaders, keyedRequest, workRoute } from "./work-parts.ts";

/** What the routes of sources work with beside the others. */
export interface SourceContext extends RestContext {
  readonly sources: Sources;
  readonly sourceBooks: SourceBooks;
  readonly sourceKeeper: Pick<SourceKeeper, "retryMapped" | "wake">;
}

/** @returns the routes of sources */
export function sourceRoutes(rest: SourceContext): Route[] {
  return [...readRoutes(rest), ...writeRoutes(rest), ...bookRoutes(rest)];
}

const textOrNull = (value: unknown): string | null => (value as string | undefined) ?? null;

function readRoutes({ sources, sourceBooks, pageTokens }: SourceContext): Route[] {
  return [
    workRoute("listSources", 0, async ({ query }) => {
      const filters = { list: "sources", status: query.status };
      const after = textOrNull(pageTokens.read(query, filters).after?.[0]);
      const { rows, next } = await sources.list(livesOf(query.status), after, query.limit as number);
      const nextCursor = pageTokens.next(next === null ? null : [next], filters, null);
      return { status: 200, body: { data: rows.map(sourceOf), nextCursor } };
    }),
    workRoute("getSource", 0, async ({ params }) => {
      const row = await sources.get(params.sourceId!);
      return { status: 200, body: sourceOf(row), headers: { etag: `"${row.version}"` } };
    }),
    workRoute("listSourceCodes", 0, async ({ params, query }) => {
      const kind = textOrNull(query.kind);
      const targetId = textOrNull(query.targetId);
      const filters = { list: "source codes", sourceId: params.sourceId, kind, targetId };
      const filter = { kind: kind === null ? null : sourceCodeKinds.indexOf(kind as "product"), targetId };
      const { after } = pageTokens.read(query, filters);
      const page = await sourceBooks.codes(params.sourceId!, filter, after, query.limit as number);
      return {
        status: 200,
        body: { data: page.rows.map(codeOf), nextCursor: pageTokens.next(page.next, filters, null) },
      };
    }),
    workRoute("listSourceStatements", 0, async ({ params, query }) => {
      const filter = { productId: textOrNull(query.productId), locationId: textOrNull(query.locationId) };
      const filters = { list: "source statements", sourceId: params.sourceId, ...filter };
      const { after } = pageTokens.read(query, filters);
      const page = await sourceBooks.statements(params.sourceId!, filter, after, query.limit as number);
      return {
        status: 200,
        body: { data: page.rows.map(statementOf), nextCursor: pageTokens.next(page.next, filters, null) },
      };
    }),
  ];
}

function writeRoutes(rest: SourceContext): Route[] {
  const { sources, clock } = rest;
  /** What changed is told in the journal, once, also when only a repeat of the request comes so far. */
  const tell = async (call: Call, { sourceId, madeAtMs, version, change, document }: SourceChange): Promise<void> => {
    const teller = { actor: call.principal.keyId, requestId: call.requestId, traceparent: call.traceparent };
    await rest.submitter.submitOne(sourceChanged(teller, sourceId, madeAtMs, version, change, document));
  };
  const changing = async (
    call: Call,
    operation: "createSource" | "patchSource" | "addSourceSecret" | "removeSourceSecret",
    work: (request: ReturnType<typeof keyedRequest>) => Promise<Remembered<SourceChange>>,
  ): Promise<Reply> => {
    const request = keyedRequest(clock, call, operation);
    const { answer, isReplayed } = await work(request);
    await tell(call, answer);
    const row = await sources.get(answer.sourceId);
    const headers = { ...keyedHeaders(request, isReplayed), etag: `"${row.version}"` };
    return { status: 200, body: sourceOf(row), headers };
  };
  return [
    workRoute("createSource", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const reply = await changing(call, "createSource", (request) =>
        sources.create(request, call.body as CreateSource),
      );
      const location = `/v1/sources/${(reply.body as { sourceId: string }).sourceId}`;
      return { ...reply, status: 201, headers: { ...reply.headers, location } };
    }),
    workRoute("patchSource", ordinaryBodyBytesMax, (call) =>
      changing(call, "patchSource", (request) =>
        sources.patch(request, call.params.sourceId!, call.body as PatchSource, call.ifMatchVersion),
      ),
    ),
    workRoute("deleteSource", 0, async (call) => {
      const request = keyedRequest(clock, call, "deleteSource");
      const { answer, isReplayed } = await sources.remove(
        { ...request, content: [request.content, call.query] },
        call.params.sourceId!,
        call.query.archive === true,
        call.ifMatchVersion,
      );
      await tell(call, answer);
      return { status: 204, body: null, headers: keyedHeaders(request, isReplayed) };
    }),
    workRoute("addSourceSecret", ordinaryBodyBytesMax, (call) =>
      changing(call, "addSourceSecret", (request) =>
        sources.addSecret(request, call.params.sourceId!, call.body as AddSourceSecret, call.ifMatchVersion),
      ),
    ),
    workRoute("removeSourceSecret", 0, (call) =>
      changing(call, "removeSourceSecret", (request) =>
        sources.removeSecret(request, call.params.sourceId!, call.params.secretId!, call.ifMatchVersion),
      ),
    ),
  ];
}

function bookRoutes(rest: SourceContext): Route[] {
  const { sourceBooks, sourceKeeper, clock } = rest;
  return [
    workRoute("putSourceCodes", bulkBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const { sourceId } = call.params;
      const request = keyedRequest(clock, call, "putSourceCodes");
      const { answer, isReplayed } = await sourceBooks.putCodes(request, sourceId!, call.body as PutSourceCodes);
      const retried = await sourceKeeper.retryMapped(sourceId!, requestContext(rest, call));
      sourceKeeper.wake();
      return { status: 200, body: { ...answer, retried }, headers: keyedHeaders(request, isReplayed) };
    }),
    workRoute("publishToSource", bulkBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const request = keyedRequest(clock, call, "publishToSource");
      const { answer, isReplayed } = await sourceBooks.publish(
        request,
        call.params.sourceId!,
        call.body as PublishToSource,
      );
      return { status: 200, body: answer, headers: keyedHeaders(request, isReplayed) };
    }),
  ];
}
