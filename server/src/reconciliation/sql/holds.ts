/** Holds whose time has been over for a while. */
import type { Statement } from "../../db/pool.ts";

export interface OverdueRow {
  readonly order_id: string;
  readonly product_id: string;
  readonly location_id: string;
}

const isOver = "expires_at < clock_timestamp() - $1 * interval '1 millisecond'";

/** Those that are over for so long, the longest first. */
export const overdueHolds = (overdueMs: number, rowsMax: number): Statement => ({
  name: "reconcile_holds",
  text: `SELECT order_id, product_id, location_id FROM stock_order_line
         WHERE held > 0 AND expires_at IS NOT NULL AND ${isOver} ORDER BY expires_at LIMIT $2`,
  values: [overdueMs, rowsMax],
});

/** What an order still holds of an item beyond its time; no row when nothing. */
export const overdueHold = (
  partition: number,
  orderId: string,
  productId: string,
  locationId: string,
  overdueMs: number,
): Statement => ({
  name: "reconcile_hold",
  text: `SELECT sum(held)::bigint AS held, min(expires_at) AS expires_at,
           (extract(epoch FROM clock_timestamp() - min(expires_at)) * 1000)::double precision AS overdue_ms
         FROM stock_order_line WHERE held > 0 AND ${isOver} AND partition = $2 AND order_id = $3 AND product_id = $4 AND location_id = $5
         HAVING count(*) > 0`,
  values: [overdueMs, partition, orderId, productId, locationId],
});
