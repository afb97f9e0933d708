/**
 * Orders on stock, as callers send and see them: reservations (promises to buyers), transfers (between own locations),
 * supplies (from outside), and what is on its way.
 */
import Type, { type Static } from "typebox";
import { InventoryItem } from "./resources.ts";
import { Closed, Id, Level, NonEmptyText, Nullable, Quantity, Sku, Text, Timestamp } from "./schema.ts";
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
export type ReserveLine = Static<typeof ReserveLine>;

const Sourcing = Closed(
  {
    policy: Type.String({
      enum: [...sourcingPolicies],
      description: "How locations are chosen where a line names none: in an order, by stock, or into few parcels",
    }),
    priorities: Type.Optional(
      Type.Array(Id("Location"), {
        maxItems: prioritiesMax,
        uniqueItems: true,
        description: "With `priority`: locations in the order in which they are to be taken; the others follow",
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
export type OrderedLine = Static<typeof OrderedLine>;
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
        { minItems: 1, maxItems: 500, description: "What arrived; everything that is on its way when absent" },
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
  { lines: ChosenLines("What is called off; everything that is open when absent"), ...words, operationId },
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

const LineEnd = Nullable(
  Type.String({
    description: "How the last units that came to nothing went: released, expired, superseded, cancelled, lost",
  }),
);

const ReservationLine = Type.Object(
  {
    line: Type.Integer({ description: "Number of the line, from 1" }),
    requestLine: Type.Integer({ description: "Line of the request that it serves, from 1" }),
    productId: Type.String(),
    sku: Type.String(),
    locationId: Type.String(),
    quantity: Quantity("Units that were reserved: held + committed + released"),
    held: Quantity("Units that are held"),
    committed: Quantity("Units that were sold"),
    released: Quantity("Units that went back"),
    end: LineEnd,
  },
  { $id: "ReservationLine" },
);

const Allocation = Type.Object(
  {
    policy: Type.String({ description: "Policy that chose" }),
    lines: Type.Array(
      Type.Object({
        requestLine: Type.Integer({ description: "Line of the request, from 1" }),
        productId: Type.String(),
        requested: Quantity("Units that were asked for"),
        allocated: Quantity("Units that were taken"),
        candidates: Type.Array(
          Type.Object({
            locationId: Type.String(),
            available: Quantity("Units that could be taken there"),
            taken: Quantity("Units that were taken there"),
            reason: Type.String({ description: "Why so many, or why none" }),
          }),
          { description: "Locations in the order in which the policy looked at them, the first 50" },
        ),
      }),
    ),
  },
  { $id: "Allocation", description: "Why units come from where they come" },
);

const madeWith = {
  reference: Nullable(Type.String({ description: "Your reference; null when there is none, or it was erased" })),
  reason: Nullable(Type.String({ description: "Why, in words; null when there is none, or it was erased" })),
};

const reservation = {
  reservationId: Type.String({ description: "Id of the reservation, res_…" }),
  phase: Type.String({
    enum: ["held", "paying", "committed", "released", "expired"],
    description: "How it stands, by the database's clock",
  }),
  expiresAt: Timestamp("When what is still held goes back"),
  createdAt: Timestamp("When it was made"),
  ...madeWith,
  buyer: Nullable(Type.String({ description: "Who buys; null when nobody was named, or it was erased" })),
  channelId: Nullable(Type.String()),
  lines: Type.Array(ReservationLine),
  allocation: Nullable(Allocation),
  supersededBy: Nullable(Type.String({ description: "The buyer's newer reservation that took its place" })),
  paymentLateAt: Nullable(Timestamp("When money came for it after its end")),
};

/** What every answer to a write has besides: the items after it, and where the feed goes on. */
const afterWrite = {
  items: Type.Array(InventoryItem, { description: "Items that it changed, as they are afterwards" }),
  cursor: Type.String({ description: "Place in the change feed after this change" }),
};

export const Reservation = Type.Object(reservation, { $id: "Reservation" });
export type Reservation = Static<typeof Reservation>;

export const ChangedReservation = Type.Object(
  {
    ...reservation,
    superseded: Type.Array(Type.String(), { description: "The buyer's older reservations that it took the place of" }),
    dryRun: Type.Boolean({ description: "Nothing was taken: there is no such reservation" }),
    latePayment: Nullable(
      Type.String({ description: "`retaken`: it had ended, and the units were taken again for money that came late" }),
    ),
    ...afterWrite,
  },
  { $id: "ChangedReservation" },
);
export type ChangedReservation = Static<typeof ChangedReservation>;

const movingLine = {
  line: Type.Integer({ description: "Number of the line, from 1" }),
  productId: Type.String(),
  sku: Type.String(),
  quantity: Quantity("Units that were ordered"),
};
const arrived = {
  received: Quantity("Units that arrived of those that were ordered"),
  surplus: Quantity("Units that arrived beyond those"),
  cancelled: Quantity("Units that came to nothing: `end` says how"),
  end: LineEnd,
};

const transfer = {
  transferId: Type.String({ description: "Id of the transfer, trf_…" }),
  status: Type.String({ enum: ["requested", "in_transit", "received", "cancelled"] }),
  fromLocationId: Type.String(),
  toLocationId: Type.String(),
  expectedAt: Nullable(Timestamp("When the units are expected")),
  createdAt: Timestamp("When it was made"),
  ...madeWith,
  lines: Type.Array(
    Type.Object(
      {
        ...movingLine,
        held: Quantity("Units that wait where they come from"),
        inTransit: Quantity("Units on their way"),
        ...arrived,
      },
      { $id: "TransferLine" },
    ),
  ),
};

export const Transfer = Type.Object(transfer, { $id: "Transfer" });
export type Transfer = Static<typeof Transfer>;

export const ChangedTransfer = Type.Object({ ...transfer, ...afterWrite }, { $id: "ChangedTransfer" });
export type ChangedTransfer = Static<typeof ChangedTransfer>;

const supply = {
  supplyId: Type.String({ description: "Id of the supply, sup_…" }),
  status: Type.String({ enum: ["expected", "received", "cancelled"] }),
  locationId: Type.String(),
  supplier: Nullable(Type.String({ description: "Who delivers; null when nobody was named, or it was erased" })),
  expectedAt: Nullable(Timestamp("When the units are expected")),
  createdAt: Timestamp("When it was made"),
  ...madeWith,
  lines: Type.Array(
    Type.Object({ ...movingLine, incoming: Quantity("Units that are expected"), ...arrived }, { $id: "SupplyLine" }),
  ),
};

export const Supply = Type.Object(supply, { $id: "Supply" });
export type Supply = Static<typeof Supply>;

export const ChangedSupply = Type.Object({ ...supply, ...afterWrite }, { $id: "ChangedSupply" });
export type ChangedSupply = Static<typeof ChangedSupply>;

export const IncomingLine = Type.Object(
  {
    kind: Type.String({ enum: ["transfer", "supply"] }),
    orderId: Type.String({ description: "Id of the transfer or supply" }),
    line: Type.Integer({ description: "Number of its line, from 1" }),
    productId: Type.String(),
    sku: Type.String(),
    locationId: Type.String({ description: "Where the units go" }),
    fromLocationId: Nullable(Type.String({ description: "Where they come from; null for supplies" })),
    quantity: Quantity("Units that are expected"),
    expectedAt: Nullable(Timestamp("When they are expected; null when nobody knows")),
    reference: madeWith.reference,
  },
  { $id: "IncomingLine" },
);
export type IncomingLine = Static<typeof IncomingLine>;
