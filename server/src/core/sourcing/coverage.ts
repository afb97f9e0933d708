/** How much of a request some locations can send together. Locations are numbered by priority, for this is asked often. */
import type { SourcingRequest } from "./policy.ts";
import { byPriority } from "./take-in-order.ts";

export interface Coverage {
  /** All that can send anything, by priority, then as the lines name them; a location's number is its place in it. */
  readonly locationIds: readonly string[];
  /** Units that each line of the request wants. */
  readonly wanted: readonly number[];
  /** What sending from a location costs: lines that it has anything for. */
  cost(location: number): number;
  /** Lets one location send what it can. @param left units that each line still wants; they become fewer @returns units */
  send(left: number[], location: number): number;
  /** What it could send of what is still wanted. It never becomes more while less is wanted. */
  gain(left: readonly number[], location: number): number;
}

/** What a location has for a line. */
interface Part {
  readonly line: number;
  /** Number of the line's product. */
  readonly product: number;
  readonly stock: number;
}

/** Numbers the locations of a request and looks up once what each can send of each line. */
export function coverageOf({ lines, priorities }: SourcingRequest): Coverage {
  const candidates = lines.flatMap((line) => line.candidates).filter(({ available }) => available > 0);
  const locationIds = [...new Set(byPriority(candidates, priorities).map(({ locationId }) => locationId))];
  const numbers = new Map(locationIds.map((locationId, number) => [locationId, number]));
  const products = new Map<string, number>();
  for (const { demand } of lines) if (!products.has(demand.productId)) products.set(demand.productId, products.size);
  const parts = locationIds.map((): Part[] => []);
  for (const [line, { demand, candidates: own }] of lines.entries()) {
    const product = products.get(demand.productId)!;
    for (const { locationId, available: stock } of own) {
      if (stock > 0) parts[numbers.get(locationId)!]!.push({ line, product, stock });
    }
  }
  // For use in `run`: units of each product that the location gave. Several lines of one product share what it has.
  const given = new Array<number>(products.size).fill(0);
  const run = (left: readonly number[], location: number, moved: (line: number, units: number) => void): number => {
    let units = 0;
    for (const { product } of parts[location]!) given[product] = 0;
    for (const { line, product, stock } of parts[location]!) {
      const sent = Math.min(left[line]!, stock - given[product]!);
      if (sent <= 0) continue;
      given[product] = given[product]! + sent;
      units += sent;
      moved(line, sent);
    }
    return units;
  };
  return {
    locationIds,
    wanted: lines.map(({ demand }) => demand.quantity),
    cost: (location) => parts[location]!.length,
    send: (left, location) =>
      run(left, location, (line, sent) => {
        left[line] = left[line]! - sent;
      }),
    gain: (left, location) => run(left, location, () => {}),
  };
}
