/**
 * Serves routes: authenticates, authorises, reads and checks input, answers, and renders whatever goes wrong as a
 * problem. It knows nothing of what the routes do.
 */
import { hash } from "node:crypto";
import { type Operation, operations } from "@onhand/protocol/operations";
import { Hono } from "hono";
import type { Keyring } from "../auth/keyring.ts";
import { hasRole, type Principal } from "../auth/principal.ts";
import type { Clock } from "../lib/clock.ts";
import type { HttpMetrics } from "../telemetry/http-metrics.ts";
import type { Logger } from "../telemetry/logger.ts";
import { readJsonBody } from "./body.ts";
import { ProblemError } from "./problem.ts";
import { idempotencyKeyOf, ifMatchVersionOf, matchesNone, requestIdOf, traceparentOf } from "./request-headers.ts";
import type { Reply, Route } from "./route.ts";
import { Check, readQuery, requireValid } from "./validation.ts";

export interface ApiOptions {
  readonly routes: readonly Route[];
  readonly keyring: Pick<Keyring, "identify" | "peek">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  readonly jsonDepthMax: number;
  /** Says what an unexpected error of a route means for the caller. */
  readonly explain: (error: unknown) => ProblemError | null;
}

interface CompiledRoute {
  readonly route: Route;
  readonly operation: Operation;
  readonly query: Check | null;
  readonly body: Check | null;
}

/** Paths without `/v1` answer like those with it, so that older examples work. */
const aliasOf = (path: string): string => path.replace(/^\/v1/, "");
const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

const noParams: Record<string, string> = {};

const bearer = /^Bearer +(\S+)$/i;

/** The principal behind the `Authorization` header. @throws ProblemError 401 */
export async function authenticate(headers: Headers, keyring: Pick<Keyring, "identify" | "peek">): Promise<Principal> {
  const secret = bearer.exec(headers.get("authorization") ?? "")?.[1];
  const principal = secret === undefined ? null : (keyring.peek(secret) ?? (await keyring.identify(secret)));
  if (principal !== null) return principal;
  const detail =
    secret === undefined
      ? "Send Authorization: Bearer <API key>."
      : "The API key is not known or was revoked. Create one with: npx onhand keys create --role writer";
  throw new ProblemError("unauthorized", detail, {}, { headers: { "www-authenticate": 'Bearer realm="onhand"' } });
}

/** @throws ProblemError 403 */
export function authorise(principal: Principal, operation: Pick<Operation, "right">): void {
  if (operation.right === null || hasRole(principal, operation.right)) return;
  throw new ProblemError(
    "forbidden",
    `This needs a key with the role ${operation.right}; yours has the role ${principal.role}.`,
  );
}

/** Answers a request whose path and method are matched already. */
export type Handler = (request: Request) => Promise<Response>;

export interface Api {
  /** Everything, and what has no other place. */
  readonly app: Hono;
  /** Calls whose path has no parameters, by path and method: the listener may match them itself, which is cheaper. */
  readonly exact: ReadonlyMap<string, Readonly<Record<string, Handler>>>;
}

/** Builds the application for the API. */
export function createApi(options: ApiOptions): Api {
  const app = new Hono();
  const exact = new Map<string, Record<string, Handler>>();
  for (const route of options.routes) {
    const operation: Operation = operations[route.operationId];
    const compiled: CompiledRoute = {
      route,
      operation,
      query: operation.query === undefined ? null : new Check(operation.query),
      body: operation.body === undefined ? null : new Check(operation.body),
    };
    const paths = [operation.path, aliasOf(operation.path)];
    app.on(operation.method, paths.map(honoPath), (context) =>
      serve(options, compiled, context.req.raw, context.req.param()),
    );
    for (const path of operation.path.includes("{") ? [] : paths) {
      exact.set(path, {
        ...exact.get(path),
        [operation.method]: (request) => serve(options, compiled, request, noParams),
      });
    }
  }
  app.notFound((context) => unknownPath(options, context.req.raw, context.req.path));
  app.onError((error, context) => {
    const requestId = requestIdOf(context.req.raw.headers);
    return problemOf(options, error, requestId).toResponse(requestId);
  });
  return { app, exact };
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
  params: Record<string, string>,
): Promise<Response> {
  const startedAtMs = options.clock.monotonicMs();
  const requestId = requestIdOf(request.headers);
  let response: Response;
  try {
    response = respond(request, await answer(options, compiled, request, params, requestId), requestId);
  } catch (error) {
    response = problemOf(options, error, requestId).toResponse(requestId);
  }
  const elapsedMs = options.clock.monotonicMs() - startedAtMs;
  options.metrics.answered(compiled.route.operationId, response.status, elapsedMs);
  options.logger.debug(
    { requestId, operation: compiled.route.operationId, status: response.status, elapsedMs },
    "request",
  );
  return response;
}

async function answer(
  options: ApiOptions,
  compiled: CompiledRoute,
  request: Request,
  params: Record<string, string>,
  requestId: string,
): Promise<Reply> {
  const { operation, route } = compiled;
  const { headers } = request;
  const { url } = request;
  requireReadablePath(url, params);
  const principal = await authenticate(headers, options.keyring);
  authorise(principal, operation);
  const query = queryOf(compiled, url);
  let body: unknown;
  if (compiled.body !== null) {
    body = await readJsonBody(request, route.bodyBytesMax, options.jsonDepthMax);
    requireValid(compiled.body, body, "body");
  }
  return route.handle({
    principal,
    requestId,
    signal: request.signal,
    traceparent: traceparentOf(headers),
    params,
    query,
    body,
    idempotencyKey: operation.writes ? idempotencyKeyOf(headers) : null,
    ifMatchVersion: operation.writes ? ifMatchVersionOf(headers) : null,
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

function queryOf({ operation, query }: CompiledRoute, url: string): Record<string, unknown> {
  const start = url.indexOf("?");
  if (query === null || operation.query === undefined) {
    if (start < 0 || start === url.length - 1) return {};
    throw new ProblemError("validation_failed", "This call takes no query parameters. Leave them out.", {
      errors: [{ pointer: "", message: "takes no query parameters" }],
    });
  }
  const values = readQuery(operation.query, new URLSearchParams(start < 0 ? "" : url.slice(start + 1)));
  requireValid(query, values, "query");
  return values;
}

function respond(request: Request, reply: Reply, requestId: string): Response {
  const headers: Record<string, string> = { "x-request-id": requestId, ...reply.headers };
  if (reply.body === null) return new Response(null, { status: reply.status, headers });
  const text = JSON.stringify(reply.body);
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead && headers["cache-control"] === undefined) {
    headers.etag ??= `"${hash("sha256", text, "hex").slice(0, 24)}"`;
    headers["cache-control"] = "private, no-cache";
    if (matchesNone(request.headers, headers.etag)) return new Response(null, { status: 304, headers });
  }
  headers["content-type"] ??= "application/json";
  return new Response(text, { status: reply.status, headers });
}

function problemOf(options: ApiOptions, error: unknown, requestId: string): ProblemError {
  if (error instanceof ProblemError) return error;
  const explained = options.explain(error);
  if (explained !== null) return explained;
  options.logger.error({ requestId, err: error }, "a request failed unexpectedly");
  return new ProblemError(
    "internal",
    "Something went wrong on the server; it was logged with this request id. Repeating the request with the same idempotency key is safe.",
    {},
    { cause: error },
  );
}
