/** Every message of the WebSocket `onhand.v1`, both ways. All are JSON texts. */
import Type, { type Static } from "typebox";
import { FeedEvent } from "./events.ts";
import { Problem } from "./problems.ts";
import { Closed, Timestamp } from "./schema.ts";

export const socketProtocol = "onhand.v1";

/** Why a WebSocket was closed; what to do is in docs/streams.md. */
export const closeCodes = {
  goingAway: 1001,
  messageTooBig: 1009,
  tooManyConnections: 1013,
  malformedMessage: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  heartbeatMissed: 4408,
  slowReader: 4409,
  tooMany: 4429,
} as const;

const Name = (description: string) => Type.String({ minLength: 1, maxLength: 64, description });
const SubscriptionId = Name("The client's own name for the subscription");
const CommandId = Name("The client's own name for the command");
const Cursor = Type.String({ minLength: 1, maxLength: 2048, description: "Place in the change feed" });
const Values = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 100 }));

/** Which events are wanted; lists are alternatives, fields must all hold. */
export const StreamFilter = Closed(
  { productIds: Values, skus: Values, locationIds: Values, locationGroups: Values, channelIds: Values },
  "StreamFilter",
);
export type StreamFilter = Static<typeof StreamFilter>;

export const SubscribeMessage = Closed({
  type: Type.Literal("subscribe"),
  id: SubscriptionId,
  cursor: Type.Optional(Cursor),
  since: Type.Optional(Type.Union([Timestamp("From this time on"), Cursor])),
  filter: Type.Optional(StreamFilter),
  types: Values,
  ackWindow: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000, description: "Events that may be unacknowledged" }),
  ),
});
export type SubscribeMessage = Static<typeof SubscribeMessage>;

export const UnsubscribeMessage = Closed({ type: Type.Literal("unsubscribe"), id: SubscriptionId });
export type UnsubscribeMessage = Static<typeof UnsubscribeMessage>;

export const AckMessage = Closed({ type: Type.Literal("ack"), id: SubscriptionId, cursor: Cursor });
export type AckMessage = Static<typeof AckMessage>;

export const PingMessage = Closed({ type: Type.Literal("ping"), id: Type.Optional(Name("Comes back in the pong")) });
export type PingMessage = Static<typeof PingMessage>;

export const CommandMessage = Closed({
  type: Type.Literal("command"),
  id: CommandId,
  operation: Type.String({ maxLength: 64, description: "operationId of a write" }),
  params: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 512 }))),
  query: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]))),
  body: Type.Optional(Type.Unknown()),
  idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 257, pattern: "^[\\x20-\\x7e]+$" })),
  ifMatch: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: "^[\\x20-\\x7e]+$" })),
});
export type CommandMessage = Static<typeof CommandMessage>;

/** What a client may send, by `type`. */
export const clientMessages = {
  subscribe: SubscribeMessage,
  unsubscribe: UnsubscribeMessage,
  ack: AckMessage,
  ping: PingMessage,
  command: CommandMessage,
} as const;
export type ClientMessage = SubscribeMessage | UnsubscribeMessage | AckMessage | PingMessage | CommandMessage;

export const WelcomeMessage = Type.Object({
  type: Type.Literal("welcome"),
  heartbeatSeconds: Type.Integer({ description: "How often the server pings; it closes after two without an answer" }),
  maxSubscriptions: Type.Integer(),
  maxMessageBytes: Type.Integer(),
  maxCommandsInFlight: Type.Integer(),
});
export type WelcomeMessage = Static<typeof WelcomeMessage>;

export const SubscribedMessage = Type.Object({ type: Type.Literal("subscribed"), id: SubscriptionId, cursor: Cursor });
export type SubscribedMessage = Static<typeof SubscribedMessage>;

export const EventsMessage = Type.Object({
  type: Type.Literal("events"),
  id: SubscriptionId,
  events: Type.Array(FeedEvent),
  cursor: Cursor,
});
export type EventsMessage = Static<typeof EventsMessage>;

export const ProgressMessage = Type.Object({
  type: Type.Literal("progress"),
  id: SubscriptionId,
  cursor: Cursor,
  caughtUp: Type.Boolean({ description: "Nothing more was there when it was sent" }),
});
export type ProgressMessage = Static<typeof ProgressMessage>;

export const UnsubscribedMessage = Type.Object({
  type: Type.Literal("unsubscribed"),
  id: SubscriptionId,
  cursor: Cursor,
});
export type UnsubscribedMessage = Static<typeof UnsubscribedMessage>;

export const ResultMessage = Type.Object({
  type: Type.Literal("result"),
  id: CommandId,
  status: Type.Integer({ description: "As HTTP would have answered" }),
  headers: Type.Record(Type.String(), Type.String(), { description: "Names in lower case" }),
  body: Type.Unknown(),
});
export type ResultMessage = Static<typeof ResultMessage>;

export const ErrorMessage = Type.Object({
  type: Type.Literal("error"),
  id: Type.Optional(Type.String()),
  problem: Problem,
});
export type ErrorMessage = Static<typeof ErrorMessage>;

export const PongMessage = Type.Object({ type: Type.Literal("pong"), id: Type.Optional(Type.String()) });
export type PongMessage = Static<typeof PongMessage>;

export const ClosingMessage = Type.Object({
  type: Type.Literal("closing"),
  reason: Type.String({ enum: ["shutdown", "slow_reader", "expired", "revoked"] }),
  retryMs: Type.Integer({ description: "When to come back, in milliseconds" }),
  subscriptions: Type.Array(Type.Object({ id: SubscriptionId, cursor: Cursor })),
});
export type ClosingMessage = Static<typeof ClosingMessage>;

/** What the server sends, by `type`. */
export const serverMessages = {
  welcome: WelcomeMessage,
  subscribed: SubscribedMessage,
  events: EventsMessage,
  progress: ProgressMessage,
  unsubscribed: UnsubscribedMessage,
  result: ResultMessage,
  error: ErrorMessage,
  pong: PongMessage,
  closing: ClosingMessage,
} as const;
export type ServerMessage =
  | WelcomeMessage
  | SubscribedMessage
  | EventsMessage
  | ProgressMessage
  | UnsubscribedMessage
  | ResultMessage
  | ErrorMessage
  | PongMessage
  | ClosingMessage;
