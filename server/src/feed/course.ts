/** Walks along the journal entry by entry and says each time which place that is. */
import { checkOf, movedCheck, type PositionVector } from "../core/record/position-vector.ts";

export class Course {
  readonly #epoch: number;
  readonly #hashes: Uint8Array[];
  #place: PositionVector;

  /** @param hashes hash of the entry at each position of the place */
  constructor(epoch: number, positions: readonly number[], hashes: readonly Uint8Array[]) {
    this.#epoch = epoch;
    this.#hashes = [...hashes];
    this.#place = { epoch, positions, check: checkOf(hashes) };
  }

  get place(): PositionVector {
    return this.#place;
  }

  /** @returns how many entries a number is ahead: 1 is the next one, 0 or less was passed already */
  ahead(partition: number, sequence: number): number {
    return sequence - this.#place.positions[partition]!;
  }

  /** Goes on by one entry. @returns the place behind it @throws when an entry is missing before it */
  step(partition: number, sequence: number, hash: Uint8Array): PositionVector {
    if (this.ahead(partition, sequence) !== 1)
      throw new Error(`partition ${partition} has a gap before ${sequence}: the feed must not go on`);
    const positions = [...this.#place.positions];
    positions[partition] = sequence;
    const check = movedCheck(this.#place.check, this.#hashes[partition]!, hash);
    this.#hashes[partition] = hash;
    this.#place = { epoch: this.#epoch, positions, check };
    return this.#place;
  }
}
