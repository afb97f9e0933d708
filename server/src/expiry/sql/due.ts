/** Finds what is due: lines that still hold units when their time is over, by the database's clock. */
import { integerColumn, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface DueRow {
  readonly order_id: string;
  /** How long the longest due of its lines is, in ms. */
  readonly overdue_ms: number;
}

/** Orders that hold units beyond their time, the longest due first; of at most `lines` lines. */
export const dueOrders = (lines: number): Statement => ({
  name: "due_orders",
  text: `SELECT order_id, floor(extract(epoch FROM statement_timestamp() - min(expires_at)) * 1000)::bigint AS overdue_ms
         FROM (SELECT order_id, expires_at FROM stock_order_line
               WHERE held > 0 AND expires_at IS NOT NULL AND expires_at <= statement_timestamp()
               ORDER BY expires_at LIMIT $1) due
         GROUP BY order_id ORDER BY min(expires_at), order_id`,
  values: [lines],
});

export interface OrderKey {
  /** That its id carries. */
  readonly partition: number;
  readonly orderId: string;
}

export interface OrderSizeRow {
  readonly order_id: string;
  readonly partitions: number[];
  readonly line_count: number;
}

/** In which partitions the lines of some orders lie, and how many they are. */
export const orderSizes = (keys: readonly OrderKey[]): Statement => ({
  name: "order_sizes",
  text: `SELECT o.order_id, o.partitions, o.line_count FROM unnest($1::integer[], $2::text[]) k(partition, order_id)
         JOIN stock_order o ON o.partition = k.partition AND o.order_id = k.order_id`,
  values: [integerColumn(keys, (key) => key.partition), textColumn(keys, (key) => key.orderId)],
});
