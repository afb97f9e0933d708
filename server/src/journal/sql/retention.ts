/** Clears away what was promised only for a time. */
import type { Statement } from "../../db/pool.ts";

/** Outcomes that are older than some days by the database's clock, at most `limit`, but for those kept for ever. */
export const deleteOldResults = (days: number, limit: number): Statement => ({
  name: "delete_old_results",
  text: `DELETE FROM result WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM result WHERE recorded_at < now() - make_interval(days => $1::integer) AND NOT is_kept LIMIT $2))`,
  values: [days, limit],
});

/** Thins observations that are older than some days out to the first of each hour: times that far back are rarely asked for. */
export const thinOldObservations = (days: number, limit: number): Statement => ({
  name: "thin_old_observations",
  text: `DELETE FROM observed_heads WHERE observed_at = ANY (ARRAY(
           SELECT o.observed_at FROM observed_heads o
           WHERE o.observed_at < now() - make_interval(days => $1::integer)
             AND EXISTS (SELECT FROM observed_heads e
                         WHERE e.observed_at < o.observed_at AND e.observed_at >= date_trunc('hour', o.observed_at))
           LIMIT $2))`,
  values: [days, limit],
});
