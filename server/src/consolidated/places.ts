/**
 * Every location with the groups it counts in and the source that speaks for it. Kept in memory until the control
 * partition moves, at most for `keptMs`: how fresh sources are changes by time alone.
 */
import type { LocationDocument } from "../core/catalogue/catalogue.ts";
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import type { Contact } from "./fold.ts";
import * as sql from "./sql/places.ts";

export const placeLimits = {
  /** Locations that totals are made over; with more, ask for a group or a region. */
  locationsMax: 20_000,
  /** How long they are kept; a source is called stale so much later at most. */
  keptMs: 1_000,
} as const;

export interface Place {
  readonly locationId: string;
  readonly groups: readonly string[];
  readonly region: string | null;
  /** The most trusted active source that lists the location; null for none. */
  readonly sourceId: string | null;
}

export interface Places {
  readonly all: readonly Place[];
  contactOf(sourceId: string): Contact;
}

/** Which locations count; absent members let every one pass. */
export interface PlaceFilter {
  readonly locationId?: string;
  readonly locationGroup?: string;
  readonly region?: string;
  readonly sourceId?: string;
}

/** @returns whether a filter lets a location pass */
export const isWanted = (place: Place, { locationId, locationGroup, region, sourceId }: PlaceFilter): boolean =>
  (locationId === undefined || place.locationId === locationId) &&
  (locationGroup === undefined || place.groups.includes(locationGroup)) &&
  (region === undefined || place.region === region) &&
  (sourceId === undefined || place.sourceId === sourceId);

/** There are more locations than totals are made over. */
export class TooManyLocations extends Error {
  override readonly name = "TooManyLocations";
}

export class PlaceMap {
  readonly #database: Queryable;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #controlSequence: () => number;
  #kept: { readonly places: Places; readonly sequence: number; readonly untilMs: number } | null = null;
  #loading: { readonly sequence: number; readonly places: Promise<Places> } | null = null;

  /** @param controlSequence end of the control partition as far as this process has seen it */
  constructor(database: Queryable, clock: Pick<Clock, "monotonicMs">, controlSequence: () => number) {
    this.#database = database;
    this.#clock = clock;
    this.#controlSequence = controlSequence;
  }

  /** @throws TooManyLocations */
  async read(): Promise<Places> {
    const sequence = this.#controlSequence();
    const kept = this.#kept;
    if (kept !== null && kept.sequence === sequence && this.#clock.monotonicMs() < kept.untilMs) return kept.places;
    // What began to be read before the partition moved may not have seen it.
    if (this.#loading?.sequence !== sequence) {
      const places = this.#load(sequence);
      this.#loading = { sequence, places };
      const forget = (): void => {
        if (this.#loading?.places === places) this.#loading = null;
      };
      places.then(forget, forget);
    }
    return this.#loading.places;
  }

  async #load(sequence: number): Promise<Places> {
    const untilMs = this.#clock.monotonicMs() + placeLimits.keptMs;
    const { rows } = await this.#database.query<sql.PlaceRow>(sql.selectPlaces(placeLimits.locationsMax + 1));
    if (rows.length > placeLimits.locationsMax)
      throw new TooManyLocations(`there are more than ${placeLimits.locationsMax} locations`);
    const sources = await this.#database.query<sql.SourceRow>(sql.selectSources());
    const places = placesOf(rows, sources.rows);
    this.#kept = { places, sequence, untilMs };
    return places;
  }
}

/** A source that nobody knows any more was not heard from. */
const unknown: Contact = { isStale: true, lastHeardAtMs: null };

/** @param sources in order of trust, the most trusted first */
function placesOf(rows: readonly sql.PlaceRow[], sources: readonly sql.SourceRow[]): Places {
  const speaker = new Map<string, string>();
  for (const { source_id, location_ids } of sources)
    for (const locationId of location_ids) if (!speaker.has(locationId)) speaker.set(locationId, source_id);
  const contacts = new Map(
    sources.map((row): [string, Contact] => [
      row.source_id,
      { isStale: row.is_stale, lastHeardAtMs: row.last_heard_at },
    ]),
  );
  const all = rows.map(({ location_id, document }): Place => {
    const { groups, region } = document as LocationDocument;
    return { locationId: location_id, groups, region, sourceId: speaker.get(location_id) ?? null };
  });
  return { all, contactOf: (sourceId) => contacts.get(sourceId) ?? unknown };
}
