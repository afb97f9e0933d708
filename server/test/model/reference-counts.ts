/**
 * Reference model of counts: a count is right about its moment, which lies somewhere within the error of the clock that
 * it was read from, and so is any other time. What lies before the count for certain is contained in it.
 */
import { entryKinds, movementTypes } from "@onhand/protocol/vocabulary";
import type { DeviceClock } from "../../src/core/command.ts";
import type { Contained, EntryDetail } from "../../src/core/record/entry-detail.ts";
import type { ModelExtras, ModelItem, World } from "./world.ts";

export interface Counted {
  /** Units that move on hand. */
  readonly onHand: bigint;
  readonly contained: Contained | null;
  /** Somebody should look at it; the words are the core's. */
  readonly review: boolean;
  /** The count that contains other things from now on. */
  readonly isLast: boolean;
}

/** The span in which something happened for certain. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const span = (atMs: number, errorMs: number): Span => ({ fromMs: atMs - errorMs, toMs: atMs + errorMs });

function lastCount(item: ModelItem | null): (Span & { readonly atMs: number }) | null {
  if (item === null || item.life === "deleted" || item.extras.countedAtMs === null) return null;
  return { atMs: item.extras.countedAtMs, ...span(item.extras.countedAtMs, item.extras.countErrorMs) };
}

/** The moment up to which some count or other contains everything for certain, once this one is the last. */
export function certainAfter({ countedAtMs, countErrorMs, certainMs }: ModelExtras, atMs: number, errorMs: number) {
  const earlier = countedAtMs === null ? Number.NEGATIVE_INFINITY : (certainMs ?? countedAtMs - countErrorMs);
  return earlier > atMs - errorMs ? earlier : null;
}

/** What of a movement moves that happened at a time, null for now. */
export function movementBesideCount(
  item: ModelItem | null,
  onHand: bigint,
  atMs: number | null,
  clock?: DeviceClock,
): Counted {
  const applies = { onHand, contained: null, review: false, isLast: false };
  const count = lastCount(item);
  if (count === null || atMs === null || onHand === 0n) return applies;
  if (clock !== undefined && clock.errorMs === null) return { ...applies, review: true };
  const { fromMs, toMs } = span(atMs, clock?.errorMs ?? 0);
  if (fromMs > count.toMs) return applies;
  if (toMs > (item!.extras.certainMs ?? count.fromMs)) return { ...applies, review: true };
  return { ...applies, onHand: 0n, contained: { onHand: Number(onHand), countedAtMs: count.atMs } };
}

/** Units that moved on hand after a moment, by when they are said to have moved. */
function movedAfter(world: World, productId: string, locationId: string, momentMs: number): bigint {
  return world.entries
    .filter((entry) => entry.productId === productId && entry.locationId === locationId && entry.itemNumber !== null)
    .filter((entry) => entry.occurredAtMs > momentMs)
    .reduce((sum, entry) => sum + BigInt(entry.delta.onHand), 0n);
}

/** The latest count after a moment that its item took over; what another count contains says nothing new. */
function laterCountThan(world: World, productId: string, locationId: string, momentMs: number): number | null {
  const moments = world.entries
    .filter((entry) => entry.productId === productId && entry.locationId === locationId)
    .filter((entry) => entry.kind === entryKinds.inventorySet && movementTypes[entry.movementType] === "count")
    .filter((entry) => entry.allowsNegative && entry.occurredAtMs > momentMs)
    .filter((entry) => {
      const { contained, reported }: EntryDetail = JSON.parse(entry.detail ?? "{}");
      return contained === undefined && ["newest_level", undefined].includes(reported?.rule);
    })
    .map((entry) => entry.occurredAtMs);
  return moments.length === 0 ? null : Math.max(...moments);
}

/** What a count of so many units moves. Of two counts the later one holds, in whatever order they come. */
export function countOf(
  world: World,
  place: { readonly productId: string; readonly locationId: string },
  item: ModelItem | null,
  level: bigint,
  atMs: number,
  clock?: DeviceClock,
): Counted {
  const movedSince = (momentMs: number) => movedAfter(world, place.productId, place.locationId, momentMs);
  const errorMs = clock === undefined ? 0 : clock.errorMs;
  const last = lastCount(item);
  const moves = level + movedSince(atMs) - (item?.onHand ?? 0n);
  if (last !== null && atMs < last.atMs) {
    const contained = { onHand: Number(moves), countedAtMs: last.atMs };
    const review = errorMs === null || areClose(span(atMs, errorMs), last);
    return { onHand: 0n, contained, review, isLast: false };
  }
  const laterMs = laterCountThan(world, place.productId, place.locationId, atMs);
  if (laterMs !== null) {
    const contained = { onHand: Number(moves), countedAtMs: laterMs };
    return { onHand: 0n, contained, review: true, isLast: errorMs !== null };
  }
  if (errorMs === null) return { onHand: moves, contained: null, review: true, isLast: false };
  const moved = movedSince(atMs);
  const isUnclear = movedSince(atMs - errorMs) !== moved || movedSince(atMs + errorMs) !== moved;
  const review = isUnclear || (last !== null && areClose(span(atMs, errorMs), last));
  return { onHand: moves, contained: null, review, isLast: true };
}

/** Which came first cannot be told, although one of the clocks says so. */
const areClose = (a: Span, b: Span): boolean =>
  a.toMs >= b.fromMs && b.toMs >= a.fromMs && (a.fromMs < a.toMs || b.fromMs < b.toMs);
