/** Reads the feed over a WebSocket, with acknowledgements or without. */
import type { FeedEvent } from "@onhand/protocol/events";
import { bearer, type Closing, type Link, type LinkHandlers, type Problem } from "./links.ts";
import { type SeenEvent, seenEvent } from "./seen-events.ts";

const subscription = "feed";

type Message =
  | { readonly type: "events"; readonly events: readonly FeedEvent[]; readonly cursor: string }
  | { readonly type: "progress" | "subscribed"; readonly cursor: string }
  | { readonly type: "error"; readonly problem: Problem }
  | {
      readonly type: "closing";
      readonly reason: string;
      readonly retryMs: number;
      readonly subscriptions: readonly { readonly id: string; readonly cursor: string }[];
    }
  | { readonly type: "welcome" };

interface Batch {
  readonly events: readonly SeenEvent[];
  readonly cursor: string;
}

/** Messages that many readers get are parsed once; at most so many are remembered. */
const batchesMax = 500;
const batches = new Map<string, Batch>();

function batchOf(text: string): Batch {
  const known = batches.get(text);
  if (known !== undefined) return known;
  const { events, cursor } = JSON.parse(text) as { events: readonly FeedEvent[]; cursor: string };
  const batch = { events: events.map(seenEvent), cursor };
  batches.set(text, batch);
  for (const oldest of batches.keys()) {
    if (batches.size <= batchesMax) break;
    batches.delete(oldest);
  }
  return batch;
}

const isEvents = (text: string): boolean => text.startsWith('{"type":"events"');

export class WsLink implements Link {
  readonly #socket: WebSocket;
  readonly #handlers: LinkHandlers;
  readonly #acknowledges: boolean;
  #closing: Closing | null = null;
  #problem: Problem | null = null;
  #isCut = false;

  /** @param ackWindow events that may be out unacknowledged; null acknowledges nothing */
  constructor(url: string, cursor: string, handlers: LinkHandlers, ackWindow: number | null = null) {
    this.#handlers = handlers;
    this.#acknowledges = ackWindow !== null;
    const options = { headers: bearer, protocols: ["onhand.v1"] } as unknown as string[];
    this.#socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/inventory/ws`, options);
    const subscribe = { type: "subscribe", id: subscription, cursor, ...(ackWindow === null ? {} : { ackWindow }) };
    this.#socket.onopen = () => this.#socket.send(JSON.stringify(subscribe));
    this.#socket.onmessage = ({ data }) => this.#take(data as string);
    this.#socket.onerror = () => {};
    this.#socket.onclose = ({ code }) => {
      if (!this.#isCut) handlers.ended({ closing: this.#closing, problem: this.#problem, code });
    };
  }

  cut(): void {
    this.#isCut = true;
    this.#socket.terminate();
  }

  #take(text: string): void {
    if (this.#isCut) return;
    if (isEvents(text)) {
      const { events, cursor } = batchOf(text);
      this.#handlers.events(events);
      this.#handlers.place(cursor);
      if (this.#acknowledges) this.#socket.send(JSON.stringify({ type: "ack", id: subscription, cursor }));
      return;
    }
    const message = JSON.parse(text) as Message;
    if (message.type === "subscribed") this.#handlers.opened();
    else if (message.type === "progress") this.#handlers.place(message.cursor);
    else if (message.type === "error") {
      this.#problem = message.problem;
      this.#socket.close();
    } else if (message.type === "closing") {
      const { reason, retryMs, subscriptions } = message;
      const place = subscriptions.find(({ id }) => id === subscription);
      if (place !== undefined) this.#closing = { reason, retryMs, cursor: place.cursor };
    }
  }
}
