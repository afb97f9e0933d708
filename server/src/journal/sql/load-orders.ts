/** Reads what a group needs to know of orders on stock. One statement for each question, however many keys are asked. */
import { integerColumn, textArray, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { orderColumns, orderLineColumns } from "../order-rows.ts";

export interface OrderKey {
  /** That its id carries. */
  readonly partition: number;
  readonly orderId: string;
}

const keyValues = (keys: readonly OrderKey[]): Buffer[] => [
  integerColumn(keys, (key) => key.partition),
  textColumn(keys, (key) => key.orderId),
];

/** Some orders by id; ids without an order have no row. */
export const loadOrders = (keys: readonly OrderKey[]): Statement => ({
  name: "load_orders",
  text: `SELECT ${orderColumns} FROM unnest($1::integer[], $2::text[]) k(p, id)
         JOIN stock_order o ON o.partition = k.p AND o.order_id = k.id`,
  values: keyValues(keys),
});

/**
 * All lines of some orders, in order, in whatever partition they lie. OFFSET 0 keeps the planner from looking for them
 * by order alone, which on an index that begins with the partition would read all of it.
 */
export const loadOrderLines = (keys: readonly OrderKey[]): Statement => ({
  name: "load_order_lines",
  text: `SELECT l.* FROM unnest($1::integer[], $2::text[]) k(p, id)
         JOIN stock_order o ON o.partition = k.p AND o.order_id = k.id
         CROSS JOIN LATERAL unnest(o.partitions) part
         CROSS JOIN LATERAL (
           SELECT ${orderLineColumns} FROM stock_order_line l WHERE l.partition = part AND l.order_id = k.id OFFSET 0) l
         ORDER BY l.order_id, l.line`,
  values: keyValues(keys),
});

/** The lines of some orders that lie in one partition, in order; with OFFSET 0 for the same reason. */
export const loadLinesThere = (partition: number, orderIds: readonly string[]): Statement => ({
  name: "load_lines_there",
  text: `SELECT l.* FROM unnest($2::text[]) k(id)
         CROSS JOIN LATERAL (
           SELECT ${orderLineColumns} FROM stock_order_line l WHERE l.partition = $1 AND l.order_id = k.id OFFSET 0) l
         ORDER BY l.order_id, l.line`,
  values: [partition, textArray(orderIds)],
});

/** Reservations that hold units for some buyers, at most `limit` of each. Lines are looked for in every partition. */
export const loadOpenReservations = (buyerKeys: readonly string[], limit: number): Statement => ({
  name: "load_open_reservations",
  text: `SELECT k.buyer AS buyer_key, l.order_id FROM unnest($1::text[]) k(buyer)
         CROSS JOIN LATERAL (
           SELECT DISTINCT order_id FROM stock_order_line
           WHERE buyer_key = k.buyer AND held > 0 AND kind = 0 ORDER BY order_id LIMIT $2) l`,
  values: [textArray(buyerKeys), limit],
});

export interface PlaceKey {
  readonly partition: number;
  readonly productId: string;
  readonly locationId: string;
}

const placeValues = (places: readonly PlaceKey[]): Buffer[] => [
  integerColumn(places, (place) => place.partition),
  textColumn(places, (place) => place.productId),
  textColumn(places, (place) => place.locationId),
];

/** Lines that hold units of some items and are due, the longest due first, at most `limit` in all. */
export const loadDueLines = (places: readonly PlaceKey[], nowMs: number, limit: number): Statement => ({
  name: "load_due_lines",
  text: `SELECT l.* FROM unnest($1::integer[], $2::text[], $3::text[]) k(p, product, location)
         CROSS JOIN LATERAL (
           SELECT ${orderLineColumns} FROM stock_order_line l
           WHERE l.partition = k.p AND l.product_id = k.product AND l.location_id = k.location AND l.held > 0
             AND l.expires_at <= $4::timestamptz
           ORDER BY l.expires_at LIMIT $5) l
         ORDER BY l.expires_at, l.order_id, l.line LIMIT $5`,
  values: [...placeValues(places), new Date(nowMs).toISOString(), limit],
});

/** When next something that is held of some items expires, behind a moment; items of which nothing does have no row. */
export const loadNextExpiries = (places: readonly PlaceKey[], nowMs: number): Statement => ({
  name: "load_next_expiries",
  text: `SELECT k.p AS partition, k.product AS product_id, k.location AS location_id, n.expires_at
         FROM unnest($1::integer[], $2::text[], $3::text[]) k(p, product, location)
         CROSS JOIN LATERAL (
           SELECT l.expires_at FROM stock_order_line l
           WHERE l.partition = k.p AND l.product_id = k.product AND l.location_id = k.location AND l.held > 0
             AND l.expires_at > $4::timestamptz
           ORDER BY l.expires_at LIMIT 1) n`,
  values: [...placeValues(places), new Date(nowMs).toISOString()],
});

export interface HoldingKey {
  readonly partition: number;
  readonly productId: string;
  /** The key that asked, or the buyer by its digest. */
  readonly holder: string;
}

const holdings = (
  column: string,
): string => `SELECT l.partition, l.product_id, k.holder, l.location_id, sum(l.held)::bigint AS held
         FROM unnest($1::integer[], $2::text[], $3::text[]) k(p, product, holder)
         JOIN stock_order_line l ON l.partition = k.p AND l.product_id = k.product AND l.${column} = k.holder
         WHERE l.held > 0 AND l.kind = 0 GROUP BY l.partition, l.product_id, k.holder, l.location_id`;

/** What some holders hold of some products, by location. @param by `holder`: keys that asked; `buyer_key`: buyers */
export const loadHoldings = (by: "holder" | "buyer_key", keys: readonly HoldingKey[]): Statement => ({
  name: by === "holder" ? "load_holdings" : "load_buyer_holdings",
  text: holdings(by),
  values: [
    integerColumn(keys, (key) => key.partition),
    textColumn(keys, (key) => key.productId),
    textColumn(keys, (key) => key.holder),
  ],
});
