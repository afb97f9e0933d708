/** What callers send. Fields that only the server sets are accepted and ignored; unknown ones are refused. */
import Type, { type Static } from "typebox";
import {
  Closed,
  Currency,
  Id,
  Level,
  Money,
  NonEmptyText,
  Nullable,
  Quantity,
  Sku,
  Text,
  Timestamp,
} from "./schema.ts";
import { callerMovementTypes, quantityMax, unsellableStates } from "./vocabulary.ts";

const Ignored = Type.Unknown({ description: "Set by the server; ignored here" });
const Attributes = Type.Record(Type.String({ pattern: "^[\\s\\S]{0,64}$" }), Type.Unknown(), {
  additionalProperties: false,
  maxProperties: 100,
});
const Prices = Type.Record(Type.String({ pattern: "^[A-Z]{3}$" }), Money("Price in that currency"), {
  additionalProperties: false,
  maxProperties: 200,
});
const Status = Type.String({ enum: ["active", "archived"] });

const productFields = {
  sku: Sku,
  name: NonEmptyText(500),
  description: Nullable(Text(10_000)),
  price: Nullable(Money("Price in `currency`")),
  currency: Currency,
  prices: Prices,
  attributes: Attributes,
};
const productOptional = {
  description: Type.Optional(productFields.description),
  price: Type.Optional(productFields.price),
  currency: Type.Optional(productFields.currency),
  prices: Type.Optional(productFields.prices),
  attributes: Type.Optional(productFields.attributes),
};
const readOnly = {
  version: Type.Optional(Ignored),
  createdAt: Type.Optional(Ignored),
  updatedAt: Type.Optional(Ignored),
};
const productId = Type.Optional(Id("Your own id for the product, or the one in the path"));
const locationId = Type.Optional(Id("Your own id for the location, or the one in the path"));
const status = Type.Optional(Status);

export const CreateProduct = Closed(
  {
    productId,
    sku: productFields.sku,
    name: productFields.name,
    ...productOptional,
    status: Type.Optional(Ignored),
    ...readOnly,
  },
  "CreateProduct",
);
export type CreateProduct = Static<typeof CreateProduct>;

export const ReplaceProduct = Closed(
  { productId, sku: productFields.sku, name: productFields.name, ...productOptional, status, ...readOnly },
  "ReplaceProduct",
);
export type ReplaceProduct = Static<typeof ReplaceProduct>;

export const PatchProduct = Closed(
  {
    productId,
    sku: Type.Optional(productFields.sku),
    name: Type.Optional(productFields.name),
    ...productOptional,
    status,
    ...readOnly,
  },
  "PatchProduct",
);
export type PatchProduct = Static<typeof PatchProduct>;

const LocationType = Type.String({ pattern: "^[a-z_]{1,32}$" });
const locationOptional = {
  region: Type.Optional(Nullable(NonEmptyText(64))),
  timezone: Type.Optional(
    Nullable(Type.String({ pattern: "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$", maxLength: 64 })),
  ),
  currency: Type.Optional(Nullable(Currency)),
  groups: Type.Optional(Type.Array(Id("Name of a group"), { maxItems: 50, uniqueItems: true })),
};

export const CreateLocation = Closed(
  {
    locationId,
    name: NonEmptyText(500),
    type: LocationType,
    ...locationOptional,
    status: Type.Optional(Ignored),
    ...readOnly,
  },
  "CreateLocation",
);
export type CreateLocation = Static<typeof CreateLocation>;

export const ReplaceLocation = Closed(
  { locationId, name: NonEmptyText(500), type: LocationType, ...locationOptional, status, ...readOnly },
  "ReplaceLocation",
);
export type ReplaceLocation = Static<typeof ReplaceLocation>;

export const PatchLocation = Closed(
  {
    locationId,
    name: Type.Optional(NonEmptyText(500)),
    type: Type.Optional(LocationType),
    ...locationOptional,
    status,
    ...readOnly,
  },
  "PatchLocation",
);
export type PatchLocation = Static<typeof PatchLocation>;

const guards = {
  expectedVersion: Type.Optional(Level("Version that the item must have; 0 when it must not exist")),
  expectedStockLevel: Type.Optional(Nullable(Quantity("Level that it must have; null waives the guard"))),
  expectedLastUpdated: Type.Optional(Timestamp("`lastUpdated` that it must have")),
};

/** How far a device's clock may be off, in ms: a year. */
const clockErrorMsMax = 366 * 24 * 3600 * 1000;

const Device = Closed({
  deviceId: Id("Your id for the device"),
  clockErrorMs: Type.Optional(
    Nullable(
      Type.Integer({
        minimum: 0,
        maximum: clockErrorMsMax,
        description: "Largest error of its clock in either direction; null or absent when nobody knows",
      }),
    ),
  ),
});

const State = Type.String({ enum: [...unsellableStates], description: "State of units that cannot be sold" });
const StateOrSellable = Type.String({ enum: ["sellable", ...unsellableStates], description: "sellable, or a state" });

const lineFields = {
  productId: Type.Optional(Id("Product, or name it by `sku`")),
  sku: Type.Optional(Sku),
  locationId: Id("Location"),
  reason: Type.Optional(Text(1_000, "Why, in words; erasable")),
  reference: Type.Optional(Text(255, "Your reference, e.g. an order number; erasable")),
  timestamp: Type.Optional(Timestamp("When it happened; now when absent")),
  type: Type.Optional(
    Type.String({ enum: [...callerMovementTypes], description: "Kind of movement; never changes the sign" }),
  ),
  operationId: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: "^[\\x21-\\x7E]+$",
      description: "Idempotency key of this line",
    }),
  ),
  allowNegative: Type.Optional(
    Type.Boolean({ description: "Record it even below zero (admin); raises an oversell incident" }),
  ),
  ...guards,
};

export const Adjustment = Closed(
  {
    ...lineFields,
    adjustment: Quantity("Units to add, or to take when negative"),
    state: Type.Optional(State),
    device: Type.Optional(Device),
  },
  "Adjustment",
);
export type Adjustment = Static<typeof Adjustment>;

const { type: _ofMovements, ...moveFields } = lineFields;

export const StateMove = Closed(
  {
    ...moveFields,
    move: Closed({
      from: StateOrSellable,
      to: StateOrSellable,
      quantity: Type.Integer({ minimum: 1, maximum: quantityMax, description: "Units; on hand stays" }),
    }),
  },
  "StateMove",
);
export type StateMove = Static<typeof StateMove>;

/** What one call changes: on hand, or the state of units that are. */
export const InventoryChange = Type.Union([Adjustment, StateMove]);
export type InventoryChange = Static<typeof InventoryChange>;

const absolute = {
  stockLevel: Level("Units on hand"),
  countedAt: Type.Optional(Timestamp("When they were counted: later movements stay on top")),
};

export const SetLevel = Closed({ ...lineFields, ...absolute, device: Type.Optional(Device) }, "SetLevel");
export type SetLevel = Static<typeof SetLevel>;

export const BulkUpdate = Closed(
  {
    mode: Type.Optional(Type.String({ enum: ["independent", "atomic"] })),
    updates: Type.Array(Type.Unknown(), {
      minItems: 1,
      maxItems: 10_000,
      description: "Each an Adjustment, a SetLevel or a StateMove",
    }),
    operationId: Type.Optional(lineFields.operationId),
  },
  "BulkUpdate",
);
export type BulkUpdate = Static<typeof BulkUpdate>;

export const PatchItem = Closed(
  {
    stockLevel: Type.Optional(absolute.stockLevel),
    countedAt: absolute.countedAt,
    unavailableStock: Type.Optional(Level("Units on hand that cannot be sold, at least those in named states")),
    safetyStock: Type.Optional(Level("Units kept back against uncertainty")),
    reorderPoint: Type.Optional(Nullable(Level("Available at or below which more is to be ordered"))),
    maximum: Type.Optional(Nullable(Level("Level that replenishment fills up to"))),
    hysteresis: Type.Optional(
      Nullable(Level("Units that available must rise above a threshold before it counts as passed upwards")),
    ),
    ...guards,
    reason: lineFields.reason,
    reference: lineFields.reference,
    timestamp: lineFields.timestamp,
    type: lineFields.type,
    operationId: lineFields.operationId,
    allowNegative: lineFields.allowNegative,
    reservedStock: Type.Optional(Ignored),
    incomingStock: Type.Optional(Ignored),
    states: Type.Optional(Ignored),
    alert: Type.Optional(Ignored),
    lastCountedAt: Type.Optional(Ignored),
    inventoryId: Type.Optional(Ignored),
    productId: Type.Optional(Ignored),
    sku: Type.Optional(Ignored),
    locationId: Type.Optional(Ignored),
    availableStock: Type.Optional(Ignored),
    status,
    lastUpdated: Type.Optional(Ignored),
    version: Type.Optional(Ignored),
  },
  "PatchItem",
);
export type PatchItem = Static<typeof PatchItem>;
