/**
 * Sends the whole request from as few locations as possible. Locations that other lines name send something anyway, so
 * they cost nothing. Of sets of the same size the one that comes first by priority is taken.
 */
import { type Coverage, coverageOf } from "./coverage.ts";
import type { Candidate, SourcingPolicy, SourcingRequest } from "./policy.ts";
import { byPriority, takeInOrder } from "./take-in-order.ts";

/**
 * How long the smallest set is looked for before the greedy answer has to do, in lines looked at for a location: a few
 * milliseconds. Twelve locations for ten lines are always tried out.
 */
const stepsMax = 250_000;

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
  const { locationIds } = coverage;
  const all = [...locationIds.keys()];
  const sending = new Set(request.sending);
  const free = all.filter((location) => sending.has(locationIds[location]!));
  const others = all.filter((location) => !sending.has(locationIds[location]!));
  const target = coverage.units(all);
  const greedy = pruned(coverage, free, greedySet(coverage, free, target), target);
  const chosen = smallestSet(coverage, free, others, target, greedy.length) ?? greedy;
  return new Set([...free, ...chosen].map((location) => locationIds[location]!));
}

/** Adds the location that covers most of what is left, until nothing is. */
function greedySet(coverage: Coverage, free: readonly number[], target: number): readonly number[] {
  const chosen: number[] = [];
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
  free: readonly number[],
  chosen: readonly number[],
  target: number,
): readonly number[] {
  return chosen.reduce<readonly number[]>((kept, location) => {
    const without = kept.filter((other) => other !== location);
    return coverage.units([...free, ...without]) >= target ? without : kept;
  }, chosen);
}

/**
 * @returns the first set by priority that covers the target, of the smallest size up to `sizeMax`; null when finding it
 * would take too long
 */
function smallestSet(
  coverage: Coverage,
  free: readonly number[],
  others: readonly number[],
  target: number,
  sizeMax: number,
): readonly number[] | null {
  let left = stepsMax;
  for (let size = 0; size <= sizeMax; size++) {
    for (const set of setsOf(others, size)) {
      left -= coverage.lineCount * (free.length + size);
      if (left < 0) return null;
      if (coverage.units([...free, ...set]) >= target) return set;
    }
  }
  return null;
}

/** All sets of one size, in the order of their elements. */
function* setsOf(elements: readonly number[], size: number, from = 0): Generator<readonly number[]> {
  if (size === 0) yield [];
  else
    for (let index = from; index <= elements.length - size; index++)
      for (const rest of setsOf(elements, size - 1, index + 1)) yield [elements[index]!, ...rest];
}
