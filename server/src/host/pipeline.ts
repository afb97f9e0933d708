/**
 * What every call goes through, whatever it came over: rights, query, body and guards are checked, the route is asked,
 * and whatever goes wrong becomes a problem. HTTP requests and the commands of WebSockets share it.
 */
import { type Operation, type OperationId, operations } from "@onhand/protocol/operations";
import type { Keyring } from "../auth/keyring.ts";
import { hasRole, type Principal } from "../auth/principal.ts";
import type { Tickets } from "../auth/tickets.ts";
import type { Clock } from "../lib/clock.ts";
import type { HttpMetrics } from "../telemetry/http-metrics.ts";
import type { Logger } from "../telemetry/logger.ts";
import { ProblemError } from "./problem.ts";
import { idempotencyKeyOf, ifMatchVersionOf, traceparentOf } from "./request-headers.ts";
import type { Reply, Route } from "./route.ts";
import { Check, readQuery, requireValid } from "./validation.ts";

export interface ApiOptions {
  readonly routes: readonly Route[];
  readonly keyring: Pick<Keyring, "identify" | "peek" | "current" | "refresh">;
  readonly tickets: Pick<Tickets, "redeem">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  readonly jsonDepthMax: number;
  /** Says what an unexpected error of a route means for the caller. */
  readonly explain: (error: unknown) => ProblemError | null;
}

export interface CompiledRoute {
  readonly route: Route;
  readonly operation: Operation;
  readonly query: Check | null;
  readonly body: Check | null;
}

/** A route with its checks made ready. */
export function compile(route: Route): CompiledRoute {
  const operation: Operation = operations[route.operationId];
  return {
    route,
    operation,
    query: operation.query === undefined ? null : new Check(operation.query),
    body: operation.body === undefined ? null : new Check(operation.body),
  };
}

const bearer = /^Bearer +(\S+)$/i;

function unauthorized(detail: string): ProblemError {
  return new ProblemError("unauthorized", detail, {}, { headers: { "www-authenticate": 'Bearer realm="onhand"' } });
}

/** The principal behind the `Authorization` header. @throws ProblemError 401 */
export async function authenticate(headers: Headers, keyring: Pick<Keyring, "identify" | "peek">): Promise<Principal> {
  const secret = bearer.exec(headers.get("authorization") ?? "")?.[1];
  const principal = secret === undefined ? null : (keyring.peek(secret) ?? (await keyring.identify(secret)));
  if (principal !== null) return principal;
  throw unauthorized(
    secret === undefined
      ? "Send Authorization: Bearer <API key>."
      : "The API key is not known or was revoked. Create one with: npx onhand keys create --role writer",
  );
}

/** Stands for whoever sent a payload without a key, until the route has verified the signature. It may do nothing at all. */
export const unverified: Principal = { keyId: "unverified", name: "unverified", role: "reader" };

/** The principal behind the header, or behind the ticket in the address where the operation takes one. @throws ProblemError 401 */
export async function principalOf(
  options: ApiOptions,
  operation: Operation,
  { headers, url }: Request,
): Promise<Principal> {
  if (operation.takesPayload === true && !headers.has("authorization")) return unverified;
  const ticket =
    operation.takesTicket === true && !headers.has("authorization") ? parametersOf(url).get("ticket") : null;
  if (ticket === null) return authenticate(headers, options.keyring);
  const principal = await options.tickets.redeem(ticket);
  if (principal !== null) {
    // A key may be newer than what this server has read; a stream of it would be taken for revoked.
    if (options.keyring.current(principal.keyId) === null) await options.keyring.refresh();
    return principal;
  }
  throw unauthorized(
    "The ticket is not known, was used already, or is older than a minute. Get a new one for each stream: POST /v1/stream-tickets",
  );
}

/** @throws ProblemError 403 */
export function authorise(principal: Principal, operation: Pick<Operation, "right">): void {
  if (operation.right === null || hasRole(principal, operation.right)) return;
  throw new ProblemError(
    "forbidden",
    `This needs a key with the role ${operation.right}; yours has the role ${principal.role}.`,
  );
}

/** @returns the query of an address, as text */
export function parametersOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start + 1));
}

/** A call before its input was checked. */
export interface Input {
  readonly principal: Principal;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Reads the body; called only where the operation takes one. */
  readonly readBody: () => unknown;
  /** Reads the body as it was sent; null over what has none. */
  readonly readPayload: ((bytesMax: number) => Promise<Uint8Array>) | null;
  /** The body for an operation that reads it bit by bit; null over what cannot give it so. */
  readonly incoming: ReadableStream<Uint8Array> | null;
  readonly headers: Headers;
}

/** Checks a call and lets its route answer. @throws whatever goes wrong; `problemOf` makes a problem of it */
export async function perform(compiled: CompiledRoute, input: Input): Promise<Reply> {
  const { operation, route } = compiled;
  const { headers } = input;
  const isVerified = input.principal !== unverified;
  if (isVerified) authorise(input.principal, operation);
  // Who is not known yet learns nothing about the request; a platform may put into its address what it likes.
  const query = isVerified ? queryOf(compiled, input.query) : {};
  let body: unknown;
  let payload: Uint8Array | null = null;
  if (operation.takesPayload === true && input.readPayload !== null) {
    payload = await input.readPayload(isVerified ? route.bodyBytesMax : (route.unverifiedBytesMax ?? 0));
  } else if (compiled.body !== null) {
    body = await input.readBody();
    requireValid(compiled.body, body, "body");
  }
  return route.handle({
    principal: input.principal,
    requestId: input.requestId,
    signal: input.signal,
    traceparent: traceparentOf(headers),
    params: input.params,
    query,
    body,
    payload,
    incoming: operation.opens === "rows" ? input.incoming : null,
    idempotencyKey: operation.writes ? idempotencyKeyOf(headers) : null,
    ifMatchVersion: operation.writes ? ifMatchVersionOf(headers) : null,
    header: (name) => headers.get(name),
  });
}

function queryOf({ operation, query }: CompiledRoute, parameters: URLSearchParams): Record<string, unknown> {
  if (operation.takesTicket === true) parameters.delete("ticket");
  if (query === null || operation.query === undefined) {
    if (parameters.size === 0) return {};
    throw new ProblemError("validation_failed", "This call takes no query parameters. Leave them out.", {
      errors: [{ pointer: "", message: "takes no query parameters" }],
    });
  }
  const values = readQuery(operation.query, parameters);
  requireValid(query, values, "query");
  return values;
}

/** Makes a problem of whatever went wrong; what nobody expected is logged. */
export function problemOf(
  options: Pick<ApiOptions, "explain" | "logger">,
  error: unknown,
  requestId: string,
): ProblemError {
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

/** A call that came over something else than HTTP. */
export interface Invocation {
  readonly principal: Principal;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | number | boolean>>;
  readonly body: unknown;
  readonly idempotencyKey: string | null;
  readonly ifMatch: string | null;
  readonly requestId: string;
  readonly traceparent: string | null;
}

/** What HTTP would have answered. */
export interface InvocationResult {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; null when there is none. */
  readonly json: string | null;
}

export type Invoke = (operationId: OperationId, invocation: Invocation) => Promise<InvocationResult>;

/** @returns calls by operation through the same pipeline as HTTP; never throws: problems are answers */
export function invoker(options: ApiOptions, compiled: ReadonlyMap<OperationId, CompiledRoute>): Invoke {
  return async (operationId, invocation) => {
    const startedAtMs = options.clock.monotonicMs();
    const { requestId } = invocation;
    let result: InvocationResult;
    try {
      const reply = await perform(compiled.get(operationId)!, inputOf(compiled.get(operationId)!, invocation));
      const json = reply.json ?? (reply.body === null ? null : JSON.stringify(reply.body));
      result = { status: reply.status, headers: reply.headers ?? {}, json };
    } catch (error) {
      const problem = problemOf(options, error, requestId);
      const json = JSON.stringify(problem.toProblem(problem.isRemembered ? undefined : requestId));
      result = { status: problem.status, headers: problem.headers, json };
    }
    const elapsedMs = options.clock.monotonicMs() - startedAtMs;
    options.metrics.answered(operationId, result.status, elapsedMs);
    options.logger.debug({ requestId, operation: operationId, status: result.status, elapsedMs }, "command");
    return result;
  };
}

const neverAborted = new AbortController().signal;

/** @throws ProblemError 400 when it is not what the operation's path takes */
function inputOf({ operation }: CompiledRoute, invocation: Invocation): Input {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const errors = [
    ...names.filter((name) => !invocation.params[name]).map((name) => [name, "is required"] as const),
    ...names
      .filter((name) => invocation.params[name]?.includes("\0") || invocation.params[name]?.isWellFormed() === false)
      .map((name) => [name, "is no text that can be stored"] as const),
    ...Object.keys(invocation.params)
      .filter((name) => !names.includes(name))
      .map((name) => [name, "is no parameter of the path"] as const),
  ].map(([name, message]) => ({ pointer: `/params/${name}`, message }));
  if (errors.length > 0)
    throw new ProblemError("validation_failed", `The path of this operation is ${operation.path}. Correct params.`, {
      errors,
    });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(invocation.query)) query.append(name, String(value));
  const headers = new Headers();
  if (invocation.idempotencyKey !== null) headers.set("idempotency-key", invocation.idempotencyKey);
  if (invocation.ifMatch !== null) headers.set("if-match", invocation.ifMatch);
  if (invocation.traceparent !== null) headers.set("traceparent", invocation.traceparent);
  return {
    principal: invocation.principal,
    requestId: invocation.requestId,
    signal: neverAborted,
    params: invocation.params,
    query,
    readBody: () => invocation.body,
    readPayload: null,
    incoming: null,
    headers,
  };
}
