/**
 * Orders on stock, as callers see them: reservations (promises to buyers), transfers (between own locations), supplies
 * (from outside), and what is on its way.
 */
import Type, { type Static } from "typebox";
import { appliedExtras, InventoryItem } from "./resources.ts";
import { Nullable, Quantity, Timestamp } from "./schema.ts";

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

/** What the answer to an action on a transfer or supply has besides. */
const afterAction = {
  ...afterWrite,
  counted: Type.Optional(
    Type.Array(
      Type.Object({
        line: Type.Integer({ description: "Number of the line" }),
        locationId: Type.String({ description: "Where its units moved" }),
        ...appliedExtras,
      }),
      { description: "Movements that a count contains, or that somebody should look at; absent for none" },
    ),
  ),
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

export const ChangedTransfer = Type.Object({ ...transfer, ...afterAction }, { $id: "ChangedTransfer" });
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

export const ChangedSupply = Type.Object({ ...supply, ...afterAction }, { $id: "ChangedSupply" });
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
