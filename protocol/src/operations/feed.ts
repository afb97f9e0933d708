/** The change feed: polled, and opened as a stream. */
import Type from "typebox";
import { FeedEvent } from "../events.ts";
import * as resources from "../resources.ts";
import { closed, create, type Operation, paging, read } from "./shared.ts";

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
  channelId: listOf("channels: what they may sell"),
  types: listOf("types, e.g. inventory.adjusted.v1 or inventory.*"),
};
export const feedOperations = {
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
} as const satisfies Record<string, Operation>;
