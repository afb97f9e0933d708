/** Statements that read locations, and the sources that speak for them. */
import type { Statement } from "../../db/pool.ts";

export interface PlaceRow {
  readonly location_id: string;
  readonly document: object;
}

/** Locations that are not deleted. */
export const selectPlaces = (limit: number): Statement => ({
  name: "consolidated_places",
  text: "SELECT location_id, document FROM location WHERE life < 2 ORDER BY location_id LIMIT $1",
  values: [limit],
});

export interface SourceRow {
  readonly source_id: string;
  readonly location_ids: readonly string[];
  readonly last_heard_at: number | null;
  readonly is_stale: boolean;
}

/** Active sources that speak for locations, the most trusted first. One that was never heard from is stale. */
export const selectSources = (): Statement => ({
  name: "consolidated_sources",
  text: `SELECT s.source_id, s.document->'locationIds' AS location_ids, c.last_heard_at,
           coalesce(c.last_heard_at + make_interval(secs => (s.document->>'freshForSeconds')::double precision) < clock_timestamp(), true) AS is_stale
         FROM source s LEFT JOIN source_contact c ON c.source_id = s.source_id AND c.location_id = ''
         WHERE s.life = 0 ORDER BY (s.document->>'trust')::integer DESC, s.source_id`,
  values: [],
});
