/**
 * Compares orders and their lines with what their entries say, and the counters of items with the lines.
 *
 * Behind a trusted position, rows that no newer entry concerns are taken as they are; that the counters are the sums of
 * the lines is shown all the same.
 */
import type { Queryable } from "../../db/pool.ts";
import { toOrder, toOrderLine } from "../order-rows.ts";
import { type FoldedLine, identityOf, type OrderFold, orderText } from "./order-fold.ts";
import { type FaultList, reportLimits } from "./report.ts";
import {
  type OrderLineRow,
  type OrderRow,
  readLinePage,
  readOrderPage,
  readWrongCounters,
  type WrongCounter,
} from "./sql/read-orders.ts";

const pageRows = 2_000;

export interface OrderScope {
  readonly connection: Queryable;
  readonly partition: number;
  readonly faults: FaultList;
  /** The trusted position, 0 when all entries were folded. */
  readonly fromSequence: number;
}

/** @param fold emptied on the way */
export async function checkOrders(scope: OrderScope, fold: OrderFold): Promise<void> {
  fold.finish();
  await checkHeaders(scope, fold.orders);
  await checkLines(scope, fold.lines);
  await checkCounters(scope);
}

async function checkHeaders({ connection, partition, faults, fromSequence }: OrderScope, orders: Map<string, string>) {
  let afterId: string | null = null;
  for (;;) {
    const { rows } = await connection.query<OrderRow>(readOrderPage(partition, afterId, pageRows));
    const page: OrderRow[] = rows;
    for (const row of page) {
      const orderId = row.order_id;
      const expected = orders.get(orderId);
      const found = orderText(toOrder(row));
      orders.delete(orderId);
      if (expected === undefined && fromSequence === 0)
        faults.add("order_unexpected", { sequence: null, orderId, expected: "entries", found });
      else if (expected !== undefined && expected !== found)
        faults.add("order", { sequence: null, orderId, expected, found });
    }
    if (page.length < pageRows) break;
    afterId = page.at(-1)!.order_id;
  }
  for (const [orderId, expected] of orders)
    faults.add("order_missing", { sequence: null, orderId, expected, found: "no row" });
}

async function checkLines(scope: OrderScope, lines: Map<string, FoldedLine>): Promise<void> {
  const { connection, partition, faults, fromSequence } = scope;
  let after: { orderId: string; line: number } | null = null;
  for (;;) {
    const { rows } = await connection.query<OrderLineRow>(readLinePage(partition, after, pageRows));
    const page: OrderLineRow[] = rows;
    for (const row of page) {
      const key = `${row.order_id}/${row.line}`;
      const folded = lines.get(key);
      lines.delete(key);
      if (folded !== undefined) compare(faults, row, folded);
      else if (fromSequence === 0) {
        const names = { orderId: row.order_id, line: row.line, productId: row.product_id };
        faults.add("line_unexpected", { sequence: null, ...names, expected: "entries", found: "none" });
      }
    }
    if (page.length < pageRows) break;
    const last = page.at(-1)!;
    after = { orderId: last.order_id, line: last.line };
  }
  for (const key of lines.keys()) {
    const [orderId, line] = key.split("/") as [string, string];
    faults.add("line_missing", { sequence: null, orderId, line: Number(line), expected: "a row", found: "none" });
  }
}

const stateNames = ["held", "incoming", "done", "dropped", "lapsed", "surplus", "end", "phase", "expiresAtMs"] as const;

function compare(faults: FaultList, row: OrderLineRow, folded: FoldedLine): void {
  const line = { ...toOrderLine(row), lapsed: row.lapsed };
  const differing = stateNames.filter((name) => line[name] !== folded[name]);
  const isOther = identityOf(line) !== folded.identity;
  if (differing.length === 0 && !isOther) return;
  const text = (of: FoldedLine | typeof line): string => differing.map((name) => `${name} ${of[name]}`).join(", ");
  const names = { orderId: row.order_id, line: row.line, productId: row.product_id };
  const expected = isOther ? "the line as it was made" : text(folded);
  faults.add("line", { sequence: null, ...names, expected, found: isOther ? JSON.stringify(line) : text(line) });
}

async function checkCounters({ connection, partition, faults }: OrderScope): Promise<void> {
  const { rows } = await connection.query<WrongCounter>(readWrongCounters(partition, reportLimits.faultsMax));
  for (const row of rows) {
    const expected = `reserved ${row.held}, incoming ${row.expected} or more`;
    const found = row.reserved === null ? "no level row" : `reserved ${row.reserved}, incoming ${row.incoming}`;
    const names = { productId: row.product_id, locationId: row.location_id };
    faults.add("counter", { sequence: null, ...names, expected, found });
  }
}
