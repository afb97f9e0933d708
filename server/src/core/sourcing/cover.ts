/**
 * Few locations that cover a request. A greedy answer is found first; then smaller sets are tried out, as long as that is
 * quick. All of it happens while others wait for the locks, so each search has so many steps and no more.
 */
import type { Coverage } from "./coverage.ts";

/** Steps of each search, in lines looked at for a location: a few milliseconds. */
const stepsMax = {
  /** With more, the locations that could send most of the whole request come next, unlooked at. */
  greedy: 250_000,
  /** With more, locations that later ones made needless stay. */
  pruning: 250_000,
  /** With more, the greedy answer has to do. Twelve locations for ten lines are always tried out. */
  trying: 300_000,
} as const;

/** A cover that is sought: `missing` units of what is `left` must be sent. */
interface Search {
  readonly coverage: Coverage;
  readonly left: readonly number[];
  readonly missing: number;
}

/**
 * @param free locations that cost nothing and send first
 * @param others by priority
 * @returns those of the others that send, with the free ones, as much as all would: the first by priority of the smallest
 * sets, or the greedy answer where there are too many to try
 */
export function smallestCover(
  coverage: Coverage,
  free: readonly number[],
  others: readonly number[],
): readonly number[] {
  const sendAll = (left: number[], locations: readonly number[]): number =>
    locations.reduce((sum, location) => sum + coverage.send(left, location), 0);
  const everything = [...coverage.locationIds.keys()];
  const target = sendAll([...coverage.wanted], everything);
  const left = [...coverage.wanted];
  const missing = target - sendAll(left, free);
  if (missing <= 0) return [];
  const search = { coverage, left, missing };
  const gains = others.map((location) => ({ location, gain: coverage.gain(left, location) }));
  gains.sort((a, b) => b.gain - a.gain || a.location - b.location);
  const sizeMin = sizeAtLeast(gains, missing);
  const found = greedySet(search, gains);
  // Those that send most first may use up what only lines behind them need: then no size is known to do.
  if (!covers(search, found)) return smallestSet(search, others, sizeMin, others.length) ?? found;
  const greedy = found.length > sizeMin ? pruned(search, found) : found;
  return smallestSet(search, others, sizeMin, greedy.length) ?? greedy;
}

interface Gain {
  readonly location: number;
  /** Units that it can send at most: as many as it could when it was last looked at. */
  readonly gain: number;
}

/**
 * Adds the location that covers most of what is left, until nothing is. A location can send less and less, so only the
 * one that looks best has to be looked at again.
 * @param gains of what is left at first, most first
 */
function greedySet({ coverage, left: atFirst, missing }: Search, gains: readonly Gain[]): readonly number[] {
  const left = [...atFirst];
  const chosen: number[] = [];
  const waiting = gains.toReversed();
  let units = 0;
  let steps: number = stepsMax.greedy;
  while (units < missing && waiting.length > 0) {
    const { location, gain } = waiting.pop()!;
    steps -= coverage.cost(location);
    const now = steps < 0 ? gain : coverage.gain(left, location);
    if (now === gain) {
      const sent = coverage.send(left, location);
      if (sent > 0) chosen.push(location);
      units += sent;
    } else if (now > 0) insert(waiting, { location, gain: now });
  }
  return chosen;
}

/** Keeps the best at the end, of equal ones the one that comes first by priority. */
function insert(waiting: Gain[], one: Gain): void {
  let from = 0;
  let to = waiting.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const other = waiting[middle]!;
    if (other.gain < one.gain || (other.gain === one.gain && other.location > one.location)) from = middle + 1;
    else to = middle;
  }
  waiting.splice(from, 0, one);
}

/** Leaves out what later ones made needless. */
function pruned(search: Search, chosen: readonly number[]): readonly number[] {
  let kept = chosen;
  let steps: number = stepsMax.pruning;
  for (const location of chosen) {
    const without = kept.filter((other) => other !== location);
    steps -= costOf(search, without);
    if (steps < 0) break;
    if (covers(search, without)) kept = without;
  }
  return kept;
}

/** No smaller set can do: even those that could send most are too few. */
function sizeAtLeast(gains: readonly Gain[], missing: number): number {
  let units = 0;
  const size = gains.findIndex(({ gain }) => {
    units += gain;
    return units >= missing;
  });
  return size < 0 ? gains.length : size + 1;
}

/**
 * @returns the first set by priority that covers what is missing, of the smallest size up to `sizeMax`; null when finding
 * it would take too long
 */
function smallestSet(
  search: Search,
  others: readonly number[],
  sizeMin: number,
  sizeMax: number,
): readonly number[] | null {
  let steps: number = stepsMax.trying;
  for (let size = sizeMin; size <= sizeMax; size++) {
    const places = Array.from({ length: size }, (_, index) => index);
    do {
      const set = places.map((place) => others[place]!);
      steps -= costOf(search, set);
      if (steps < 0) return null;
      if (covers(search, set)) return set;
    } while (advance(places, others.length));
  }
  return null;
}

/** The next set of as many places below `count`, in the order of their elements. @returns false behind the last */
function advance(places: number[], count: number): boolean {
  for (let index = places.length - 1; index >= 0; index--) {
    if (places[index]! >= count - places.length + index) continue;
    const place = places[index]! + 1;
    for (let after = index; after < places.length; after++) places[after] = place + after - index;
    return true;
  }
  return false;
}

const costOf = ({ coverage, left }: Search, locations: readonly number[]): number =>
  locations.reduce((sum, location) => sum + coverage.cost(location), left.length);

function covers({ coverage, left: atFirst, missing }: Search, locations: readonly number[]): boolean {
  const left = [...atFirst];
  let units = 0;
  for (const location of locations) units += coverage.send(left, location);
  return units >= missing;
}
