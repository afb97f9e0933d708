/** All routes of the API. */
import type { Route } from "../../host/route.ts";
import { streamRoute } from "../sse/stream-route.ts";
import { bulkRoute } from "./bulk-route.ts";
import { channelRoutes } from "./channel-routes.ts";
import type { RestContext } from "./context.ts";
import { inventoryReadRoutes } from "./inventory-read-routes.ts";
import { inventoryWriteRoutes } from "./inventory-write-routes.ts";
import { locationRoutes } from "./location-routes.ts";
import { productRoutes } from "./product-routes.ts";
import { reservationRoutes } from "./reservation-routes.ts";
import { supplyRoutes } from "./supply-routes.ts";
import { ticketRoute } from "./ticket-route.ts";
import { transferRoutes } from "./transfer-routes.ts";
import { updateRoutes } from "./update-routes.ts";

/** @returns a route for each operation of the protocol */
export function restRoutes(rest: RestContext): Route[] {
  return [
    ...productRoutes(rest),
    ...locationRoutes(rest),
    ...channelRoutes(rest),
    ...updateRoutes(rest),
    streamRoute(rest),
    ticketRoute(rest.tickets),
    bulkRoute(rest),
    ...inventoryWriteRoutes(rest),
    ...inventoryReadRoutes(rest),
    ...reservationRoutes(rest),
    ...transferRoutes(rest),
    ...supplyRoutes(rest),
  ];
}
