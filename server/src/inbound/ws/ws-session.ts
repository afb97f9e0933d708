/**
 * One WebSocket `onhand.v1`. Modes: new → open → closing (last words are out, nothing is taken in any more) → closed.
 * Everything that happens comes in by a method, everything that it does goes out by its parts; it knows no socket.
 */
import {
  type ClientMessage,
  type CommandMessage,
  closeCodes,
  type ServerMessage,
  type SubscribeMessage,
} from "@onhand/protocol/stream-messages";
import type { Keyring } from "../../auth/keyring.ts";
import type { Principal } from "../../auth/principal.ts";
import type { Invoke } from "../../host/pipeline.ts";
import { ProblemError } from "../../host/problem.ts";
import { type ClientSocket, type SocketSession, socketLimits } from "../../host/socket.ts";
import type { Clock } from "../../lib/clock.ts";
import type { StreamMetrics } from "../../telemetry/stream-metrics.ts";
import { filterKey } from "../streams/event-batches.ts";
import { type FeedAccess, filterOfJson, follow, placeOf, problemOfLost } from "../streams/feed-place.ts";
import { FeedSource } from "../streams/feed-source.ts";
import type { EndableStream, OpenStreams, Slot } from "../streams/open-streams.ts";
import { type EndReason, retryMs } from "../streams/stream-limits.ts";
import { runCommand } from "./ws-commands.ts";
import { wsLimits } from "./ws-limits.ts";
import { readMessage } from "./ws-messages.ts";
import { Outbox } from "./ws-outbox.ts";
import { Subscription } from "./ws-subscription.ts";

export interface WsContext extends FeedAccess {
  readonly streams: Pick<OpenStreams, "isFull" | "take" | "refuse" | "requireOpen">;
  readonly streamMetrics: StreamMetrics;
  readonly clock: Clock;
  readonly keyring: Pick<Keyring, "current">;
  readonly invoke: Invoke;
  /** Makes a problem of whatever went wrong; what nobody expected is logged. */
  readonly explain: (error: unknown) => ProblemError;
  /** Numbers from 0 to 1, for spreading reconnects. */
  readonly random: () => number;
}

const codeOf: Record<EndReason, number> = {
  shutdown: closeCodes.goingAway,
  slow_reader: closeCodes.slowReader,
  revoked: closeCodes.unauthorized,
  expired: closeCodes.unauthorized,
};

export class WsSession implements SocketSession, EndableStream {
  readonly #context: WsContext;
  readonly #principal: Principal;
  #outbox: Outbox | null = null;
  #slot: Slot | null = null;
  #isClosing = false;
  #endedBy = "client";
  /** By the client's name; null while it is being opened. */
  readonly #subscriptions = new Map<string, Subscription | null>();
  #commandsInFlight = 0;
  #missedPings = 0;
  #cancelHeartbeat: () => void = () => {};

  constructor(context: WsContext, principal: Principal) {
    this.#context = context;
    this.#principal = principal;
  }

  opened(socket: ClientSocket): void {
    const { streams, streamMetrics: metrics, clock, random } = this.#context;
    if (streams.isFull) {
      streams.refuse("websocket");
      this.#isClosing = true;
      socket.close(closeCodes.tooManyConnections, "too many connections, try again later");
      return;
    }
    const slow = (): void => this.end("slow_reader", retryMs(random));
    this.#outbox = new Outbox(socket, { clock, metrics, slow });
    this.#slot = streams.take("websocket", this.#principal);
    this.#send({
      type: "welcome",
      heartbeatSeconds: wsLimits.heartbeatMs / 1000,
      maxSubscriptions: wsLimits.subscriptionsMax,
      maxMessageBytes: socketLimits.messageBytesMax,
      maxCommandsInFlight: wsLimits.commandsInFlightMax,
    });
    this.#beat();
    this.#slot.occupy(this);
  }

  received(text: string | null): void {
    if (this.#isClosing) return;
    this.#missedPings = 0;
    const read = readMessage(text);
    if ("message" in read) {
      this.#handle(read.message);
      return;
    }
    this.#refuse(read.id, read.problem);
    if (read.isMalformed) this.#close(closeCodes.malformedMessage, "malformed message", "malformed");
  }

  drained(): void {
    this.#outbox?.drained();
  }

  ponged(): void {
    this.#missedPings = 0;
  }

  closed(): void {
    this.#isClosing = true;
    this.#cancelHeartbeat();
    this.#stopSubscriptions();
    this.#outbox?.closed();
    this.#slot?.free(this.#endedBy);
  }

  end(reason: EndReason, retryAfterMs: number): void {
    if (this.#isClosing) return;
    const subscriptions = [...this.#subscriptions].flatMap(([id, subscription]) =>
      subscription === null ? [] : [{ id, cursor: subscription.cursor }],
    );
    this.#shut(reason);
    this.#send({ type: "closing", reason, retryMs: retryAfterMs, subscriptions });
    this.#outbox?.closeSoon(codeOf[reason], reason);
  }

  #close(code: number, said: string, endedBy: string): void {
    if (this.#isClosing) return;
    this.#shut(endedBy);
    this.#outbox?.closeSoon(code, said);
  }

  /** Takes nothing in any more. */
  #shut(endedBy: string): void {
    this.#isClosing = true;
    this.#endedBy = endedBy;
    this.#cancelHeartbeat();
    this.#stopSubscriptions();
  }

  #stopSubscriptions(): void {
    for (const subscription of this.#subscriptions.values()) subscription?.stop();
    this.#subscriptions.clear();
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#context.clock.after(wsLimits.heartbeatMs, () => {
      if (this.#missedPings >= wsLimits.missedPingsMax) {
        this.#close(closeCodes.heartbeatMissed, "no answer to pings", "heartbeat");
        return;
      }
      this.#missedPings += 1;
      this.#outbox?.ping();
      this.#beat();
    });
  }

  #handle(message: ClientMessage): void {
    try {
      if (message.type === "subscribe") this.#subscribe(message);
      else if (message.type === "unsubscribe") this.#unsubscribe(message.id);
      else if (message.type === "ack") this.#acknowledge(message.id, message.cursor);
      else if (message.type === "command") this.#command(message);
      else this.#send({ type: "pong", ...(message.id === undefined ? {} : { id: message.id }) });
    } catch (error) {
      this.#refuse(message.id ?? null, this.#context.explain(error));
    }
  }

  #subscribe(message: SubscribeMessage): void {
    const { id } = message;
    if (this.#subscriptions.has(id)) {
      const detail = "A subscription with this id is there already. Take another id, or unsubscribe first.";
      throw new ProblemError("already_exists", detail);
    }
    if (this.#subscriptions.size >= wsLimits.subscriptionsMax) {
      this.#close(closeCodes.tooMany, "too many subscriptions", "too_many");
      return;
    }
    this.#subscriptions.set(id, null);
    void this.#run(message).catch((error: unknown) => {
      this.#subscriptions.delete(id);
      this.#refuse(id, this.#context.explain(problemOfLost(this.#context, error)));
    });
  }

  async #run({ id, cursor, since, filter: wanted, types, ackWindow }: SubscribeMessage): Promise<void> {
    const { clock, streamMetrics } = this.#context;
    const filter = filterOfJson(wanted, types);
    const from =
      cursor !== undefined
        ? await placeOf(this.#context, "cursor", cursor)
        : since !== undefined
          ? await placeOf(this.#context, "since", since)
          : await this.#context.feedReader.heads();
    const follower = await follow(this.#context, from, filter);
    // It may have been unsubscribed or closed meanwhile.
    if (this.#subscriptions.get(id) !== null) {
      follower.close();
      return;
    }
    const readFailed = (): void => streamMetrics.readFailed("websocket");
    const source = new FeedSource({ follower, clock, silenceMs: Number.POSITIVE_INFINITY, readFailed });
    const outbox = this.#outbox!;
    const subscription = new Subscription({
      id,
      source,
      filter: filterKey(filter),
      ackWindow: ackWindow ?? null,
      outbox,
    });
    this.#subscriptions.set(id, subscription);
    this.#send({ type: "subscribed", id, cursor: source.cursor });
    const lost = await subscription.run();
    if (lost === null) return;
    subscription.stop();
    throw lost;
  }

  #unsubscribe(id: string): void {
    const subscription = this.#subscriptionOf(id);
    subscription.stop();
    this.#subscriptions.delete(id);
    this.#send({ type: "unsubscribed", id, cursor: subscription.cursor });
  }

  #acknowledge(id: string, cursor: string): void {
    if (this.#subscriptionOf(id).acknowledge(cursor) || this.#context.cursors.parse(cursor) !== null) return;
    const detail = "The cursor is none of this server. Acknowledge with the cursor of an event or of a message.";
    const errors = [{ pointer: "/cursor", message: "is no cursor of this server" }];
    throw new ProblemError("validation_failed", detail, { errors });
  }

  /** @throws ProblemError 404 when there is none, or none yet */
  #subscriptionOf(id: string): Subscription {
    const subscription = this.#subscriptions.get(id);
    if (subscription !== undefined && subscription !== null) return subscription;
    throw new ProblemError("not_found", "There is no subscription with this id, or not yet. Subscribe first.");
  }

  #command(message: CommandMessage): void {
    if (this.#commandsInFlight >= wsLimits.commandsInFlightMax) {
      this.#close(closeCodes.tooMany, "too many commands in flight", "too_many");
      return;
    }
    const principal = this.#context.keyring.current(this.#principal.keyId);
    if (principal === null) {
      this.end("revoked", retryMs(this.#context.random));
      return;
    }
    const outbox = this.#outbox!;
    this.#commandsInFlight += 1;
    outbox.answering();
    void runCommand(this.#context.invoke, principal, message).then((result) => {
      this.#commandsInFlight -= 1;
      outbox.send(result);
      outbox.answered();
    });
  }

  #refuse(id: string | null, problem: ProblemError): void {
    this.#send({ type: "error", ...(id === null ? {} : { id }), problem: problem.toProblem() });
  }

  #send(message: ServerMessage): void {
    this.#outbox?.send(JSON.stringify(message));
  }
}
