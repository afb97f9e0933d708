/** A small seeded generator (xorshift32): the same seed gives every target the same products in the same order. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Spread neighbouring seeds; zero is the one state that xorshift never leaves.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 0 || 1;
    for (let round = 0; round < 4; round++) this.nextUint32();
  }

  nextUint32(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** A whole number from 0 to `bound` − 1. */
  below(bound: number): number {
    return Math.floor((this.nextUint32() / 0x1_0000_0000) * bound);
  }
}
