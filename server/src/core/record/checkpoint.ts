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

/** Bytes that are gathered before they are hashed. */
const chunkBytes = 64 * 1024;

/** Gathers rows in their order into one digest. */
export class RowDigest {
  readonly #hash: Hash;
  readonly #chunk = Buffer.allocUnsafe(chunkBytes);
  #length = 0;
  count = 0;

  constructor(kind: "levels" | "late", place: CheckpointPlace) {
    this.#hash = createHash("sha256").update(`onhand/checkpoint/1/${kind}\0`).update(Buffer.from(place.hash, "hex"));
    for (const value of [place.partition, place.sequence, place.recordedAtMs, place.previous]) this.#put(value);
  }

  addLevel({ itemNumber, lastSequence, onHand, reserved, unavailable, incoming, life }: CheckpointLevel): void {
    this.#put(itemNumber);
    this.#put(lastSequence);
    this.#putLevels(onHand, reserved, unavailable, incoming);
    this.#put(life);
    this.count += 1;
  }

  addLate({ sequence, itemNumber, occurredAtMs, onHand, reserved, unavailable, incoming }: LateMovement): void {
    this.#put(sequence);
    this.#put(itemNumber);
    this.#put(occurredAtMs);
    this.#putLevels(onHand, reserved, unavailable, incoming);
    this.count += 1;
  }

  /** @returns 64 hex digits; nothing can be added afterwards */
  finish(): string {
    return this.#hash.update(this.#chunk.subarray(0, this.#length)).digest("hex");
  }

  #putLevels(onHand: number, reserved: number, unavailable: number, incoming: number): void {
    this.#put(onHand);
    this.#put(reserved);
    this.#put(unavailable);
    this.#put(incoming);
  }

  /** What is no whole number, as nobody but a forger writes it, is hashed as the nearest one below. */
  #put(value: number): void {
    if (this.#length === chunkBytes) {
      this.#hash.update(this.#chunk);
      this.#length = 0;
    }
    const low = value >>> 0;
    this.#chunk.writeInt32BE(((value - low) / 0x1_0000_0000) | 0, this.#length);
    this.#chunk.writeUInt32BE(low, this.#length + 4);
    this.#length += 8;
  }
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
