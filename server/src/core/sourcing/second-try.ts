/**
 * A second try for lines of one product that fell short although the units are there: another line took what only they
 * could use, and could have taken elsewhere. Lines are moved in chains: the short line takes where a second one took, that
 * one where a third one did, and the last one where something is left. These are the augmenting paths of a largest flow, so
 * that with enough steps no more units of the product can be found for all lines together. No line ends with fewer than
 * before.
 *
 * It is rare, and happens while others wait for the locks: a request has so many steps and no more.
 */

/** Steps of the second try of a request, in locations and lines looked at: a few milliseconds. With more, what was found has to do. */
export const secondTryStepsMax = 100_000;

export interface MovableLine {
  /** Where it may be taken from, those first that are to be tried first. */
  readonly locationIds: readonly string[];
  /** Units taken there. */
  readonly taken: Map<string, number>;
  /** Units that it still wants. */
  missing: number;
}

/** What the lines may still take. */
export interface Rest {
  /** Units left at each location. */
  readonly left: Map<string, number>;
  /** Units over all of them. */
  allowed: number;
  /** Shared by all products of a request. */
  readonly budget: { steps: number };
}

/** A line that takes at a location, in place of the line behind it in the chain. */
interface Link {
  readonly line: MovableLine;
  /** Where it took before, and makes room; null for the short line, which is the first. */
  readonly leaves: string | null;
  readonly before: Link | null;
}

/**
 * Serves short lines in turn, each by the chain that moves the fewest others, of equal ones the first by the order of the
 * lines and their locations.
 * @param lines of one product, in the order in which they were served; they and the rest are changed
 */
export function trySecond(lines: readonly MovableLine[], rest: Rest): void {
  // What a search in vain has seen leads nowhere: chains of other lines never come to lie across it.
  const closed = new Set<string>();
  for (const short of lines) {
    while (short.missing > 0 && rest.allowed > 0 && rest.budget.steps > 0) {
      const seen = new Set(closed);
      const chain = findChain(short, lines, rest, seen);
      if (chain === null) {
        for (const locationId of seen) closed.add(locationId);
        break;
      }
      move(chain.link, chain.to, rest);
    }
  }
}

/** @param seen locations that need no looking at; those that were looked at come on top */
function findChain(
  short: MovableLine,
  lines: readonly MovableLine[],
  { left, budget }: Rest,
  seen: Set<string>,
): { readonly link: Link; readonly to: string } | null {
  const reached = new Set([short]);
  const waiting: Link[] = [{ line: short, leaves: null, before: null }];
  for (const link of waiting) {
    for (const to of link.line.locationIds) {
      budget.steps -= 1;
      if (budget.steps <= 0) return null;
      if (seen.has(to)) continue;
      seen.add(to);
      if ((left.get(to) ?? 0) > 0) return { link, to };
      budget.steps -= lines.length;
      for (const line of lines) {
        if (reached.has(line) || (line.taken.get(to) ?? 0) === 0) continue;
        reached.add(line);
        waiting.push({ line, leaves: to, before: link });
      }
    }
  }
  return null;
}

/** Moves as many units along the chain as each of its lines has to give. */
function move(last: Link, to: string, rest: Rest): void {
  let units = Math.min(rest.allowed, rest.left.get(to)!);
  for (let link: Link | null = last; link !== null; link = link.before) {
    units = Math.min(units, link.leaves === null ? link.line.missing : link.line.taken.get(link.leaves)!);
  }
  rest.left.set(to, rest.left.get(to)! - units);
  rest.allowed -= units;
  let takes = to;
  for (let link: Link | null = last; link !== null; link = link.before) {
    const { line, leaves } = link;
    line.taken.set(takes, (line.taken.get(takes) ?? 0) + units);
    if (leaves === null) {
      line.missing -= units;
    } else {
      line.taken.set(leaves, line.taken.get(leaves)! - units);
      takes = leaves;
    }
  }
}
