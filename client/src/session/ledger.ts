/**
 * What a session owes and is owed: subscriptions with their places, and commands with their keys. No I/O: it says what
 * to send, and is told what came. So what holds over reconnects can be looked at without a network.
 *
 * Invariants. A command keeps its key until it is answered, whatever connection it is sent on, and is answered once. A
 * subscription goes on from the cursor behind the last event that was handed over. At most `inFlightMax` commands are
 * on their way; the others wait here in order.
 */
import type { FeedEvent } from "../refined-types.ts";
import type { ClientMessage, CommandMessage, ResultMessage, ServerMessage, Subscribe } from "./messages.ts";

export const sessionLimits = {
  /** Commands on their way at a time. */
  inFlightMax: 16,
  /** Commands that are not answered yet; further ones are refused here. */
  commandsMax: 1_000,
} as const;

interface Subscription {
  readonly subscribe: Subscribe;
  /** Null until the server has named a place. */
  cursor: string | null;
}

/** What the session is to tell its user. */
export type Notice =
  | { readonly kind: "events"; readonly id: string; readonly events: readonly FeedEvent[]; readonly cursor: string }
  | { readonly kind: "progress"; readonly id: string; readonly cursor: string }
  | { readonly kind: "result"; readonly result: ResultMessage; readonly command: CommandMessage }
  | { readonly kind: "refused"; readonly id: string; readonly message: Extract<ServerMessage, { type: "error" }> };

export class SessionLedger {
  readonly #subscriptions = new Map<string, Subscription>();
  /** In the order in which they were given. */
  readonly #commands = new Map<string, CommandMessage>();
  readonly #inFlight = new Set<string>();
  /** The server asked to wait with these. */
  readonly #held = new Set<string>();
  #isConnected = false;

  /** Commands that are not answered yet. */
  commands(): readonly CommandMessage[] {
    return [...this.#commands.values()];
  }

  /** Where a subscription stands. */
  cursorOf(id: string): string | null {
    return this.#subscriptions.get(id)?.cursor ?? null;
  }

  /** @returns what to send on a connection that has just been opened: everything that is still wanted */
  connected(): ClientMessage[] {
    this.#isConnected = true;
    this.#inFlight.clear();
    const subscriptions = [...this.#subscriptions.values()].map(({ subscribe, cursor }): ClientMessage => {
      const { cursor: _cursor, since: _since, ...rest } = subscribe;
      return cursor === null ? subscribe : { ...rest, cursor };
    });
    return [...subscriptions, ...this.#due()];
  }

  disconnected(): void {
    this.#isConnected = false;
    this.#inFlight.clear();
  }

  subscribe(subscribe: Subscribe): ClientMessage[] {
    this.#subscriptions.set(subscribe.id, { subscribe, cursor: subscribe.cursor ?? null });
    return this.#isConnected ? [subscribe] : [];
  }

  unsubscribe(id: string): ClientMessage[] {
    const isThere = this.#subscriptions.delete(id);
    return isThere && this.#isConnected ? [{ type: "unsubscribe", id }] : [];
  }

  acknowledge(id: string, cursor: string): ClientMessage[] {
    return this.#isConnected && this.#subscriptions.has(id) ? [{ type: "ack", id, cursor }] : [];
  }

  /** @returns what to send; null when too many commands are unanswered */
  command(command: CommandMessage): ClientMessage[] | null {
    if (this.#commands.size >= sessionLimits.commandsMax) return null;
    this.#commands.set(command.id, command);
    return this.#due();
  }

  /** Gives a command up; the server may have applied it, and counts it as under way until it has answered. */
  forget(id: string): void {
    this.#commands.delete(id);
    this.#held.delete(id);
  }

  /** A passing refusal: the command waits until `again` is called. @returns what to send in its place */
  hold(id: string): ClientMessage[] {
    this.#inFlight.delete(id);
    if (this.#commands.has(id)) this.#held.add(id);
    return this.#due();
  }

  again(id: string): ClientMessage[] {
    this.#held.delete(id);
    return this.#due();
  }

  /** @returns what to tell, and what to send because of it */
  received(message: ServerMessage): { notice: Notice | null; send: ClientMessage[] } {
    if (message.type === "result") {
      const command = this.#commands.get(message.id);
      // An answer to a command that was given up, or answered before.
      if (command === undefined) return { notice: null, send: this.answered(message.id) };
      return { notice: { kind: "result", result: message, command }, send: [] };
    }
    if (message.type === "error") {
      const { id } = message;
      if (id === undefined || !this.#subscriptions.has(id)) return { notice: null, send: [] };
      this.#subscriptions.delete(id);
      return { notice: { kind: "refused", id, message }, send: [] };
    }
    if (message.type === "closing") {
      for (const { id, cursor } of message.subscriptions) this.#moveTo(id, cursor);
      return { notice: null, send: [] };
    }
    if (message.type !== "events" && message.type !== "progress" && message.type !== "subscribed")
      return { notice: null, send: [] };
    if (!this.#moveTo(message.id, message.cursor)) return { notice: null, send: [] };
    if (message.type === "events") {
      const { id, events, cursor } = message;
      return { notice: { kind: "events", id, events, cursor }, send: [] };
    }
    return { notice: { kind: "progress", id: message.id, cursor: message.cursor }, send: [] };
  }

  /** The command has its answer. @returns what to send in its place */
  answered(id: string): ClientMessage[] {
    this.forget(id);
    this.#inFlight.delete(id);
    return this.#due();
  }

  #moveTo(id: string, cursor: string): boolean {
    const subscription = this.#subscriptions.get(id);
    if (subscription !== undefined) subscription.cursor = cursor;
    return subscription !== undefined;
  }

  #due(): ClientMessage[] {
    if (!this.#isConnected) return [];
    const due: ClientMessage[] = [];
    for (const [id, command] of this.#commands) {
      if (this.#inFlight.size >= sessionLimits.inFlightMax) break;
      if (this.#inFlight.has(id) || this.#held.has(id)) continue;
      this.#inFlight.add(id);
      due.push(command);
    }
    return due;
  }
}
