/** Calls that read consolidated stock. */
import Type from "typebox";
import * as consolidated from "../consolidated.ts";
import { Page } from "../resources.ts";
import { Id, NonEmptyText } from "../schema.ts";
import { act, closed, minCursor, type Operation, paging, read } from "./shared.ts";

export const consolidatedOperations = {
  listTotals: {
    ...read,
    path: "/v1/totals",
    summary: "Totals by product, location, group, region, channel, attribute or source, with their provenance",
    query: Type.Object(
      {
        ...paging,
        minCursor,
        groupBy: Type.Optional(Type.String({ enum: [...consolidated.totalGroupings], default: "product" })),
        attribute: Type.Optional(NonEmptyText(64, "With `groupBy=attribute`: its name")),
        productId: Type.Optional(Id("Product")),
        sku: Type.Optional(NonEmptyText(128)),
        attributes: Type.Optional(
          NonEmptyText(2_000, "Products with these attributes, `name:value` with commas between, e.g. `line:Velvet`"),
        ),
        locationId: Type.Optional(Id("Location")),
        locationGroup: Type.Optional(Id("Group of locations")),
        region: Type.Optional(NonEmptyText(64)),
        sourceId: Type.Optional(Id("Source that speaks for the location")),
      },
      closed,
    ),
    response: Page(consolidated.ConsolidatedTotals),
  },
  valuateStock: {
    ...act,
    right: "reader",
    writes: false,
    path: "/v1/valuations",
    summary: "What the stock is worth in one currency, at given rates; nothing is changed",
    body: consolidated.ValuateStock,
    response: consolidated.StockValue,
  },
} as const satisfies Record<string, Operation>;
