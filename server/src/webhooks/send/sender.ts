/** Sends one delivery and says what came of it. Whatever the endpoint does, the answer comes in time and never throws. */
import type { WebhookOutcome } from "@onhand/protocol/subscriptions";
import type { Clock } from "../../lib/clock.ts";
import { type TargetGuard, TargetRefused } from "../address/target-guard.ts";
import type { AnswerReader } from "./answer-reader.ts";
import { Connection, isBadAnswer, Unreachable } from "./connection.ts";
import { ConnectionPool } from "./connection-pool.ts";

export const sendLimits = { connectMsMax: 5_000, totalMsMax: 15_000, addressesMax: 3, detailLengthMax: 300 } as const;

export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Sent {
  readonly outcome: WebhookOutcome;
  readonly status: number | null;
  readonly latencyMs: number;
  /** What went wrong, in words; null when it arrived. */
  readonly detail: string | null;
  /** The start of the answer's body. */
  readonly response: string | null;
  readonly retryAfterMs: number | null;
}

export interface SenderOptions {
  readonly guard: TargetGuard;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Certificates to trust in place of the system's. */
  readonly ca?: string;
}

const totalTimeOver = "the endpoint did not answer in time";

export class Sender {
  readonly #options: SenderOptions;
  readonly #pool: ConnectionPool;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#pool = new ConnectionPool(options.clock);
  }

  close(): void {
    this.#pool.close();
  }

  /** @param signal gives the delivery up */
  async send(outgoing: Outgoing, signal: AbortSignal): Promise<Sent> {
    const { clock } = this.#options;
    const startedAtMs = clock.monotonicMs();
    const deadline = new AbortController();
    const giveUp = (): void => deadline.abort();
    const cancel = clock.after(sendLimits.totalMsMax, giveUp);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    const latencyMs = (): number => Math.round(clock.monotonicMs() - startedAtMs);
    try {
      const answer = await this.#exchange(outgoing, deadline.signal);
      return { ...verdictOf(answer), latencyMs: latencyMs(), retryAfterMs: retryAfterOf(answer, clock.nowMs()) };
    } catch (error) {
      const failure = failureOf(error, deadline.signal.aborted);
      return { ...failure, status: null, response: null, retryAfterMs: null, latencyMs: latencyMs() };
    } finally {
      cancel();
      signal.removeEventListener("abort", giveUp);
    }
  }

  async #exchange(outgoing: Outgoing, deadline: AbortSignal): Promise<AnswerReader> {
    const url = this.#options.guard.readUrl(outgoing.url);
    const request = requestText(url, outgoing, this.#options.userAgent);
    const kept = this.#pool.take(url.origin);
    if (kept !== null) {
      try {
        return await this.#exchangeOn(kept, url, request, deadline);
      } catch (error) {
        // It was closed while nobody used it: the receiver has seen nothing of this try, or will know the id again.
        if (!(error instanceof Unreachable && error.isStale)) throw error;
      }
    }
    return this.#exchangeOn(await this.#open(url, deadline), url, request, deadline);
  }

  async #exchangeOn(connection: Connection, url: URL, request: string, deadline: AbortSignal): Promise<AnswerReader> {
    const { promise: over, reject } = Promise.withResolvers<AnswerReader>();
    // An answer whose status is known counts, however long the rest of it takes.
    let partial: AnswerReader | null = null;
    const abort = (): void => {
      partial = connection.answer;
      connection.close();
      reject(new Unreachable(totalTimeOver, false));
    };
    deadline.addEventListener("abort", abort);
    if (deadline.aborted) abort();
    try {
      const answer = await Promise.race([connection.exchange(request), over]);
      if (answer.isReusable) this.#pool.give(url.origin, connection);
      return answer;
    } catch (error) {
      connection.close();
      const cutOff = partial as AnswerReader | null;
      if (cutOff !== null && cutOff.status !== null) return cutOff;
      throw error;
    } finally {
      deadline.removeEventListener("abort", abort);
    }
  }

  /** Connects to one of the addresses behind a URL, all of which were judged. */
  async #open(url: URL, deadline: AbortSignal): Promise<Connection> {
    const { guard, clock, ca } = this.#options;
    const addresses = await orAborted(guard.addressesOf(url), deadline);
    let failure: unknown = new Unreachable("the name has no address", false);
    for (const address of addresses.slice(0, sendLimits.addressesMax)) {
      if (deadline.aborted) break;
      const connecting = new AbortController();
      const giveUp = (): void => connecting.abort();
      const cancel = clock.after(sendLimits.connectMsMax, giveUp);
      deadline.addEventListener("abort", giveUp);
      try {
        const connection = await Connection.open(address, url, clock.monotonicMs(), connecting.signal, ca);
        try {
          guard.requireAllowed(connection.address ?? "");
        } catch (error) {
          connection.close();
          throw error;
        }
        return connection;
      } catch (error) {
        failure = error;
      } finally {
        cancel();
        deadline.removeEventListener("abort", giveUp);
      }
    }
    throw failure;
  }
}

function requestText(url: URL, { headers, body }: Outgoing, userAgent: string): string {
  const fields = {
    host: url.host,
    "user-agent": userAgent,
    accept: "*/*",
    ...headers,
    "content-length": String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

function verdictOf({ status, excerpt }: AnswerReader): Pick<Sent, "outcome" | "status" | "detail" | "response"> {
  const code = status!;
  const answered = { status: code, response: excerpt };
  if (code >= 200 && code < 300) return { ...answered, outcome: "delivered", detail: null };
  if (code === 410) return { ...answered, outcome: "gone", detail: "the endpoint says that it is gone for good" };
  if (code < 400) return { ...answered, outcome: "redirected", detail: "redirects are not followed; change the URL" };
  return { ...answered, outcome: "refused", detail: `the endpoint answered ${code}` };
}

function failureOf(error: unknown, isOver: boolean): Pick<Sent, "outcome" | "detail"> {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, sendLimits.detailLengthMax);
  if (error instanceof TargetRefused) return { outcome: "blocked", detail: `the URL ${message}` };
  if (isBadAnswer(error)) return { outcome: "bad_answer", detail: message };
  if (isOver) return { outcome: "timed_out", detail: totalTimeOver };
  return { outcome: "unreachable", detail: message };
}

/** Seconds, or a date. @returns null when the endpoint asked for nothing that can be read */
function retryAfterOf({ retryAfter, status }: AnswerReader, nowMs: number): number | null {
  if (retryAfter === null || (status !== null && status < 300)) return null;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const untilMs = Date.parse(retryAfter);
  return Number.isNaN(untilMs) ? null : Math.max(0, untilMs - nowMs);
}

/** The result, unless the deadline comes first. */
function orAborted<Result>(work: Promise<Result>, deadline: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new Unreachable("its name was not resolved in time", false));
  deadline.addEventListener("abort", abort);
  if (deadline.aborted) abort();
  work.catch(() => {});
  return Promise.race([work, promise]).finally(() => deadline.removeEventListener("abort", abort));
}
