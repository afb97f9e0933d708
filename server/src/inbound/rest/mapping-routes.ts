/** /v1/mappings and /v1/sources/{id}/mappings: how payloads of sources become lines; and payloads that wait. */
import type {
  CreateSourceMapping,
  DryRunSourceMapping,
  KeptPayload,
  RetryKeptPayloads,
  SourceMapping,
  UseSourceMapping,
} from "@onhand/protocol/mappings";
import type { Call, Route } from "../../host/route.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import type { KeptPayloadRow } from "../../mappings/event-door.ts";
import { mappingLimits } from "../../mappings/mapping-limits.ts";
import type { MappingRegistry, MappingRow } from "../../mappings/mapping-registry.ts";
import { readyMappings } from "../../mappings/ready-mappings.ts";
import { sourceChanged } from "../../sources/source-news.ts";
import type { SourceChange } from "../../sources/sources.ts";
import { bulkBodyBytesMax, ordinaryBodyBytesMax, refuseIfMatch } from "./common.ts";
import { requestContext } from "./context.ts";
import { type EventContext, eventRoute } from "./event-route.ts";
import { keyedHeaders, keyedRequest, workRoute } from "./work-parts.ts";

/** What the routes of mappings work with beside the others. */
export interface MappingContext extends EventContext {
  readonly mappingRegistry: MappingRegistry;
}

/** @returns the routes of what sources send, and of mappings */
export function mappingRoutes(rest: MappingContext): Route[] {
  return [eventRoute(rest), ...readRoutes(rest), ...versionRoutes(rest), ...payloadRoutes(rest)];
}

function readRoutes({ sources, mappingRegistry, pageTokens }: MappingContext): Route[] {
  return [
    workRoute("listReadyMappings", 0, async () => ({
      status: 200,
      body: {
        data: [...readyMappings.values()].map(({ name, about, signature, settings, expression }) => ({
          name,
          about,
          signature,
          settings,
          expression,
        })),
      },
    })),
    workRoute("listSourceMappings", 0, async ({ params, query }) => {
      const sourceId = params.sourceId!;
      await sources.get(sourceId);
      const filters = { list: "source mappings", sourceId };
      const before = (pageTokens.read(query, filters).after?.[0] as number | undefined) ?? null;
      const { rows, next } = await mappingRegistry.list(sourceId, before, query.limit as number);
      const nextCursor = pageTokens.next(next === null ? null : [next], filters, null);
      return { status: 200, body: { data: rows.map(mappingOf), nextCursor } };
    }),
  ];
}

function versionRoutes(rest: MappingContext): Route[] {
  const { sources, mappingRegistry, eventDoor, clock } = rest;
  /** What changed is told in the journal, once, also when only a repeat of the request comes so far. */
  const tell = async (call: Call, { sourceId, madeAtMs, version, change, document }: SourceChange): Promise<void> => {
    const teller = { actor: call.principal.keyId, requestId: call.requestId, traceparent: call.traceparent };
    await rest.submitter.submitOne(sourceChanged(teller, sourceId, madeAtMs, version, change, document));
  };
  /** Payloads that waited are read with what is in use now; what goes wrong with that, they go on waiting. */
  const retry = async (call: Call): Promise<void> => {
    try {
      const source = await sources.registered(call.params.sourceId!);
      if (source.mappingVersion !== null) await eventDoor.retry(source, requestContext(rest, call), null);
    } catch (error) {
      rest.logger.error({ err: error }, "payloads that wait could not be read again");
    }
  };
  return [
    workRoute("createSourceMapping", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const request = keyedRequest(clock, call, "createSourceMapping");
      const { sourceId } = call.params;
      const { answer, isReplayed } = await mappingRegistry.add(request, sourceId!, call.body as CreateSourceMapping);
      if (answer.change !== null) {
        await tell(call, answer.change);
        await retry(call);
      }
      const location = `/v1/sources/${sourceId}/mappings`;
      return {
        status: 201,
        body: mappingOf(answer.mapping),
        headers: { ...keyedHeaders(request, isReplayed), location },
      };
    }),
    workRoute("useSourceMapping", ordinaryBodyBytesMax, async (call) => {
      const request = keyedRequest(clock, call, "useSourceMapping");
      const { version } = call.body as UseSourceMapping;
      const { answer, isReplayed } = await mappingRegistry.use(
        request,
        call.params.sourceId!,
        version,
        call.ifMatchVersion,
      );
      await tell(call, answer);
      await retry(call);
      return { status: 200, body: { version }, headers: keyedHeaders(request, isReplayed) };
    }),
    workRoute("dryRunSourceMapping", bulkBodyBytesMax, async (call) => {
      const source = await sources.registered(call.params.sourceId!);
      const body = await eventDoor.dryRun(source, requestContext(rest, call), call.body as DryRunSourceMapping);
      return { status: 200, body };
    }),
  ];
}

function payloadRoutes(rest: MappingContext): Route[] {
  const { sources, eventDoor, pageTokens } = rest;
  return [
    workRoute("listKeptPayloads", 0, async ({ params, query }) => {
      const sourceId = params.sourceId!;
      await sources.get(sourceId);
      const filters = { list: "kept payloads", sourceId };
      const after = (pageTokens.read(query, filters).after?.[0] as string | undefined) ?? null;
      const { rows, next } = await eventDoor.keptPayloads(sourceId, after, query.limit as number);
      const nextCursor = pageTokens.next(next === null ? null : [next], filters, null);
      return { status: 200, body: { data: rows.map(payloadOf), nextCursor } };
    }),
    workRoute("retryKeptPayloads", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const source = await sources.registered(call.params.sourceId!);
      const { after } = call.body as RetryKeptPayloads;
      const retried = await eventDoor.retry(source, requestContext(rest, call), after ?? null);
      // Repeated, it reads what waits by then: lines that were applied are duplicates.
      return { status: 200, body: retried, headers: { "idempotency-key": call.idempotencyKey ?? call.requestId } };
    }),
    workRoute("discardKeptPayload", 0, async (call) => {
      refuseIfMatch(call);
      await eventDoor.discard(call.params.sourceId!, call.params.payloadId!);
      return { status: 204, body: null, headers: { "idempotency-key": call.idempotencyKey ?? call.requestId } };
    }),
  ];
}

const mappingOf = (row: MappingRow): SourceMapping => ({
  sourceId: row.source_id,
  version: row.version,
  expression: row.expression,
  about: row.about,
  createdAt: formatRfc3339(row.created_at),
  createdBy: row.created_by,
});

const payloadOf = (row: KeptPayloadRow): KeptPayload => ({
  payloadId: row.payload_id,
  sourceId: row.source_id,
  body: row.body.toString("utf8").replaceAll("\0", "\uFFFD").slice(0, mappingLimits.shownCharactersMax).toWellFormed(),
  bytes: row.body.length,
  headers: row.headers,
  problem: row.problem,
  mappingVersion: row.mapping_version,
  tries: row.tries,
  receivedAt: formatRfc3339(row.received_at),
  triedAt: formatRfc3339(row.tried_at),
});
