/**
 * Writes the orders that a group makes or changes, with their lines, in front of its entries. It raises OH001 unless, of
 * each item, what the lines hold or expect more or less than before (as the table has it) is what the group's entries
 * move of reserved and incoming. How many units that were in all is left in a setting of the transaction, which
 * `append_group` holds against the entries it writes: so the counters cannot drift from the lines, nor the lines from
 * the counters.
 */
import { lineEnds, orderKinds } from "@onhand/protocol/vocabulary";
import type { OrderNote, StockOrder, StockOrderLine } from "../../core/orders/order.ts";
import type { Entry } from "../../core/record/entry.ts";
import {
  bigintColumn,
  integerColumn,
  jsonColumn,
  smallintColumn,
  textColumn,
  timestampColumn,
} from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { numberOf, orderPhases } from "../order-rows.ts";

export interface StoredOrder {
  readonly order: StockOrder;
  /** Kept from the order's making; of one that is changed it is passed over. */
  readonly note: OrderNote | null;
}

export interface OrderRows {
  readonly orders: readonly StoredOrder[];
  readonly lines: readonly StockOrderLine[];
  /** Entries of the group that move reserved or incoming units. */
  readonly moving: readonly Entry[];
  /** The group's time. */
  readonly updatedAtMs: number;
}

const text = `
WITH line AS MATERIALIZED (
  SELECT * FROM unnest($1::integer[], $2::text[], $3::integer[], $4::integer[], $5::smallint[], $6::text[], $7::text[], $8::text[], $9::bigint[],
    $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::smallint[], $16::smallint[], $17::timestamptz[], $18::text[], $19::text[], $20::bigint[])
    u(partition, order_id, line, request_line, kind, product_id, location_id, to_location_id, quantity,
      held, incoming, done, dropped, surplus, ended, phase, expires_at, holder, buyer_key, lapsed)
), before AS (
  -- One look-up by key for each line: a join might be planned as a scan while the table is still small, and stay one.
  SELECT l.* FROM line n CROSS JOIN LATERAL (
    SELECT l.partition, l.product_id, l.location_id, l.to_location_id, l.held, l.incoming FROM stock_order_line l
    WHERE l.partition = n.partition AND l.order_id = n.order_id AND l.line = n.line OFFSET 0) l
), difference AS (
  SELECT partition, product_id, location_id FROM (
    SELECT partition, product_id, location_id, held AS reserved, 0 AS incoming FROM line WHERE held > 0
    UNION ALL SELECT partition, product_id, to_location_id, 0, incoming FROM line WHERE incoming > 0
    UNION ALL SELECT partition, product_id, location_id, -held, 0 FROM before WHERE held > 0
    UNION ALL SELECT partition, product_id, to_location_id, 0, -incoming FROM before WHERE incoming > 0
    UNION ALL SELECT partition, product_id, location_id, -reserved, -incoming
      FROM unnest($21::integer[], $22::text[], $23::text[], $24::bigint[], $25::bigint[]) u(partition, product_id, location_id, reserved, incoming)
  ) promised GROUP BY partition, product_id, location_id HAVING sum(reserved) <> 0 OR sum(incoming) <> 0
), line_written AS (
  INSERT INTO stock_order_line (partition, order_id, line, request_line, kind, product_id, location_id, to_location_id, quantity,
    held, incoming, done, dropped, surplus, ended, phase, expires_at, holder, buyer_key, lapsed)
  SELECT * FROM line
  ON CONFLICT (partition, order_id, line) DO UPDATE SET held = excluded.held, incoming = excluded.incoming, done = excluded.done,
    dropped = excluded.dropped, lapsed = excluded.lapsed, surplus = excluded.surplus, ended = excluded.ended, phase = excluded.phase, expires_at = excluded.expires_at
  RETURNING 1
), order_written AS (
  INSERT INTO stock_order (partition, order_id, kind, partitions, line_count, actor, phase, expires_at, expected_at, from_location_id,
    to_location_id, channel_id, buyer_key, payment_late_at, superseded_by, allocation, note, reference, created_at, updated_at)
  SELECT partition, order_id, kind, partitions::integer[], line_count, actor, phase, expires_at, expected_at, from_location_id,
    to_location_id, channel_id, buyer_key, payment_late_at, superseded_by, allocation, note, reference, created_at, $45::timestamptz
  FROM unnest($26::integer[], $27::text[], $28::smallint[], $29::text[], $30::integer[], $31::text[], $32::smallint[], $33::timestamptz[], $34::timestamptz[],
    $35::text[], $36::text[], $37::text[], $38::text[], $39::timestamptz[], $40::text[], $41::json[], $42::json[], $43::text[], $44::timestamptz[])
    u(partition, order_id, kind, partitions, line_count, actor, phase, expires_at, expected_at, from_location_id,
      to_location_id, channel_id, buyer_key, payment_late_at, superseded_by, allocation, note, reference, created_at)
  ON CONFLICT (partition, order_id) DO UPDATE SET phase = excluded.phase, expires_at = excluded.expires_at,
    expected_at = excluded.expected_at, payment_late_at = excluded.payment_late_at, superseded_by = excluded.superseded_by,
    updated_at = excluded.updated_at
  RETURNING 1
)
SELECT require_written('order lines', (SELECT count(*) FROM line_written), $46::bigint),
       require_written('orders', (SELECT count(*) FROM order_written), $47::bigint),
       require_written('counters', (SELECT count(*) FROM difference), 0),
       require_written('locks', coalesce((current_setting('onhand.locks', true) = 'held')::integer, 0), 1),
       set_config('onhand.promised', $48::text, true)`;

/** @returns whether an entry moves units that lines hold or expect */
export const movesPromised = ({ delta }: Entry): boolean => delta.reserved !== 0 || delta.incoming !== 0;

/** @returns the statement that writes the orders of a group */
export function writeOrders({ orders, lines, moving, updatedAtMs }: OrderRows): Statement {
  const promised = moving.reduce((sum, { delta }) => sum + Math.abs(delta.reserved) + Math.abs(delta.incoming), 0);
  return {
    name: "write_orders",
    text,
    values: [
      ...lineValues(lines),
      integerColumn(moving, (entry) => entry.partition),
      textColumn(moving, (entry) => entry.productId),
      textColumn(moving, (entry) => entry.locationId),
      bigintColumn(moving, (entry) => entry.delta.reserved),
      bigintColumn(moving, (entry) => entry.delta.incoming),
      ...orderValues(orders),
      new Date(updatedAtMs).toISOString(),
      lines.length,
      orders.length,
      String(promised),
    ],
  };
}

const lineValues = (lines: readonly StockOrderLine[]): Buffer[] => [
  integerColumn(lines, (line) => line.partition),
  textColumn(lines, (line) => line.orderId),
  integerColumn(lines, (line) => line.line),
  integerColumn(lines, (line) => line.requestLine),
  smallintColumn(lines, (line) => orderKinds.indexOf(line.kind)),
  textColumn(lines, (line) => line.productId),
  textColumn(lines, (line) => line.locationId),
  textColumn(lines, (line) => line.toLocationId),
  bigintColumn(lines, (line) => line.quantity),
  bigintColumn(lines, (line) => line.held),
  bigintColumn(lines, (line) => line.incoming),
  bigintColumn(lines, (line) => line.done),
  bigintColumn(lines, (line) => line.dropped),
  bigintColumn(lines, (line) => line.surplus),
  smallintColumn(lines, (line) => numberOf(lineEnds, line.end)),
  smallintColumn(lines, (line) => numberOf(orderPhases, line.phase)),
  timestampColumn(lines, (line) => line.expiresAtMs),
  textColumn(lines, (line) => line.holder),
  textColumn(lines, (line) => line.buyerKey),
  bigintColumn(lines, (line) => line.lapsed ?? 0),
];

const orderValues = (orders: readonly StoredOrder[]): Buffer[] => [
  integerColumn(orders, ({ order }) => order.partition),
  textColumn(orders, ({ order }) => order.orderId),
  smallintColumn(orders, ({ order }) => orderKinds.indexOf(order.kind)),
  textColumn(orders, ({ order }) => `{${order.partitions.join(",")}}`),
  integerColumn(orders, ({ order }) => order.lineCount),
  textColumn(orders, ({ order }) => order.actor),
  smallintColumn(orders, ({ order }) => numberOf(orderPhases, order.phase)),
  timestampColumn(orders, ({ order }) => order.expiresAtMs),
  timestampColumn(orders, ({ order }) => order.expectedAtMs),
  textColumn(orders, ({ order }) => order.fromLocationId),
  textColumn(orders, ({ order }) => order.toLocationId),
  textColumn(orders, ({ order }) => order.channelId),
  textColumn(orders, ({ order }) => order.buyerKey),
  timestampColumn(orders, ({ order }) => order.paymentLateAtMs),
  textColumn(orders, ({ order }) => order.supersededBy),
  jsonColumn(orders, ({ order }) => (order.allocation === null ? null : JSON.stringify(order.allocation))),
  jsonColumn(orders, ({ note }) => (note === null || Object.keys(note).length === 0 ? null : JSON.stringify(note))),
  textColumn(orders, ({ note }) => note?.reference ?? null),
  timestampColumn(orders, ({ order }) => order.createdAtMs),
];
