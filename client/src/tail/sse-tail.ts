/** The feed as server-sent events, read with fetch: unlike EventSource it takes headers, and runs everywhere. */
import { readAnswer } from "../answer.ts";
import { filterQuery } from "../live/filter.ts";
import type { FeedEvent } from "../refined-types.ts";
import { brokenOff, meaningOf, notSpoken } from "./failure.ts";
import { type SseItem, SseParser } from "./sse-parser.ts";
import { type TailEnd, type TailRequest, tailLimits, type Word } from "./tail.ts";

/** Follows `GET /v1/inventory/stream`. */
export async function sseTail(request: TailRequest, report: (word: Word) => void): Promise<TailEnd> {
  const { http, signal } = request;
  const silence = new AbortController();
  const onAbort = () => silence.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  let cancel = http.clock.deadline(tailLimits.firstWordMsMax, () => silence.abort(new Error("no word")));
  const heard = () => {
    cancel();
    cancel = http.clock.deadline(tailLimits.silenceMsMax, () => silence.abort(new Error("silence")));
  };
  try {
    signal.throwIfAborted();
    const response = await open(request, silence.signal);
    if (!response.ok) await readAnswer(response, { tries: 1, idempotencyKey: null, clock: http.clock });
    if (!/^text\/event-stream\b/.test(response.headers.get("content-type") ?? "") || response.body === null) {
      await response.body?.cancel();
      return notSpoken;
    }
    return await read(response.body, report, heard, silence.signal);
  } catch (error) {
    return meaningOf(error, true);
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
    silence.abort();
  }
}

async function open({ http, cursor, filter, types, ticket }: TailRequest, signal: AbortSignal): Promise<Response> {
  const query = new URLSearchParams({ cursor, ...filterQuery(filter, types) });
  if (ticket !== undefined) query.set("ticket", await ticket());
  const headers = new Headers(await http.headers());
  headers.set("accept", "text/event-stream, application/problem+json");
  const url = `${http.baseUrl}/v1/inventory/stream?${query}`;
  return http.fetch(url, { method: "GET", headers, signal, redirect: "manual", cache: "no-store" });
}

async function read(
  body: ReadableStream<Uint8Array>,
  report: (word: Word) => void,
  heard: () => void,
  signal: AbortSignal,
): Promise<TailEnd> {
  const reader = body.getReader();
  // Not every fetch that is handed in ends the body with its signal.
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  const decoder = new TextDecoder();
  const parser = new SseParser();
  const listener = new Listener(report);
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return brokenOff;
      heard();
      const end = listener.take(parser.push(decoder.decode(value, { stream: true })));
      if (end !== null) return end;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** What the server says with `event: progress` and `event: closing`. */
interface Notice {
  readonly cursor?: string;
  readonly caughtUp?: boolean;
  readonly retryMs?: number;
}

/** Makes words of what was read, one for all events of a chunk. */
class Listener {
  readonly #report: (word: Word) => void;
  #events: FeedEvent[] = [];
  #cursor: string | null = null;
  /** The first progress names where the stream begins; the ones behind it say that there is nothing more. */
  #hasBegun = false;

  constructor(report: (word: Word) => void) {
    this.#report = report;
  }

  /** @returns the end, when the server announced it */
  take(items: readonly SseItem[]): TailEnd | null {
    for (const item of items) {
      if (item.kind === "retry") this.#report({ kind: "opened", retryMs: Math.min(item.ms, tailLimits.pauseMsMax) });
      else if (item.kind === "comment") this.#report({ kind: "alive" });
      else if (item.type === "message") this.#collect(item.data, item.id);
      else {
        this.#hand();
        if (item.type === "progress") this.#progress(noticeOf(item.data), item.id);
        if (item.type === "closing") return closing(noticeOf(item.data), item.id);
      }
    }
    this.#hand();
    return null;
  }

  #collect(data: string, id: string | null): void {
    const event = JSON.parse(data) as FeedEvent;
    this.#events.push(event);
    this.#cursor = id ?? event.data.cursor;
  }

  #hand(): void {
    if (this.#events.length === 0 || this.#cursor === null) return;
    this.#report({ kind: "events", events: this.#events, cursor: this.#cursor });
    this.#events = [];
  }

  #progress(notice: Notice, id: string | null): void {
    const isCaughtUp = notice.caughtUp ?? this.#hasBegun;
    this.#hasBegun = true;
    this.#report({ kind: isCaughtUp ? "caughtUp" : "progress", cursor: id ?? notice.cursor ?? null });
  }
}

function noticeOf(data: string): Notice {
  const parsed: unknown = JSON.parse(data);
  return typeof parsed === "object" && parsed !== null ? parsed : {};
}

function closing(notice: Notice, id: string | null): TailEnd {
  const pauseMs = Math.min(Math.max(0, notice.retryMs ?? 1_000), tailLimits.pauseMsMax);
  return { kind: "ended", end: { cursor: id ?? notice.cursor ?? null, pauseMs, afterMs: 0, transport: "keep" } };
}
