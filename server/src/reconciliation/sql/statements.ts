/** Statements that compare what sources stated with what the journal has for that moment. */
import { futureToleranceMs } from "@onhand/protocol/vocabulary";
import { bigintColumn, integerColumn, textColumn, timestampColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface StatementRow {
  readonly source_id: string;
  readonly product_id: string;
  readonly location_id: string;
  readonly stock_level: number;
  readonly as_of: number;
}

export type StatementPlace = readonly [sourceId: string, productId: string, locationId: string];

const columns = "s.source_id, s.product_id, s.location_id, s.stock_level, s.as_of";
/** What a source said of a version that it had said more of before speaks of no moment. */
const comparable =
  "s.rule <> 'older_version' AND EXISTS (SELECT FROM source r WHERE r.source_id = s.source_id AND r.life = 0)";

/** The next of the last statements of sources in use. */
export const pageOfStatements = (after: StatementPlace, sourceId: string | null, rowsMax: number): Statement => ({
  name: "reconcile_statements",
  text: `SELECT ${columns}, ${comparable} AS is_comparable FROM source_statement s
         WHERE (s.source_id, s.product_id, s.location_id) > ($1, $2, $3) AND ($4::text IS NULL OR s.source_id = $4)
         ORDER BY s.source_id, s.product_id, s.location_id LIMIT $5`,
  values: [...after, sourceId, rowsMax],
});

/** What a source in use stated of an item last; no row when nothing that can be compared. */
export const selectStatement = (sourceId: string, productId: string, locationId: string): Statement => ({
  name: "reconcile_statement",
  text: `SELECT ${columns} FROM source_statement s WHERE s.source_id = $1 AND s.product_id = $2 AND s.location_id = $3 AND ${comparable}`,
  values: [sourceId, productId, locationId],
});

/** An item and a moment. */
export interface Asked {
  readonly partition: number;
  readonly productId: string;
  readonly locationId: string;
  readonly asOfMs: number;
}

export interface LevelThen {
  /** Units on hand now. */
  readonly on_hand: number;
  /** The item's last entry; null when it has none. */
  readonly last_sequence: number | null;
  /** Units on hand that moved after the moment, by time of occurrence; null when too much moved to tell. */
  readonly moved_since: number | null;
  /** The last entry that moved something on hand, as far as was followed. */
  readonly last_moving: number | null;
}

/**
 * What items had on hand at a moment each, in order: what they have now less what occurred since. Follows the entries of each
 * item back until they were recorded so long before that they cannot have occurred after it.
 */
export const levelsThen = (asked: readonly Asked[], entriesMax: number): Statement => ({
  name: "reconcile_levels_then",
  text: `SELECT coalesce(i.on_hand, 0) AS on_hand, i.last_sequence, CASE WHEN m.is_whole THEN m.moved END AS moved_since, m.last_moving
         FROM unnest($1::integer[], $2::text[], $3::text[], $4::timestamptz[]) WITH ORDINALITY a(partition, product_id, location_id, as_of, n)
         LEFT JOIN item i ON i.partition = a.partition AND i.product_id = a.product_id AND i.location_id = a.location_id
         CROSS JOIN LATERAL (
           WITH RECURSIVE back AS (
             SELECT e.sequence, e.previous_sequence, e.on_hand_delta, e.occurred_at, e.recorded_at, 1 AS depth FROM journal e
             WHERE e.partition = a.partition AND e.sequence = i.last_sequence
             UNION ALL
             SELECT e.sequence, e.previous_sequence, e.on_hand_delta, e.occurred_at, e.recorded_at, back.depth + 1
             FROM back JOIN journal e ON e.partition = a.partition AND e.sequence = back.previous_sequence
             WHERE back.recorded_at >= a.as_of - $5 * interval '1 millisecond' AND back.depth <= $6)
           SELECT coalesce(sum(on_hand_delta) FILTER (WHERE occurred_at > a.as_of), 0)::bigint AS moved,
             max(sequence) FILTER (WHERE on_hand_delta <> 0) AS last_moving, coalesce(max(depth), 0) <= $6 AS is_whole FROM back) m
         ORDER BY a.n`,
  values: [
    integerColumn(asked, (each) => each.partition),
    textColumn(asked, (each) => each.productId),
    textColumn(asked, (each) => each.locationId),
    timestampColumn(asked, (each) => each.asOfMs),
    futureToleranceMs,
    entriesMax,
  ],
});

export interface MovementSince {
  readonly sequence: number;
  readonly on_hand_delta: number;
  readonly occurred_at: number;
  readonly recorded_at: number;
  readonly actor: string;
  readonly source: string | null;
  /** False: there are more that were not followed. */
  readonly is_whole: boolean;
}

/** What moved an item on hand behind one of its entries, oldest first. @param after its sequence, 0 for all */
export const movementsSince = (
  partition: number,
  lastSequence: number,
  after: number,
  entriesMax: number,
): Statement => ({
  name: "reconcile_movements_since",
  text: `WITH RECURSIVE back AS (
           SELECT e.sequence, e.previous_sequence, e.on_hand_delta, e.occurred_at, e.recorded_at, e.actor, e.source, 1 AS depth
           FROM journal e WHERE e.partition = $1 AND e.sequence = $2 AND e.sequence > $3
           UNION ALL
           SELECT e.sequence, e.previous_sequence, e.on_hand_delta, e.occurred_at, e.recorded_at, e.actor, e.source, back.depth + 1
           FROM back JOIN journal e ON e.partition = $1 AND e.sequence = back.previous_sequence AND e.sequence > $3 WHERE back.depth < $4)
         SELECT sequence, on_hand_delta, occurred_at, recorded_at, actor, source, (SELECT max(depth) < $4 FROM back) AS is_whole
         FROM back WHERE on_hand_delta <> 0 ORDER BY sequence`,
  values: [partition, lastSequence, after, entriesMax],
});

export interface Agreement {
  readonly productId: string;
  readonly locationId: string;
  readonly sourceId: string;
  readonly asOfMs: number;
  readonly sequence: number | null;
}

/** Both agreed for these moments; what is known of a later one stays. Each pair once. */
export const keepAgreements = (agreements: readonly Agreement[]): Statement => ({
  name: "keep_agreements",
  text: `INSERT INTO statement_agreement AS a (source_id, product_id, location_id, as_of, sequence)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[])
         ON CONFLICT (source_id, product_id, location_id) DO UPDATE SET as_of = excluded.as_of, sequence = excluded.sequence
         WHERE a.as_of < excluded.as_of`,
  values: [
    textColumn(agreements, (each) => each.sourceId),
    textColumn(agreements, (each) => each.productId),
    textColumn(agreements, (each) => each.locationId),
    timestampColumn(agreements, (each) => each.asOfMs),
    bigintColumn(agreements, (each) => each.sequence),
  ],
});

/** When both agreed last. */
export const selectAgreement = (sourceId: string, productId: string, locationId: string): Statement => ({
  name: "select_agreement",
  text: "SELECT as_of, sequence FROM statement_agreement WHERE source_id = $1 AND product_id = $2 AND location_id = $3",
  values: [sourceId, productId, locationId],
});

/** Agreements with sources that are no more, at most so many; at once, whatever the days. */
export const forgetAgreements = (_days: number, rowsMax: number): Statement => ({
  text: `DELETE FROM statement_agreement WHERE ctid IN (SELECT a.ctid FROM statement_agreement a
           WHERE NOT EXISTS (SELECT FROM source s WHERE s.source_id = a.source_id) LIMIT $1)`,
  values: [rowsMax],
});

/** Sources that nothing was heard of for longer than they may be silent, as a whole or at a location. */
export const staleSources = (rowsMax: number): Statement => ({
  text: `SELECT c.source_id, c.location_id FROM source_contact c JOIN source s ON s.source_id = c.source_id
         WHERE s.life = 0 AND c.stale_since IS NOT NULL ORDER BY c.source_id, c.location_id LIMIT $1`,
  values: [rowsMax],
});

/** One of them; no row when it was heard of. */
export const staleSource = (sourceId: string, locationId: string): Statement => ({
  text: `SELECT c.last_heard_at, (s.document->>'freshForSeconds')::double precision AS fresh_for_seconds
         FROM source_contact c JOIN source s ON s.source_id = c.source_id
         WHERE s.life = 0 AND c.stale_since IS NOT NULL AND c.source_id = $1 AND c.location_id = $2`,
  values: [sourceId, locationId],
});

/** Who has lines parked. */
export const parkedOrigins = (rowsMax: number): Statement => ({
  text: `SELECT origin_kind, origin_id, count(*)::integer AS count FROM parked_line WHERE state = 'open'
         GROUP BY origin_kind, origin_id ORDER BY origin_kind, origin_id LIMIT $1`,
  values: [rowsMax],
});

/** How many lines of somebody are parked, and since when. */
export const parkedOf = (kind: string, id: string): Statement => ({
  text: `SELECT reason, count(*)::integer AS count, min(created_at) AS oldest FROM parked_line
         WHERE state = 'open' AND origin_kind = $1 AND origin_id = $2 GROUP BY reason ORDER BY count(*) DESC, reason`,
  values: [kind, id],
});

/** Whether there is a source, and it is in use. */
export const sourceInUse = (sourceId: string): Statement => ({
  text: "SELECT FROM source WHERE source_id = $1 AND life = 0",
  values: [sourceId],
});

/** Whether products and locations are there, in order. */
export const whichAreThere = (asked: readonly Omit<Asked, "asOfMs">[]): Statement => ({
  text: `SELECT EXISTS (SELECT FROM product p WHERE p.partition = a.partition AND p.product_id = a.product_id AND p.life < 2) AS has_product,
           EXISTS (SELECT FROM location l WHERE l.location_id = a.location_id AND l.life < 2) AS has_location
         FROM unnest($1::integer[], $2::text[], $3::text[]) WITH ORDINALITY a(partition, product_id, location_id, n) ORDER BY a.n`,
  values: [
    integerColumn(asked, (each) => each.partition),
    textColumn(asked, (each) => each.productId),
    textColumn(asked, (each) => each.locationId),
  ],
});

/** Items of which a source's statement differs and that is not closed. */
export const unclosedStatementsOf = (sourceId: string): Statement => ({
  text: "SELECT product_id, location_id FROM difference WHERE state <> 'closed' AND check_kind = 'statement' AND source_id = $1",
  values: [sourceId],
});
