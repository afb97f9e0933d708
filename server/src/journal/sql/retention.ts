/** Clears away what was promised only for a time. */
import type { Statement } from "../../db/pool.ts";

/** Outcomes recorded before a moment, at most `limit`, but for those that are kept for ever. */
export const deleteResultsBefore = (momentMs: number, limit: number): Statement => ({
  name: "delete_results_before",
  text: `DELETE FROM result WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM result WHERE recorded_at < to_timestamp($1::double precision / 1000) AND NOT is_kept LIMIT $2))`,
  values: [momentMs, limit],
});

/** Thins observations made before a moment out to the first of each hour: times that far back are rarely asked for. */
export const thinObservationsBefore = (momentMs: number, limit: number): Statement => ({
  name: "thin_observations_before",
  text: `DELETE FROM observed_heads WHERE observed_at = ANY (ARRAY(
           SELECT o.observed_at FROM observed_heads o
           WHERE o.observed_at < to_timestamp($1::double precision / 1000)
             AND EXISTS (SELECT FROM observed_heads e
                         WHERE e.observed_at < o.observed_at AND e.observed_at >= date_trunc('hour', o.observed_at))
           LIMIT $2))`,
  values: [momentMs, limit],
});
