import type { PoolClient } from "pg";
import { type Answer, ok, problem } from "./answers.ts";
import type { Adjustment } from "./requests.ts";

/** Who asks, under which key and request. */
export interface CommandContext {
  readonly principal: string;
  readonly key: string;
  readonly requestId: string;
}

interface ItemRow {
  readonly sku: string;
  readonly inventory_id: string | null;
  readonly stock_level: string | null;
  readonly reserved: string | null;
  readonly version: string | null;
}

const LOCK_ITEM = {
  name: "lock-item",
  text: `SELECT product.sku, item.inventory_id, item.stock_level, item.reserved, item.version
    FROM item JOIN product USING (product_id)
    WHERE item.product_id = $1 AND item.location_id = $2 FOR UPDATE OF item`,
};
const FIND_PRODUCT_AND_LOCATION = {
  name: "find-product-and-location",
  text: "SELECT sku FROM product, location WHERE product_id = $1 AND location_id = $2",
};
const INSERT_ITEM = {
  name: "insert-item",
  text: `INSERT INTO item (product_id, location_id, inventory_id, stock_level, version, updated_at)
    VALUES ($1, $2, $3, 0, 0, $4) ON CONFLICT (product_id, location_id) DO NOTHING`,
};
const UPDATE_ITEM = {
  name: "update-item",
  text: "UPDATE item SET stock_level = $3, version = $4, updated_at = $5 WHERE product_id = $1 AND location_id = $2",
};
const UPDATE_TOTAL = {
  name: "update-total",
  text: "UPDATE product SET stock_total = stock_total + $2, updated_at = $3 WHERE product_id = $1",
};
const INSERT_ENTRY = {
  name: "insert-entry",
  text: `INSERT INTO journal (movement_id, product_id, location_id, kind, delta, level_before, level_after, item_version,
      reason, reference, actor, source, request_id, idempotency_key, occurred_at)
    VALUES ($1, $2, $3, 'correction', $4, $5, $6, $7, $8, $9, $10, 'http', $11, $12, $13)`,
};

/** Adjusts one item inside the caller's transaction: lock, check, level, total, journal. */
export async function adjustItem(client: PoolClient, change: Adjustment, context: CommandContext): Promise<Answer> {
  const now = new Date();
  const item = await lockItem(client, change, now);
  if (item === null) return problem(404, "not_found", "There is no such product or location.");

  const levelBefore = Number(item.stock_level);
  const levelAfter = levelBefore + change.adjustment;
  const reserved = Number(item.reserved);
  if (change.adjustment < 0 && levelAfter < reserved) {
    const amounts = { available: levelBefore - reserved, requested: -change.adjustment };
    return problem(409, "insufficient_stock", `Only ${levelBefore - reserved} are available.`, amounts);
  }
  if (!Number.isSafeInteger(levelAfter)) return problem(400, "validation_failed", "The level would be out of range.");

  const { productId, locationId } = change;
  const version = Number(item.version) + 1;
  const movementId = crypto.randomUUID();
  await client.query({ ...UPDATE_ITEM, values: [productId, locationId, levelAfter, version, now] });
  await client.query({ ...UPDATE_TOTAL, values: [productId, change.adjustment, now] });
  await client.query({
    ...INSERT_ENTRY,
    values: [
      ...[movementId, productId, locationId, change.adjustment, levelBefore, levelAfter, version],
      ...[change.reason, change.reference ?? null, context.principal, context.requestId, context.key, now],
    ],
  });
  return ok({
    inventoryId: item.inventory_id,
    productId,
    sku: item.sku,
    locationId,
    stockLevel: levelAfter,
    reservedStock: reserved,
    availableStock: levelAfter - reserved,
    lastUpdated: now.toISOString(),
    version,
    movementId,
  });
}

/** Locks the item's row, made first where a raise creates it; null when product or location are unknown. */
async function lockItem(client: PoolClient, change: Adjustment, now: Date): Promise<ItemRow | null> {
  const values = [change.productId, change.locationId];
  const found = await client.query<ItemRow>({ ...LOCK_ITEM, values });
  if (found.rows[0] !== undefined) return found.rows[0];

  const known = await client.query<{ sku: string }>({ ...FIND_PRODUCT_AND_LOCATION, values });
  const product = known.rows[0];
  if (product === undefined) return null;
  if (change.adjustment < 0)
    return { sku: product.sku, inventory_id: null, stock_level: "0", reserved: "0", version: "0" };

  await client.query({ ...INSERT_ITEM, values: [...values, `inv_${crypto.randomUUID()}`, now] });
  const created = await client.query<ItemRow>({ ...LOCK_ITEM, values });
  return created.rows[0] ?? null;
}
