/** Statements that find where partitions stood at a past moment, and what is known near those places. */
import { integerArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

/** Makes the transaction that has just begun read one moment and nothing else. */
export const readOneMoment = (): Statement => ({ text: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY" });

/** Where one partition stood at the moment, and what is known near it. Numbers are sequences. */
export interface PlaceRow {
  readonly partition: number;
  readonly head: number;
  /** Last entry recorded by the moment; 0 for none. */
  readonly place: number;
  /** Whatever was recorded up to here had occurred by the moment. */
  readonly settled: number;
  /** Checkpoints with levels around the place; null where there is none. */
  readonly before: number | null;
  readonly after: number | null;
  /** The first checkpoint behind the place, and the last one of all; null where there is none. */
  readonly next: number | null;
  readonly last: number | null;
  /** Late movements of the checkpoints behind `next`. */
  readonly late: number;
}

/** A parameter in milliseconds as a time. */
export const momentOf = (parameter: string): string => `to_timestamp(${parameter}::double precision / 1000)`;

/** Finds the places by halving: times within a partition never go back. @param settledMs the moment less what clocks may be ahead */
export const asOfPlaces = (partitions: readonly number[] | null, momentMs: number, settledMs: number): Statement => ({
  name: partitions === null ? "as_of_places" : "as_of_places_of",
  text: `WITH RECURSIVE asked AS (
           SELECT h.partition, h.sequence AS head FROM partition_head h ${partitions === null ? "" : "WHERE h.partition = ANY($3::integer[])"}),
         search(partition, is_settled, moment, low, high) AS (
           SELECT a.partition, m.is_settled, m.moment, 0::bigint, a.head
           FROM asked a CROSS JOIN (VALUES (false, ${momentOf("$1")}), (true, ${momentOf("$2")})) m(is_settled, moment)
           UNION ALL
           SELECT s.partition, s.is_settled, s.moment, CASE WHEN j.recorded_at <= s.moment THEN j.sequence ELSE s.low END,
             CASE WHEN j.recorded_at <= s.moment THEN s.high ELSE j.sequence - 1 END
           FROM search s JOIN journal j ON j.partition = s.partition AND j.sequence = (s.low + s.high + 1) / 2
           WHERE s.low < s.high),
         found AS (
           SELECT a.partition, a.head, max(s.low) FILTER (WHERE NOT s.is_settled) AS place, max(s.low) FILTER (WHERE s.is_settled) AS settled
           FROM asked a JOIN search s ON s.partition = a.partition AND s.low = s.high GROUP BY a.partition, a.head)
         SELECT f.*,
           (SELECT max(c.sequence) FROM checkpoint c WHERE c.partition = f.partition AND c.has_levels AND c.sequence <= f.place) AS before,
           (SELECT min(c.sequence) FROM checkpoint c WHERE c.partition = f.partition AND c.has_levels AND c.sequence >= f.place) AS after,
           n.next, n.last,
           coalesce((SELECT sum(c.late) FROM checkpoint c WHERE c.partition = f.partition AND c.sequence > n.next), 0)::bigint AS late
         FROM found f CROSS JOIN LATERAL (
           SELECT min(c.sequence) FILTER (WHERE c.sequence > f.place) AS next, max(c.sequence) AS last FROM checkpoint c WHERE c.partition = f.partition) n
         ORDER BY f.partition`,
  values: partitions === null ? [momentMs, settledMs] : [momentMs, settledMs, integerArray(partitions)],
});
