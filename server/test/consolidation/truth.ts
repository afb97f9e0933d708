/**
 * What is true of each item, in plain code that knows nothing of how Onhand decides: every fact once, in the order in which
 * things happened. A change adds; a level is what there was at its moment. Of a platform that numbers its levels the highest
 * number is what there is now.
 */
export type Fact = { readonly productId: string; readonly locationId: string } & (
  | { readonly kind: "change"; readonly atMs: number; readonly units: number }
  | { readonly kind: "level"; readonly atMs: number; readonly units: number }
  | { readonly kind: "numbered"; readonly version: number; readonly units: number }
);

/** What happened, without the item that it happened to. */
export type Happening = Fact extends infer Each ? (Each extends Fact ? Omit<Each, keyof Place> : never) : never;

export interface Place {
  readonly productId: string;
  readonly locationId: string;
}

export const itemKey = ({ productId, locationId }: Place): string => `${productId} ${locationId}`;

export class Truth {
  readonly #facts = new Map<string, Fact[]>();

  /** Told once for everything that happened, however often and in whatever order Onhand hears of it. */
  add(fact: Fact): void {
    const key = itemKey(fact);
    const facts = this.#facts.get(key);
    if (facts === undefined) this.#facts.set(key, [fact]);
    else facts.push(fact);
  }

  get items(): readonly Place[] {
    return [...this.#facts.values()].map(([first]) => ({ productId: first!.productId, locationId: first!.locationId }));
  }

  /** @returns units at the end of a moment; now without one */
  levelOf(place: Place, atMs = Number.POSITIVE_INFINITY): number {
    return levelFrom(this.#of(place), atMs);
  }

  /** @returns moment of the last level that was stated or counted, before which the past is what was believed then */
  settledSinceMs(place: Place): number {
    const facts = this.#of(place);
    if (facts.some(({ kind }) => kind === "numbered")) return Number.POSITIVE_INFINITY;
    return Math.max(...facts.map((fact) => (fact.kind === "level" ? fact.atMs : 0)));
  }

  /** @returns changes of an item in the order in which they happened */
  changesOf(place: Place): { readonly atMs: number; readonly units: number }[] {
    return this.#of(place)
      .flatMap((fact) => (fact.kind === "change" ? [{ atMs: fact.atMs, units: fact.units }] : []))
      .sort((a, b) => a.atMs - b.atMs);
  }

  /** @returns units by group; an item counts in each of its groups */
  sumsBy(groupsOf: (place: Place) => readonly (string | null)[]): Map<string | null, number> {
    const sums = new Map<string | null, number>();
    for (const place of this.items)
      for (const group of groupsOf(place)) sums.set(group, (sums.get(group) ?? 0) + this.levelOf(place));
    return sums;
  }

  #of(place: Place): readonly Fact[] {
    return this.#facts.get(itemKey(place)) ?? [];
  }
}

/** @returns the level after all that happened up to a moment */
export function levelFrom(facts: readonly Happening[], atMs: number): number {
  let level = 0;
  let highest = -1;
  const timed = facts.filter((fact) => fact.kind !== "numbered" && fact.atMs <= atMs);
  for (const fact of timed.sort((a, b) => timeOf(a) - timeOf(b) || rankOf(a) - rankOf(b)))
    level = fact.kind === "change" ? level + fact.units : fact.units;
  for (const fact of facts)
    if (fact.kind === "numbered" && fact.version > highest) {
      highest = fact.version;
      level = fact.units;
    }
  return level;
}

const timeOf = (fact: Happening): number => (fact.kind === "numbered" ? 0 : fact.atMs);
/** What happened at the very moment of a count is in it. */
const rankOf = (fact: Happening): number => (fact.kind === "level" ? 1 : 0);
