/** The feed over a WebSocket of its own with one subscription. */
import { meaningOfClose, problemError } from "../session/close-codes.ts";
import type { Closing, ServerMessage } from "../session/messages.ts";
import { openSocket, type Socket, type WebSocketConstructor, WebSocketMissing } from "../session/socket.ts";
import { meaningOf, notSpoken } from "./failure.ts";
import { type Tail, type TailEnd, type TailRequest, tailLimits, type Word } from "./tail.ts";

/** Follows the feed over `GET /v1/inventory/ws`. */
export function socketTail(webSocket: WebSocketConstructor | undefined): Tail {
  return async (request, report) => {
    const done = new AbortController();
    const onAbort = () => done.abort();
    request.signal.addEventListener("abort", onAbort, { once: true });
    if (request.signal.aborted) done.abort();
    try {
      return await follow(request, webSocket, done.signal, report);
    } catch (error) {
      return error instanceof WebSocketMissing ? notSpoken : meaningOf(error, true);
    } finally {
      request.signal.removeEventListener("abort", onAbort);
      done.abort();
    }
  };
}

const id = "view";

async function follow(
  { http, ticket, cursor, filter, types }: TailRequest,
  webSocket: WebSocketConstructor | undefined,
  signal: AbortSignal,
  report: (word: Word) => void,
): Promise<TailEnd> {
  let end: (end: TailEnd) => void = () => {};
  const ended = new Promise<TailEnd>((resolve) => {
    end = resolve;
  });
  const message = (message: ServerMessage) => {
    if (message.type === "subscribed") report({ kind: "opened", retryMs: null });
    else if (message.type === "events") report({ kind: "events", events: message.events, cursor: message.cursor });
    else if (message.type === "progress")
      report({ kind: message.caughtUp ? "caughtUp" : "progress", cursor: message.cursor });
    else if (message.type === "pong") report({ kind: "alive" });
    else if (message.type === "error") end(meaningOf(problemError(message.problem), true));
    else if (message.type === "closing") end(closing(message));
  };
  const socket: Socket = await openSocket(
    { http, ticket, webSocket, signal },
    { message, closed: (code) => end(meaningOfClose(code)) },
  );
  socket.send({ type: "subscribe", id, cursor, filter, types });
  return ended;
}

function closing({ retryMs, subscriptions }: Closing): TailEnd {
  const cursor = subscriptions.find((subscription) => subscription.id === id)?.cursor ?? null;
  const pauseMs = Math.min(Math.max(0, retryMs), tailLimits.pauseMsMax);
  return { kind: "ended", end: { cursor, pauseMs, afterMs: 0, transport: "keep" } };
}
