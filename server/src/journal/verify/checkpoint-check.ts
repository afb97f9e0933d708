/**
 * Checks checkpoints against the journal that tells of them.
 *
 * One that lies behind the beginning of the check is compared with the fold, as it is at that entry: levels and what came
 * late. The one that the check begins at cannot be; of it is shown that its rows are those that an entry behind it, which
 * the chain seals, tells of. Then they stand for the levels there: item by item, with what entries and level rows say.
 */

import { entryKinds } from "@onhand/protocol/vocabulary";
import type { Item } from "../../core/inventory/item.ts";
import {
  type CheckpointLevel,
  checkpointLevelOf,
  RowDigest,
  readTold,
  type ToldCheckpoint,
} from "../../core/record/checkpoint.ts";
import { parseDetail } from "../../core/record/entry-detail.ts";
import type { Queryable } from "../../db/pool.ts";
import {
  type CheckpointRow,
  checkpointsBehind,
  digestCheckpoint,
  digestLate,
  readCheckpointLevels,
  toldOfRow,
} from "../checkpoint-reader.ts";
import type { StoredEntry } from "./entry-page.ts";
import type { FaultList } from "./report.ts";

/** Checkpoints of a partition that are looked at in one verification; the levels of few are kept anyway. */
const checkpointsMax = 100_000;

export interface CheckpointScope {
  readonly connection: Queryable;
  readonly partition: number;
  readonly faults: FaultList;
  /** Position behind which the check begins. */
  readonly fromSequence: number;
  /** It begins at a checkpoint: its rows stand for the levels there. */
  readonly start: ToldCheckpoint | null;
}

export class CheckpointCheck {
  readonly #scope: CheckpointScope;
  /** Those that the fold has still to come to, in order. */
  readonly #ahead: CheckpointRow[];
  readonly #rows: ReadonlyMap<number, CheckpointRow>;
  /** Told of by entries of the journal. */
  readonly #told = new Set<number>();
  /** What came late since the checkpoint before, which the next one must hold. */
  #late: RowDigest | null = null;
  #previousAtMs: number | null;
  /** The checkpoint before; 0 for none, null when it is not known. */
  #previous: number | null;

  private constructor(scope: CheckpointScope, rows: readonly CheckpointRow[]) {
    this.#scope = scope;
    this.#rows = new Map(rows.map((row) => [row.sequence, row]));
    this.#ahead = rows.filter(({ sequence }) => sequence > scope.fromSequence);
    this.#previousAtMs = scope.start?.recordedAtMs ?? null;
    this.#previous = scope.start?.sequence ?? (scope.fromSequence === 0 ? 0 : null);
    this.#begin();
  }

  /** Reads which checkpoints there are, and proves the rows of the one that the check begins at. */
  static async open(scope: CheckpointScope): Promise<CheckpointCheck> {
    const { connection, partition, fromSequence, start, faults } = scope;
    const { rows } = await connection.query<CheckpointRow>(
      checkpointsBehind(partition, fromSequence - (start === null ? 0 : 1), checkpointsMax),
    );
    if (start !== null) compare(faults, start, await digestCheckpoint(connection, start));
    return new CheckpointCheck(scope, rows);
  }

  /**
   * @param items the fold after the entry; all of them where the check began with the first entry
   * @returns what is to be waited for before the fold goes on; null for nothing
   */
  visit(entry: StoredEntry, items: ReadonlyMap<number, Item>): Promise<void> | null {
    this.#visitLate(entry);
    if (entry.kind === entryKinds.journalCheckpointed) this.#visitTold(entry);
    if (this.#ahead[0]?.sequence !== entry.sequence) return null;
    return this.#reach(this.#ahead.shift()!, entry, items);
  }

  /** @param sequence the last entry of the partition */
  finish(sequence: number): void {
    const { faults, start } = this.#scope;
    for (const row of this.#ahead)
      faults.add("checkpoint", { sequence: row.sequence, expected: `at most ${sequence}`, found: `${row.sequence}` });
    for (const row of this.#rows.values())
      if (row.is_told && !this.#told.has(row.sequence))
        faults.add("checkpoint", { sequence: row.sequence, expected: "an entry that tells of it", found: "none" });
    if (start !== null && !this.#told.has(start.sequence) && !this.#rows.has(start.sequence))
      faults.add("checkpoint", { sequence: start.sequence, expected: "the checkpoint begun at", found: "none" });
  }

  #begin(): void {
    const next = this.#ahead[0];
    this.#late = next === undefined ? null : new RowDigest("late", toldOfRow(this.#scope.partition, next));
  }

  #visitLate({ sequence, itemNumber, occurredAtMs, delta }: StoredEntry): void {
    if (this.#previousAtMs === null || itemNumber === null || occurredAtMs >= this.#previousAtMs) return;
    const { onHand, reserved, unavailable, incoming } = delta;
    if (onHand === 0 && reserved === 0 && unavailable === 0 && incoming === 0) return;
    this.#late?.addLate({ sequence, itemNumber, occurredAtMs, onHand, reserved, unavailable, incoming });
  }

  #visitTold(entry: StoredEntry): void {
    const { faults, partition } = this.#scope;
    const told = readTold(parseDetail(entry).record?.told ?? {});
    if (told === null || told.partition !== partition) {
      faults.add("value", {
        sequence: entry.sequence,
        expected: "what a checkpoint comes to",
        found: entry.detail ?? "",
      });
      return;
    }
    this.#told.add(told.sequence);
    const row = this.#rows.get(told.sequence);
    if (row !== undefined) compare(faults, told, toldOfRow(partition, row));
    else if (told.sequence > this.#scope.fromSequence)
      faults.add("checkpoint", { sequence: told.sequence, expected: "a checkpoint as it was told", found: "none" });
  }

  /** The fold stands where a checkpoint was made. */
  async #reach(row: CheckpointRow, entry: StoredEntry, items: ReadonlyMap<number, Item>): Promise<void> {
    const { connection, faults, partition, fromSequence, start } = this.#scope;
    const stored = toldOfRow(partition, row);
    const previous = this.#previous ?? stored.previous;
    const place = { ...stored, previous, hash: entry.storedHash, recordedAtMs: entry.recordedAtMs };
    // Without a checkpoint to begin at it is not known what came late since the one before, nor which items there were.
    const isWhole = fromSequence === 0 || start !== null;
    const late = isWhole && this.#late !== null ? { late: this.#late.count, lateDigest: this.#late.finish() } : {};
    const levels = fromSequence === 0 ? levelsDigest(stored, items) : {};
    compare(faults, { ...place, ...late, ...levels }, stored);
    const read = row.has_levels
      ? await digestCheckpoint(connection, stored)
      : { ...stored, ...(await digestLate(connection, stored)) };
    compare(faults, stored, read);
    this.#previousAtMs = entry.recordedAtMs;
    this.#previous = entry.sequence;
    this.#begin();
  }
}

function levelsDigest(
  place: ToldCheckpoint,
  items: ReadonlyMap<number, Item>,
): Pick<ToldCheckpoint, "levels" | "digest"> {
  const digest = new RowDigest("levels", place);
  for (const number of [...items.keys()].sort((a, b) => a - b)) digest.addLevel(checkpointLevelOf(items.get(number)!));
  return { levels: digest.count, digest: digest.finish() };
}

const toldNames = [
  "sequence",
  "hash",
  "recordedAtMs",
  "previous",
  "levels",
  "digest",
  "late",
  "lateDigest",
] as const satisfies (keyof ToldCheckpoint)[];

function compare(faults: FaultList, expected: ToldCheckpoint, found: ToldCheckpoint): void {
  const wrong = toldNames.filter((name) => expected[name] !== found[name]);
  if (wrong.length === 0) return;
  const text = (told: ToldCheckpoint): string => wrong.map((name) => `${name} ${told[name]}`).join(", ");
  faults.add("checkpoint", { sequence: expected.sequence, expected: text(expected), found: text(found) });
}

const levelNames = ["lastSequence", "onHand", "reserved", "unavailable", "incoming", "life"] as const;

const levelText = (level: CheckpointLevel): string => levelNames.map((name) => `${name} ${level[name]}`).join(", ");

/**
 * Compares what is said of items elsewhere with a checkpoint's rows, which are proven.
 * @param itemsAt items as they were at the checkpoint, by number; emptied on the way, so that what is left is in no row
 */
export async function compareWithCheckpoint(
  { connection, faults }: Pick<CheckpointScope, "connection" | "faults">,
  start: ToldCheckpoint,
  itemsAt: Map<number, Item>,
): Promise<void> {
  for await (const page of readCheckpointLevels(connection, start)) {
    for (const row of page) {
      const item = itemsAt.get(row.itemNumber);
      itemsAt.delete(row.itemNumber);
      if (item === undefined) {
        const expected = `item ${row.itemNumber} with ${levelText(row)}`;
        faults.add("level_missing", { sequence: row.lastSequence, expected, found: "none" });
        continue;
      }
      const found = checkpointLevelOf(item);
      if (levelNames.every((name) => found[name] === row[name])) continue;
      const { productId, locationId } = item;
      faults.add("level", { sequence: null, productId, locationId, expected: levelText(row), found: levelText(found) });
    }
  }
  for (const { productId, locationId, lastSequence } of itemsAt.values()) {
    const found = `last_sequence ${lastSequence}`;
    faults.add("level_unexpected", { sequence: null, productId, locationId, expected: "no item", found });
  }
}
