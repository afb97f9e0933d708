/** Takes from where there is most, so that stock evens out; of equal ones the one with the higher priority. */
import type { SourcingPolicy } from "./policy.ts";
import { byPriority, takeInOrder } from "./take-in-order.ts";

export const mostStock: SourcingPolicy = {
  name: "most_stock",
  yields: true,
  forRequest:
    ({ priorities }) =>
    (demand, candidates) =>
      takeInOrder(
        demand.quantity,
        byPriority(candidates, priorities).toSorted((a, b) => b.available - a.available),
        (_candidate, place) => `Place ${place} by stock`,
      ),
};
