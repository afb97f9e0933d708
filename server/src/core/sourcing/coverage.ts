/** How much of a request some locations can send together. */
import type { SourcingRequest } from "./policy.ts";
import { byPriority } from "./take-in-order.ts";

export interface Coverage {
  /** All that can send anything, by priority, then as the lines name them. */
  readonly locationIds: readonly string[];
  /** Units of the request that these locations can send. */
  units(locationIds: readonly string[]): number;
  /** The location that can send most of what these leave; null when none can send any. */
  bestNext(locationIds: readonly string[]): string | null;
}

interface Need {
  readonly productId: string;
  readonly quantity: number;
  /** Units at each location that the line may be taken from. */
  readonly stock: ReadonlyMap<string, number>;
}

export function coverageOf({ lines, priorities }: SourcingRequest): Coverage {
  const needs: Need[] = lines.map(({ demand, candidates }) => ({
    productId: demand.productId,
    quantity: demand.quantity,
    stock: new Map(candidates.map(({ locationId, available }) => [locationId, available])),
  }));
  const candidates = lines.flatMap((line) => line.candidates).filter(({ available }) => available > 0);
  const locationIds = [...new Set(byPriority(candidates, priorities).map(({ locationId }) => locationId))];
  return {
    locationIds,
    units: (chosen) => serve(needs, chosen).units,
    bestNext(chosen) {
      const { left, taken } = serve(needs, chosen);
      let best: { readonly locationId: string; readonly units: number } | null = null;
      for (const locationId of locationIds) {
        if (chosen.includes(locationId)) continue;
        const units = unitsOf(needs, left, taken, locationId);
        if (units > (best?.units ?? 0)) best = { locationId, units };
      }
      return best?.locationId ?? null;
    },
  };
}

const stockKey = (productId: string, locationId: string): string => `${productId}\n${locationId}`;

/** Serves the lines in order from the locations in order. */
function serve(needs: readonly Need[], locationIds: readonly string[]) {
  const taken = new Map<string, number>();
  const left = needs.map((need) => need.quantity);
  let units = 0;
  for (const locationId of locationIds) {
    for (const [index, need] of needs.entries()) {
      const moved = take(need, left[index]!, taken, locationId);
      left[index] = left[index]! - moved;
      units += moved;
    }
  }
  return { units, left, taken };
}

/** What one more location could send of what is left; `taken` of its stock is not changed by others. */
function unitsOf(
  needs: readonly Need[],
  left: readonly number[],
  taken: ReadonlyMap<string, number>,
  locationId: string,
): number {
  const own = new Map(taken);
  return needs.reduce((units, need, index) => units + take(need, left[index]!, own, locationId), 0);
}

/** Several lines of one product share what is there. */
function take(need: Need, wanted: number, taken: Map<string, number>, locationId: string): number {
  const stock = need.stock.get(locationId) ?? 0;
  if (stock === 0 || wanted === 0) return 0;
  const key = stockKey(need.productId, locationId);
  const before = taken.get(key) ?? 0;
  const moved = Math.max(0, Math.min(wanted, stock - before));
  if (moved > 0) taken.set(key, before + moved);
  return moved;
}
