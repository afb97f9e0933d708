/**
 * Finds the units of a request: first at the locations that lines name, then, by the sourcing policy, for those that name
 * none. Those with fewer candidates go first, so that no line takes away what only another could have used where the
 * groups lie within each other. Where they overlap otherwise, short lines are tried a second time.
 */
import type { ReserveCommand, ReserveLine } from "../command.ts";
import { candidateLocations, weighedLocations } from "../needs.ts";
import { hidesDue } from "../orders/expiry.ts";
import { type AllocatedLine, type Allocation, orderLimits } from "../orders/order.ts";
import { partitionOf } from "../record/partition.ts";
import type { Rejection } from "../rejection.ts";
import { sourcingPolicy } from "../sourcing/policies.ts";
import type { Candidate, Choice, SourcingPolicy, SourcingRequest } from "../sourcing/policy.ts";
import { priority } from "../sourcing/priority.ts";
import type { Draft, ItemPlace } from "../state.ts";
import { type Found, placeOf, type Sourced, takenOf } from "./reservation-found.ts";
import { serveShortLines } from "./reservation-second-try.ts";
import type { ReservationSupply } from "./reservation-supply.ts";

/** Units that a line of the request takes of one item. */
export interface Take extends ItemPlace {
  /** Position in the request, from 1. */
  readonly requestLine: number;
  readonly quantity: number;
}

export interface Allocated {
  /** In the order of the request. */
  readonly takes: readonly Take[];
  /** Null when all lines named locations and had to be served in full. */
  readonly allocation: Allocation | null;
}

/** @returns what is taken from where, or the line that cannot be served. Records it in the supply */
export function allocate(draft: Draft, command: ReserveCommand, supply: ReservationSupply): Allocated | Rejection {
  const { lines } = command;
  const [first] = lines;
  if (lines.length === 1 && first!.locationId !== null && command.policy === "all") {
    const place = placeOf(draft, first!.productId, first!.locationId);
    const { quantity } = first!;
    const isThere = quantity <= supply.at(place) && quantity <= supply.capLeft(place.partition, place.productId);
    // The usual one; who is refused can wait for the words.
    if (isThere) return { takes: [{ ...place, requestLine: 1, quantity }], allocation: null };
  }
  const found: Found[] = new Array(lines.length);
  const sourced: Sourced[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.locationId !== null) found[index] = takeNamed(draft, line, line.locationId, supply);
    else sourced.push({ index, locationIds: candidateLocations(command, line, draft) });
  }
  sourced.sort((a, b) => a.locationIds.length - b.locationIds.length);
  if (sourced.length > 0) source(draft, command, sourced, found, supply);
  const refusal = checkFound(draft, command, found);
  if (refusal !== null) return refusal;
  const takes = lines.flatMap((line, index) => takesOf(draft, line, index, found[index]!));
  if (takes.length > orderLimits.linesMax) return tooManyLines(takes.length);
  const isExplained = sourced.length > 0 || command.policy === "partial";
  return { takes, allocation: isExplained ? explain(command, found) : null };
}

function takeNamed(draft: Draft, line: ReserveLine, locationId: string, supply: ReservationSupply): Found {
  const place = placeOf(draft, line.productId, locationId);
  const available = Math.min(supply.capLeft(place.partition, place.productId), supply.at(place));
  const taken = Math.min(line.quantity, available);
  supply.take(place, taken);
  const reason = `Named in the request: ${taken} of ${available} taken.`;
  return { candidates: [{ locationId, available }], choices: [{ locationId, taken, reason }] };
}

function source(
  draft: Draft,
  command: ReserveCommand,
  sourced: readonly Sourced[],
  found: Found[],
  supply: ReservationSupply,
): void {
  const { lines, priorities } = command;
  const look = (index: number, locationIds: readonly string[]) => {
    const { productId, quantity } = lines[index]!;
    const capLeft = supply.capLeft(partitionOf(productId, draft.partitionCount), productId);
    return {
      demand: { requestLine: index + 1, productId, quantity: Math.min(quantity, capLeft) },
      candidates: locationIds.map((id) =>
        candidateAt(placeOf(draft, productId, id), command, supply, quantity > capLeft),
      ),
    };
  };
  const sending = [...new Set(lines.flatMap(({ locationId }) => (locationId === null ? [] : [locationId])))];
  const request = { lines: sourced.map(({ index, locationIds }) => look(index, locationIds)), priorities, sending };
  const isVain = isHopeless(command, request, found);
  const policy = isVain ? priority : sourcingPolicy(command.sourcing)!;
  const choose = policy.forRequest(request);
  for (const [position, { index, locationIds }] of sourced.entries()) {
    const seen = position === 0 ? request.lines[0]! : look(index, locationIds);
    const { demand, candidates } = seen;
    const choices = demand.quantity === 0 ? nothing(candidates) : choose(demand, candidates);
    assertPossible(policy, demand.quantity, candidates, choices);
    for (const { locationId, taken } of choices) supply.take(placeOf(draft, demand.productId, locationId), taken);
    found[index] = { candidates, choices };
  }
  if (policy.yields === true && !isVain) serveShortLines(draft, command, sourced, found, supply);
}

/**
 * Whether all is asked for and some line is short of units wherever it may be taken from: refused whatever a policy would
 * choose, so what there is is counted in the simplest way.
 */
function isHopeless({ policy, lines }: ReserveCommand, request: SourcingRequest, found: readonly Found[]): boolean {
  if (policy !== "all") return false;
  const isShort = lines.some(
    ({ locationId, quantity }, index) => locationId !== null && takenOf(found[index]!) < quantity,
  );
  if (isShort) return true;
  return request.lines.some(({ demand, candidates }) => {
    const { quantity } = lines[demand.requestLine - 1]!;
    return demand.quantity < quantity || candidates.reduce((sum, { available }) => sum + available, 0) < quantity;
  });
}

/** The channel has had all that it may have of the product: no policy is asked. */
const nothing = (candidates: readonly Candidate[]): Choice[] =>
  candidates.map(({ locationId, available }) => ({
    locationId,
    taken: 0,
    reason: `The channel may have no more of it: nothing of ${available} taken.`,
  }));

function candidateAt(
  place: ItemPlace,
  { channelId }: ReserveCommand,
  supply: ReservationSupply,
  isCapped: boolean,
): Candidate {
  const notes: string[] = [];
  const item = supply.item(place);
  if (item === null) notes.push("no item in use");
  if (item !== null && channelId !== null && item.safetyStock > 0) {
    notes.push(`a safety stock of ${item.safetyStock} stays`);
  }
  if (isCapped) notes.push("the channel's buffer stays");
  const { locationId } = place;
  const available = supply.at(place);
  return notes.length === 0 ? { locationId, available } : { locationId, available, note: notes.join(", ") };
}

/** A policy that takes what is not there is broken: nothing may follow from it. */
function assertPossible(
  policy: SourcingPolicy,
  quantity: number,
  candidates: readonly Candidate[],
  choices: readonly Choice[],
): void {
  const left = new Map(candidates.map(({ locationId, available }) => [locationId, available]));
  let total = 0;
  for (const { locationId, taken } of choices) {
    const available = left.get(locationId) ?? -1;
    if (!Number.isSafeInteger(taken) || taken < 0 || taken > available) {
      throw new Error(`sourcing policy ${policy.name} took ${taken} of ${available} at ${locationId}`);
    }
    left.set(locationId, available - taken);
    total += taken;
  }
  if (total > quantity) throw new Error(`sourcing policy ${policy.name} took ${total}, ${quantity} were asked for`);
}

/** All units of all lines must be found; of a partial request one. */
function checkFound(draft: Draft, command: ReserveCommand, found: readonly Found[]): Rejection | null {
  const short = command.lines.findIndex((line, index) => takenOf(found[index]!) < line.quantity);
  if (short < 0) return null;
  const isStale = command.lines.some((line, index) => {
    const isShort = takenOf(found[index]!) < line.quantity;
    if (!isShort || !draft.hasDue) return false;
    const weighed = weighedLocations(command, line, draft);
    return weighed.some((locationId) => hidesDue(draft, placeOf(draft, line.productId, locationId)));
  });
  const isServed = command.policy === "partial" && found.some((line) => takenOf(line) > 0);
  return isServed && !isStale ? null : insufficient(command, found, short, isStale);
}

/** Lines that ask for the same of the same add up. */
function insufficient(command: ReserveCommand, found: readonly Found[], line: number, isStale: boolean): Rejection {
  const { productId, locationId, locationGroup } = command.lines[line]!;
  let requested = 0;
  let available = 0;
  for (const [index, other] of command.lines.entries()) {
    const isSame =
      other.productId === productId && other.locationId === locationId && other.locationGroup === locationGroup;
    if (!isSame) continue;
    requested += other.quantity;
    available += takenOf(found[index]!);
  }
  return {
    code: "insufficient_stock",
    line,
    available,
    requested,
    ...(isStale ? { isStale } : {}),
    detail: `${requested} asked for, ${available} available. Nothing was reserved; take at most what is available, or ask with policy "partial".`,
  };
}

const tooManyLines = (lines: number): Rejection => ({
  code: "validation_failed",
  line: 0,
  pointer: "/lines",
  detail: `The reservation would come to ${lines} lines, ${orderLimits.linesMax} at most are held together. Ask for fewer lines, or name locations.`,
});

function takesOf(draft: Draft, { productId }: ReserveLine, index: number, { choices }: Found): Take[] {
  return choices.flatMap(({ locationId, taken }) =>
    taken === 0 ? [] : [{ ...placeOf(draft, productId, locationId), requestLine: index + 1, quantity: taken }],
  );
}

/** Candidates that are explained in all: what is written with the order stays small. */
const explainedInAllMax = 1_000;
const explainedPerLineMin = 4;

function explain(command: ReserveCommand, found: readonly Found[]): Allocation {
  const share = Math.max(explainedPerLineMin, Math.floor(explainedInAllMax / found.length));
  const perLineMax = Math.min(orderLimits.explainedCandidatesMax, share);
  const lines = command.lines.map(({ productId, quantity }, index): AllocatedLine => {
    const { candidates, choices } = found[index]!;
    const available = new Map(candidates.map((candidate) => [candidate.locationId, candidate.available]));
    return {
      requestLine: index + 1,
      productId,
      requested: quantity,
      allocated: takenOf(found[index]!),
      candidates: mostTelling(choices, perLineMax).map(({ locationId, taken, reason }) => ({
        locationId,
        available: available.get(locationId)!,
        taken,
        reason,
      })),
    };
  });
  return { policy: command.sourcing, lines };
}

/** Those from which something is taken, before others; in the order in which they were looked at. */
function mostTelling(choices: readonly Choice[], max: number): readonly Choice[] {
  if (choices.length <= max) return choices;
  let others = Math.max(0, max - choices.filter(({ taken }) => taken > 0).length);
  return choices.filter(({ taken }) => taken > 0 || others-- > 0).slice(0, max);
}
