/** Takes from the location that the caller, or the channel, names first, then from the next. */
import type { SourcingPolicy } from "./policy.ts";
import { byPriority, takeInOrder } from "./take-in-order.ts";

export const priority: SourcingPolicy = {
  name: "priority",
  yields: true,
  forRequest({ priorities }) {
    const named = new Set(priorities);
    return (demand, candidates) =>
      takeInOrder(demand.quantity, byPriority(candidates, priorities), ({ locationId }, place) =>
        named.has(locationId) || priorities.length === 0
          ? `Place ${place} by priority`
          : `Place ${place}, not in priorities`,
      );
  },
};
