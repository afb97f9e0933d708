/** POST /v1/sources/{id}/events: lines of ours, or whatever a platform sends, by key or by signature. */
import { type SourceAnswer, SourceLines } from "@onhand/protocol/mappings";
import type { Principal } from "../../auth/principal.ts";
import { limits } from "../../core/limits.ts";
import { unverified } from "../../host/pipeline.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { JsonRefused, parseStrictJson } from "../../host/strict-json.ts";
import { Check, requireValid } from "../../host/validation.ts";
import type { IntakeResult } from "../../intake/intake-line.ts";
import type { EventDoor, Taken } from "../../mappings/event-door.ts";
import { mappingLimits } from "../../mappings/mapping-limits.ts";
import { seenHeaders } from "../../mappings/seen-headers.ts";
import type { SentLine } from "../../mappings/sent-line.ts";
import { isSignedBy, signatureHeader } from "../../mappings/signature.ts";
import { WorkRefusal } from "../../registry/work-refusal.ts";
import type { RegisteredSource } from "../../sources/source.ts";
import type { Sources } from "../../sources/sources.ts";
import { refuseIfMatch } from "./common.ts";
import { type RestContext, requestContext } from "./context.ts";
import { itemOfOutcome } from "./views.ts";
import { workRoute } from "./work-parts.ts";

/** What the route of events works with beside the others. */
export interface EventContext extends RestContext {
  readonly sources: Sources;
  readonly eventDoor: EventDoor;
}

const ownLines = new Check(SourceLines);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The route of what sources send. */
export function eventRoute(rest: EventContext): Route {
  const route = workRoute("sendSourceEvents", mappingLimits.payloadBytesMax, async (call) => {
    refuseIfMatch(call);
    if (isPing(call)) return answer(rest, call, { results: [], mappingVersion: null, kept: null });
    const { source, principal } = await admitted(rest, call);
    const context = requestContext(rest, { ...call, principal });
    if (call.payload === null || source.mappingVersion === null) {
      const lines = ownLinesOf(call);
      if (lines !== null)
        return answer(rest, call, await rest.eventDoor.lines(source, context, lines, call.idempotencyKey ?? ""));
    }
    const payload = { body: call.payload!, headers: seenHeaders(call.header) };
    return answer(rest, call, await rest.eventDoor.payload(source, context, payload));
  });
  return { ...route, unverifiedBytesMax: mappingLimits.signedPayloadBytesMax };
}

/** WooCommerce asks whether somebody is there when a webhook is saved, and does not sign that. */
const isPing = ({ principal, payload }: Call): boolean =>
  principal === unverified &&
  payload !== null &&
  payload.length < 40 &&
  /^webhook_id=\d+$/.test(Buffer.from(payload).toString("latin1"));

/**
 * Whose word it is. Without a key the payload must be signed; with one it need not be, but what is signed must be signed well.
 * Who is not known hears the same of a source that there is not as of one whose secret they lack.
 */
async function admitted(
  { sources, clock }: EventContext,
  call: Call,
): Promise<{ readonly source: RegisteredSource; readonly principal: Principal }> {
  const { sourceId } = call.params;
  const isKnown = call.principal !== unverified;
  let source: RegisteredSource;
  try {
    source = await sources.registered(sourceId!);
  } catch (error) {
    if (isKnown || !(error instanceof WorkRefusal)) throw error;
    throw unauthorized();
  }
  const { signature, payloadUrl, name } = source.document;
  const header = signatureHeader(signature);
  if (isKnown && (header === null || call.header(header) === null || call.payload === null))
    return { source, principal: call.principal };
  const isSigned =
    header !== null &&
    isSignedBy(signature, await sources.secrets(sourceId!), {
      body: call.payload!,
      header: call.header,
      urls: payloadUrl === null || payloadUrl === undefined ? addressesOf(call) : [payloadUrl],
      nowMs: clock.nowMs(),
    });
  if (!isSigned) throw unauthorized();
  return { source, principal: isKnown ? call.principal : { keyId: `source:${sourceId}`, name, role: "writer" } };
}

const unauthorized = (): ProblemError =>
  new ProblemError(
    "unauthorized",
    "The payload is not signed as this source's payloads are. Send Authorization: Bearer <API key>, or set the source's signature, its secret and, for Square, its payloadUrl to what the platform uses.",
    {},
    { headers: { "www-authenticate": 'Bearer realm="onhand"' } },
  );

/** The addresses that a request may have been sent to; who forges one of them still lacks the secret. */
function addressesOf(call: Call): string[] {
  const host = call.header("x-forwarded-host") ?? call.header("host") ?? "";
  const path = `/sources/${call.params.sourceId}/events`;
  return ["https", "http"].flatMap((scheme) => [`${scheme}://${host}/v1${path}`, `${scheme}://${host}${path}`]);
}

/** @returns lines of our own form; null for a signed payload that is something else @throws ProblemError for one with a key */
function ownLinesOf(call: Call): readonly SentLine[] | null {
  if (call.payload === null) return (call.body as SourceLines).lines;
  try {
    const body = parseStrictJson(textOf(call.payload), limits.jsonDepthMax);
    requireValid(ownLines, body, "body");
    return (body as SourceLines).lines;
  } catch (error) {
    if (!(error instanceof JsonRefused || error instanceof ProblemError)) throw error;
    // A platform cannot mend it: what it sends waits for a mapping.
    if (call.principal === unverified) return null;
    const detail = `${error.message} A source without a mapping sends { "lines": [ … ] }; other payloads need one: POST /v1/sources/${call.params.sourceId}/mappings`;
    throw new ProblemError(
      "validation_failed",
      detail,
      error instanceof ProblemError ? error.fields : { errors: [{ pointer: "", message: error.message }] },
      { cause: error },
    );
  }
}

function textOf(payload: Uint8Array): string {
  try {
    return decoder.decode(payload);
  } catch {
    throw new JsonRefused("The body is not UTF-8.");
  }
}

function answer(rest: EventContext, call: Call, taken: Taken): Reply {
  const body: SourceAnswer = {
    results: taken.results.map(resultOf),
    mappingVersion: taken.mappingVersion,
    kept: taken.kept,
    cursor: rest.freshness.cursor(),
  };
  // Operations have keys of their own: repeated, the request is answered by them and needs none.
  return { status: 200, body, headers: { "idempotency-key": call.idempotencyKey ?? call.requestId } };
}

function resultOf({ applied, error, ...rest }: IntakeResult): SourceAnswer["results"][number] {
  return {
    ...rest,
    ...(error === undefined ? {} : { error: { ...error } }),
    ...(applied === undefined ? {} : { item: itemOfOutcome(applied.item, applied.sku) }),
    ...(applied?.review === undefined ? {} : { review: applied.review }),
  };
}
