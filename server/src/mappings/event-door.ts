/**
 * The door of sources: makes lines of what a source sent and hands them to the intake. A payload that cannot be read is kept
 * until a mapping can read it: who sent it cannot mend that, and may not send it again.
 */
import { hash } from "node:crypto";
import type { DryRunSourceMapping, MappingDryRun } from "@onhand/protocol/mappings";
import type { RequestContext } from "../commands/request-context.ts";
import type { Queryable } from "../db/pool.ts";
import { faultOf } from "../intake/check-line.ts";
import type { Intake } from "../intake/intake.ts";
import type { IntakeResult } from "../intake/intake-line.ts";
import type { Resolver } from "../intake/resolver.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { formatRfc3339 } from "../lib/rfc3339.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { originOfSource, type RegisteredSource } from "../sources/source.ts";
import type { MappingMetrics } from "../telemetry/mapping-metrics.ts";
import type { MappingFault } from "./evaluate.ts";
import { type Mapper, MapperFull } from "./mapper.ts";
import { mappingLimits } from "./mapping-limits.ts";
import { expressionOf, type MappingRegistry } from "./mapping-registry.ts";
import { deliveryOf } from "./seen-headers.ts";
import { readLine, type SentLine } from "./sent-line.ts";
import * as sql from "./sql/payloads.ts";

export type { KeptPayloadRow } from "./sql/payloads.ts";

/** A payload as it was sent. */
export interface Payload {
  readonly body: Uint8Array;
  /** Those that mappings see. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Taken {
  readonly results: readonly IntakeResult[];
  readonly mappingVersion: number | null;
  readonly kept: { readonly payloadId: string; readonly problem: MappingFault } | null;
}

export interface Retried {
  readonly read: number;
  readonly kept: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly next: string | null;
}

export interface DoorOptions {
  readonly database: Queryable;
  readonly intake: Pick<Intake, "apply" | "park">;
  readonly resolver: Resolver;
  readonly mapper: Mapper;
  readonly registry: MappingRegistry;
  readonly clock: Clock;
  readonly metrics: MappingMetrics;
}

/** Made of a payload: lines, or why there are none. */
type Mapped = { readonly sent: readonly SentLine[] } | { readonly fault: MappingFault };

const noMapping: MappingFault = {
  code: "expression",
  detail: "The source has no mapping, and this is none of our own lines. Add one with POST …/mappings.",
};
const digestDigits = 32;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** What tells a request of a source from every other one. */
const digestOf = (body: Uint8Array, delivery: string): string =>
  hash("sha256", Buffer.concat([Buffer.from(`${delivery}\n\n`), body]), "hex");

export class EventDoor {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** Takes lines of our own form. @param delivery tells the request from another one with the same lines */
  async lines(
    source: RegisteredSource,
    context: RequestContext,
    sent: readonly SentLine[],
    delivery: string,
  ): Promise<Taken> {
    const digest = digestOf(Buffer.from(JSON.stringify(sent)), delivery);
    const results = await this.#apply(source, context, sent, digest, null);
    this.#options.metrics.payload("applied");
    return { results, mappingVersion: null, kept: null };
  }

  /** Takes a payload through the mapping of its source, or keeps it. @throws WorkRefusal when there is no room for it */
  async payload(source: RegisteredSource, context: RequestContext, payload: Payload): Promise<Taken> {
    const { mappingVersion } = source;
    const digest = digestOf(payload.body, deliveryOf(payload.headers));
    const mapped = await this.#map(source, payload);
    if ("fault" in mapped) {
      const payloadId = await this.#keep(source, payload, digest, mapped.fault);
      // It is alive, whatever it says.
      await this.#apply(source, context, [], digest, null);
      this.#options.metrics.payload("kept");
      return { results: [], mappingVersion, kept: { payloadId, problem: mapped.fault } };
    }
    const results = await this.#apply(source, context, mapped.sent, digest, null);
    this.#options.metrics.payload("applied");
    return { results, mappingVersion, kept: null };
  }

  /** Reads payloads again that wait, the longest waiting first, as many as there is time for. @param after goes on behind this one */
  async retry(source: RegisteredSource, context: RequestContext, after: string | null): Promise<Retried> {
    const { database, clock } = this.#options;
    const { retriedMax, retryMsMax } = mappingLimits;
    const startedAtMs = clock.monotonicMs();
    const { rows } = await database.query<sql.KeptPayloadRow>(sql.listPayloads(source.sourceId, after, retriedMax + 1));
    const verdicts: Record<string, number> = {};
    let read = 0;
    let tried = 0;
    for (const row of rows.slice(0, retriedMax)) {
      if (clock.monotonicMs() - startedAtMs > retryMsMax) break;
      tried += 1;
      const digest = digestOf(row.body, deliveryOf(row.headers));
      const mapped = await this.#map(source, row);
      if ("fault" in mapped) {
        await this.#keep(source, row, digest, mapped.fault);
        continue;
      }
      for (const { verdict } of await this.#apply(source, context, mapped.sent, digest, row.received_at))
        verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      await database.query(sql.deletePayload(source.sourceId, row.payload_id));
      read += 1;
    }
    const next = rows.length > tried ? (rows[tried - 1]?.payload_id ?? after) : null;
    return { read, kept: tried - read, verdicts, next };
  }

  async keptPayloads(sourceId: string, after: string | null, limit: number) {
    const { rows } = await this.#options.database.query<sql.KeptPayloadRow>(
      sql.listPayloads(sourceId, after, limit + 1),
    );
    return { rows: rows.slice(0, limit), next: rows.length > limit ? rows[limit - 1]!.payload_id : null };
  }

  /** @throws WorkRefusal when there is none */
  async discard(sourceId: string, payloadId: string): Promise<void> {
    const { rows } = await this.#options.database.query(sql.deletePayload(sourceId, payloadId));
    if (rows.length === 0) throw noPayload(sourceId, payloadId);
  }

  /** What would become of a payload; nothing is changed. @throws WorkRefusal */
  async dryRun(source: RegisteredSource, context: RequestContext, body: DryRunSourceMapping): Promise<MappingDryRun> {
    const { registry, resolver } = this.#options;
    const { sourceId, document, mappingVersion } = source;
    const payload = await this.#payloadOf(sourceId, body);
    const version = body.version ?? mappingVersion;
    const isNew = body.expression !== undefined || body.ready !== undefined;
    if (!isNew && version === null)
      throw new WorkRefusal("validation_failed", `Source ${sourceId} has no mapping. Send expression, or ready.`, {
        errors: [{ pointer: "/expression", message: "is required, or ready: the source has no mapping" }],
      });
    const expression = isNew ? expressionOf(body, document) : (await registry.version(sourceId, version!)).expression;
    const mapped = await this.#evaluate(source, expression, payload);
    if ("fault" in mapped) return { lines: [], problem: mapped.fault };
    const origin = originOfSource(source, context);
    const digest = digestOf(payload.body, deliveryOf(payload.headers));
    const lines = readAll(mapped.sent, digest, document.timezone);
    const problems = lines.map(({ line, problem }) => problem ?? faultOf(line, origin));
    const sound = lines.flatMap(({ line }, index) => (problems[index] === null ? [line] : []));
    const found = await resolver.resolve(origin.codesOf, sound);
    let next = 0;
    return {
      problem: null,
      lines: lines.map(({ line }, index) => {
        const problem = problems[index]!;
        const shown = { ...mapped.sent[index], operationId: line.operationId };
        if (problem !== null) return { line: shown, productId: null, locationId: null, problem: { ...problem } };
        const each = found[next++]!;
        return "waiting" in each
          ? { line: shown, productId: null, locationId: null, problem: { ...each.waiting.problem } }
          : { line: shown, productId: each.product.productId, locationId: each.locationId, problem: null };
      }),
    };
  }

  async #payloadOf(
    sourceId: string,
    { payload, payloadText, payloadId, mediaType, headers }: DryRunSourceMapping,
  ): Promise<Payload> {
    const given = [payload, payloadText, payloadId].filter((each) => each !== undefined);
    if (given.length !== 1)
      throw new WorkRefusal("validation_failed", "Send one of payload, payloadText and payloadId.", {
        errors: [{ pointer: "/payload", message: "must be there, or payloadText, or payloadId, and only one of them" }],
      });
    if (payloadId !== undefined) {
      const { rows } = await this.#options.database.query<sql.KeptPayloadRow>(sql.selectPayload(sourceId, payloadId));
      if (rows[0] === undefined) throw noPayload(sourceId, payloadId);
      return rows[0];
    }
    const lower = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
    const body = Buffer.from(payloadText ?? JSON.stringify(payload));
    return { body, headers: { "content-type": mediaType ?? "application/json", ...Object.fromEntries(lower) } };
  }

  async #map(source: RegisteredSource, payload: Payload): Promise<Mapped> {
    if (source.mappingVersion === null) return { fault: noMapping };
    const { expression } = await this.#options.registry.version(source.sourceId, source.mappingVersion);
    return this.#evaluate(source, expression, payload);
  }

  async #evaluate({ sourceId }: RegisteredSource, expression: string, { body, headers }: Payload): Promise<Mapped> {
    const { mapper, clock } = this.#options;
    let text: string;
    try {
      text = utf8.decode(body);
    } catch {
      return { fault: { code: "unreadable", detail: "It is no text in UTF-8." } };
    }
    try {
      const mediaType = headers["content-type"] ?? null;
      const receivedAt = formatRfc3339(clock.nowMs());
      const output = await mapper.map({ expression, text, mediaType, headers, sourceId, receivedAt });
      return "fault" in output ? output : { sent: JSON.parse(output.json) };
    } catch (error) {
      if (!(error instanceof MapperFull)) throw error;
      throw new WorkRefusal("overloaded", "Too many payloads wait to be read. Send it again after Retry-After.");
    }
  }

  /** @param atMs when it came, of what came before now: the moment of lines that say none */
  async #apply(
    source: RegisteredSource,
    context: RequestContext,
    sent: readonly SentLine[],
    digest: string,
    atMs: number | null,
  ): Promise<readonly IntakeResult[]> {
    const { intake } = this.#options;
    const origin = originOfSource(source, context);
    const lines = readAll(sent, digest, source.document.timezone).map(({ line, problem }) => ({
      line: { ...line, occurredAtMs: line.occurredAtMs ?? atMs },
      problem,
    }));
    const sound = lines.flatMap(({ line, problem }) => (problem === null ? [line] : []));
    const odd = lines.flatMap(({ line, problem }) =>
      problem === null ? [] : [{ line, problem, reason: "rejected" as const }],
    );
    const applied = await intake.apply(origin, sound);
    const parked = await intake.park(origin, odd);
    let nextSound = 0;
    let nextOdd = 0;
    return lines.map(({ problem }) => (problem === null ? applied[nextSound++]! : parked[nextOdd++]!));
  }

  async #keep(
    { sourceId, mappingVersion }: RegisteredSource,
    { body, headers }: Payload,
    digest: string,
    problem: MappingFault,
  ): Promise<string> {
    const payloadId = sortableId("pay_", this.#options.clock.nowMs());
    const kept = { payloadId, sourceId, digest: Buffer.from(digest, "hex"), body, headers, problem, mappingVersion };
    const { rows } = await this.#options.database.query<{ payload_id: string }>(
      sql.keepPayload(kept, mappingLimits.keptPayloadsMax),
    );
    if (rows[0] !== undefined) return rows[0].payload_id;
    this.#options.metrics.payload("refused");
    throw new WorkRefusal(
      "overloaded",
      `${mappingLimits.keptPayloadsMax} payloads of source ${sourceId} wait for a mapping that can read them. Put it right, then send this again.`,
      { limit: mappingLimits.keptPayloadsMax },
    );
  }
}

const readAll = (sent: readonly SentLine[], digest: string, timezone: string | null) =>
  sent.map((line, index) => readLine(line, `payload:${digest.slice(0, digestDigits)}:${index}`, timezone));

const noPayload = (sourceId: string, payloadId: string): WorkRefusal =>
  new WorkRefusal(
    "not_found",
    `No payload ${payloadId} of source ${sourceId} waits. GET /v1/sources/${sourceId}/payloads lists those that do.`,
  );
