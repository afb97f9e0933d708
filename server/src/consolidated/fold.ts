/**
 * Folds parts of stock into groups, each with what of it is fresh, what is stale, and which sources it comes from. Pure.
 * What is stale is shown apart and never mixed into what is fresh.
 */

export interface Sums {
  readonly onHand: number;
  readonly reserved: number;
  readonly unavailable: number;
  readonly incoming: number;
}

/** What one place holds of a group. */
export interface Part {
  /** The group's key, as text; parts with the same one are added. */
  readonly group: string;
  /** Source that speaks for the place; null for none. */
  readonly sourceId: string | null;
  readonly sums: Sums;
}

/** How a source stands. */
export interface Contact {
  readonly isStale: boolean;
  /** When it was heard from last, in ms; null for never. */
  readonly lastHeardAtMs: number | null;
}

export interface Share extends Contact {
  readonly sourceId: string | null;
  readonly sums: Sums;
}

export interface Group {
  readonly group: string;
  readonly total: Sums;
  readonly fresh: Sums;
  /** Null when nothing comes from a stale source. */
  readonly stale: Sums | null;
  /** In order of source ids, what has no source first; adds up to `total`. */
  readonly shares: readonly Share[];
}

const noSums: Sums = { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };
/** What has no source was told to us directly, and is as fresh as it can be. */
const direct: Contact = { isStale: false, lastHeardAtMs: null };

const add = (one: Sums, other: Sums): Sums => ({
  onHand: one.onHand + other.onHand,
  reserved: one.reserved + other.reserved,
  unavailable: one.unavailable + other.unavailable,
  incoming: one.incoming + other.incoming,
});

/**
 * @param contactOf how a source stands; a source that nobody knows counts as stale
 * @returns a group for each key, in the order in which keys first occur
 */
export function foldParts(parts: readonly Part[], contactOf: (sourceId: string) => Contact): Group[] {
  const bySource = new Map<string, Map<string | null, Sums>>();
  for (const { group, sourceId, sums } of parts) {
    const sources = bySource.get(group) ?? new Map<string | null, Sums>();
    bySource.set(group, sources);
    sources.set(sourceId, add(sources.get(sourceId) ?? noSums, sums));
  }
  return [...bySource].map(([group, sources]) => groupOf(group, sources, contactOf));
}

function groupOf(
  group: string,
  sources: ReadonlyMap<string | null, Sums>,
  contactOf: (sourceId: string) => Contact,
): Group {
  const shares = [...sources]
    .map(([sourceId, sums]): Share => ({ sourceId, sums, ...(sourceId === null ? direct : contactOf(sourceId)) }))
    .sort((a, b) => ((a.sourceId ?? "") < (b.sourceId ?? "") ? -1 : 1));
  const sumOf = (some: readonly Share[]): Sums => some.reduce((sum, share) => add(sum, share.sums), noSums);
  const stale = shares.filter((share) => share.isStale);
  return {
    group,
    total: sumOf(shares),
    fresh: sumOf(shares.filter((share) => !share.isStale)),
    stale: stale.length === 0 ? null : sumOf(stale),
    shares,
  };
}
