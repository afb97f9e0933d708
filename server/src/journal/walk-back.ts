/**
 * What moved at items since moments: follows their entries back, for there is no index on items. Each item is walked once
 * to its oldest moment, many items in one statement. A statement reads so many entries at most, shared by its items; those
 * that reach further are gone on with behind the others. What is left when the budget is spent stays unknown.
 */
import { futureToleranceMs } from "@onhand/protocol/vocabulary";
import { limits } from "../core/limits.ts";
import type { Queryable } from "../db/pool.ts";
import { type Stretch, type StretchRow, walkStretches } from "./sql/walk-back.ts";

export interface Walk {
  readonly partition: number;
  /** The item's last entry. */
  readonly lastSequence: number;
  readonly momentsMs: Iterable<number>;
}

/** What is known of an item since a moment. */
export interface SinceMoment {
  /** Units on hand that moved after it; NaN when that is no exact number, or too much lies between to look through. */
  readonly moved: number;
  /** Moment of the latest count after it that was applied; null for none. */
  readonly countedAtMs: number | null;
}

export interface Walked {
  /** By moment, for each walk in turn. */
  readonly since: readonly ReadonlyMap<number, SinceMoment>[];
  /** Entries that were read. */
  readonly entries: number;
  /** The budget did not last for all items. */
  readonly isSpent: boolean;
}

/** A walk under way. */
interface Walker {
  readonly momentsMs: readonly number[];
  stretch: Stretch;
  entries: number;
  isWhole: boolean;
  /** Of entries that passed so many of the moments. */
  readonly moved: bigint[];
  readonly countedAtMs: (number | null)[];
}

/** @param budget entries that are read at most, over all walks */
export async function walkBack(database: Queryable, walks: readonly Walk[], budget: number): Promise<Walked> {
  const walkers = walks.map(begin);
  const pending = [...walkers];
  let left = budget;
  while (pending.length > 0 && left > 0) {
    const batch = pending.splice(0, limits.countWalkItemsPerStatement);
    const share = Math.max(1, Math.floor(Math.min(left, limits.countWalkEntriesPerStatement) / batch.length));
    const statement = walkStretches(
      batch.map(({ stretch }) => stretch),
      share,
    );
    const { rows } = await database.query<StretchRow>(statement);
    const found = Map.groupBy(rows, ({ place }) => place);
    for (const [index, walker] of batch.entries()) {
      left -= goOn(walker, found.get(index + 1) ?? []);
      if (!walker.isWhole && walker.entries <= limits.countWalkEntriesMax) pending.push(walker);
    }
  }
  return { since: walkers.map(sinceOf), entries: budget - left, isSpent: pending.length > 0 };
}

function begin({ partition, lastSequence, momentsMs: asked }: Walk): Walker {
  const momentsMs = [...new Set(asked)].sort((a, b) => a - b);
  const recordedFromMs = momentsMs[0]! - futureToleranceMs;
  return {
    momentsMs,
    stretch: { partition, sequence: lastSequence, momentsMs, recordedFromMs },
    entries: 0,
    isWhole: false,
    moved: new Array<bigint>(momentsMs.length + 1).fill(0n),
    countedAtMs: new Array<number | null>(momentsMs.length + 1).fill(null),
  };
}

/** Adds what a stretch came to. @returns entries that it had */
function goOn(walker: Walker, rows: readonly StretchRow[]): number {
  let nextSequence: number | null = null;
  let earliestMs = Number.POSITIVE_INFINITY;
  let entries = 0;
  walker.isWhole = rows.length === 0;
  for (const row of rows) {
    entries += row.entries;
    walker.moved[row.passed]! += BigInt(row.moved);
    walker.countedAtMs[row.passed] = later(walker.countedAtMs[row.passed]!, row.counted_at);
    if (row.beginnings > 0) walker.isWhole = true;
    if (row.next_sequence !== null) nextSequence = Math.min(nextSequence ?? row.next_sequence, row.next_sequence);
    earliestMs = Math.min(earliestMs, row.recorded_at);
  }
  if (earliestMs < walker.stretch.recordedFromMs || nextSequence === null) walker.isWhole = true;
  else walker.stretch = { ...walker.stretch, sequence: nextSequence };
  walker.entries += entries;
  return entries;
}

const later = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);

function sinceOf({ momentsMs, moved, countedAtMs, entries, isWhole }: Walker): ReadonlyMap<number, SinceMoment> {
  const since = new Map<number, SinceMoment>();
  let sum = 0n;
  let latest: number | null = null;
  for (let passed = momentsMs.length; passed > 0; passed--) {
    sum += moved[passed]!;
    latest = later(latest, countedAtMs[passed]!);
    const exact = Number(sum);
    const isKnown = isWhole && entries <= limits.countWalkEntriesMax && Number.isSafeInteger(exact);
    since.set(momentsMs[passed - 1]!, { moved: isKnown ? exact : Number.NaN, countedAtMs: latest });
  }
  return since;
}
