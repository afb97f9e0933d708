/** POST /v1/stream-tickets: a ticket that stands for the caller's key in the address of one stream. */
import type { Tickets } from "../../auth/tickets.ts";
import type { Route } from "../../host/route.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";

/** The route that gives tickets out. */
export function ticketRoute(tickets: Pick<Tickets, "issue">): Route {
  return {
    operationId: "createStreamTicket",
    bodyBytesMax: 0,
    async handle({ principal }) {
      const { ticket, expiresAtMs } = await tickets.issue(principal);
      return {
        status: 201,
        body: { ticket, expiresAt: formatRfc3339(expiresAtMs) },
        headers: { "cache-control": "no-store" },
      };
    },
  };
}
