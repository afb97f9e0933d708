/** Statements that look through the journal: whether each entry goes on from the one before it, and where that ends. */
import type { Statement } from "../../db/pool.ts";

const states = ["on_hand", "reserved", "unavailable", "incoming"];

export interface EntryPageRow {
  readonly count: number;
  readonly last_sequence: number | null;
  readonly suspects: readonly EntrySuspect[] | null;
}

export interface EntrySuspect {
  readonly product_id: string;
  readonly location_id: string;
  readonly sequence: number;
}

/**
 * The next entries of a partition: which do not go on from the entry before, or are missing from the row of their item. If
 * every entry goes on from the one before it, the levels are the sums of all movements.
 */
export const pageOfEntries = (partition: number, after: number, through: number, rowsMax: number): Statement => ({
  name: "reconcile_entries",
  text: `SELECT count(*)::integer AS count, max(sequence) AS last_sequence,
           json_agg(json_build_object('product_id', product_id, 'location_id', location_id, 'sequence', sequence)) FILTER (WHERE is_wrong) AS suspects
         FROM (SELECT j.sequence, j.product_id, j.location_id, j.item_number IS NOT NULL AND (
                 (j.previous_sequence IS NULL AND (j.item_number <> j.sequence OR ${states.map((state) => `j.${state} <> j.${state}_delta`).join(" OR ")}))
                 OR (j.previous_sequence IS NOT NULL AND (p.sequence IS NULL OR p.item_number IS DISTINCT FROM j.item_number
                   OR ${states.map((state) => `j.${state} - j.${state}_delta <> p.${state}`).join(" OR ")}))
                 OR i.last_sequence IS NULL OR i.last_sequence < j.sequence) AS is_wrong
               FROM (SELECT * FROM journal WHERE partition = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT $4) j
               LEFT JOIN journal p ON p.partition = $1 AND p.sequence = j.previous_sequence
               LEFT JOIN item i ON i.partition = $1 AND i.item_number = j.item_number) page`,
  values: [partition, after, through, rowsMax],
});

export interface ChainRow {
  /** Oldest entry that does not go on from the one before it; null for none. */
  readonly first_broken: number | null;
  readonly expected_on_hand: number | null;
  readonly found_on_hand: number | null;
  /** Entries that were followed back, and the oldest of them. */
  readonly walked: number;
  readonly oldest: number | null;
  /** The first entry of the item was reached. */
  readonly is_whole: boolean;
  /** Of all that were followed. */
  readonly moved_on_hand: number;
}

/** Follows the entries of an item back from one of them, at most so many, for the oldest that does not go on from the one before. */
export const chainOf = (partition: number, lastSequence: number, entriesMax: number): Statement => ({
  name: "reconcile_chain",
  text: `WITH RECURSIVE back AS (
           SELECT sequence, previous_sequence, item_number, ${states.map((state) => `${state}, ${state}_delta`).join(", ")}, 1 AS depth
           FROM journal WHERE partition = $1 AND sequence = $2
           UNION ALL
           SELECT j.sequence, j.previous_sequence, j.item_number, ${states.map((state) => `j.${state}, j.${state}_delta`).join(", ")}, back.depth + 1
           FROM back JOIN journal j ON j.partition = $1 AND j.sequence = back.previous_sequence WHERE back.depth < $3),
         steps AS (
           SELECT sequence, previous_sequence, on_hand, on_hand_delta, item_number,
             ${states.map((state) => `${state} - ${state}_delta AS ${state}_before, lag(${state}) OVER w AS ${state}_previous`).join(", ")},
             lag(item_number) OVER w AS item_previous FROM back WINDOW w AS (ORDER BY sequence)),
         broken AS (
           SELECT sequence, coalesce(on_hand_previous, 0) + on_hand_delta AS expected, on_hand AS found FROM steps
           WHERE (previous_sequence IS NULL AND (item_number <> sequence OR ${states.map((state) => `${state}_before <> 0`).join(" OR ")}))
              OR (item_previous IS NOT NULL AND (item_previous <> item_number OR ${states.map((state) => `${state}_before <> ${state}_previous`).join(" OR ")}))
           ORDER BY sequence LIMIT 1)
         SELECT (SELECT sequence FROM broken) AS first_broken, (SELECT expected FROM broken) AS expected_on_hand, (SELECT found FROM broken) AS found_on_hand,
           count(*)::integer AS walked, min(sequence) AS oldest, coalesce(bool_or(previous_sequence IS NULL), false) AS is_whole,
           coalesce(sum(on_hand_delta), 0)::bigint AS moved_on_hand FROM steps`,
  values: [partition, lastSequence, entriesMax],
});

/** Where the partitions end. */
export const headsNow = (): Statement => ({
  name: "reconcile_heads",
  text: "SELECT partition, sequence FROM partition_head WHERE partition > 0 ORDER BY partition",
});
