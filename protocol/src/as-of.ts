/** Stock as of a past moment: what is asked with, and what is answered. */
import Type, { type Static } from "typebox";
import { ConsolidatedSku, InventoryItem } from "./resources.ts";
import { Timestamp } from "./schema.ts";

/** What every read of stock takes that may be of a past moment. */
export const asOfQuery = {
  asOf: Type.Optional(Timestamp("Levels as of this past moment; today's without it")),
  asOfBasis: Type.Optional(
    Type.String({
      enum: ["recorded", "occurred"],
      description:
        "What had been `recorded` by the moment (default), or what is known today to have `occurred` by then",
    }),
  ),
};

/** Which past moment an answer is of. */
export const AsOfView = Type.Object(
  {
    moment: Timestamp("The moment"),
    basis: Type.String({
      enum: ["recorded", "occurred"],
      description: "What had been recorded by then, or what is known today to have occurred by then",
    }),
  },
  { $id: "AsOf" },
);
export type AsOfView = Static<typeof AsOfView>;

export const ItemAsOf = Type.Object(
  { ...InventoryItem.properties, asOf: AsOfView },
  { $id: "ItemAsOf", description: "One product at one location, as of a past moment" },
);
export type ItemAsOf = Static<typeof ItemAsOf>;

export const SkuAsOf = Type.Object(
  { ...ConsolidatedSku.properties, asOf: AsOfView },
  { $id: "SkuAsOf", description: "One SKU as of a past moment: its totals, and the item at every location" },
);
export type SkuAsOf = Static<typeof SkuAsOf>;
