/** Reads committed entries from a position on: per partition in order and without a gap, across partitions by time. */
import type { EntryKind } from "@onhand/protocol/vocabulary";
import { genesisHash } from "../core/chain.ts";
import type { SealedEntry } from "../core/entry.ts";
import { checkOf, decodeVector, type PositionVector } from "../core/position-vector.ts";
import type { Queryable } from "../db/pool.ts";
import { toEntry } from "../journal/entry-reader.ts";
import type { HeadsWatcher } from "./heads-watcher.ts";
import { type FeedRow, hashesAt, nextEntries, observationBefore } from "./sql/feed.ts";

/** What the item was before an entry, as its entry before said. */
export interface PreviousState {
  readonly kind: EntryKind;
  readonly recordedAtMs: number;
  readonly safetyStock: number;
  readonly reorderPoint: number | null;
}

export interface FeedEntry {
  readonly entry: SealedEntry;
  /** Null for the item's first entry. */
  readonly previous: PreviousState | null;
  readonly sku: string | null;
  readonly reason: string | null;
  readonly reference: string | null;
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
    const hashes = await this.#hashesOf(from, heads);
    const stretches = from.positions.flatMap((after, partition) => {
      const upTo = heads.positions[partition]!;
      return upTo > after ? [{ partition, after, upTo }] : [];
    });
    if (stretches.length === 0) return { entries: [], next: from };
    const { rows } = await this.#database.query<FeedRow>(nextEntries(stretches, limit));
    const positions = [...from.positions];
    let last = from;
    const entries = rows.map((row) => {
      if (row.sequence !== positions[row.partition]! + 1)
        throw new Error(`partition ${row.partition} has a gap before ${row.sequence}`);
      positions[row.partition] = row.sequence;
      hashes[row.partition] = row.hash;
      last = { epoch: from.epoch, positions: [...positions], check: checkOf(hashes) };
      return {
        entry: toEntry(row),
        previous: previousOf(row),
        sku: row.sku,
        reason: row.reason,
        reference: row.reference,
        after: last,
      };
    });
    return { entries, next: last };
  }

  /** Hashes at a position, once it is known to be of this history. */
  async #hashesOf(from: PositionVector, heads: PositionVector): Promise<Uint8Array[]> {
    const isAhead =
      from.positions.length !== heads.positions.length ||
      from.positions.some((position, index) => position > heads.positions[index]!);
    if (from.epoch !== heads.epoch || isAhead)
      throw new PositionLost("the cursor belongs to another history of this database");
    const { rows } = await this.#database.query<{ partition: number; hash: Buffer }>(hashesAt(from.positions));
    const hashes: Uint8Array[] = from.positions.map(() => genesisHash);
    for (const { partition, hash } of rows) hashes[partition] = hash;
    if (!Buffer.from(checkOf(hashes)).equals(Buffer.from(from.check)))
      throw new PositionLost("the cursor belongs to another history of this database");
    return hashes;
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
