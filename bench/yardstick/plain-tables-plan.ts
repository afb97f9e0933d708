import { createHash, randomBytes } from "node:crypto";
import { createTables } from "../servers/plain/schema.ts";
import { auditPlainTables } from "../targets/plain-audit.ts";
import {
  BENCH_LOCATION_ID,
  PRODUCT_DIGITS,
  PRODUCT_ID_PREFIX,
  productIdOf,
  SKU_PREFIX,
  skuOf,
} from "../workloads/names.ts";
import type { BatchedSqlPlan, BatchRows } from "./batched-sql-plan.ts";
import { byteaArray, int8Array, textArray, uuidArray } from "./binary-array.ts";

const PRINCIPAL = "key:batch";

const INSERT_ENTRIES = {
  name: "insert-entries",
  text: `INSERT INTO journal (movement_id, product_id, location_id, kind, delta, level_before, level_after, item_version,
      reason, reference, actor, source, request_id, idempotency_key, occurred_at, recorded_at)
    SELECT movement_id, product_id, $9, 'correction', delta, level_after - delta, level_after, item_version,
      'sale', reference, $10, 'batch', $8, key, $11, $11
    FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[])
      AS row (movement_id, product_id, delta, level_after, item_version, reference, key)`,
};
const UPSERT_ITEMS = {
  name: "upsert-items",
  text: `INSERT INTO item (product_id, location_id, inventory_id, stock_level, version, updated_at)
    SELECT product_id, $4, 'inv_' || product_id, level, version, $5
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS row (product_id, level, version)
    ON CONFLICT (product_id, location_id)
    DO UPDATE SET stock_level = excluded.stock_level, version = excluded.version, updated_at = excluded.updated_at`,
};
const UPDATE_TOTALS = {
  name: "update-totals",
  text: `UPDATE product SET stock_total = stock_total + row.delta, updated_at = $3
    FROM unnest($1::text[], $2::bigint[]) AS row (product_id, delta) WHERE product.product_id = row.product_id`,
};
const INSERT_ANSWERS = {
  name: "insert-answers",
  text: `INSERT INTO idempotency (principal, key, request_hash, status, response)
    SELECT $4, key, request_hash, 200, response
    FROM unnest($1::text[], $2::bytea[], $3::text[]) AS row (key, request_hash, response)`,
};

/** The plain server's own tables, written 1,000 rows at a time. */
export const plainTablesPlan: BatchedSqlPlan = {
  async prepare(client, productCount, initialStock) {
    await createTables(client);
    await client.query("INSERT INTO location (location_id, name, type) VALUES ($1, $1, 'warehouse')", [
      BENCH_LOCATION_ID,
    ]);
    const number = `lpad(n::text, ${PRODUCT_DIGITS}, '0')`;
    await client.query(
      `INSERT INTO product (product_id, sku, name, stock_total)
       SELECT '${PRODUCT_ID_PREFIX}' || ${number}, '${SKU_PREFIX}' || ${number}, 'Bench product', $1
       FROM generate_series(0, $2::int - 1) AS n`,
      [initialStock, productCount],
    );
    await client.query(
      `INSERT INTO item (product_id, location_id, inventory_id, stock_level, version, updated_at)
       SELECT product_id, $1, 'inv_' || product_id, stock_total, 1, now() FROM product`,
      [BENCH_LOCATION_ID],
    );
    await client.query(
      `INSERT INTO journal (movement_id, product_id, location_id, kind, delta, level_before, level_after, item_version,
         reason, actor, source, request_id, idempotency_key, occurred_at)
       SELECT gen_random_uuid(), product_id, location_id, 'correction', stock_level, 0, stock_level, 1,
         'opening stock', $1, 'batch', 'prepare', 'prepare-' || product_id, now() FROM item`,
      [PRINCIPAL],
    );
    await client.query(
      `INSERT INTO idempotency (principal, key, request_hash, status, response)
       SELECT actor, idempotency_key, '\\x00', 200, '{}' FROM journal`,
    );
  },

  async write(client, rows) {
    const productIds = Array.from(rows.productIndexes, productIdOf);
    const { levels, versions, deltas, items } = coalesce(rows, productIds);
    await client.query({
      ...INSERT_ENTRIES,
      values: [
        ...[uuidArray(productIds.map(() => randomBytes(16))), textArray(productIds), int8Array(rows.deltas)],
        ...[
          int8Array(rows.levelsAfter),
          int8Array(rows.versionsAfter),
          textArray(rows.references),
          textArray(rows.keys),
        ],
        ...[rows.requestId, BENCH_LOCATION_ID, PRINCIPAL, rows.recordedAt],
      ],
    });
    const itemIds = textArray(items);
    await client.query({
      ...UPSERT_ITEMS,
      values: [itemIds, int8Array(levels), int8Array(versions), BENCH_LOCATION_ID, rows.recordedAt],
    });
    await client.query({ ...UPDATE_TOTALS, values: [itemIds, int8Array(deltas), rows.recordedAt] });
    const answers = productIds.map((productId, index) => answerOf(productId, rows, index));
    const hashes = answers.map((answer) => createHash("sha256").update(answer).digest());
    await client.query({
      ...INSERT_ANSWERS,
      values: [textArray(rows.keys), byteaArray(hashes), textArray(answers), PRINCIPAL],
    });
  },

  audit: (client, journalRows) => auditPlainTables(client, journalRows),
};

/** Several changes of one item become one update: its last level and version, and the sum of its changes. */
function coalesce(rows: BatchRows, productIds: readonly string[]) {
  const slotByProduct = new Map<number, number>();
  const items: string[] = [];
  const levels: number[] = [];
  const versions: number[] = [];
  const deltas: number[] = [];
  for (const [index, productIndex] of rows.productIndexes.entries()) {
    let slot = slotByProduct.get(productIndex);
    if (slot === undefined) {
      slot = items.push(productIds[index]!) - 1;
      slotByProduct.set(productIndex, slot);
      deltas.push(0);
    }
    levels[slot] = rows.levelsAfter[index]!;
    versions[slot] = rows.versionsAfter[index]!;
    deltas[slot]! += rows.deltas[index]!;
  }
  return { items, levels, versions, deltas };
}

/** An answer as long as the plain server's. */
function answerOf(productId: string, rows: BatchRows, index: number): string {
  const level = rows.levelsAfter[index]!;
  return JSON.stringify({
    inventoryId: `inv_${productId}`,
    productId,
    sku: skuOf(rows.productIndexes[index]!),
    locationId: BENCH_LOCATION_ID,
    stockLevel: level,
    availableStock: level,
    lastUpdated: rows.recordedAt.toISOString(),
    version: rows.versionsAfter[index]!,
  });
}
