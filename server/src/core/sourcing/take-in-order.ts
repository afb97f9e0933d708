/** Takes from one candidate after the other: what every policy ends in. */
import { orderLimits } from "../orders/order.ts";
import type { Candidate, Choice } from "./policy.ts";

/**
 * @param quantity units asked for
 * @param why what put a candidate at its place (from 1), in words that a colon can follow
 * @returns all from which something is taken, and of the others as many as are explained
 */
export function takeInOrder(
  quantity: number,
  ordered: readonly Candidate[],
  why: (candidate: Candidate, place: number) => string,
): readonly Choice[] {
  const choices: Choice[] = [];
  let left = quantity;
  for (const [index, candidate] of ordered.entries()) {
    const { locationId, available, note } = candidate;
    const taken = Math.min(left, available);
    left -= taken;
    if (taken === 0 && choices.length >= orderLimits.explainedCandidatesMax) {
      if (left === 0) break;
      continue;
    }
    const came = taken > 0 ? `${taken} of ${available} taken` : available === 0 ? "nothing available" : "not needed";
    const more = note === undefined ? "" : ` (${note})`;
    choices.push({ locationId, taken, reason: `${why(candidate, index + 1)}: ${came}${more}.` });
  }
  return choices;
}

/** Candidates by the caller's priorities; the others behind them, as they came. */
export function byPriority(candidates: readonly Candidate[], priorities: readonly string[]): readonly Candidate[] {
  if (priorities.length === 0) return candidates;
  const ranks = new Map(priorities.toReversed().map((locationId, index) => [locationId, priorities.length - index]));
  const rankOf = ({ locationId }: Candidate) => ranks.get(locationId) ?? priorities.length + 1;
  return candidates.toSorted((a, b) => rankOf(a) - rankOf(b));
}
