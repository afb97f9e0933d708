/** Webhook subscriptions: what callers send and what they are shown. */
import Type, { type Static } from "typebox";
import { Closed, Id, NonEmptyText, Nullable, Timestamp } from "./schema.ts";

/** How deliveries keep order: per item, over the whole subscription, or only the newest state of each item. */
export const webhookOrderings = ["key", "strict", "latest"] as const;
export type WebhookOrdering = (typeof webhookOrderings)[number];

/** Life of a subscription. */
export const webhookStatuses = ["active", "paused", "disabled"] as const;
export type WebhookStatus = (typeof webhookStatuses)[number];

/** What came of a try, and what else the log tells of. */
export const webhookOutcomes = [
  "delivered",
  "refused",
  "redirected",
  "gone",
  "timed_out",
  "unreachable",
  "blocked",
  "bad_answer",
  "unavailable",
  "disabled",
] as const;
export type WebhookOutcome = (typeof webhookOutcomes)[number];

const listOf = (schema: Type.TSchema, description: string) =>
  Type.Optional(Type.Array(schema, { maxItems: 100, description })) as Type.TOptional<Type.TArray<Type.TString>>;

const WebhookFilter = Closed(
  {
    productIds: listOf(Id("Product"), "Only of these products"),
    skus: listOf(NonEmptyText(128), "Only of these SKUs"),
    locationIds: listOf(Id("Location"), "Only at these locations"),
    locationGroups: listOf(NonEmptyText(64), "Only at locations of these groups"),
    channelIds: listOf(Id("Channel"), "Only of these channels: what they may sell, and the channels themselves"),
  },
  "WebhookFilter",
);

const Types = Type.Array(Type.String({ pattern: "^[a-z_.]{1,64}(?:[a-z0-9]|\\*)$" }), {
  maxItems: 100,
  description: "CloudEvents types, or the start of some with a star: `inventory.*`. Empty for all",
});
const Url = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: "Where events are sent by POST: https, a public address, no user name in it",
});
const Ordering = Type.Unsafe<WebhookOrdering>(
  Type.String({
    enum: [...webhookOrderings],
    description:
      "`key`: in order per product and location, others keep flowing while one is retried. `strict`: all in order. `latest`: what waits collapses to the newest state of each item",
  }),
);
const Secret = Type.String({
  pattern: "^whsec_[A-Za-z0-9+/]{32,88}={0,2}$",
  description: "`whsec_` and 24 to 64 bytes in base64; made by the server when absent",
});
const Name = NonEmptyText(200, "For people");

export const CreateSubscription = Closed(
  {
    url: Url,
    types: Type.Optional(Types),
    filter: Type.Optional(WebhookFilter),
    secret: Type.Optional(Secret),
    ordering: Type.Optional(Ordering),
    name: Type.Optional(Name),
  },
  "CreateSubscription",
);
export type CreateSubscription = Static<typeof CreateSubscription>;

export const PatchSubscription = Closed(
  {
    url: Type.Optional(Url),
    types: Type.Optional(Types),
    filter: Type.Optional(WebhookFilter),
    ordering: Type.Optional(Ordering),
    name: Type.Optional(Nullable(Name)),
  },
  "PatchSubscription",
);
export type PatchSubscription = Static<typeof PatchSubscription>;

export const RotateSecret = Closed(
  {
    secret: Type.Optional(Secret),
    overlapSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 604_800,
        default: 86_400,
        description: "How long the secret before stays valid beside the new one; a day when absent",
      }),
    ),
  },
  "RotateSecret",
);
export type RotateSecret = Static<typeof RotateSecret>;

export const ReplayDeliveries = Closed(
  {
    sequences: Type.Optional(
      Closed({ from: Type.Integer({ minimum: 1 }), to: Type.Integer({ minimum: 1 }) }, "SequenceRange"),
    ),
    times: Type.Optional(
      Closed({ from: Timestamp("First try at or after"), to: Timestamp("and before") }, "TimeRange"),
    ),
    eventIds: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 1000 })),
  },
  "ReplayDeliveries",
);
export type ReplayDeliveries = Static<typeof ReplayDeliveries>;

export const ReplayDeadLetters = Closed(
  {
    sequences: Type.Optional(
      Closed({ from: Type.Integer({ minimum: 1 }), to: Type.Integer({ minimum: 1 }) }, "DeadLetterRange"),
    ),
    eventIds: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 1000 })),
  },
  "ReplayDeadLetters",
);
export type ReplayDeadLetters = Static<typeof ReplayDeadLetters>;

export const BackfillSubscription = Closed(
  {
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 2048,
        description: "Go on from here, for example the last `webhook-feed-cursor`; from where it stood when absent",
      }),
    ),
  },
  "BackfillSubscription",
);
export type BackfillSubscription = Static<typeof BackfillSubscription>;

const subscription = {
  subscriptionId: Type.String({ description: "Id of the subscription, sub_…" }),
  name: Nullable(Type.String()),
  url: Type.String(),
  types: Type.Array(Type.String()),
  filter: WebhookFilter,
  ordering: Type.String({ enum: [...webhookOrderings] }),
  status: Type.String({ enum: [...webhookStatuses] }),
  statusReason: Nullable(
    Type.String({ description: "Why it is disabled: failing, gone or cursor_lost, and what to do" }),
  ),
  statusSince: Timestamp("When the status was taken"),
  failingSince: Nullable(Timestamp("First failure since the last success")),
  lastDeliveredAt: Nullable(Timestamp("Last success")),
  cursor: Type.String({ description: "Everything up to here was queued, delivered or filtered out" }),
  lastSequence: Type.Integer({ description: "Highest `webhook-sequence` given out" }),
  queued: Type.Integer({ description: "Deliveries that wait or are being retried" }),
  deadLetters: Type.Integer(),
  version: Type.Integer({ description: "Changes so far; also the strong ETag" }),
  createdAt: Timestamp("When it was created"),
  updatedAt: Timestamp("When it was last changed"),
};

export const Subscription = Type.Object(subscription, { $id: "Subscription" });
export type Subscription = Static<typeof Subscription>;

export const SubscriptionWithSecret = Type.Object(
  {
    ...subscription,
    secret: Type.String({ description: "Signs deliveries; shown this once" }),
    previousSecretExpiresAt: Nullable(Timestamp("Until when the secret before is valid too")),
  },
  { $id: "SubscriptionWithSecret" },
);
export type SubscriptionWithSecret = Static<typeof SubscriptionWithSecret>;

const attempt = {
  at: Timestamp("When it began"),
  outcome: Type.String({ enum: [...webhookOutcomes] }),
  status: Nullable(Type.Integer({ description: "HTTP status of the answer" })),
  latencyMs: Nullable(Type.Integer()),
  detail: Nullable(Type.String({ description: "What went wrong, in words" })),
  response: Nullable(Type.String({ description: "At most 1 KiB of the answer; none from blocked addresses" })),
};

export const DeliveryAttempt = Type.Object(
  {
    eventId: Nullable(Type.String({ description: "`webhook-id`; null for notices about the subscription" })),
    sequence: Nullable(Type.Integer({ description: "`webhook-sequence`; null for pings and notices" })),
    try: Type.Integer({ description: "1 for the first" }),
    ...attempt,
    nextTryAt: Nullable(Timestamp("When it will be tried again")),
  },
  { $id: "DeliveryAttempt" },
);
export type DeliveryAttempt = Static<typeof DeliveryAttempt>;

export const DeadLetter = Type.Object(
  {
    eventId: Type.String(),
    sequence: Nullable(Type.Integer()),
    type: Type.String(),
    subject: Type.String({ description: "Product and location" }),
    tries: Type.Integer(),
    firstTriedAt: Nullable(Timestamp("First try")),
    deadSince: Timestamp("When it was given up"),
    lastOutcome: Nullable(Type.String({ enum: [...webhookOutcomes] })),
    lastStatus: Nullable(Type.Integer()),
  },
  { $id: "DeadLetter" },
);
export type DeadLetter = Static<typeof DeadLetter>;

export const PingResult = Type.Object({ eventId: Type.String(), ...attempt }, { $id: "PingResult" });
export type PingResult = Static<typeof PingResult>;

export const Requeued = Type.Object(
  {
    queued: Type.Integer({ description: "Deliveries that will be sent again" }),
    skipped: Type.Integer({ description: "Left out: of `latest`, a newer state of the item was sent since" }),
  },
  { $id: "Requeued" },
);
export type Requeued = Static<typeof Requeued>;
