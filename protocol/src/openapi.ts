/** The OpenAPI 3.1 document, made from the table of operations. */
import Type from "typebox";
import { ImportSummary, Job, RowResult } from "./bulk.ts";
import { isExportable, type Operation, operations } from "./operations.ts";
import { Problem, problemKinds } from "./problems.ts";

const problemContent = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

const conventions = `One source of truth for stock across every place a business sells from.

**Idempotency.** Every write takes \`Idempotency-Key\` (or \`operationId\` in the body or line): the same key with the same body gives the first answer again, with \`Idempotent-Replayed: true\`; with another body it is refused with 422.

**Concurrency.** Every item, product and location has a \`version\` and a strong \`ETag\`; \`If-Match\` is honoured everywhere. Setting an absolute level needs a guard.

**Errors** are RFC 9457 problems; their codes are listed under [/docs/problems](/docs/problems).`;

type Json = Record<string, unknown>;

const cursorHeader = {
  "Onhand-Cursor": {
    description: "Place in the change feed that the answer has reached: reading on from it misses nothing",
    schema: { type: "string" },
  },
};

/** Schemas with an `$id` become components, everything else stays in place. */
export function collect(schema: unknown, components: Json): unknown {
  if (Array.isArray(schema)) return schema.map((element) => collect(element, components));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $id, ...rest } = schema as Json;
  const plain = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, collect(value, components)]));
  if (typeof $id !== "string") return plain;
  components[$id] = plain;
  return { $ref: `#/components/schemas/${$id}` };
}

function parametersOf(operation: Operation, components: Json): Json[] {
  const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const required = (operation.query as { required?: string[] } | undefined)?.required ?? [];
  const inQuery = Object.entries((operation.query?.properties ?? {}) as Record<string, Json>).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(schema.description === undefined ? {} : { description: schema.description }),
    schema: collect(schema, components),
  }));
  const ticket =
    operation.takesTicket === true
      ? [
          {
            name: "ticket",
            in: "query",
            required: false,
            description: "Ticket of `POST /v1/stream-tickets`, in place of the `Authorization` header",
            schema: { type: "string" },
          },
        ]
      : [];
  const headers = operation.writes
    ? [
        {
          name: "Idempotency-Key",
          in: "header",
          required: false,
          description: "Makes a repeat harmless; the client library always sends one",
          schema: { type: "string", minLength: 1, maxLength: 255 },
        },
        {
          name: "If-Match",
          in: "header",
          required: false,
          description: "ETag that the resource must have",
          schema: { type: "string" },
        },
      ]
    : [];
  return [...inPath, ...inQuery, ...ticket, ...headers];
}

/** Whether the answer says in `Onhand-Cursor` what it has reached. */
const tellsFreshness = (operation: Operation): boolean => operation.query?.properties.minCursor !== undefined;

/** Codes that an operation may answer with besides success. */
function problemsOf(operation: Operation): (keyof typeof problemKinds)[] {
  const always = ["validation_failed", "unauthorized", "forbidden", "internal", "overloaded", "not_ready"] as const;
  const byId = operation.path.includes("{") ? (["not_found"] as const) : [];
  const body =
    operation.body === undefined && operation.opens !== "rows"
      ? []
      : (["payload_too_large", "unsupported_media_type"] as const);
  const writes = operation.writes
    ? ([
        "not_found",
        "already_exists",
        "insufficient_stock",
        "version_conflict",
        "in_use",
        "archived",
        "precondition_required",
        "idempotency_key_reused",
        "outcome_unknown",
      ] as const)
    : [];
  const orders =
    operation.writes && /^\/v1\/(jobs|imports)/.test(operation.path)
      ? (["already_ended"] as const)
      : operation.writes && /^\/v1\/(reservations|transfers|supplies)/.test(operation.path)
        ? (["reservation_expired", "already_ended", "hold_limit_exceeded"] as const)
        : [];
  const feed = /\/(updates|stream|backfill)$/.test(operation.path) ? (["cursor_expired"] as const) : [];
  const fresh = tellsFreshness(operation) ? (["cursor_expired", "not_fresh"] as const) : [];
  return [...new Set([...always, ...byId, ...body, ...writes, ...orders, ...feed, ...fresh])];
}

const doneAs = ({ opens }: Operation): string => {
  if (opens === undefined) return "Done";
  if (opens === "rows") return "A line for each row as soon as it is decided, and a last one with the sums";
  return opens === "websocket" ? "The WebSocket is open" : "The stream, until one side ends it";
};

const contentOf = ({ opens }: Operation, components: Json): Json => {
  if (opens === "event-stream") return { content: { "text/event-stream": { schema: { type: "string" } } } };
  if (opens !== "rows") return {};
  const line = collect(Type.Union([RowResult, ImportSummary]), components);
  return { content: { "application/x-ndjson": { schema: line } } };
};

const wholeList = {
  "application/x-ndjson": { schema: { type: "string", description: "All rows of the list, one on each line" } },
  "text/csv": { schema: { type: "string", description: "All rows of the list, with a header" } },
};

function responsesOf(operation: Operation, components: Json): Json {
  const responses: Record<string, Json> = {};
  const headers = {
    "X-Request-Id": { schema: { type: "string" } },
    ...(tellsFreshness(operation) ? cursorHeader : {}),
  };
  responses[operation.status] =
    operation.response === null
      ? { description: doneAs(operation), headers, ...contentOf(operation, components) }
      : {
          description: "Success",
          headers,
          content: {
            "application/json": { schema: collect(operation.response, components) },
            ...(isExportable(operation) ? wholeList : {}),
          },
        };
  if (operation.opens === "rows")
    responses["202"] = {
      description: "With `Prefer: respond-async`: the job, which has all rows and works on them",
      headers,
      content: { "application/json": { schema: collect(Job, components) } },
    };
  if (operation.statusOfDryRun !== undefined)
    responses[operation.statusOfDryRun] = {
      ...responses[operation.status],
      description: "What it would come to; nothing was made (`dryRun`)",
    };
  if (operation.method === "GET" && operation.opens === undefined)
    responses["304"] = { description: "Not modified: `If-None-Match` names the current ETag" };
  const problems = problemsOf(operation);
  if (operation.writes)
    responses["412"] = { description: "`If-Match` is stale (`version_conflict`)", content: problemContent };
  for (const code of problems) {
    const { status, title } = problemKinds[code];
    const known = responses[status]?.description;
    responses[status] = {
      description: known === undefined ? `${title} (\`${code}\`)` : `${known} · ${title} (\`${code}\`)`,
      content: problemContent,
    };
  }
  // A bulk request that is applied together answers 409 with the verdict of each line.
  if (operation.path.endsWith("/bulk-update")) {
    responses["409"] = {
      description: "An atomic line was refused and nothing was applied: its problem, with the verdict of each line",
      content: {
        "application/problem+json": {
          schema: { allOf: [{ $ref: "#/components/schemas/Problem" }, collect(operation.response, components)] },
        },
      },
    };
  }
  return responses;
}

const rowsBody = {
  required: true,
  content: {
    "application/x-ndjson": { schema: { type: "string", description: "One JSON object on each line" } },
    "text/csv": { schema: { type: "string", description: "A header with the names of fields, then rows; UTF-8" } },
  },
};

const foreignPayload = {
  "*/*": { schema: { description: "Whatever the platform sends, where the source has a mapping that reads it" } },
};

function describe(operationId: string, operation: Operation, components: Json): Json {
  return {
    operationId,
    summary: operation.summary,
    tags: [operation.path.split("/")[2]!],
    ...(operation.right === null ? {} : { description: `Needs the role \`${operation.right}\`.` }),
    parameters: parametersOf(operation, components),
    ...(operation.opens === "rows" ? { requestBody: rowsBody } : {}),
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              "application/json": { schema: collect(operation.body, components) },
              ...(operation.takesPayload === true ? foreignPayload : {}),
            },
          },
        }),
    responses: responsesOf(operation, components),
  };
}

/** @param version version of the server @returns the document as plain JSON */
export function openApiDocument(version: string): Json {
  const components: Json = {};
  collect(Problem, components);
  const paths: Record<string, Json> = {};
  for (const [operationId, operation] of Object.entries(operations as Record<string, Operation>)) {
    // One path template can stand only once: calls on one item share their parameter's name.
    const path = operation.path.replace("{inventoryIdOrSku}", "{inventoryId}");
    paths[path] ??= {};
    paths[path][operation.method.toLowerCase()] = describe(operationId, { ...operation, path }, components);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Onhand",
      version,
      description: conventions,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ apiKey: [] }],
    paths,
    components: { schemas: components, securitySchemes: { apiKey: { type: "http", scheme: "bearer" } } },
  };
}
