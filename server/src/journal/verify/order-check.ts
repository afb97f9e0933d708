/**
 * Compares orders and their lines with what their entries say, and the counters of items with the lines.
 *
 * Behind a trusted position, rows that no newer entry concerns are taken as they are; that the counters are the sums of
 * the lines is shown all the same.
 */
import type { StockOrder } from "../../core/orders/order.ts";
import { parseDetail } from "../../core/record/entry-detail.ts";
import { parseOrderId } from "../../core/record/ids.ts";
import type { Queryable } from "../../db/pool.ts";
import { toOrder, toOrderLine } from "../order-rows.ts";
import {
  allocationText,
  type FoldedLine,
  type FoldedOrder,
  identityOf,
  type OrderFold,
  orderText,
} from "./order-fold.ts";
import { type FaultList, reportLimits } from "./report.ts";
import {
  type DetailRow,
  type OrderLineRow,
  type OrderRow,
  readDetails,
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

async function checkHeaders(
  { connection, partition, faults, fromSequence }: OrderScope,
  orders: Map<string, FoldedOrder>,
) {
  let afterId: string | null = null;
  for (;;) {
    const { rows } = await connection.query<OrderRow>(readOrderPage(partition, afterId, pageRows));
    const page: OrderRow[] = rows;
    const known = await withAllocations(connection, partition, page.map(toOrder), orders);
    for (const row of page) {
      const orderId = row.order_id;
      const folded = known.get(orderId);
      const order = toOrder(row);
      const found = foundText(order, folded);
      orders.delete(orderId);
      if (folded === undefined && fromSequence === 0)
        faults.add("order_unexpected", { sequence: null, orderId, expected: "entries", found });
      else if (folded !== undefined && textOf(folded) !== found)
        faults.add("order", { sequence: null, orderId, expected: textOf(folded), found });
    }
    if (page.length < pageRows) break;
    afterId = page.at(-1)!.order_id;
  }
  for (const [orderId, folded] of orders)
    faults.add("order_missing", { sequence: null, orderId, expected: textOf(folded), found: "no row" });
}

/** What was folded of some orders; with how locations were chosen, from first entries in front of the trusted position. */
async function withAllocations(
  connection: Queryable,
  partition: number,
  page: readonly StockOrder[],
  orders: ReadonlyMap<string, FoldedOrder>,
): Promise<ReadonlyMap<string, FoldedOrder>> {
  const sequences = new Map<string, number>();
  for (const { kind, orderId } of page) {
    const position = orders.get(orderId)?.allocation === null ? parseOrderId(kind, orderId) : null;
    if (position !== null) sequences.set(orderId, position.sequence);
  }
  if (sequences.size === 0) return orders;
  const { rows } = await connection.query<DetailRow>(readDetails(partition, [...sequences.values()]));
  const details = new Map(rows.map((row) => [row.sequence, parseDetail({ detail: row.detail })]));
  const found = new Map<string, FoldedOrder>();
  for (const { orderId } of page) {
    const folded = orders.get(orderId);
    const first = details.get(sequences.get(orderId) ?? 0)?.order;
    if (folded === undefined) continue;
    found.set(orderId, first?.orderId === orderId ? { ...folded, allocation: allocationText(first) } : folded);
  }
  return found;
}

const textOf = ({ text, allocation }: FoldedOrder): string =>
  allocation === null ? text : `${text} allocation ${allocation}`;

/** What the entries do not say is not compared. */
const foundText = (order: StockOrder, folded: FoldedOrder | undefined): string =>
  textOf({ text: orderText(order), allocation: folded?.allocation === null ? null : allocationText(order) });

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
