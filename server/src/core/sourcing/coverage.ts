/** How much of a request some locations can send together. Locations are numbered by priority, for this is asked often. */
import type { SourcingRequest } from "./policy.ts";
import { byPriority } from "./take-in-order.ts";

export interface Coverage {
  /** All that can send anything, by priority, then as the lines name them; a location's number is its place in it. */
  readonly locationIds: readonly string[];
  /** Lines of the request: what one question costs for each location. */
  readonly lineCount: number;
  /** Units of the request that these locations can send. */
  units(locations: readonly number[]): number;
  /** The location that can send most of what these leave; null when none can send any. */
  bestNext(locations: readonly number[]): number | null;
}

interface Need {
  /** Number of its product. */
  readonly product: number;
  readonly quantity: number;
  /** Units that the line may be given by each location. */
  readonly stock: readonly number[];
}

/** Numbers the locations of a request and looks up once what each can send of each line. */
export function coverageOf({ lines, priorities }: SourcingRequest): Coverage {
  const candidates = lines.flatMap((line) => line.candidates).filter(({ available }) => available > 0);
  const locationIds = [...new Set(byPriority(candidates, priorities).map(({ locationId }) => locationId))];
  const numbers = new Map(locationIds.map((locationId, number) => [locationId, number]));
  const productIds = [...new Set(lines.map(({ demand }) => demand.productId))];
  const needs = lines.map(({ demand, candidates: own }): Need => {
    const stock = new Array<number>(locationIds.length).fill(0);
    for (const { locationId, available } of own) if (available > 0) stock[numbers.get(locationId)!] = available;
    return { product: productIds.indexOf(demand.productId), quantity: demand.quantity, stock };
  });
  const given = new Array<number>(productIds.length);
  return {
    locationIds,
    lineCount: lines.length,
    units: (chosen) => serve(needs, chosen, given).units,
    bestNext(chosen) {
      const { left } = serve(needs, chosen, given);
      let best: number | null = null;
      let most = 0;
      for (let location = 0; location < locationIds.length; location++) {
        if (chosen.includes(location)) continue;
        const units = send(needs, left.slice(), location, given);
        if (units > most) {
          best = location;
          most = units;
        }
      }
      return best;
    },
  };
}

/** Serves the lines in order from the locations in order. */
function serve(needs: readonly Need[], locations: readonly number[], given: number[]) {
  const left = needs.map((need) => need.quantity);
  let units = 0;
  for (const location of locations) units += send(needs, left, location, given);
  return { units, left };
}

/**
 * Lets one location send what it can; several lines of one product share what it has.
 * @param left units that each line still wants; they become fewer
 * @param given for use in here: units of each product that the location gave
 */
function send(needs: readonly Need[], left: number[], location: number, given: number[]): number {
  given.fill(0);
  let units = 0;
  for (let line = 0; line < needs.length; line++) {
    const { product, stock } = needs[line]!;
    const there = stock[location]! - given[product]!;
    const moved = Math.max(0, Math.min(left[line]!, there));
    if (moved === 0) continue;
    given[product] = given[product]! + moved;
    left[line] = left[line]! - moved;
    units += moved;
  }
  return units;
}
