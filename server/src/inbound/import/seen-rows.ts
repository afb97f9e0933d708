/**
 * Counts how often each row has been seen, by 64 bits of its hash: open addressing in typed arrays, 16 bytes for each row.
 *
 * Two different rows are taken for copies with a chance of n² / 2^65: once in 370,000 files of ten million rows.
 */
import { importLimits } from "./import-limits.ts";

const slotsAtFirst = 1 << 16;

/** More different rows than the memory is meant for. */
export class TooManyRows extends Error {
  override readonly name = "TooManyRows";
}

export class SeenRows {
  #high = new Uint32Array(slotsAtFirst);
  #low = new Uint32Array(slotsAtFirst);
  #counts = new Uint32Array(slotsAtFirst);
  #size = 0;

  /** Different rows so far. */
  get size(): number {
    return this.#size;
  }

  /** @param digest at least 16 hex digits @returns which occurrence this is: 1 for the first @throws TooManyRows */
  count(digest: string): number {
    if (this.#size * 3 > this.#counts.length * 2) this.#grow();
    return this.#add(Number.parseInt(digest.slice(0, 8), 16), Number.parseInt(digest.slice(8, 16), 16), 1);
  }

  #add(high: number, low: number, times: number): number {
    const mask = this.#counts.length - 1;
    let slot = low & mask;
    while (this.#counts[slot] !== 0) {
      if (this.#high[slot] === high && this.#low[slot] === low) {
        this.#counts[slot] = this.#counts[slot]! + times;
        return this.#counts[slot]!;
      }
      slot = (slot + 1) & mask;
    }
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#counts[slot] = times;
    this.#size += 1;
    return times;
  }

  #grow(): void {
    if (this.#size >= importLimits.seenRowsMax)
      throw new TooManyRows(`A file may have ${importLimits.seenRowsMax} different rows. Split it.`);
    const [high, low, counts] = [this.#high, this.#low, this.#counts];
    this.#high = new Uint32Array(counts.length * 2);
    this.#low = new Uint32Array(counts.length * 2);
    this.#counts = new Uint32Array(counts.length * 2);
    this.#size = 0;
    for (let slot = 0; slot < counts.length; slot++)
      if (counts[slot] !== 0) this.#add(high[slot]!, low[slot]!, counts[slot]!);
  }
}
