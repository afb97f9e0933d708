/** Orders on stock, as callers send them: reservations, transfers and supplies, and what is done with them. */
import Type, { type Static } from "typebox";
import { Closed, Id, Level, NonEmptyText, Nullable, Sku, Text, Timestamp } from "./schema.ts";
import { quantityMax, sourcingPolicies, unsellableStates } from "./vocabulary.ts";

/** Limits of requests that make orders. Relations to the limits of the core are asserted where both are known. */
export const orderRequestLimits = {
  linesMax: 200,
  prioritiesMax: 1_000,
  ttlSecondsMin: 1,
  ttlSecondsMax: 7 * 24 * 3600,
  ttlSecondsDefault: 900,
  paymentTtlSecondsDefault: 1_800,
} as const;

const { linesMax, prioritiesMax, ttlSecondsMin, ttlSecondsMax, ttlSecondsDefault, paymentTtlSecondsDefault } =
  orderRequestLimits;

const Units = (description: string) => Type.Integer({ minimum: 1, maximum: quantityMax, description });
const LineNumber = (description: string) => Type.Integer({ minimum: 1, maximum: 1_000, description });
const Seconds = (description: string, fields: { readonly default?: number } = {}) =>
  Type.Integer({ minimum: ttlSecondsMin, maximum: ttlSecondsMax, description, ...fields });

const operationId = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 255,
    pattern: "^[\\x21-\\x7E]+$",
    description: "Idempotency key, in place of the header",
  }),
);
const words = {
  reference: Type.Optional(NonEmptyText(255, "Your reference, e.g. an order number; erasable")),
  reason: Type.Optional(Text(1_000, "Why, in words; erasable")),
};
const product = {
  productId: Type.Optional(Id("Product, or name it by `sku`")),
  sku: Type.Optional(Sku),
};
const timestamp = Type.Optional(Timestamp("When it happened; now when absent"));
const expectedAt = Type.Optional(Nullable(Timestamp("When the units are expected; null when nobody knows")));

const ReserveLine = Closed(
  {
    ...product,
    locationId: Type.Optional(Id("Location to take from")),
    locationGroup: Type.Optional(Id("Group of locations to take from; with a channel, neither: from its locations")),
    quantity: Units("Units to hold"),
  },
  "ReserveLine",
);

const Sourcing = Closed(
  {
    policy: Type.String({
      pattern: "^[a-z_]{1,32}$",
      description: `How locations are chosen where a line names none: ${sourcingPolicies.join(", ")}, or one of the installation's own`,
    }),
    priorities: Type.Optional(
      Type.Array(Id("Location"), {
        maxItems: prioritiesMax,
        uniqueItems: true,
        description: "Locations in the order in which they are preferred; the others follow",
      }),
    ),
  },
  "Sourcing",
);

export const CreateReservation = Closed(
  {
    lines: Type.Array(ReserveLine, { minItems: 1, maxItems: linesMax }),
    ttlSeconds: Type.Optional(Seconds("How long the units are held", { default: ttlSecondsDefault })),
    policy: Type.Optional(
      Type.String({
        enum: ["all", "partial"],
        default: "all",
        description: "All units of all lines, or what there is",
      }),
    ),
    sourcing: Type.Optional(Sourcing),
    channelId: Type.Optional(Id("Channel that sells: takes from its locations only, and leaves its buffer")),
    buyer: Type.Optional(NonEmptyText(255, "Who buys, as you name them; erasable")),
    supersede: Type.Optional(
      Type.Boolean({
        description: "Release the buyer's older reservations, as long as no payment of them is under way",
      }),
    ),
    dryRun: Type.Optional(Type.Boolean({ description: "Only say what it would come to; takes nothing" })),
    ...words,
    operationId,
  },
  "CreateReservation",
);
export type CreateReservation = Static<typeof CreateReservation>;

const ChosenLines = (description: string) =>
  Type.Optional(
    Type.Array(
      Closed(
        {
          line: LineNumber("Number of the line"),
          quantity: Type.Optional(Units("Units; all that are open when absent")),
        },
        "ChosenLine",
      ),
      { minItems: 1, maxItems: 500, description },
    ),
  );

export const CommitReservation = Closed(
  {
    lines: ChosenLines("What is sold; everything when absent"),
    releaseRest: Type.Optional(Type.Boolean({ description: "What is not sold goes back at once" })),
    ifExpired: Type.Optional(
      Type.String({
        enum: ["refuse", "retake"],
        default: "refuse",
        description: "When it has ended before: refuse, or take the units again if all are there",
      }),
    ),
    ...words,
    operationId,
  },
  "CommitReservation",
);
export type CommitReservation = Static<typeof CommitReservation>;

export const ReleaseReservation = Closed(
  { lines: ChosenLines("What goes back; everything when absent"), ...words, operationId },
  "ReleaseReservation",
);
export type ReleaseReservation = Static<typeof ReleaseReservation>;

export const ExtendReservation = Closed(
  { ttlSeconds: Seconds("How long from now the units are held"), ...words, operationId },
  "ExtendReservation",
);
export type ExtendReservation = Static<typeof ExtendReservation>;

export const PayReservation = Closed(
  {
    ttlSeconds: Type.Optional(Seconds("How long from now payment may take", { default: paymentTtlSecondsDefault })),
    ...words,
    operationId,
  },
  "PayReservation",
);
export type PayReservation = Static<typeof PayReservation>;

const OrderedLine = Closed({ ...product, quantity: Units("Units") }, "OrderedLine");
const orderedLines = Type.Array(OrderedLine, { minItems: 1, maxItems: linesMax });

export const CreateTransfer = Closed(
  {
    fromLocationId: Id("Location that sends"),
    toLocationId: Id("Location that receives"),
    lines: orderedLines,
    expectedAt,
    ...words,
    operationId,
  },
  "CreateTransfer",
);
export type CreateTransfer = Static<typeof CreateTransfer>;

export const ShipTransfer = Closed(
  {
    lines: ChosenLines("What leaves; everything that is held when absent"),
    expectedAt,
    timestamp,
    ...words,
    operationId,
  },
  "ShipTransfer",
);
export type ShipTransfer = Static<typeof ShipTransfer>;

export const ReceiveUnits = Closed(
  {
    lines: Type.Optional(
      Type.Array(
        Closed(
          {
            line: LineNumber("Number of the line"),
            quantity: Type.Optional(Level("Units that arrived, more than expected too; all when absent")),
            state: Type.Optional(
              Type.String({ enum: [...unsellableStates], description: "State they arrived in; sellable when absent" }),
            ),
          },
          "ReceivedLine",
        ),
        {
          maxItems: 500,
          description: "What arrived; everything that is on its way when absent; empty, with close, for nothing",
        },
      ),
    ),
    close: Type.Optional(
      Type.Boolean({ description: "Nothing more will come: what is still on its way is booked as lost" }),
    ),
    timestamp,
    ...words,
    operationId,
  },
  "ReceiveUnits",
);
export type ReceiveUnits = Static<typeof ReceiveUnits>;

export const CancelOrder = Closed(
  {
    lines: ChosenLines("What is called off; everything that is open when absent"),
    timestamp: Type.Optional(
      Timestamp("When it happened: when units on their way were back where they came from; now when absent"),
    ),
    ...words,
    operationId,
  },
  "CancelOrder",
);
export type CancelOrder = Static<typeof CancelOrder>;

export const RescheduleOrder = Closed(
  {
    expectedAt: Nullable(Timestamp("When the units are expected; null when nobody knows")),
    ...words,
    operationId,
  },
  "RescheduleOrder",
);
export type RescheduleOrder = Static<typeof RescheduleOrder>;

export const CreateSupply = Closed(
  {
    locationId: Id("Location that receives"),
    reference: NonEmptyText(255, "Your purchase reference; erasable"),
    supplier: Type.Optional(NonEmptyText(255, "Who delivers; erasable")),
    lines: orderedLines,
    expectedAt,
    reason: words.reason,
    operationId,
  },
  "CreateSupply",
);
export type CreateSupply = Static<typeof CreateSupply>;
