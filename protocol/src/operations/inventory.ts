/** Calls on inventory: many items at once, and single ones. */
import Type from "typebox";
import { AsOfView, asOfQuery, ItemAsOf, SkuAsOf } from "../as-of.ts";
import * as requests from "../requests.ts";
import * as resources from "../resources.ts";
import { Id, NonEmptyText, Nullable, Quantity, Timestamp } from "../schema.ts";
import { closed, create, minCursor, type Operation, paging, patch, read, remove, status } from "./shared.ts";

const BulkResult = Type.Object(
  {
    results: Type.Array(
      Type.Object({
        index: Type.Integer(),
        status: Type.Integer(),
        replayed: Type.Optional(Type.Boolean()),
        item: Type.Optional(resources.InventoryItem),
        movementId: Type.Optional(Type.String()),
        ...resources.appliedExtras,
        error: Type.Optional(
          Type.Object(
            { code: Type.String(), title: Type.String(), detail: Type.String() },
            { additionalProperties: true },
          ),
        ),
      }),
    ),
    applied: Type.Integer(),
    rejected: Type.Integer(),
    cursor: Nullable(Type.String()),
  },
  { $id: "BulkResult" },
);

const inventoryList = Type.Object(
  {
    ...paging,
    minCursor,
    productId: Type.Optional(Id("Product")),
    sku: Type.Optional(NonEmptyText(128)),
    locationId: Type.Optional(Id("Location")),
    locationGroup: Type.Optional(Id("Group of locations")),
    updatedAfter: Type.Optional(Timestamp("Items changed after it; may repeat some, never misses one")),
    availableBelow: Type.Optional(Quantity("Items with less available than this")),
    q: Type.Optional(NonEmptyText(200, "Text in name or SKU")),
    status,
    include: Type.Optional(Type.String({ enum: ["totals"] })),
    groupBy: Type.Optional(Type.String({ enum: ["product", "location"] })),
    ...asOfQuery,
  },
  closed,
);

const InventoryPage = Type.Object({
  data: Type.Array(Type.Union([resources.InventoryItem, resources.ProductTotals, resources.LocationTotals])),
  nextCursor: Nullable(Type.String()),
  totals: Type.Optional(resources.Totals),
  asOf: Type.Optional(AsOfView),
});
export type BulkResult = Type.Static<typeof BulkResult>;
export type InventoryPage = Type.Static<typeof InventoryPage>;

/** Calls on many items. */
export const inventoryOperations = {
  listInventory: {
    ...read,
    path: "/v1/inventory",
    summary: "List items, or totals with `groupBy`",
    query: inventoryList,
    response: InventoryPage,
  },
  adjustInventory: {
    ...create,
    status: 200,
    path: "/v1/inventory",
    summary: "Adjust the level of an item, or move units of it between states",
    body: requests.InventoryChange,
    response: resources.AdjustedItem,
  },
  bulkUpdateInventory: {
    ...create,
    status: 200,
    path: "/v1/inventory/bulk-update",
    summary: "Change many items, each by itself or all together",
    body: requests.BulkUpdate,
    response: BulkResult,
  },
} as const satisfies Record<string, Operation>;

/** Calls on one item. */
export const itemOperations = {
  getInventory: {
    ...read,
    path: "/v1/inventory/{inventoryIdOrSku}",
    summary: "Read one item by inventory id, or one SKU over all locations",
    query: Type.Object({ minCursor, ...asOfQuery }, closed),
    response: Type.Union([resources.InventoryItem, resources.ConsolidatedSku, ItemAsOf, SkuAsOf]),
  },
  patchInventory: {
    ...patch,
    path: "/v1/inventory/{inventoryId}",
    summary: "Change an item; absolute levels need a guard",
    body: requests.PatchItem,
    response: resources.AdjustedItem,
  },
  deleteInventory: { ...remove, path: "/v1/inventory/{inventoryId}", summary: "Delete or archive an item" },
  listMovements: {
    ...read,
    path: "/v1/inventory/{inventoryId}/movements",
    summary: "The ledger of an item, newest first",
    query: Type.Object({ ...paging, minCursor }, closed),
    response: resources.Page(resources.Movement),
  },
} as const satisfies Record<string, Operation>;
