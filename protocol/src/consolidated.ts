/** Consolidated stock: totals over many items, with the sources that they come from, and what they are worth. */
import Type, { type Static } from "typebox";
import { levelSums } from "./resources.ts";
import { Closed, Currency, NonEmptyText, Nullable, Timestamp } from "./schema.ts";

/** What totals can be grouped by. */
export const totalGroupings = [
  "product",
  "location",
  "locationGroup",
  "region",
  "channel",
  "attribute",
  "source",
] as const;
export type TotalGrouping = (typeof totalGroupings)[number];

/** Limits of requests for totals. */
export const totalLimits = {
  /** Attributes that a filter names. */
  attributesMax: 10,
  /** Rates of a valuation. */
  ratesMax: 200,
} as const;

const Sums = Type.Object(levelSums);

const Provenance = Type.Object({
  sourceId: Nullable(Type.String({ description: "The source that speaks for the locations; null for none" })),
  isStale: Type.Boolean({ description: "It was not heard from for longer than it may be silent" }),
  lastHeardAt: Nullable(Timestamp("When it was heard from last; null for no source, or never")),
  totals: Sums,
});

/** One group of totals: what is there, and how much of it rests on sources that are not fresh. */
export const ConsolidatedTotals = Type.Object(
  {
    key: Type.Object(
      {
        productId: Type.Optional(Type.String()),
        sku: Type.Optional(Type.String()),
        locationId: Type.Optional(Type.String()),
        locationGroup: Type.Optional(Type.String()),
        region: Type.Optional(Nullable(Type.String())),
        channelId: Type.Optional(Type.String()),
        attribute: Type.Optional(Type.String()),
        value: Type.Optional(Type.String()),
        sourceId: Type.Optional(Nullable(Type.String())),
      },
      { description: "What the group is: members depend on `groupBy`" },
    ),
    totals: Type.Object(levelSums, { description: "Everything, fresh and stale" }),
    fresh: Type.Object(levelSums, { description: "What comes from sources that are fresh, or from no source" }),
    stale: Nullable(
      Type.Object(levelSums, { description: "What comes from sources that are stale: it may be otherwise by now" }),
    ),
    provenance: Type.Array(Provenance, { description: "How much comes from which source; adds up to `totals`" }),
  },
  { $id: "ConsolidatedTotals" },
);
export type ConsolidatedTotals = Static<typeof ConsolidatedTotals>;

/** A decimal number, as text. */
const Rate = Type.String({
  pattern: "^(0|[1-9]\\d{0,11})(\\.\\d{1,12})?$",
  description: "What one unit of that currency is worth in the currency of the valuation, as a decimal number",
});

export const ValuateStock = Closed(
  {
    currency: Currency,
    rates: Type.Optional(
      Type.Record(Type.String({ pattern: "^[A-Z]{3}$" }), Rate, {
        additionalProperties: false,
        maxProperties: totalLimits.ratesMax,
        description: "Rates of other currencies; a product with a price in `currency` itself needs none",
      }),
    ),
    basis: Type.Optional(
      Type.String({ enum: ["stockLevel", "availableStock"], default: "stockLevel", description: "Units that count" }),
    ),
    locationGroup: Type.Optional(NonEmptyText(64, "Only locations of this group")),
  },
  "ValuateStock",
);
export type ValuateStock = Static<typeof ValuateStock>;

const Amount = Type.String({ description: "A decimal number, exact" });

export const StockValue = Type.Object(
  {
    currency: Type.String(),
    basis: Type.String(),
    value: Amount,
    units: Type.Integer({ description: "Units that were valued" }),
    products: Type.Integer({ description: "Products that were valued" }),
    unvalued: Type.Object({
      units: Type.Integer(),
      products: Type.Integer(),
      currencies: Type.Array(Type.String(), { description: "Currencies of prices for which a rate is missing" }),
      withoutPrice: Type.Integer({ description: "Products with stock that have no price at all" }),
    }),
    byCurrency: Type.Array(
      Type.Object({
        currency: Type.String({ description: "Currency of the prices" }),
        rate: Type.String(),
        units: Type.Integer(),
        amount: Type.String({ description: "In that currency, exact" }),
        value: Amount,
      }),
    ),
  },
  { $id: "StockValue" },
);
export type StockValue = Static<typeof StockValue>;
