/** When lines of one product fell short beside each other, those that could have taken elsewhere are moved. */
import type { ReserveCommand } from "../command.ts";
import { partitionOf } from "../record/partition.ts";
import type { Candidate, Choice } from "../sourcing/policy.ts";
import { type MovableLine, secondTryStepsMax, trySecond } from "../sourcing/second-try.ts";
import { byPriority } from "../sourcing/take-in-order.ts";
import type { Draft } from "../state.ts";
import { type Found, placeOf, type Sourced, takenOf } from "./reservation-found.ts";
import type { ReservationSupply } from "./reservation-supply.ts";

/**
 * @param sourced in the order in which they were served
 * @param found changed where lines were moved, and the supply with it
 */
export function serveShortLines(
  draft: Draft,
  command: ReserveCommand,
  sourced: readonly Sourced[],
  found: Found[],
  supply: ReservationSupply,
): void {
  const { lines } = command;
  const isShort = ({ index }: Sourced) => takenOf(found[index]!) < lines[index]!.quantity;
  if (sourced.length < 2) return;
  const productIds = new Set(sourced.filter(isShort).map(({ index }) => lines[index]!.productId));
  const budget = { steps: secondTryStepsMax };
  for (const productId of productIds) {
    const ofProduct = sourced.filter(({ index }) => lines[index]!.productId === productId);
    if (ofProduct.length < 2) continue;
    const movable = ofProduct.map(({ index }) => movableLine(command, index, found[index]!));
    const locationIds = new Set(ofProduct.flatMap((line) => line.locationIds));
    const left = new Map([...locationIds].map((id) => [id, supply.at(placeOf(draft, productId, id))]));
    const allowed = supply.capLeft(partitionOf(productId, draft.partitionCount), productId);
    trySecond(movable, { left, allowed, budget });
    for (const [position, { index }] of ofProduct.entries()) {
      const { taken } = movable[position]!;
      const before = unitsOf(found[index]!);
      for (const [locationId, units] of taken) {
        const more = units - (before.get(locationId) ?? 0);
        if (more !== 0) supply.take(placeOf(draft, productId, locationId), more);
      }
      found[index] = withTaken(found[index]!, taken);
    }
  }
}

const unitsOf = ({ choices }: Found): Map<string, number> =>
  new Map(choices.filter(({ taken }) => taken > 0).map(({ locationId, taken }) => [locationId, taken]));

const movableLine = ({ lines, priorities }: ReserveCommand, index: number, found: Found): MovableLine => ({
  locationIds: byPriority(found.candidates, priorities).map(({ locationId }) => locationId),
  taken: unitsOf(found),
  missing: lines[index]!.quantity - takenOf(found),
});

/** What the line takes now. Where it takes more than was left for it at first, so much could be taken after all. */
function withTaken({ candidates, choices }: Found, taken: ReadonlyMap<string, number>): Found {
  const now = candidates.map((candidate): Candidate => {
    const units = taken.get(candidate.locationId) ?? 0;
    return units > candidate.available ? { ...candidate, available: units } : candidate;
  });
  const byId = new Map(now.map((candidate) => [candidate.locationId, candidate]));
  const known = new Set(choices.map(({ locationId }) => locationId));
  const unknown = [...taken].filter(([locationId, units]) => units > 0 && !known.has(locationId));
  const all: readonly Choice[] = [...choices, ...unknown.map(([locationId]) => ({ locationId, taken: 0, reason: "" }))];
  return {
    candidates: now,
    choices: all.map((choice) => changed(choice, byId.get(choice.locationId)!, taken.get(choice.locationId) ?? 0)),
  };
}

function changed(choice: Choice, { locationId, available, note }: Candidate, taken: number): Choice {
  if (taken === choice.taken) return choice;
  const why = taken > choice.taken ? "for a line fell short" : "for a line that fell short takes from here";
  const more = note === undefined ? "" : ` (${note})`;
  const reason = `Second try, ${why}: ${taken} of ${available} taken, ${choice.taken} at first${more}.`;
  return { locationId, taken, reason };
}
