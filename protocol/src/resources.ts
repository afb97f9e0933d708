/** What the API shows: products, locations, items, totals, movements and events. */
import Type, { type Static } from "typebox";
import { ContainedMovement, Moved, Notice, OrderPart, ReportedLine } from "./event-parts.ts";
import { Id, Nullable, Quantity, Timestamp } from "./schema.ts";

const Version = Type.Integer({ description: "Changes so far; also the strong ETag" });
const Status = Type.String({ enum: ["active", "archived"] });

export const Product = Type.Object(
  {
    productId: Id("Id of the product"),
    sku: Type.String(),
    name: Type.String(),
    description: Nullable(Type.String()),
    price: Nullable(Type.Number()),
    currency: Type.String(),
    prices: Type.Record(Type.String(), Type.Number(), { description: "Further prices by ISO 4217 code" }),
    attributes: Type.Record(Type.String(), Type.Unknown()),
    status: Status,
    version: Version,
    createdAt: Timestamp("When it was created"),
    updatedAt: Timestamp("When it was last changed"),
  },
  { $id: "Product" },
);
export type Product = Static<typeof Product>;

export const Location = Type.Object(
  {
    locationId: Id("Id of the location"),
    name: Type.String(),
    type: Type.String({
      description: "warehouse, store, marketplace, app, supplier, transit or any other [a-z_]{1,32}",
    }),
    region: Nullable(Type.String()),
    timezone: Nullable(Type.String()),
    currency: Nullable(Type.String()),
    groups: Type.Array(Type.String()),
    status: Status,
    version: Version,
    createdAt: Timestamp("When it was created"),
    updatedAt: Timestamp("When it was last changed"),
  },
  { $id: "Location" },
);
export type Location = Static<typeof Location>;

const levels = {
  stockLevel: Quantity("Units on hand, sellable or not"),
  reservedStock: Quantity("Units held for orders"),
  unavailableStock: Quantity("Units on hand that cannot be sold"),
  incomingStock: Quantity("Units on their way, from transfers and supplies"),
  availableStock: Quantity("stockLevel − reservedStock − unavailableStock"),
};

/** Units in each named state; what `unavailableStock` has beyond them is in none. */
const States = Type.Object({
  damaged: Quantity("Units"),
  qualityControl: Quantity("Units"),
  quarantine: Quantity("Units"),
  expired: Quantity("Units"),
});

/** What few items have: absent where there is nothing of it. */
const itemExtras = {
  states: Type.Optional(States),
  maximum: Type.Optional(Quantity("Level that replenishment fills up to")),
  hysteresis: Type.Optional(Quantity("Units above a threshold at which it counts as passed upwards")),
  alert: Type.Optional(Type.String({ enum: ["low", "out"], description: "Threshold that was crossed, as last told" })),
  lastCountedAt: Type.Optional(Timestamp("Moment that the last count holds for")),
};

const item = {
  inventoryId: Type.String({ description: "Id of the item, inv_…" }),
  productId: Type.String(),
  sku: Type.String(),
  locationId: Type.String(),
  ...levels,
  safetyStock: Quantity("Units kept back against uncertainty"),
  reorderPoint: Nullable(Quantity("Available at or below which more is to be ordered")),
  status: Status,
  lastUpdated: Timestamp("When the last change was recorded"),
  version: Version,
  ...itemExtras,
};

export const InventoryItem = Type.Object(item, { $id: "InventoryItem", description: "One product at one location" });
export type InventoryItem = Static<typeof InventoryItem>;

/** How an answer tells of a movement that is not simply applied: absent where it is. */
export const appliedExtras = {
  contained: Type.Optional(
    Type.Object(
      {
        stockLevel: Type.Integer({ description: "Units that would have moved on hand" }),
        countedAt: Timestamp("Moment of the count that contains them"),
      },
      { description: "It lies before the last count, so it was recorded and moved nothing on hand" },
    ),
  ),
  review: Type.Optional(Type.String({ description: "Why somebody should look at it" })),
};

export const AdjustedItem = Type.Object(
  {
    ...item,
    ...appliedExtras,
    movementId: Type.String({ description: "Id of the movement, mov_…" }),
    cursor: Type.String({ description: "Place in the change feed after this change" }),
  },
  { $id: "AdjustedItem" },
);
export type AdjustedItem = Static<typeof AdjustedItem>;

const Sum = (description: string) => Type.Integer({ description });
/** Sums may pass what the quantity of one item may be. */
export const levelSums = {
  stockLevel: Sum("Units on hand, sellable or not"),
  reservedStock: Sum("Units held for orders"),
  unavailableStock: Sum("Units on hand that cannot be sold"),
  incomingStock: Sum("Units expected"),
  availableStock: Sum("stockLevel − reservedStock − unavailableStock"),
};

export const Totals = Type.Object(
  { ...levelSums, locations: Type.Integer({ description: "Locations that have an item" }) },
  { $id: "Totals" },
);
export type Totals = Static<typeof Totals>;

export const ProductTotals = Type.Object(
  { productId: Type.String(), sku: Type.String(), totals: Totals },
  { $id: "ProductTotals" },
);
export type ProductTotals = Static<typeof ProductTotals>;

export const LocationTotals = Type.Object(
  {
    locationId: Type.String(),
    totals: Type.Object({ ...levelSums, products: Type.Integer({ description: "Products that have an item" }) }),
  },
  { $id: "LocationTotals" },
);
export type LocationTotals = Static<typeof LocationTotals>;

export const ConsolidatedSku = Type.Object(
  { productId: Type.String(), sku: Type.String(), totals: Totals, locations: Type.Array(InventoryItem) },
  { $id: "ConsolidatedSku", description: "One SKU: its totals, and the item at every location" },
);
export type ConsolidatedSku = Static<typeof ConsolidatedSku>;

/** What moved, for each of the states. */
export const LevelChange = Type.Object({
  stockLevel: Type.Integer(),
  reservedStock: Type.Integer(),
  unavailableStock: Type.Integer(),
  incomingStock: Type.Integer(),
});
const LevelsAt = Type.Object({ ...levels, version: Type.Integer() });

export const Movement = Type.Object(
  {
    movementId: Type.String(),
    inventoryId: Type.String(),
    productId: Type.String(),
    locationId: Type.String(),
    event: Type.String({ description: "Kind of entry, e.g. inventory.adjusted.v1" }),
    type: Type.String({
      description: "sale, return, restock, loss, correction, hold, transfer, supply, count or state",
    }),
    change: LevelChange,
    before: LevelsAt,
    after: LevelsAt,
    reason: Nullable(Type.String()),
    reference: Nullable(Type.String()),
    actor: Type.String({ description: "Id of the key that asked for it" }),
    source: Nullable(Type.String()),
    requestId: Type.String(),
    occurredAt: Timestamp("When it happened"),
    recordedAt: Timestamp("When it was recorded"),
    order: Type.Optional(OrderPart),
    moved: Type.Optional(Moved),
    contained: Type.Optional(ContainedMovement),
    review: Type.Optional(Type.String({ description: "Why somebody should look at it" })),
    notice: Type.Optional(Notice),
    reported: Type.Optional(ReportedLine),
  },
  { $id: "Movement" },
);
export type Movement = Static<typeof Movement>;

export const StreamTicket = Type.Object(
  {
    ticket: Type.String({ description: "Stands for the caller's key in `?ticket=`, once" }),
    expiresAt: Timestamp("When it can no longer be used"),
  },
  { $id: "StreamTicket" },
);
export type StreamTicket = Static<typeof StreamTicket>;

/** A page of a list. */
export const Page = <Schema extends Type.TSchema>(of: Schema) =>
  Type.Object({
    data: Type.Array(of),
    nextCursor: Nullable(Type.String({ description: "Send it as `cursor` for the next page; null on the last" })),
  });
