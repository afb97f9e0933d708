/** Limits against hoarding: how many units one buyer, and how much of an item one key, may hold at a time. */
import type { ReserveCommand } from "../command.ts";
import { hidesDue } from "../orders/expiry.ts";
import type { StockOrderLine } from "../orders/order.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";

/** Units that a line of the request (from 0) asks for or takes; at no named location when it was not chosen yet. */
export interface Wanted {
  readonly line: number;
  readonly partition: number;
  readonly productId: string;
  readonly locationId: string | null;
  readonly quantity: number;
}

/**
 * @param wanted made only when there are limits
 * @param released lines that give their units back in the same command
 * @returns the foremost line that would be more than its holder may hold, or null
 */
export function checkLimits(
  draft: Draft,
  command: ReserveCommand,
  wanted: () => readonly Wanted[],
  released: readonly StockOrderLine[],
): Rejection | null {
  const { unitsPerBuyer, percentPerPrincipal } = command.limits;
  const countsUnits = unitsPerBuyer !== null && command.buyerKey !== null;
  if (!countsUnits && percentPerPrincipal === null) return null;
  const sums = new Map<string, number>();
  for (const want of wanted()) {
    const refusal =
      (countsUnits ? checkBuyer(draft, want, sums, command.buyerKey, unitsPerBuyer, released) : null) ??
      (percentPerPrincipal === null ? null : checkKey(draft, want, sums, command.actor, percentPerPrincipal, released));
    if (refusal !== null) return refusal;
  }
  return null;
}

function checkBuyer(
  draft: Draft,
  want: Wanted,
  sums: Map<string, number>,
  buyerKey: string,
  limit: number,
  released: readonly StockOrderLine[],
): Rejection | null {
  const { partition, productId } = want;
  const requested = added(sums, productId, want.quantity);
  const back = heldOf(released, (line) => line.productId === productId && line.buyerKey === buyerKey);
  const held = draft.heldBy(partition, productId, null, { buyerKey }) - back;
  if (held + requested <= limit) return null;
  const detail = `A buyer may hold ${limit} of ${productId} at a time, and this one holds ${held}. Commit or release older reservations, or ask for less.`;
  const rejection: Rejection = { code: "hold_limit_exceeded", line: want.line, limit, requested, detail };
  return countsDue(draft, partition, productId, buyerKey) ? { ...rejection, isStale: true } : rejection;
}

/** Whether more is due where the buyer holds units than could be released before the decision. */
function countsDue(draft: Draft, partition: number, productId: string, buyerKey: string): boolean {
  // Asked first, for it is the usual answer.
  if (!draft.hasDue) return false;
  const places = draft.heldAt(partition, productId, { buyerKey });
  return places.some((locationId) => hidesDue(draft, { partition, productId, locationId }));
}

function checkKey(
  draft: Draft,
  want: Wanted,
  sums: Map<string, number>,
  actor: string,
  percent: number,
  released: readonly StockOrderLine[],
): Rejection | null {
  const { partition, productId, locationId } = want;
  if (locationId === null) return null;
  const requested = added(sums, `${productId}\n${locationId}`, want.quantity);
  const isHere = (line: StockOrderLine) => line.productId === productId && line.locationId === locationId;
  const back = heldOf(released, (line) => isHere(line) && line.holder === actor);
  const held = draft.heldBy(partition, productId, locationId, { actor }) - back;
  const onHand = Math.max(0, draft.item(partition, productId, locationId)?.onHand ?? 0);
  const limit = shareOf(onHand, percent);
  if (held + requested <= limit) return null;
  const detail = `A key may hold ${percent} % of what is on hand of ${productId} at ${locationId}, ${limit} units, and this one holds ${held}. Commit or release older reservations, or ask for less.`;
  const rejection: Rejection = { code: "hold_limit_exceeded", line: want.line, limit, requested, detail };
  return hidesDue(draft, { partition, productId, locationId }) ? { ...rejection, isStale: true } : rejection;
}

/** Whole units, exact for every level: the product with a percentage may leave what a number holds exactly. */
function shareOf(onHand: number, percent: number): number {
  const rest = onHand % 100;
  return ((onHand - rest) / 100) * percent + Math.floor((rest * percent) / 100);
}

function added(sums: Map<string, number>, key: string, quantity: number): number {
  const sum = (sums.get(key) ?? 0) + quantity;
  sums.set(key, sum);
  return sum;
}

const heldOf = (lines: readonly StockOrderLine[], isMeant: (line: StockOrderLine) => boolean): number =>
  lines.reduce((sum, line) => (isMeant(line) ? sum + line.held : sum), 0);
