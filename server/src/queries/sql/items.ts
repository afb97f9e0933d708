/** Statements that read items. Each is served by one index, in the order in which its list is paged. */
import { availableBand, type ItemExtras } from "../../core/inventory/item.ts";
import { bigintArray, bigintColumn, integerColumn, textArray, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface ItemViewRow {
  readonly partition: number;
  readonly product_id: string;
  readonly location_id: string;
  readonly sku: string;
  readonly item_number: number;
  readonly on_hand: number;
  readonly reserved: number;
  readonly unavailable: number;
  readonly incoming: number;
  readonly safety_stock: number;
  readonly reorder_point: number | null;
  readonly version: number;
  readonly last_sequence: number;
  readonly updated_at: number;
  /** Index into `lifeStates`: the most final of item, product and location. */
  readonly life: number;
  readonly available_band: number;
  /** Null for none. */
  readonly extras: ItemExtras | null;
}

const columns = `i.partition, i.product_id, i.location_id, p.sku, i.item_number, i.on_hand, i.reserved, i.unavailable, i.incoming,
  i.safety_stock, i.reorder_point, i.version, i.last_sequence, i.updated_at, greatest(i.life, p.life, l.life) AS life, i.available_band, i.extras`;
const joins = `JOIN product p ON p.partition = i.partition AND p.product_id = i.product_id JOIN location l ON l.location_id = i.location_id`;

/** The items of some products, at every location; rows name the product that they belong to. */
export const itemsOfProducts = (products: readonly { partition: number; productId: string }[]): Statement => ({
  name: "items_of_products",
  text: `SELECT ${columns} FROM unnest($1::integer[], $2::text[]) k(partition, product_id)
         JOIN item i ON i.partition = k.partition AND i.product_id = k.product_id ${joins}
         WHERE greatest(i.life, p.life, l.life) < 2 ORDER BY i.partition, i.product_id, i.location_id`,
  values: [integerColumn(products, (key) => key.partition), textColumn(products, (key) => key.productId)],
});

/** Items by their numbers. */
export const itemsByNumber = (keys: readonly { partition: number; itemNumber: number }[]): Statement => ({
  name: "items_by_number",
  text: `SELECT ${columns} FROM unnest($1::integer[], $2::bigint[]) k(partition, item_number)
         JOIN item i ON i.partition = k.partition AND i.item_number = k.item_number ${joins}
         WHERE greatest(i.life, p.life, l.life) < 2`,
  values: [integerColumn(keys, (key) => key.partition), bigintColumn(keys, (key) => key.itemNumber)],
});

export interface ItemFilter {
  readonly product: { readonly partition: number; readonly productId: string } | null;
  readonly locationIds: readonly string[] | null;
  readonly availableBelow: number | null;
  /** Only items that changed after these positions (index is the partition). */
  readonly changedAfter: { readonly positions: readonly number[]; readonly isRecent: boolean } | null;
  readonly q: string | null;
  /** Indices into `lifeStates` to show. */
  readonly lives: readonly number[];
}

/** Which index serves a list, and so in which order it is paged. */
export type ItemOrder = "item" | "location" | "band";

const orders: Record<ItemOrder, readonly string[]> = {
  item: ["i.partition", "i.product_id", "i.location_id"],
  location: ["i.location_id", "i.partition", "i.product_id"],
  band: ["i.available_band", "i.partition", "i.product_id", "i.location_id"],
};

/** @returns the order that the filter's index has */
export function orderOf(filter: ItemFilter): ItemOrder {
  if (filter.product !== null) return "item";
  if (filter.locationIds !== null) return "location";
  return filter.availableBelow !== null && filter.changedAfter === null ? "band" : "item";
}

/** @returns where a row stands in an order: what the next page starts after */
export function placeOf(order: ItemOrder, row: ItemViewRow): (string | number)[] {
  if (order === "location") return [row.location_id, row.partition, row.product_id];
  const key = [row.partition, row.product_id, row.location_id];
  return order === "band" ? [row.available_band, ...key] : key;
}

function conditions(filter: ItemFilter, bind: (value: unknown) => string): { from: string; where: string[] } {
  const where = [`greatest(i.life, p.life, l.life) = ANY(${bind([...filter.lives])}::integer[])`];
  let from = "item i";
  if (filter.product !== null)
    where.push(`i.partition = ${bind(filter.product.partition)} AND i.product_id = ${bind(filter.product.productId)}`);
  if (filter.locationIds !== null) where.push(`i.location_id = ANY(${bind(textArray(filter.locationIds))}::text[])`);
  if (filter.availableBelow !== null) {
    const bound = bind(filter.availableBelow);
    const band = bind(availableBand(filter.availableBelow - 1));
    where.push(`i.available_band <= ${band} AND i.on_hand - i.reserved - i.unavailable < ${bound}`);
  }
  if (filter.changedAfter !== null) {
    const positions = bind(bigintArray(filter.changedAfter.positions));
    where.push(`i.last_sequence > (${positions}::bigint[])[i.partition + 1]`);
    // Few changes are found through the journal; after many it is quicker to walk through the items.
    if (filter.changedAfter.isRecent) {
      from = `(SELECT DISTINCT j.partition, j.product_id, j.location_id
               FROM unnest(${positions}::bigint[]) WITH ORDINALITY u(position, ordinal)
               JOIN LATERAL (SELECT * FROM journal j WHERE j.partition = u.ordinal - 1 AND j.sequence > u.position AND j.item_number IS NOT NULL) j ON true) c
              JOIN item i ON i.partition = c.partition AND i.product_id = c.product_id AND i.location_id = c.location_id`;
    }
  }
  if (filter.q !== null) {
    const pattern = bind(`%${filter.q.replace(/[\\%_]/g, "\\$&")}%`);
    where.push(`(p.name ILIKE ${pattern} OR p.sku ILIKE ${pattern})`);
  }
  return { from, where };
}

/** A page of items in the order of the filter's index. @param after place of the last row of the page before, or null */
export function listItems(filter: ItemFilter, after: readonly unknown[] | null, limit: number): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const { from, where } = conditions(filter, bind);
  const order = orders[orderOf(filter)];
  if (after !== null) where.push(`(${order.join(", ")}) > (${after.map(bind).join(", ")})`);
  return {
    text: `SELECT ${columns} FROM ${from} ${joins} WHERE ${where.join(" AND ")} ORDER BY ${order.join(", ")} LIMIT ${bind(limit)}`,
    values,
  };
}

export interface SumRow {
  readonly on_hand: number | bigint | null;
  readonly reserved: number | bigint | null;
  readonly unavailable: number | bigint | null;
  readonly incoming: number | bigint | null;
  readonly count: number;
}

const sums = `coalesce(sum(i.on_hand), 0)::bigint AS on_hand, coalesce(sum(i.reserved), 0)::bigint AS reserved,
  coalesce(sum(i.unavailable), 0)::bigint AS unavailable, coalesce(sum(i.incoming), 0)::bigint AS incoming`;

/** The sum of all items that a filter lets through, and at how many locations they lie. */
export function sumItems(filter: ItemFilter): Statement {
  const values: unknown[] = [];
  const { from, where } = conditions(filter, (value) => `$${values.push(value)}`);
  return {
    text: `SELECT ${sums}, count(DISTINCT i.location_id) AS count FROM ${from} ${joins} WHERE ${where.join(" AND ")}`,
    values,
  };
}

export interface ProductSumRow extends SumRow {
  readonly partition: number;
  readonly product_id: string;
  readonly sku: string;
}

/** Consolidated totals of products, from their projection: no item is summed. */
export function listProductTotals(
  lives: readonly number[],
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [[...lives], limit, ...(after ?? [])];
  const keyset = after === null ? "" : "AND (t.partition, t.product_id) > ($3, $4)";
  return {
    text: `SELECT t.partition, t.product_id, p.sku, t.on_hand, t.reserved, t.unavailable, t.incoming,
             (SELECT count(*) FROM item i WHERE i.partition = t.partition AND i.product_id = t.product_id AND i.life < 2) AS count
           FROM product_total t JOIN product p ON p.partition = t.partition AND p.product_id = t.product_id
           WHERE p.life = ANY($1::integer[]) ${keyset} ORDER BY t.partition, t.product_id LIMIT $2`,
    values,
  };
}

/** Totals of products over the items that a filter lets through. */
export function sumByProduct(filter: ItemFilter, after: readonly unknown[] | null, limit: number): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const { from, where } = conditions(filter, bind);
  if (after !== null) where.push(`(i.partition, i.product_id) > (${after.map(bind).join(", ")})`);
  return {
    text: `SELECT i.partition, i.product_id, p.sku, ${sums}, count(*) AS count FROM ${from} ${joins} WHERE ${where.join(" AND ")}
           GROUP BY i.partition, i.product_id, p.sku ORDER BY i.partition, i.product_id LIMIT ${bind(limit)}`,
    values,
  };
}

export interface LocationSumRow extends SumRow {
  readonly location_id: string;
}

/** Totals of locations over the items that a filter lets through. */
export function sumByLocation(filter: ItemFilter, after: readonly unknown[] | null, limit: number): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const { from, where } = conditions(filter, bind);
  if (after !== null) where.push(`i.location_id > ${bind(after[0])}`);
  return {
    text: `SELECT i.location_id, ${sums}, count(*) AS count FROM ${from} ${joins} WHERE ${where.join(" AND ")}
           GROUP BY i.location_id ORDER BY i.location_id LIMIT ${bind(limit)}`,
    values,
  };
}
