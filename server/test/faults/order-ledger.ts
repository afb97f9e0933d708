/** Holds orders on stock and their lines against the journal, and the counters of items against the lines. */
import { expect } from "bun:test";
import { lineKey, type StockOrder, type StockOrderLine } from "../../src/core/orders/order.ts";
import type { SealedEntry } from "../../src/core/record/entry.ts";
import { parseDetail } from "../../src/core/record/entry-detail.ts";
import { type OrderLineRow, type OrderRow, toOrder, toOrderLine } from "../../src/journal/order-rows.ts";
import type { TestDatabase } from "../support/database.ts";

/** What entries make of orders and lines, by id and by `lineKey`. */
export interface OrderLedger {
  readonly orders: ReadonlyMap<string, StockOrder>;
  readonly lines: ReadonlyMap<string, StockOrderLine>;
}

/** @param journal partition by partition, in order */
export function foldOrders(journal: readonly SealedEntry[]): OrderLedger {
  const orders = new Map<string, StockOrder>();
  const lines = new Map<string, StockOrderLine>();
  for (const entry of journal) {
    if (entry.detail === null || entry.productId === null) continue;
    const { order, line, lines: numbers } = parseDetail(entry);
    if (order?.partition === entry.partition) {
      // How its locations were chosen stands in its first entry.
      const { allocation } = { ...orders.get(order.orderId), ...order };
      orders.set(order.orderId, { ...order, allocation: allocation! });
    }
    if (line !== undefined) lines.set(lineKey(line), line);
    for (const number of numbers ?? []) {
      const key = lineKey({ orderId: order!.orderId, line: number });
      lines.set(key, { ...lines.get(key)!, phase: order!.phase, expiresAtMs: order!.expiresAtMs });
    }
  }
  return { orders, lines };
}

/** Orders, lines and counters are what the journal makes of them. */
export async function checkOrders(database: TestDatabase, journal: readonly SealedEntry[]): Promise<void> {
  const { orders, lines } = foldOrders(journal);
  const stored = await database.owner.query<OrderRow>({ text: "SELECT * FROM stock_order" });
  expect(Object.fromEntries(stored.rows.map((row) => [row.order_id, toOrder(row)]))).toEqual(
    Object.fromEntries(orders),
  );
  const { rows } = await database.owner.query<OrderLineRow>({ text: "SELECT * FROM stock_order_line" });
  expect(Object.fromEntries(rows.map(toOrderLine).map((line) => [lineKey(line), line]))).toEqual(
    Object.fromEntries(lines),
  );
  const counters = await database.owner.query<{ product_id: string; location_id: string; reserved: number }>({
    text: "SELECT product_id, location_id, reserved FROM item WHERE reserved > 0",
  });
  const held = new Map<string, number>();
  for (const line of lines.values()) {
    if (line.held === 0) continue;
    const key = `${line.productId}/${line.locationId}`;
    held.set(key, (held.get(key) ?? 0) + line.held);
  }
  const reserved = counters.rows.map((row) => [`${row.product_id}/${row.location_id}`, Number(row.reserved)]);
  expect(Object.fromEntries(reserved)).toEqual(Object.fromEntries(held));
}
