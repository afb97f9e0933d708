/** Statements on mappings: their versions, and which of them is in use. */
import type { Statement } from "../../db/pool.ts";

export interface MappingRow {
  readonly source_id: string;
  readonly version: number;
  readonly expression: string;
  readonly about: string | null;
  readonly created_at: number;
  readonly created_by: string;
}

const columns = "m.source_id, m.version, m.expression, m.about, m.created_at, m.created_by";
const now = "date_trunc('milliseconds', clock_timestamp())";

/** Adds a version behind the last one; its source is locked. */
export const insertMapping = (sourceId: string, expression: string, about: string | null, by: string): Statement => ({
  text: `INSERT INTO source_mapping AS m (source_id, version, expression, about, created_at, created_by)
         SELECT $1, coalesce(max(o.version), 0) + 1, $2, $3, ${now}, $4 FROM source_mapping o WHERE o.source_id = $1
         RETURNING ${columns}`,
  values: [sourceId, expression, about, by],
});

/** A version; a version never changes. */
export const selectMapping = (sourceId: string, version: number): Statement => ({
  name: "source_mapping",
  text: `SELECT ${columns} FROM source_mapping m WHERE m.source_id = $1 AND m.version = $2`,
  values: [sourceId, version],
});

/** A page of versions, the newest first. @param before version of the last one of the page before */
export const listMappings = (sourceId: string, before: number | null, limit: number): Statement => ({
  text: `SELECT ${columns} FROM source_mapping m WHERE m.source_id = $1 AND ($2::integer IS NULL OR m.version < $2)
         ORDER BY m.version DESC LIMIT $3`,
  values: [sourceId, before, limit],
});

/** Has payloads go through a version from now on; its source is locked. */
export const setMapping = (sourceId: string, version: number | null): Statement => ({
  text: `UPDATE source SET mapping_version = $2, version = version + 1, updated_at = ${now} WHERE source_id = $1 RETURNING version`,
  values: [sourceId, version],
});
