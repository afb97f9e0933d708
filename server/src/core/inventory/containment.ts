/**
 * A count holds as of its moment. A movement that happened before it and is recorded after it is contained in what was
 * counted: it is recorded, and changes no level. So is a count that is older than the last one. So late counts and late
 * movements end alike in every order.
 *
 * Times of devices are right within the error of their clocks. What cannot be told for certain is applied, for a review; a
 * count by a clock whose error nobody knows contains nothing.
 */
import { entryKinds, movementTypes } from "@onhand/protocol/vocabulary";
import type { DeviceClock } from "../command.ts";
import type { Entry } from "../record/entry.ts";
import { type Contained, parseDetail } from "../record/entry-detail.ts";
import type { Item, ItemExtras } from "./item.ts";

export interface Applied {
  /** Units that move on hand. */
  readonly onHand: number;
  /** What did not move, for a count contains it. */
  readonly contained?: Contained;
  /** Why somebody should look at it: it cannot be told on which side of the count it lies. */
  readonly review?: string;
}

/**
 * @param onHand units that the movement says
 * @param occurredAtMs when it happened; null: now, behind every count
 * @param clock the device's clock that the time was read from; absent for one that is trusted
 * @returns what of it moves. Only what happened before the count for certain is contained; in doubt it moves, for a review
 */
export function contain(item: Item | null, onHand: number, occurredAtMs: number | null, clock?: DeviceClock): Applied {
  const count = lastCount(item);
  if (occurredAtMs === null || count === null || onHand === 0) return { onHand };
  const { countedAtMs } = count;
  if (clock?.errorMs === null) {
    const side = occurredAtMs <= countedAtMs ? "before" : "after";
    const review = `It says that it happened ${side} the last count, by the clock of device ${clock.deviceId} whose error is not known. It was applied.`;
    return { onHand, review };
  }
  const ownErrorMs = clock?.errorMs ?? 0;
  const errorMs = ownErrorMs + count.errorMs;
  if (occurredAtMs - errorMs > countedAtMs) return { onHand };
  if (occurredAtMs + ownErrorMs <= count.certainMs) return { onHand: 0, contained: { onHand, countedAtMs } };
  const review = `It happened within ${errorMs} ms of the last count, which is how far the clocks may be off. It was applied.`;
  return { onHand, review };
}

/** What is known of an item since a moment, in its earlier lives too. */
export interface Since {
  /** Units on hand that moved after it, by time of occurrence. */
  readonly movedSince: (momentMs: number) => number;
  /** Moment of the latest count after it that was applied; null for none. */
  readonly countedSince: (momentMs: number) => number | null;
}

/** What a count makes of its item. */
export interface Counted extends Applied {
  /** True when it is the last count from now on, which contains what happened before it. */
  readonly isLast: boolean;
}

/**
 * Of two counts the one with the later time holds, whichever is recorded first. Not only the last one that contains
 * other things: also one by a clock whose error nobody knows, and one from before the item was deleted. What they moved
 * corrected the book and left no shelf, so it would be taken for a sale.
 * @param stockLevel units that were counted
 * @returns what moves on hand so that the count holds as of its moment
 */
export function containCount(
  item: Item,
  stockLevel: number,
  countedAtMs: number,
  clock: DeviceClock | undefined,
  { movedSince, countedSince }: Since,
): Counted {
  const last = lastCount(item);
  const moved = movedSince(countedAtMs);
  const onHand = stockLevel + moved - item.onHand;
  const isOlder = last !== null && countedAtMs < last.countedAtMs;
  const laterMs = isOlder ? last.countedAtMs : countedSince(countedAtMs);
  const kept = laterMs === null ? { onHand } : { onHand: 0, contained: { onHand, countedAtMs: laterMs } };
  if (clock?.errorMs === null) {
    const said = `It was counted by the clock of device ${clock.deviceId} whose error is not known.`;
    const done =
      laterMs === null
        ? "It was applied as of the time that it says, and contains nothing."
        : "It says before a later count, so nothing moved.";
    return { ...kept, isLast: false, review: `${said} ${done}` };
  }
  const errorMs = clock?.errorMs ?? 0;
  const doubt =
    last !== null && isDoubtful(countedAtMs - last.countedAtMs, errorMs + last.errorMs)
      ? `It was counted within ${errorMs + last.errorMs} ms of the last count, which is how far the clocks may be off. The one with the later time holds.`
      : !isOlder && laterMs !== null
        ? "A count of a later time had been applied: by a clock whose error is not known, or before the item was deleted. That one holds, and nothing moved."
        : !isOlder && errorMs > 0 && [-errorMs, errorMs].some((off) => movedSince(countedAtMs + off) !== moved)
          ? `Units moved within ${errorMs} ms of the count, which is how far the clock of device ${clock!.deviceId} may be off. It was applied as of the time that it says.`
          : null;
  // What happened before it is contained in it, though the level is that of a later one.
  return { ...kept, isLast: !isOlder, ...(doubt === null ? {} : { review: doubt }) };
}

const countType = movementTypes.indexOf("count");

/**
 * Whether an entry is a count that its item took over: not one that a later count contained, nor what a source stated
 * in vain. A guarded set is none, whatever its type says: it may not take available below zero.
 */
export function isAppliedCount(entry: Pick<Entry, "kind" | "movementType" | "allowsNegative" | "detail">): boolean {
  const { kind, movementType, allowsNegative } = entry;
  if (kind !== entryKinds.inventorySet || movementType !== countType || !allowsNegative) return false;
  const { contained, reported } = parseDetail(entry);
  return contained === undefined && (reported === undefined || reported.rule === "newest_level");
}

/**
 * Moments for which it must be known what moved at an item since, before a count of it can be decided.
 * @returns none where it is no count
 */
export function momentsOfCount(
  change: { readonly stockLevel?: number; readonly countedAtMs?: number },
  clock?: DeviceClock,
): readonly number[] {
  const { countedAtMs } = change;
  if (countedAtMs === undefined) return [];
  const errorMs = clock?.errorMs ?? 0;
  return errorMs === 0 ? [countedAtMs] : [countedAtMs, countedAtMs - errorMs, countedAtMs + errorMs];
}

const isDoubtful = (apartMs: number, errorMs: number): boolean => errorMs > 0 && Math.abs(apartMs) <= errorMs;

interface LastCount {
  readonly countedAtMs: number;
  readonly errorMs: number;
  /** Up to here everything is contained for certain. */
  readonly certainMs: number;
}

const lastCount = (item: Item | null): LastCount | null =>
  item === null || item.life === "deleted" ? null : lastCountOf(item.extras);

function lastCountOf({ countedAtMs, countErrorMs: errorMs = 0, certainMs }: ItemExtras): LastCount | null {
  return countedAtMs === null ? null : { countedAtMs, errorMs, certainMs: certainMs ?? countedAtMs - errorMs };
}

/**
 * What an item remembers of a count that is the last one from now on. What an earlier one contained for certain stays
 * contained, though the clock of this one is coarser.
 * @param before the extras before it, none of a deleted item
 */
export function extrasOfCount(
  before: ItemExtras,
  countedAtMs: number,
  clock: DeviceClock | undefined,
): Partial<ItemExtras> {
  const countErrorMs = clock?.errorMs ?? 0;
  const ownMs = countedAtMs - countErrorMs;
  return { countedAtMs, countErrorMs, certainMs: Math.max(ownMs, lastCountOf(before)?.certainMs ?? ownMs) };
}
