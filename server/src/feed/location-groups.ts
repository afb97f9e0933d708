/** Which groups each location belongs to, as the feed has seen it: loaded once, then kept up by the events themselves. */
import { subjectOfKind } from "@onhand/protocol/vocabulary";
import { evolve } from "../core/evolve.ts";
import type { Entry } from "../core/record/entry.ts";
import type { Queryable } from "../db/pool.ts";
import { selectLocationGroups } from "./sql/feed.ts";

const none: readonly string[] = [];

export class LocationGroups {
  readonly #database: Queryable;
  #groups = new Map<string, readonly string[]>();

  constructor(database: Queryable) {
    this.#database = database;
  }

  async load(): Promise<void> {
    const { rows } = await this.#database.query<{ location_id: string; groups: readonly string[] | null }>(
      selectLocationGroups(),
    );
    this.#groups = new Map(rows.map((row) => [row.location_id, row.groups ?? none]));
  }

  of(locationId: string | null): readonly string[] {
    return (locationId === null ? undefined : this.#groups.get(locationId)) ?? none;
  }

  /** Takes note of an entry that changes a location. */
  observe(entry: Entry): void {
    if (subjectOfKind(entry.kind) !== "location") return;
    const effect = evolve(entry);
    if (effect.kind === "location") this.#groups.set(effect.location.locationId, effect.location.document.groups);
  }
}
