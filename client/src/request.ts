/**
 * Sends one call: headers and key are made once, then it is tried until it succeeds, is refused for good, or tries or
 * time run out. Every try has a deadline of its own that covers the body too.
 */
import { type Answer, readAnswer } from "./answer.ts";
import type { Call, ReadOptions, WriteOptions } from "./call.ts";
import type { Clock } from "./clock.ts";
import { type OnhandError, OnhandProblem, OnhandUnreachable } from "./errors.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { backoffMs, isPassing, type RetryPolicy, retryPolicy } from "./retry.ts";

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Told of every try that failed and will be followed by another. */
export type OnRetry = (retry: {
  readonly error: OnhandError;
  readonly tries: number;
  readonly delayMs: number;
}) => void;

/** What all calls of a client share. */
export interface Transport {
  readonly baseUrl: string;
  /** Headers of every call, asked for before each try so that credentials may change. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  readonly fetch: Fetch;
  readonly retry: RetryPolicy;
  readonly tryTimeoutMs: number;
  readonly clock: Clock;
  readonly onRetry: OnRetry;
}

/** A call in the form in which every try sends it. */
interface Prepared {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly idempotencyKey: string | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws OnhandProblem, OnhandUnreachable, or the reason of an aborted signal */
export async function request<Body>(
  transport: Transport,
  call: Call,
  options: WriteOptions & ReadOptions = {},
): Promise<Answer<Body>> {
  const { clock } = transport;
  const prepared = prepare(transport, call, options);
  const policy = retryPolicy(transport.retry, options.retry);
  const startedAtMs = clock.monotonicMs();
  for (let tries = 1; ; tries++) {
    try {
      return await tryOnce<Body>(transport, prepared, tries);
    } catch (error) {
      if (!isOnhandError(error) || tries >= policy.triesMax || !isPassing(error)) throw error;
      const asked = error instanceof OnhandProblem ? error.retryAfterMs : null;
      const delayMs = backoffMs(policy, tries, clock.random(), asked);
      if (clock.monotonicMs() + delayMs - startedAtMs > policy.totalMsMax) throw error;
      transport.onRetry({ error, tries, delayMs });
      await clock.sleep(delayMs, prepared.signal);
    }
  }
}

const isOnhandError = (error: unknown): error is OnhandError =>
  error instanceof OnhandProblem || error instanceof OnhandUnreachable;

function prepare(transport: Transport, call: Call, options: WriteOptions & ReadOptions): Prepared {
  const idempotencyKey = call.writes ? (options.idempotencyKey ?? newIdempotencyKey()) : null;
  const { ifMatch, minCursor } = options;
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
  if (call.body !== undefined) headers["content-type"] = "application/json";
  if (idempotencyKey !== null) headers["idempotency-key"] = idempotencyKey;
  if (ifMatch !== undefined) headers["if-match"] = typeof ifMatch === "number" ? `"${ifMatch}"` : ifMatch;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  if (minCursor !== undefined) query.set("minCursor", minCursor);
  const search = query.size > 0 ? `?${query}` : "";
  return {
    url: `${transport.baseUrl}${call.path}${search}`,
    method: call.method,
    headers,
    body: call.body === undefined ? null : JSON.stringify(call.body),
    idempotencyKey,
    timeoutMs: (options.tryTimeoutMs ?? transport.tryTimeoutMs) + Number(query.get("wait") ?? 0) * 1000,
    signal: options.signal,
  };
}

async function tryOnce<Body>(transport: Transport, prepared: Prepared, tries: number): Promise<Answer<Body>> {
  const { clock } = transport;
  const { signal, idempotencyKey, method, body, timeoutMs } = prepared;
  signal?.throwIfAborted();
  // Made outside of what counts as the network, so that a header that cannot be sent is not tried again.
  const headers = new Headers(await transport.headers());
  for (const [name, value] of Object.entries(prepared.headers)) headers.set(name, value);
  signal?.throwIfAborted();
  const aborter = new AbortController();
  const onAbort = () => aborter.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  let isLate = false;
  const cancelTimer = clock.deadline(timeoutMs, () => {
    isLate = true;
    aborter.abort(new Error(`no answer within ${timeoutMs} ms`));
  });
  try {
    // A redirect would lose the credentials or turn a write into a read.
    const init: RequestInit = { method, headers, body, signal: aborter.signal, redirect: "manual" };
    const response = await transport.fetch(prepared.url, init);
    return await readAnswer<Body>(response, { tries, idempotencyKey, clock });
  } catch (error) {
    if (error instanceof OnhandProblem) throw error;
    signal?.throwIfAborted();
    const cause = isLate ? aborter.signal.reason : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    const address = `${method} ${prepared.url.split("?")[0]}`;
    throw new OnhandUnreachable(`${address}: ${why}`, { tries, idempotencyKey, cause });
  } finally {
    cancelTimer();
    signal?.removeEventListener("abort", onAbort);
  }
}
