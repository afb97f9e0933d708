import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

/** Schemas of the requests, compiled once. */

const Id = Type.String({ pattern: "^[A-Za-z0-9._:-]{1,64}$" });
const Name = Type.String({ minLength: 1, maxLength: 200 });
const closed = { additionalProperties: false } as const;

const Product = Type.Object({ productId: Id, sku: Id, name: Name }, closed);
const Location = Type.Object({ locationId: Id, name: Name, type: Type.String({ pattern: "^[a-z_]{1,32}$" }) }, closed);

const Adjustment = Type.Object(
  {
    productId: Id,
    locationId: Id,
    adjustment: Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
    reason: Type.String({ minLength: 1, maxLength: 200 }),
    reference: Type.Optional(Type.String({ maxLength: 200 })),
  },
  closed,
);

const BulkUpdate = Type.Object(
  {
    mode: Type.Optional(Type.Literal("independent")),
    updates: Type.Array(Adjustment, { minItems: 1, maxItems: 10_000 }),
  },
  closed,
);

const Reservation = Type.Object(
  {
    lines: Type.Array(Type.Object({ productId: Id, locationId: Id, quantity: Type.Integer({ minimum: 1 }) }, closed), {
      minItems: 1,
      maxItems: 200,
    }),
    ttlSeconds: Type.Integer({ minimum: 1, maximum: 604_800 }),
    reference: Type.Optional(Type.String({ maxLength: 200 })),
  },
  closed,
);

export type Adjustment = Static<typeof Adjustment>;

export const productRequest = Compile(Product);
export const locationRequest = Compile(Location);
export const adjustmentRequest = Compile(Adjustment);
export type Reservation = Static<typeof Reservation>;

export const reservationRequest = Compile(Reservation);
export const bulkRequest = Compile(BulkUpdate);
