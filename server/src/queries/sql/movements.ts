import type { Statement } from "../../db/pool.ts";
import type { EntryRow } from "../../journal/entry-reader.ts";
import { entryColumns } from "../../journal/entry-reader.ts";

export interface MovementRow extends EntryRow {
  readonly reason: string | null;
  readonly reference: string | null;
}

/**
 * Entries of one item, newest first, from a sequence on: follows previous_sequence, one primary-key look-up each, so
 * that the journal needs no index by item.
 */
export const movementsOf = (partition: number, fromSequence: number, limit: number): Statement => ({
  name: "movements_of",
  text: `WITH RECURSIVE back AS (
           SELECT j.sequence, j.previous_sequence, 1 AS depth FROM journal j WHERE j.partition = $1 AND j.sequence = $2
           UNION ALL
           SELECT j.sequence, j.previous_sequence, back.depth + 1 FROM back
           JOIN journal j ON j.partition = $1 AND j.sequence = back.previous_sequence WHERE back.depth < $3)
         SELECT ${entryColumns}, t.reason, t.reference FROM back
         JOIN journal j ON j.partition = $1 AND j.sequence = back.sequence
         LEFT JOIN entry_text t ON t.partition = $1 AND t.sequence = back.sequence
         ORDER BY j.sequence DESC`,
  values: [partition, fromSequence, limit],
});
