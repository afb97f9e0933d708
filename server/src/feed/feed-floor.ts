/**
 * How far back the feed may be read, as this process last saw it. It is looked up at most once a second, however many
 * readers ask: a floor that has just risen may let readers in for that long, which costs nothing, for no entry is
 * deleted.
 */
import type { Queryable } from "../db/pool.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { type FloorRow, selectFloor } from "./sql/floor.ts";

/** How old what is known of the floor may be. */
const floorAgeMsMax = 1_000;

/** Sequence by partition; a partition that is not named is readable from its beginning. */
export type Floor = ReadonlyMap<number, number>;

export class FeedFloor {
  readonly #database: Queryable;
  readonly #clock: Clock;
  #known: Promise<Floor> | null = null;
  #readAtMs = 0;

  constructor(database: Queryable, clock: Clock = systemClock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @returns the floor as it was at most a second ago */
  current(): Promise<Floor> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#known !== null && nowMs - this.#readAtMs < floorAgeMsMax) return this.#known;
    const looking = this.#read();
    this.#known = looking;
    this.#readAtMs = nowMs;
    // What could not be read is asked again by the next reader.
    looking.catch(() => {
      if (this.#known === looking) this.#known = null;
    });
    return looking;
  }

  async #read(): Promise<Floor> {
    const { rows } = await this.#database.query<FloorRow>(selectFloor());
    return new Map(rows.map((row) => [row.partition, row.sequence]));
  }
}
