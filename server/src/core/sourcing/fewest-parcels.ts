/**
 * Sends the whole request from as few locations as possible. Locations that other lines name send something anyway, so
 * they cost nothing. Of sets of the same size the one that comes first by priority is taken.
 */
import { type Coverage, coverageOf } from "./coverage.ts";
import type { Candidate, SourcingPolicy, SourcingRequest } from "./policy.ts";
import { byPriority, takeInOrder } from "./take-in-order.ts";

/** Sets of locations that are tried before the answer of the greedy search has to do. */
const triedSetsMax = 2_000;

export const fewestParcels: SourcingPolicy = {
  name: "fewest_parcels",
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
  const free = request.sending.filter((locationId) => coverage.locationIds.includes(locationId));
  const target = coverage.units(coverage.locationIds);
  const greedy = pruned(coverage, free, greedySet(coverage, free, target), target);
  const others = coverage.locationIds.filter((locationId) => !free.includes(locationId));
  const smaller = smallestSet(coverage, free, others, target, greedy.length);
  return new Set([...free, ...(smaller ?? greedy)]);
}

/** Adds the location that covers most of what is left, until nothing is. */
function greedySet(coverage: Coverage, free: readonly string[], target: number): readonly string[] {
  const chosen: string[] = [];
  while (coverage.units([...free, ...chosen]) < target) {
    const best = coverage.bestNext([...free, ...chosen]);
    if (best === null) break;
    chosen.push(best);
  }
  return chosen;
}

/** Leaves out what later ones made needless. */
function pruned(
  coverage: Coverage,
  free: readonly string[],
  chosen: readonly string[],
  target: number,
): readonly string[] {
  return chosen.reduce<readonly string[]>((kept, locationId) => {
    const without = kept.filter((other) => other !== locationId);
    return coverage.units([...free, ...without]) >= target ? without : kept;
  }, chosen);
}

/** @returns the first set that covers the target, of the smallest size up to `sizeMax`; null when too many would have to be tried */
function smallestSet(
  coverage: Coverage,
  free: readonly string[],
  others: readonly string[],
  target: number,
  sizeMax: number,
): readonly string[] | null {
  let left = triedSetsMax;
  for (let size = 0; size <= sizeMax; size++) {
    for (const set of setsOf(others, size)) {
      if (left-- === 0) return null;
      if (coverage.units([...free, ...set]) >= target) return set;
    }
  }
  return null;
}

/** All sets of one size, in the order of their elements. */
function* setsOf(elements: readonly string[], size: number, from = 0): Generator<readonly string[]> {
  if (size === 0) yield [];
  else
    for (let index = from; index <= elements.length - size; index++)
      for (const rest of setsOf(elements, size - 1, index + 1)) yield [elements[index]!, ...rest];
}
