/**
 * Sends the whole request from as few locations as possible. Locations that other lines name send something anyway, so
 * they cost nothing. Of sets of the same size the one that comes first by priority is taken.
 */
import { smallestCover } from "./cover.ts";
import { coverageOf } from "./coverage.ts";
import type { Candidate, SourcingPolicy, SourcingRequest } from "./policy.ts";
import { byPriority, takeInOrder } from "./take-in-order.ts";

export const fewestParcels: SourcingPolicy = {
  name: "fewest_parcels",
  yields: true,
  forRequest(request) {
    const chosen = fewestLocations(request);
    const together = chosen.size === 1 ? "The one location" : `One of the ${chosen.size} locations`;
    return (demand, candidates) => {
      const ordered = byPriority(candidates, request.priorities);
      const inside = ordered.filter(({ locationId }) => chosen.has(locationId));
      const outside = ordered.filter(({ locationId }) => !chosen.has(locationId));
      const all = [...wholeFirst(inside, demand.quantity), ...wholeFirst(outside, demand.quantity)];
      return takeInOrder(demand.quantity, all, ({ locationId }) =>
        chosen.has(locationId) ? `${together} that the request is sent from` : "Would be one more parcel",
      );
    };
  },
};

/** One that has the whole quantity comes first, else the fullest: so that a line is not split without need. */
function wholeFirst(candidates: readonly Candidate[], quantity: number): readonly Candidate[] {
  const whole = candidates.find(({ available }) => available >= quantity);
  const byStock = candidates.toSorted((a, b) => b.available - a.available);
  return whole === undefined ? byStock : [whole, ...byStock.filter((candidate) => candidate !== whole)];
}

/** @returns the locations to send from: as few as cover what all of them together could */
function fewestLocations(request: SourcingRequest): ReadonlySet<string> {
  const coverage = coverageOf(request);
  const { locationIds } = coverage;
  const sending = new Set(request.sending);
  const isFree = (location: number): boolean => sending.has(locationIds[location]!);
  const all = [...locationIds.keys()];
  const free = all.filter(isFree);
  const chosen = smallestCover(
    coverage,
    free,
    all.filter((location) => !isFree(location)),
  );
  return new Set([...free, ...chosen].map((location) => locationIds[location]!));
}
