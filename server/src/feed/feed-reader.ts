/** Reads committed entries from a position on: per partition in order and without a gap, across partitions by time. */
import type { EntryKind } from "@onhand/protocol/vocabulary";
import { genesisHash } from "../core/chain.ts";
import type { SealedEntry } from "../core/entry.ts";
import { checkOf, decodeVector, isSamePlace, isWithin, type PositionVector } from "../core/position-vector.ts";
import type { Queryable } from "../db/pool.ts";
import { toEntry } from "../journal/entry-reader.ts";
import { Course } from "./course.ts";
import type { HeadsWatcher } from "./heads-watcher.ts";
import { type FeedRow, hashesAt, nextEntries, observationBefore } from "./sql/feed.ts";

/** What the item was before an entry, as its entry before said. */
export interface PreviousState {
  readonly kind: EntryKind;
  readonly recordedAtMs: number;
  readonly safetyStock: number;
  readonly reorderPoint: number | null;
}

/** An entry with what an event says beside it. */
export interface FeedItem {
  readonly entry: SealedEntry;
  /** Null for the item's first entry. */
  readonly previous: PreviousState | null;
  readonly sku: string | null;
  readonly reason: string | null;
  readonly reference: string | null;
}

export interface FeedEntry extends FeedItem {
  /** Where a reader stands that has read up to and including this entry. */
  readonly after: PositionVector;
}

export interface FeedPage {
  readonly entries: readonly FeedEntry[];
  /** Where the next page starts. */
  readonly next: PositionVector;
}

/** The position belongs to another history, or lies ahead of this one. */
export class PositionLost extends Error {
  override readonly name = "PositionLost";
}

export class FeedReader {
  readonly #database: Queryable;
  readonly #watcher: HeadsWatcher;

  constructor(database: Queryable, watcher: HeadsWatcher) {
    this.#database = database;
    this.#watcher = watcher;
  }

  /** The newest position that had been observed committed at a time; the beginning when there is none. */
  async positionAt(momentMs: number): Promise<PositionVector> {
    const { rows } = await this.#database.query<{ heads: Buffer }>(observationBefore(momentMs));
    const [row] = rows;
    return (row === undefined ? null : decodeVector(row.heads)) ?? this.beginning();
  }

  /** The position before the first entry. */
  async beginning(): Promise<PositionVector> {
    const { vector } = await this.#watcher.read();
    return {
      epoch: vector.epoch,
      positions: vector.positions.map(() => 0),
      check: checkOf(vector.positions.map(() => genesisHash)),
    };
  }

  /** @returns entries after a position, at most `limit`; empty at the end. @throws PositionLost */
  async read(from: PositionVector, limit: number): Promise<FeedPage> {
    const { vector: heads } = await this.#watcher.read();
    const course = await this.courseFrom(from, heads);
    const entries = await this.along(course, heads, limit);
    return { entries, next: course.place };
  }

  /** @returns a course that begins at a place. @param heads what is known to be committed @throws PositionLost */
  async courseFrom(from: PositionVector, heads: PositionVector): Promise<Course> {
    if (from.epoch !== heads.epoch || from.positions.length !== heads.positions.length || !isWithin(from, heads))
      throw new PositionLost("the cursor belongs to another history of this database");
    const { rows } = await this.#database.query<{ partition: number; hash: Buffer }>(hashesAt(from.positions));
    const hashes: Uint8Array[] = from.positions.map(() => genesisHash);
    for (const { partition, hash } of rows) hashes[partition] = hash;
    const course = new Course(from.epoch, from.positions, hashes);
    if (!isSamePlace(course.place, from))
      throw new PositionLost("the cursor belongs to another history of this database");
    return course;
  }

  /** Goes along a course towards committed heads. @returns entries, at most `limit`; the course stands behind the last */
  async along(course: Course, heads: PositionVector, limit: number): Promise<FeedEntry[]> {
    const items = await this.between(course.place, heads, limit);
    return items.map((item) => {
      const { partition, sequence, hash } = item.entry;
      return { ...item, after: course.step(partition, sequence, hash) };
    });
  }

  /** @returns what lies between a place and committed heads, at most `limit`: in order within each partition */
  async between(from: PositionVector, heads: PositionVector, limit: number): Promise<FeedItem[]> {
    const stretches = from.positions.flatMap((after, partition) => {
      const upTo = heads.positions[partition]!;
      return upTo > after ? [{ partition, after, upTo }] : [];
    });
    if (stretches.length === 0) return [];
    const { rows } = await this.#database.query<FeedRow>(nextEntries(stretches, limit));
    return rows.map((row) => ({
      entry: toEntry(row),
      previous: previousOf(row),
      sku: row.sku,
      reason: row.reason,
      reference: row.reference,
    }));
  }
}

function previousOf(row: FeedRow): PreviousState | null {
  if (row.previous_kind === null) return null;
  return {
    kind: row.previous_kind as EntryKind,
    recordedAtMs: row.previous_recorded_at!,
    safetyStock: row.previous_safety_stock!,
    reorderPoint: row.previous_reorder_point,
  };
}
