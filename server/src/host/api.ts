/**
 * Serves routes over HTTP: matches them, takes requests through the pipeline, and renders answers, streams and problems.
 * It knows nothing of what the routes do.
 */
import { hash } from "node:crypto";
import { type Operation, type OperationId, operations } from "@onhand/protocol/operations";
import { Hono } from "hono";
import { readJsonBody, readRawBody } from "./body.ts";
import {
  type ApiOptions,
  type CompiledRoute,
  compile,
  type Invoke,
  invoker,
  parametersOf,
  perform,
  principalOf,
  problemOf,
} from "./pipeline.ts";
import { ProblemError } from "./problem.ts";
import { matchesNone, requestIdOf } from "./request-headers.ts";
import type { Reply } from "./route.ts";
import { type Connection, noConnection } from "./socket.ts";

/** Paths without `/v1` answer like those with it, so that older examples work. */
const aliasOf = (path: string): string => path.replace(/^\/v1/, "");
const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

const noParams: Record<string, string> = {};

/** Answers a request whose path and method are matched already; nothing when the connection is a WebSocket now. */
export type Handler = (request: Request, connection: Connection) => Promise<Response | undefined>;

export interface Api {
  /** Everything, and what has no other place; takes the connection as its environment. */
  readonly app: Hono<{ Bindings: Connection }>;
  /** Calls whose path has no parameters, by path and method: the listener may match them itself, which is cheaper. */
  readonly exact: ReadonlyMap<string, Readonly<Record<string, Handler>>>;
  /** Calls that do not come as HTTP requests. */
  readonly invoke: Invoke;
}

/** Builds the application for the API. */
export function createApi(options: ApiOptions): Api {
  const app: Api["app"] = new Hono();
  const exact = new Map<string, Record<string, Handler>>();
  const byOperation = new Map<OperationId, CompiledRoute>();
  for (const route of options.routes) {
    const compiled = compile(route);
    const { operation } = compiled;
    byOperation.set(route.operationId, compiled);
    const paths = [operation.path, aliasOf(operation.path)];
    app.on(operation.method, paths.map(honoPath), async (context) => {
      const response = await serve(options, compiled, context.req.raw, context.env, context.req.param());
      return response ?? context.body(null);
    });
    for (const path of operation.path.includes("{") ? [] : paths) {
      exact.set(path, {
        ...exact.get(path),
        [operation.method]: (request, connection) => serve(options, compiled, request, connection, noParams),
      });
    }
  }
  app.notFound((context) => unknownPath(options, context.req.raw, context.req.path));
  app.onError((error, context) => {
    const requestId = requestIdOf(context.req.raw.headers);
    return problemOf(options, error, requestId).toResponse(requestId);
  });
  return { app, exact, invoke: invoker(options, byOperation) };
}

function unknownPath(options: ApiOptions, request: Request, pathname: string): Response {
  const requestId = requestIdOf(request.headers);
  const methods = options.routes
    .map((route) => operations[route.operationId] as Operation)
    .filter(({ path }) =>
      [path, aliasOf(path)].some((known) => new RegExp(`^${known.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname)),
    )
    .map(({ method }) => method);
  const error =
    methods.length === 0
      ? new ProblemError("not_found", "There is nothing at this path. /docs lists every call.")
      : new ProblemError(
          "method_not_allowed",
          `This path answers ${[...new Set(methods)].join(", ")}.`,
          {},
          { headers: { allow: [...new Set(methods)].join(", ") } },
        );
  options.metrics.answered("unknown", error.status, 0);
  return error.toResponse(requestId);
}

async function serve(
  options: ApiOptions,
  compiled: CompiledRoute,
  request: Request,
  connection: Connection | undefined,
  params: Record<string, string>,
): Promise<Response | undefined> {
  const startedAtMs = options.clock.monotonicMs();
  const requestId = requestIdOf(request.headers);
  let response: Response | undefined;
  try {
    const reply = await answer(options, compiled, request, params, requestId);
    response = respond(request, reply, connection ?? noConnection, requestId);
  } catch (error) {
    response = problemOf(options, error, requestId).toResponse(requestId);
  }
  const elapsedMs = options.clock.monotonicMs() - startedAtMs;
  const status = response?.status ?? 101;
  options.metrics.answered(compiled.route.operationId, status, elapsedMs);
  options.logger.debug({ requestId, operation: compiled.route.operationId, status, elapsedMs }, "request");
  return response;
}

async function answer(
  options: ApiOptions,
  compiled: CompiledRoute,
  request: Request,
  params: Record<string, string>,
  requestId: string,
): Promise<Reply> {
  const { headers, url } = request;
  requireReadablePath(url, params);
  const principal = await principalOf(options, compiled.operation, request);
  return perform(compiled, {
    principal,
    requestId,
    signal: request.signal,
    params,
    query: parametersOf(url),
    readBody: () => readJsonBody(request, compiled.route.bodyBytesMax, options.jsonDepthMax),
    readPayload: (bytesMax) => readRawBody(request, bytesMax),
    incoming: request.body,
    headers,
  });
}

/** Hono leaves escapes in the path that it cannot decode; PostgreSQL cannot hold NUL. @throws ProblemError 400 */
function requireReadablePath(url: string, params: Readonly<Record<string, string>>): void {
  if (!url.includes("%")) return;
  const path = url.slice(0, url.includes("?") ? url.indexOf("?") : url.length);
  try {
    decodeURIComponent(path);
    if (Object.values(params).every((value) => !value.includes("\0"))) return;
  } catch {}
  throw new ProblemError(
    "validation_failed",
    "The path has escapes that are no UTF-8 text. Percent-encode every part of it as UTF-8, a percent sign itself as %25.",
  );
}

function respond(request: Request, reply: Reply, connection: Connection, requestId: string): Response | undefined {
  const headers: Record<string, string> = { "x-request-id": requestId, ...reply.headers };
  if (reply.socket !== undefined) return upgraded(reply, connection, headers);
  if (reply.stream !== undefined) return streamed(request, reply, connection, headers);
  if (reply.body === null && reply.json === undefined) return new Response(null, { status: reply.status, headers });
  const text = reply.json ?? JSON.stringify(reply.body);
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead && headers["cache-control"] === undefined) {
    headers.etag ??= `"${hash("sha256", text, "hex").slice(0, 24)}"`;
    headers["cache-control"] = "private, no-cache";
    if (matchesNone(request.headers, headers.etag)) return new Response(null, { status: 304, headers });
  }
  headers["content-type"] ??= "application/json";
  return new Response(text, { status: reply.status, headers });
}

function streamed(
  request: Request,
  { stream, status }: Reply,
  connection: Connection,
  headers: Record<string, string>,
): Response {
  const { body, ended } = stream!;
  if (request.method === "HEAD") {
    void body.cancel();
    return new Response(null, { status, headers });
  }
  void ended.then(() => connection.ending());
  return new Response(body, { status, headers });
}

function upgraded(reply: Reply, connection: Connection, headers: Record<string, string>): undefined {
  if (connection.upgrade(reply.socket!, headers)) return undefined;
  throw new ProblemError(
    "validation_failed",
    "The request is no WebSocket handshake. Open it with a WebSocket client.",
  );
}
