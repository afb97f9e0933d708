/**
 * Where every partition was last seen committed, by this process or by looking: what position vectors are made from.
 * Heads only ever move forward; a vector may lag behind other servers, which costs a reader repeats but never a miss.
 */
import { checkOf, encodeVector } from "../core/record/position-vector.ts";

export interface BoardHead {
  readonly partition: number;
  readonly sequence: number;
  readonly hash: Uint8Array;
  readonly epoch: number;
}

export class HeadBoard {
  readonly #heads: BoardHead[];
  /** The encoded vector of what is known; null when it has to be made anew. */
  #seen: Uint8Array | null = null;

  /** @param heads all partitions, in order */
  constructor(heads: readonly BoardHead[]) {
    this.#heads = [...heads];
  }

  /** Takes heads that are committed; older ones than known are passed over. */
  observe(heads: readonly BoardHead[]): void {
    for (const head of heads) {
      const known = this.#heads[head.partition]!;
      if (head.epoch > known.epoch || (head.epoch === known.epoch && head.sequence > known.sequence)) {
        this.#heads[head.partition] = head;
        this.#seen = null;
      }
    }
  }

  /** @returns the end of a partition as far as it is known */
  sequenceOf(partition: number): number {
    return this.#heads[partition]!.sequence;
  }

  /** @returns the encoded vector of what is known, made once for as long as nothing moves */
  seen(): Uint8Array {
    this.#seen ??= this.vectorWith([]);
    return this.#seen;
  }

  /** @returns the encoded vector of what is known, with some heads as they will be once a group is committed */
  vectorWith(moved: readonly BoardHead[]): Uint8Array {
    const heads = [...this.#heads];
    for (const head of moved) heads[head.partition] = head;
    const check = checkOf(heads.map((head) => head.hash));
    return encodeVector({
      epoch: Math.max(...heads.map((head) => head.epoch)),
      positions: heads.map((head) => head.sequence),
      check,
    });
  }
}
