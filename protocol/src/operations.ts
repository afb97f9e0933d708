/**
 * Every call of the API: the one table from which routes, the OpenAPI document and the client are made.
 */
import Type from "typebox";
import { FeedEvent } from "./events.ts";
import * as requests from "./requests.ts";
import * as resources from "./resources.ts";
import { Id, NonEmptyText, Nullable, Quantity, Timestamp } from "./schema.ts";
import * as subscriptions from "./subscriptions.ts";
import type { Role } from "./vocabulary.ts";

export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with `{parameters}`. */
  readonly path: string;
  readonly summary: string;
  /** Weakest role that may call it; null for everyone. Finer rights will be declared here. */
  readonly right: Role | null;
  readonly query?: Type.TObject;
  readonly body?: Type.TObject;
  readonly response: Type.TSchema | null;
  readonly status: 101 | 200 | 201 | 204;
  /** Whether the call changes something, and so takes an idempotency key. */
  readonly writes: boolean;
  /** It stays open and is no call with an answer: the client has other means for it. */
  readonly opens?: "event-stream" | "websocket";
  /** Whether `?ticket=` may stand for the `Authorization` header, which browsers cannot send with a stream. */
  readonly takesTicket?: true;
}

const closed = { additionalProperties: false } as const;
const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(Type.String({ maxLength: 2048 })),
};
const minCursor = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 2048,
    description: "Cursor of the change feed that the answer must have reached; waited for up to 2 seconds",
  }),
);
const freshness = Type.Object({ minCursor }, closed);
const status = Type.Optional(Type.String({ enum: ["active", "archived", "all"], default: "active" }));
const archive = Type.Optional(
  Type.Boolean({ description: "Keep it, hidden and closed to changes, instead of removing it" }),
);
const catalogueList = Type.Object(
  { ...paging, minCursor, status, q: Type.Optional(NonEmptyText(200, "Text in name or SKU")) },
  closed,
);

const read = { method: "GET", right: "reader", status: 200, writes: false } as const;
const create = { method: "POST", right: "writer", status: 201, writes: true } as const;
const replace = { method: "PUT", right: "writer", status: 200, writes: true } as const;
const patch = { method: "PATCH", right: "writer", status: 200, writes: true } as const;
const remove = {
  method: "DELETE",
  right: "writer",
  status: 204,
  writes: true,
  response: null,
  query: Type.Object({ archive }, closed),
} as const;

const listOf = (what: string) =>
  Type.Optional(
    Type.String({ maxLength: 16_384, description: `Only events of these ${what}; up to 100, with commas` }),
  );
/** Filters of the feed in a query string. */
const feedFilter = {
  productId: listOf("products"),
  sku: listOf("SKUs"),
  locationId: listOf("locations"),
  locationGroup: listOf("groups of locations"),
  types: listOf("types, e.g. inventory.adjusted.v1 or inventory.*"),
};

/** A call that does something with a subscription. */
const actOn = { method: "POST", right: "writer", status: 200, writes: true } as const;

const BulkResult = Type.Object(
  {
    results: Type.Array(
      Type.Object({
        index: Type.Integer(),
        status: Type.Integer(),
        replayed: Type.Optional(Type.Boolean()),
        item: Type.Optional(resources.InventoryItem),
        movementId: Type.Optional(Type.String()),
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
  },
  closed,
);

const InventoryPage = Type.Object({
  data: Type.Array(Type.Union([resources.InventoryItem, resources.ProductTotals, resources.LocationTotals])),
  nextCursor: Nullable(Type.String()),
  totals: Type.Optional(resources.Totals),
});

export const operations = {
  listProducts: {
    ...read,
    path: "/v1/products",
    summary: "List products",
    query: catalogueList,
    response: resources.Page(resources.Product),
  },
  createProduct: {
    ...create,
    path: "/v1/products",
    summary: "Create a product",
    body: requests.CreateProduct,
    response: resources.Product,
  },
  getProduct: {
    ...read,
    path: "/v1/products/{productId}",
    summary: "Read a product",
    query: freshness,
    response: resources.Product,
  },
  replaceProduct: {
    ...replace,
    path: "/v1/products/{productId}",
    summary: "Replace a product",
    body: requests.ReplaceProduct,
    response: resources.Product,
  },
  patchProduct: {
    ...patch,
    path: "/v1/products/{productId}",
    summary: "Change fields of a product",
    body: requests.PatchProduct,
    response: resources.Product,
  },
  deleteProduct: { ...remove, path: "/v1/products/{productId}", summary: "Delete or archive a product" },
  listLocations: {
    ...read,
    path: "/v1/locations",
    summary: "List locations",
    query: catalogueList,
    response: resources.Page(resources.Location),
  },
  createLocation: {
    ...create,
    path: "/v1/locations",
    summary: "Create a location",
    body: requests.CreateLocation,
    response: resources.Location,
  },
  getLocation: {
    ...read,
    path: "/v1/locations/{locationId}",
    summary: "Read a location",
    query: freshness,
    response: resources.Location,
  },
  replaceLocation: {
    ...replace,
    path: "/v1/locations/{locationId}",
    summary: "Replace a location",
    body: requests.ReplaceLocation,
    response: resources.Location,
  },
  patchLocation: {
    ...patch,
    path: "/v1/locations/{locationId}",
    summary: "Change fields of a location",
    body: requests.PatchLocation,
    response: resources.Location,
  },
  deleteLocation: { ...remove, path: "/v1/locations/{locationId}", summary: "Delete or archive a location" },
  listLocationInventory: {
    ...read,
    path: "/v1/locations/{locationId}/inventory",
    summary: "List the items of one location",
    query: Type.Object({ ...paging, minCursor, status }, closed),
    response: resources.Page(resources.InventoryItem),
  },
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
    summary: "Adjust the level of an item",
    body: requests.Adjustment,
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
  pollUpdates: {
    ...read,
    path: "/v1/inventory/updates",
    summary: "Read the changes since a time or a cursor",
    query: Type.Object(
      {
        since: Type.Optional(
          Type.String({ maxLength: 2048, description: "Cursor, or RFC 3339 time; from the beginning when absent" }),
        ),
        limit: paging.limit,
        wait: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 60, description: "Seconds to wait for a change when there is none" }),
        ),
        ...feedFilter,
      },
      closed,
    ),
    takesTicket: true,
    response: resources.Page(FeedEvent),
  },
  streamUpdates: {
    ...read,
    path: "/v1/inventory/stream",
    summary: "Follow the changes as server-sent events",
    query: Type.Object(
      {
        cursor: Type.Optional(Type.String({ maxLength: 2048, description: "Where to go on; from now on when absent" })),
        since: Type.Optional(Type.String({ maxLength: 2048, description: "Cursor, or RFC 3339 time" })),
        ...feedFilter,
      },
      closed,
    ),
    opens: "event-stream",
    takesTicket: true,
    response: null,
  },
  openSocket: {
    ...read,
    status: 101,
    path: "/v1/inventory/ws",
    summary: "Follow the changes and send commands over a WebSocket, subprotocol `onhand.v1`",
    opens: "websocket",
    takesTicket: true,
    response: null,
  },
  createStreamTicket: {
    ...create,
    right: "reader",
    writes: false,
    path: "/v1/stream-tickets",
    summary: "Get a ticket for one stream of a browser",
    response: resources.StreamTicket,
  },
  getInventory: {
    ...read,
    path: "/v1/inventory/{inventoryIdOrSku}",
    summary: "Read one item by inventory id, or one SKU over all locations",
    query: freshness,
    response: Type.Union([resources.InventoryItem, resources.ConsolidatedSku]),
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
  listSubscriptions: {
    ...read,
    path: "/v1/subscriptions/inventory",
    summary: "List webhook subscriptions",
    query: Type.Object(paging, closed),
    response: resources.Page(subscriptions.Subscription),
  },
  createSubscription: {
    ...create,
    path: "/v1/subscriptions/inventory",
    summary: "Subscribe a webhook to the changes from now on",
    body: subscriptions.CreateSubscription,
    response: subscriptions.SubscriptionWithSecret,
  },
  getSubscription: {
    ...read,
    path: "/v1/subscriptions/inventory/{subscriptionId}",
    summary: "Read a subscription and what it has reached",
    response: subscriptions.Subscription,
  },
  patchSubscription: {
    ...patch,
    path: "/v1/subscriptions/inventory/{subscriptionId}",
    summary: "Change fields of a subscription",
    body: subscriptions.PatchSubscription,
    response: subscriptions.Subscription,
  },
  deleteSubscription: {
    method: "DELETE",
    right: "writer",
    status: 204,
    writes: true,
    response: null,
    path: "/v1/subscriptions/inventory/{subscriptionId}",
    summary: "Delete a subscription and what waits for it",
  },
  pingSubscription: {
    ...actOn,
    writes: false,
    path: "/v1/subscriptions/inventory/{subscriptionId}/ping",
    summary: "Send a signed test event now and see what comes of it",
    response: subscriptions.PingResult,
  },
  pauseSubscription: {
    ...actOn,
    path: "/v1/subscriptions/inventory/{subscriptionId}/pause",
    summary: "Send nothing until it is resumed; nothing is lost",
    response: subscriptions.Subscription,
  },
  resumeSubscription: {
    ...actOn,
    path: "/v1/subscriptions/inventory/{subscriptionId}/resume",
    summary: "Go on; what waits for another try is due at once",
    response: subscriptions.Subscription,
  },
  rotateSubscriptionSecret: {
    ...actOn,
    path: "/v1/subscriptions/inventory/{subscriptionId}/rotate-secret",
    summary: "Sign with a new secret, and with the one before for a while",
    body: subscriptions.RotateSecret,
    response: subscriptions.SubscriptionWithSecret,
  },
  replayDeliveries: {
    ...actOn,
    path: "/v1/subscriptions/inventory/{subscriptionId}/replay",
    summary: "Send deliveries of the log again, under their ids and numbers",
    body: subscriptions.ReplayDeliveries,
    response: subscriptions.Requeued,
  },
  backfillSubscription: {
    ...actOn,
    path: "/v1/subscriptions/inventory/{subscriptionId}/backfill",
    summary: "Make up for everything that was missed, from where it stood or from a cursor",
    body: subscriptions.BackfillSubscription,
    response: subscriptions.Subscription,
  },
  listDeliveries: {
    ...read,
    path: "/v1/subscriptions/inventory/{subscriptionId}/deliveries",
    summary: "The log of tries of 30 days, newest first",
    query: Type.Object(
      {
        ...paging,
        eventId: Type.Optional(NonEmptyText(128, "Only tries of this event")),
        outcome: Type.Optional(Type.String({ enum: [...subscriptions.webhookOutcomes] })),
      },
      closed,
    ),
    response: resources.Page(subscriptions.DeliveryAttempt),
  },
  listDeadLetters: {
    ...read,
    path: "/v1/subscriptions/inventory/{subscriptionId}/dead-letters",
    summary: "Deliveries that were given up",
    query: Type.Object(paging, closed),
    response: resources.Page(subscriptions.DeadLetter),
  },
  replayDeadLetters: {
    ...actOn,
    path: "/v1/subscriptions/inventory/{subscriptionId}/dead-letters/replay",
    summary: "Put dead letters back into the queue: all, or those that are chosen",
    body: subscriptions.ReplayDeadLetters,
    response: subscriptions.Requeued,
  },
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof operations;
export type BulkResult = Type.Static<typeof BulkResult>;
export type InventoryPage = Type.Static<typeof InventoryPage>;

/** Sub-paths of /v1/inventory, which no SKU may equal. */
export const reservedSkus: readonly string[] = ["updates", "stream", "ws", "bulk-update"];
