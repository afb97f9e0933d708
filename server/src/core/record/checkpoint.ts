/**
 * A checkpoint: every item of a partition as it was behind one entry, and what came late since the checkpoint before. Its
 * digests are told in the journal, so the rows that it is kept in cannot be changed without the chain showing it.
 *
 * The digests are defined here alone: a domain tag, where the checkpoint stands, then each row as 64-bit big-endian
 * numbers, in order of the item's number or of the entry's sequence.
 */
import { createHash, type Hash, hash } from "node:crypto";
import { lifeStates } from "@onhand/protocol/vocabulary";
import type { Item, Levels } from "../inventory/item.ts";

/** Where a checkpoint stands. */
export interface CheckpointPlace {
  readonly partition: number;
  /** The entry that it was made behind, and that entry's hash in 64 hex digits. */
  readonly sequence: number;
  readonly hash: string;
  readonly recordedAtMs: number;
  /** Sequence of the partition's checkpoint before this one; 0 for none. */
  readonly previous: number;
}

/** What the journal is told of a checkpoint. */
export interface ToldCheckpoint extends Readonly<Record<string, unknown>> {
  readonly partition: number;
  readonly sequence: number;
  readonly hash: string;
  readonly recordedAtMs: number;
  readonly previous: number;
  /** Items in it, and their digest in 64 hex digits. */
  readonly levels: number;
  readonly digest: string;
  /** Movements that came late since the one before, and their digest. */
  readonly late: number;
  readonly lateDigest: string;
}

/** An item as a checkpoint holds it. */
export interface CheckpointLevel extends Levels {
  readonly itemNumber: number;
  readonly lastSequence: number;
  /** Index into `lifeStates`. */
  readonly life: number;
}

/** A movement that had occurred before the checkpoint before was reached, and was recorded behind it. */
export interface LateMovement extends Levels {
  readonly sequence: number;
  readonly itemNumber: number;
  readonly occurredAtMs: number;
}

/** Gathers rows in their order into one digest. */
export class RowDigest {
  readonly #hash: Hash;
  count = 0;

  constructor(kind: "levels" | "late", place: CheckpointPlace) {
    this.#hash = createHash("sha256").update(`onhand/checkpoint/1/${kind}\0`);
    this.#hash.update(numbers([place.partition, place.sequence, place.recordedAtMs, place.previous]));
    this.#hash.update(Buffer.from(place.hash, "hex"));
  }

  addLevel({ itemNumber, lastSequence, onHand, reserved, unavailable, incoming, life }: CheckpointLevel): void {
    this.#add([itemNumber, lastSequence, onHand, reserved, unavailable, incoming, life]);
  }

  addLate({ sequence, itemNumber, occurredAtMs, onHand, reserved, unavailable, incoming }: LateMovement): void {
    this.#add([sequence, itemNumber, occurredAtMs, onHand, reserved, unavailable, incoming]);
  }

  /** @returns 64 hex digits; nothing can be added afterwards */
  finish(): string {
    return this.#hash.digest("hex");
  }

  #add(row: readonly number[]): void {
    this.#hash.update(numbers(row));
    this.count += 1;
  }
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeBigInt64BE(BigInt(value), index * 8);
  return bytes;
}

/** The item as a checkpoint holds it. */
export const checkpointLevelOf = (item: Item): CheckpointLevel => ({
  itemNumber: item.itemNumber,
  lastSequence: item.lastSequence,
  onHand: item.onHand,
  reserved: item.reserved,
  unavailable: item.unavailable,
  incoming: item.incoming,
  life: lifeStates.indexOf(item.life),
});

/** Id by which the journal tells of a checkpoint. */
export const checkpointId = (partition: number, sequence: number): string => `ckp_${partition}_${sequence}`;

const keyDigits = 32;

/** Key under which a checkpoint is told: the same one for the same checkpoint, so that it is told once. */
export const checkpointKey = ({ partition, sequence, hash: entryHash }: CheckpointPlace): string =>
  // No caller's key is digested with this in front: theirs begin with the id of an API key.
  hash("sha256", `system\ncheckpoint\n${partition}\n${sequence}\n${entryHash}`, "hex").slice(0, keyDigits);

/** @returns what an entry tells of a checkpoint, or null when it is not of that form */
export function readTold(told: Readonly<Record<string, unknown>>): ToldCheckpoint | null {
  const areNumbers = ["partition", "sequence", "recordedAtMs", "previous", "levels", "late"].every((name) =>
    Number.isSafeInteger(told[name]),
  );
  const areDigests = ["hash", "digest", "lateDigest"].every((name) => /^[0-9a-f]{64}$/.test(String(told[name])));
  return areNumbers && areDigests ? (told as ToldCheckpoint) : null;
}
