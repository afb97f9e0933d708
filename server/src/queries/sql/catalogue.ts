/** Statements that read products, SKUs and locations. */
import { integerColumn, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

/** Products that own some SKUs. */
export const skuOwners = (keys: readonly { partition: number; sku: string }[]): Statement => ({
  name: "sku_owners",
  text: `SELECT s.sku, s.product_id FROM unnest($1::integer[], $2::text[]) k(partition, sku)
         JOIN product_sku s ON s.sku_partition = k.partition AND s.sku = k.sku`,
  values: [integerColumn(keys, (key) => key.partition), textColumn(keys, (key) => key.sku)],
});

export interface ProductViewRow {
  readonly partition: number;
  readonly product_id: string;
  readonly document: object;
  readonly version: number;
  readonly life: number;
  readonly created_at: number;
  readonly updated_at: number;
}

const productColumns = "p.partition, p.product_id, p.document, p.version, p.life, p.created_at, p.updated_at";

/** Some products by id that are not deleted. */
export const productsById = (keys: readonly { partition: number; productId: string }[]): Statement => ({
  name: "products_by_id",
  text: `SELECT ${productColumns} FROM unnest($1::integer[], $2::text[]) k(partition, product_id)
         JOIN product p ON p.partition = k.partition AND p.product_id = k.product_id WHERE p.life < 2`,
  values: [integerColumn(keys, (key) => key.partition), textColumn(keys, (key) => key.productId)],
});

const likePattern = (q: string): string => `%${q.replace(/[\\%_]/g, "\\$&")}%`;

/** A page of products. @param after (partition, id) of the last one before, or null */
export function listProducts(
  lives: readonly number[],
  q: string | null,
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [[...lives], limit];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ["p.life = ANY($1::integer[])"];
  if (q !== null) {
    const pattern = bind(likePattern(q));
    where.push(`(p.name ILIKE ${pattern} OR p.sku ILIKE ${pattern})`);
  }
  if (after !== null) where.push(`(p.partition, p.product_id) > (${after.map(bind).join(", ")})`);
  return {
    text: `SELECT ${productColumns} FROM product p WHERE ${where.join(" AND ")} ORDER BY p.partition, p.product_id LIMIT $2`,
    values,
  };
}

export interface LocationViewRow {
  readonly location_id: string;
  readonly document: object;
  readonly version: number;
  readonly life: number;
  readonly created_at: number;
  readonly updated_at: number;
}

const locationColumns = "l.location_id, l.document, l.version, l.life, l.created_at, l.updated_at";

/** A location that is not deleted. */
export const locationById = (locationId: string): Statement => ({
  name: "location_by_id",
  text: `SELECT ${locationColumns} FROM location l WHERE l.location_id = $1 AND l.life < 2`,
  values: [locationId],
});

/** A page of locations. @param after id of the last one before, or null */
export function listLocations(
  lives: readonly number[],
  q: string | null,
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [[...lives], limit];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ["l.life = ANY($1::integer[])"];
  if (q !== null)
    where.push(`(l.document->>'name' ILIKE ${bind(likePattern(q))} OR l.location_id ILIKE ${bind(likePattern(q))})`);
  if (after !== null) where.push(`l.location_id > ${bind(after[0])}`);
  return {
    text: `SELECT ${locationColumns} FROM location l WHERE ${where.join(" AND ")} ORDER BY l.location_id LIMIT $2`,
    values,
  };
}

/** Ids of those of some locations that are not deleted. */
export const existingLocations = (locationIds: readonly string[]): Statement => ({
  text: "SELECT location_id FROM location WHERE location_id = ANY($1::text[]) AND life < 2",
  values: [[...locationIds]],
});

/** Ids of the locations of a group. */
export const locationsOfGroup = (group: string): Statement => ({
  text: "SELECT location_id FROM location WHERE life < 2 AND document::jsonb->'groups' ? $1",
  values: [group],
});
