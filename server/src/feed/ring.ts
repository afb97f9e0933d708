/**
 * The newest events of the feed, as all followers of this process share them.
 *
 * Every event moves exactly one partition by one, so the sum of a place's positions counts the events before it: that is
 * how a place is found in the ring. Two places with the same sum may still be different ones, which is why they are
 * compared as well.
 */
import { isSamePlace, type PositionVector } from "../core/record/position-vector.ts";
import type { FilterTest } from "./filter.ts";
import type { FeedRecord } from "./record.ts";

/** What a follower got out of the ring. */
export interface Taken {
  readonly records: readonly FeedRecord[];
  /** Where it stands now. */
  readonly position: PositionVector;
}

/** In what `FeedRecord.weight` measures: beyond it the oldest events are forgotten, however few there are. */
export const ringWeightMax = 32 * 1024 * 1024;

const sumOf = (place: PositionVector): number => place.positions.reduce((sum, position) => sum + position, 0);

export class FeedRing {
  readonly #recordsMax: number;
  #records: FeedRecord[] = [];
  /** Records before this index have been forgotten. */
  #start = 0;
  /** Of the records that are kept, and of those that were forgotten and are still held. */
  #weight = 0;
  #forgottenWeight = 0;
  /** The place before the oldest record that is kept. */
  #base: PositionVector;
  #baseSum: number;

  /** @param base where the ring begins @param recordsMax events kept at most, and `ringWeightMax` in all */
  constructor(base: PositionVector, recordsMax: number) {
    this.#recordsMax = recordsMax;
    this.#base = base;
    this.#baseSum = sumOf(base);
  }

  get size(): number {
    return this.#records.length - this.#start;
  }

  /** The place behind the newest record. */
  get end(): PositionVector {
    return this.#records.at(-1)?.after ?? this.#base;
  }

  /** Count of events up to `end`, in the measure of `countAt`. */
  get endCount(): number {
    return this.#baseSum + this.size;
  }

  push(record: FeedRecord): void {
    this.#records.push(record);
    this.#weight += record.weight;
    while (this.size > this.#recordsMax || (this.#weight > ringWeightMax && this.size > 1)) this.#forgetOldest();
    if (this.#start < this.#recordsMax && this.#forgottenWeight < ringWeightMax / 4) return;
    this.#records = this.#records.slice(this.#start);
    this.#start = 0;
    this.#forgottenWeight = 0;
  }

  #forgetOldest(): void {
    const oldest = this.#records[this.#start]!;
    this.#base = oldest.after;
    this.#baseSum += 1;
    this.#start += 1;
    this.#weight -= oldest.weight;
    this.#forgottenWeight += oldest.weight;
  }

  /** @returns the count of events before a place when the place lies in the ring, else null */
  countAt(place: PositionVector): number | null {
    const count = sumOf(place);
    const index = count - this.#baseSum;
    if (index < 0 || index > this.size) return null;
    const known = index === 0 ? this.#base : this.#records[this.#start + index - 1]!.after;
    return isSamePlace(known, place) ? count : null;
  }

  /**
   * @param count events before the reader's place, as `countAt` said
   * @returns what passes the test behind it, at most `max`, and the place behind the last record that was looked at; null
   * when the ring has forgotten what comes next
   */
  take(count: number, max: number, test: FilterTest | null): (Taken & { readonly count: number }) | null {
    const index = this.#start + count - this.#baseSum;
    if (index < this.#start) return null;
    let next = index;
    let records: FeedRecord[];
    if (test === null) {
      records = this.#records.slice(index, index + max);
      next += records.length;
    } else {
      records = [];
      for (; next < this.#records.length && records.length < max; next++) {
        const record = this.#records[next]!;
        if (test(record)) records.push(record);
      }
    }
    const position = next === this.#start ? this.#base : this.#records[next - 1]!.after;
    return { records, position, count: count + next - index };
  }
}
