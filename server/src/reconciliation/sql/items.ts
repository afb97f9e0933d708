/**
 * Statements that compare items with the journal and with the lines of orders. Each is one look at one moment, and a group is
 * written in one transaction: so what differs in it differs in what was committed, whatever is being written meanwhile.
 */
import type { Statement } from "../../db/pool.ts";

/** Levels of a row that the entry behind it says otherwise; `j` may be missing. */
const differs = `(j.sequence IS NULL OR j.item_number IS DISTINCT FROM i.item_number OR j.product_id <> i.product_id OR j.location_id <> i.location_id
  OR i.on_hand <> j.on_hand OR i.reserved <> j.reserved OR i.unavailable <> j.unavailable OR i.incoming <> j.incoming
  OR i.version <> j.version OR i.safety_stock <> j.safety_stock OR i.reorder_point IS DISTINCT FROM j.reorder_point
  OR i.oversold <> greatest(0, i.reserved + i.unavailable - i.on_hand))`;

/** Incoming units may be more than lines expect: before there were supplies they were set without lines. */
const miscounts = "(i.reserved <> h.held OR i.incoming < n.incoming)";

const withEntryAndLines = `LEFT JOIN journal j ON j.partition = i.partition AND j.sequence = i.last_sequence
  CROSS JOIN LATERAL (SELECT coalesce(sum(l.held), 0)::bigint AS held FROM stock_order_line l
    WHERE l.partition = i.partition AND l.product_id = i.product_id AND l.location_id = i.location_id AND l.held > 0) h
  CROSS JOIN LATERAL (SELECT coalesce(sum(l.incoming), 0)::bigint AS incoming FROM stock_order_line l
    WHERE l.to_location_id = i.location_id AND l.partition = i.partition AND l.product_id = i.product_id AND l.incoming > 0) n`;

export interface ItemPageRow {
  readonly count: number;
  readonly last_product_id: string | null;
  readonly last_location_id: string | null;
  /** Rows in which something differs; null for none. */
  readonly suspects: readonly ItemSuspect[] | null;
}

export interface ItemSuspect {
  readonly product_id: string;
  readonly location_id: string;
  readonly differs: boolean;
  readonly miscounts: boolean;
  readonly negative: boolean;
}

export interface ItemPlace {
  readonly productId: string;
  readonly locationId: string;
}

/** The next items of a partition, by product and location: which of them are not what the journal or the lines say, or below zero. */
export const pageOfItems = (
  partition: number,
  after: ItemPlace | null,
  productId: string | null,
  rowsMax: number,
): Statement => ({
  name: "reconcile_items",
  text: `SELECT count(*)::integer AS count,
           (array_agg(product_id ORDER BY product_id DESC, location_id DESC))[1] AS last_product_id,
           (array_agg(location_id ORDER BY product_id DESC, location_id DESC))[1] AS last_location_id,
           json_agg(json_build_object('product_id', product_id, 'location_id', location_id, 'differs', differs, 'miscounts', miscounts, 'negative', negative))
             FILTER (WHERE differs OR miscounts OR negative) AS suspects
         FROM (SELECT i.product_id, i.location_id, ${differs} AS differs, ${miscounts} AS miscounts, (i.oversold > 0 OR i.on_hand < 0) AS negative
               FROM (SELECT * FROM item WHERE partition = $1 AND (product_id, location_id) > ($2, $3)
                       AND ($4::text IS NULL OR product_id = $4) ORDER BY product_id, location_id LIMIT $5) i
               ${withEntryAndLines}) page`,
  values: [partition, after?.productId ?? productId ?? "", after?.locationId ?? "", productId, rowsMax],
});

export interface ItemCompared {
  readonly item_number: number;
  readonly on_hand: number;
  readonly reserved: number;
  readonly unavailable: number;
  readonly incoming: number;
  readonly oversold: number;
  readonly version: number;
  readonly safety_stock: number;
  readonly reorder_point: number | null;
  readonly last_sequence: number;
  readonly differs: boolean;
  readonly miscounts: boolean;
  /** Of the entry that the row names; null when there is none. */
  readonly entry_sequence: number | null;
  readonly entry_item_number: number | null;
  readonly entry_on_hand: number | null;
  readonly entry_reserved: number | null;
  readonly entry_unavailable: number | null;
  readonly entry_incoming: number | null;
  readonly entry_version: number | null;
  readonly entry_safety_stock: number | null;
  readonly entry_reorder_point: number | null;
  /** Sums of the lines. */
  readonly held: number;
  readonly expected: number;
  /** The entry named here belongs to the item and lies behind the one that the row names. */
  readonly is_behind: boolean;
}

/** One item, with all that is compared. @param sequence of an entry that the row should not lie before, or null */
export const compareItem = (partition: number, place: ItemPlace, sequence: number | null): Statement => ({
  name: "reconcile_item",
  text: `SELECT i.item_number, i.on_hand, i.reserved, i.unavailable, i.incoming, i.oversold, i.version, i.safety_stock, i.reorder_point, i.last_sequence,
           ${differs} AS differs, ${miscounts} AS miscounts, j.sequence AS entry_sequence, j.item_number AS entry_item_number,
           j.on_hand AS entry_on_hand, j.reserved AS entry_reserved, j.unavailable AS entry_unavailable, j.incoming AS entry_incoming,
           j.version AS entry_version, j.safety_stock AS entry_safety_stock, j.reorder_point AS entry_reorder_point,
           h.held, n.incoming AS expected,
           EXISTS (SELECT FROM journal b WHERE b.partition = $1 AND b.sequence = $4 AND b.sequence > i.last_sequence AND b.item_number = i.item_number) AS is_behind
         FROM (SELECT * FROM item WHERE partition = $1 AND product_id = $2 AND location_id = $3) i ${withEntryAndLines}`,
  values: [partition, place.productId, place.locationId, sequence],
});

/** Lines that hold or expect units of items that are not there. */
export const linesWithoutItem = (partition: number, afterProductId: string, rowsMax: number): Statement => ({
  text: `SELECT DISTINCT product_id, place AS location_id FROM (
           SELECT l.product_id, l.location_id AS place FROM stock_order_line l WHERE l.partition = $1 AND l.held > 0 AND l.product_id > $2
             AND NOT EXISTS (SELECT FROM item i WHERE i.partition = $1 AND i.product_id = l.product_id AND i.location_id = l.location_id)
           UNION ALL
           SELECT l.product_id, l.to_location_id FROM stock_order_line l WHERE l.partition = $1 AND l.incoming > 0 AND l.product_id > $2
             AND NOT EXISTS (SELECT FROM item i WHERE i.partition = $1 AND i.product_id = l.product_id AND i.location_id = l.to_location_id)) lost
         ORDER BY product_id LIMIT $3`,
  values: [partition, afterProductId, rowsMax],
});

/** What lines say of a place, whether there is an item or not. */
export const linesOf = (partition: number, { productId, locationId }: ItemPlace): Statement => ({
  text: `SELECT (SELECT coalesce(sum(held), 0) FROM stock_order_line WHERE partition = $1 AND product_id = $2 AND location_id = $3 AND held > 0)::bigint AS held,
           (SELECT coalesce(sum(incoming), 0) FROM stock_order_line WHERE partition = $1 AND product_id = $2 AND to_location_id = $3 AND incoming > 0)::bigint AS expected`,
  values: [partition, productId, locationId],
});

export interface TotalPageRow {
  readonly count: number;
  readonly last_product_id: string | null;
  readonly suspects: readonly string[] | null;
}

const four = ["on_hand", "reserved", "unavailable", "incoming"];

/** The next products of a partition: which totals are not the sums of the items. */
export const pageOfTotals = (
  partition: number,
  afterId: string,
  productId: string | null,
  rowsMax: number,
): Statement => ({
  name: "reconcile_totals",
  text: `SELECT count(*)::integer AS count, max(product_id) AS last_product_id, json_agg(product_id) FILTER (WHERE differs) AS suspects
         FROM (SELECT p.product_id, ${four.map((state) => `coalesce(t.${state}, 0) <> s.${state}`).join(" OR ")} AS differs
               FROM (SELECT product_id FROM product WHERE partition = $1 AND product_id > $2 AND ($3::text IS NULL OR product_id = $3)
                     ORDER BY product_id LIMIT $4) p
               LEFT JOIN product_total t ON t.partition = $1 AND t.product_id = p.product_id
               CROSS JOIN LATERAL (SELECT ${four.map((state) => `coalesce(sum(i.${state}), 0) AS ${state}`).join(", ")}
                 FROM item i WHERE i.partition = $1 AND i.product_id = p.product_id) s) page`,
  values: [partition, afterId, productId, rowsMax],
});

export type TotalCompared = Readonly<Record<`total_${string}` | `sum_${string}`, number | null>>;

/** A product's total beside the sums of its items. */
export const compareTotal = (partition: number, productId: string): Statement => ({
  name: "reconcile_total",
  text: `SELECT ${four.map((state) => `t.${state} AS total_${state}, s.${state} AS sum_${state}`).join(", ")}
         FROM (SELECT ${four.map((state) => `coalesce(sum(${state}), 0)::bigint AS ${state}`).join(", ")} FROM item WHERE partition = $1 AND product_id = $2) s
         LEFT JOIN product_total t ON t.partition = $1 AND t.product_id = $2`,
  values: [partition, productId],
});
