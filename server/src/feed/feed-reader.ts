/** Reads committed entries from a position on: per partition in order and without a gap, across partitions by time. */
import type { EntryKind } from "@onhand/protocol/vocabulary";
import { genesisHash } from "../core/record/chain.ts";
import { type CommittedEntry, type PreviousState, stateAfter } from "../core/record/committed-entry.ts";
import { checkOf, decodeVector, isSamePlace, isWithin, type PositionVector } from "../core/record/position-vector.ts";
import type { Queryable } from "../db/pool.ts";
import { toEntry } from "../journal/entry-reader.ts";
import { Course } from "./course.ts";
import { FeedFloor, type Floor } from "./feed-floor.ts";
import type { HeadsWatcher } from "./heads-watcher.ts";
import { type FeedRow, hashesAt, nextEntries, observationBefore } from "./sql/feed.ts";

export interface FeedEntry extends CommittedEntry {
  /** Where a reader stands that has read up to and including this entry. */
  readonly after: PositionVector;
}

/** The position belongs to another history, lies ahead of this one, or further back than the feed may be read. */
export class PositionLost extends Error {
  override readonly name = "PositionLost";
  /** The first place that can be read from. */
  readonly earliest: PositionVector;

  constructor(message: string, earliest: PositionVector) {
    super(message);
    this.earliest = earliest;
  }
}

export class FeedReader {
  readonly #database: Queryable;
  readonly #watcher: HeadsWatcher;
  readonly #floor: FeedFloor;

  constructor(database: Queryable, watcher: HeadsWatcher, floor: FeedFloor = new FeedFloor(database)) {
    this.#database = database;
    this.#watcher = watcher;
    this.#floor = floor;
  }

  /**
   * The newest position that had been observed committed at a time; before the first entry when there is none. It may
   * lie below the floor, which whoever reads from it is told then.
   */
  async positionAt(momentMs: number): Promise<PositionVector> {
    const { rows } = await this.#database.query<{ heads: Buffer }>(observationBefore(momentMs));
    const { vector: heads } = await this.#watcher.read();
    const [row] = rows;
    const observed = row === undefined ? null : decodeVector(row.heads);
    // What this database observed is of its own history, also when the epoch was raised since.
    return observed === null ? this.#placeOf(new Map(), heads) : { ...observed, epoch: heads.epoch };
  }

  /** The first position that can be read from: the floor, or before the first entry when there is none. */
  async beginning(): Promise<PositionVector> {
    const { vector } = await this.#watcher.read();
    return this.#placeOf(await this.#floor.current(), vector);
  }

  /** Where the partitions end: whatever lies before is committed. */
  async heads(): Promise<PositionVector> {
    return (await this.#watcher.read()).vector;
  }

  /** @returns a course that begins at a place. @param heads what is known to be committed @throws PositionLost */
  async courseFrom(from: PositionVector, heads: PositionVector): Promise<Course> {
    const course = await this.#courseAt(from, heads);
    if (course !== null && (await this.isKept(from))) return course;
    const message =
      course === null
        ? "The cursor belongs to another history of this database"
        : "The cursor or time lies further back than the feed is kept";
    throw new PositionLost(message, await this.#placeOf(await this.#floor.current(), heads));
  }

  /** @returns whether a position is not below the floor */
  async isKept(place: PositionVector): Promise<boolean> {
    for (const [partition, sequence] of await this.#floor.current())
      if (sequence > (place.positions[partition] ?? 0)) return false;
    return true;
  }

  /** @returns whether a position is of this history and within the heads; it may lie below the floor */
  async isOfThisHistory(place: PositionVector, heads: PositionVector): Promise<boolean> {
    return (await this.#courseAt(place, heads)) !== null;
  }

  /** @returns null when the position is of another history, or ahead of the heads */
  async #courseAt(from: PositionVector, heads: PositionVector): Promise<Course | null> {
    if (from.epoch !== heads.epoch || from.positions.length !== heads.positions.length || !isWithin(from, heads))
      return null;
    const course = new Course(from.epoch, from.positions, await this.#hashesAt(from.positions));
    return isSamePlace(course.place, from) ? course : null;
  }

  async #hashesAt(positions: readonly number[]): Promise<Uint8Array[]> {
    const { rows } = await this.#database.query<{ partition: number; hash: Buffer }>(hashesAt(positions));
    const hashes: Uint8Array[] = positions.map(() => genesisHash);
    for (const { partition, hash } of rows) hashes[partition] = hash;
    return hashes;
  }

  async #placeOf(floor: Floor, { epoch, positions: heads }: PositionVector): Promise<PositionVector> {
    const positions = heads.map((_, partition) => floor.get(partition) ?? 0);
    const hashes = floor.size === 0 ? positions.map(() => genesisHash) : await this.#hashesAt(positions);
    return { epoch, positions, check: checkOf(hashes) };
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
  async between(from: PositionVector, heads: PositionVector, limit: number): Promise<CommittedEntry[]> {
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
  return stateAfter({
    kind: row.previous_kind as EntryKind,
    recordedAtMs: row.previous_recorded_at!,
    safetyStock: row.previous_safety_stock!,
    reorderPoint: row.previous_reorder_point,
    detail: row.previous_detail,
  });
}
