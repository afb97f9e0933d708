import type { Pool } from "pg";
import { type Answer, ok, problem } from "./answers.ts";

interface Row {
  readonly product_id: string;
  readonly sku: string;
  readonly stock_total: string;
  readonly inventory_id: string | null;
  readonly location_id: string;
  readonly stock_level: string;
  readonly version: string;
  readonly updated_at: Date;
}

const BY_SKU = {
  name: "inventory-by-sku",
  text: `SELECT product_id, sku, stock_total, inventory_id, location_id, stock_level, item.version, item.updated_at
    FROM product LEFT JOIN item USING (product_id) WHERE sku = $1 ORDER BY location_id`,
};

/** One product with its total and its items. */
export async function readInventory(pool: Pool, sku: string): Promise<Answer> {
  const { rows } = await pool.query<Row>({ ...BY_SKU, values: [sku] });
  const first = rows[0];
  if (first === undefined) return problem(404, "not_found", "There is no product with this SKU.");
  const stockTotal = Number(first.stock_total);
  return ok({
    productId: first.product_id,
    sku: first.sku,
    totals: { stockLevel: stockTotal, availableStock: stockTotal },
    locations: rows.filter((row) => row.inventory_id !== null).map(itemOf),
  });
}

function itemOf(row: Row): object {
  return {
    inventoryId: row.inventory_id,
    productId: row.product_id,
    sku: row.sku,
    locationId: row.location_id,
    stockLevel: Number(row.stock_level),
    availableStock: Number(row.stock_level),
    lastUpdated: row.updated_at.toISOString(),
    version: Number(row.version),
  };
}
