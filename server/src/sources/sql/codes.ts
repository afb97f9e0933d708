/** Statements on what sources call products and locations, and on what they stated. */
import { integerColumn, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface CodeRow {
  readonly kind: number;
  readonly code: string;
  readonly target_id: string;
}

/** A page of codes, products first. @param after (kind, code) of the last one before, or null */
export function listCodes(
  sourceId: string,
  filter: { readonly kind: number | null; readonly targetId: string | null },
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [sourceId, limit];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ["c.source_id = $1"];
  if (filter.kind !== null) where.push(`c.kind = ${bind(filter.kind)}`);
  if (filter.targetId !== null) where.push(`c.target_id = ${bind(filter.targetId)}`);
  if (after !== null) where.push(`(c.kind, c.code) > (${after.map(bind).join(", ")})`);
  return {
    text: `SELECT c.kind, c.code, c.target_id FROM source_code c WHERE ${where.join(" AND ")} ORDER BY c.kind, c.code LIMIT $2`,
    values,
  };
}

/** Says what codes mean; each once, in order of the key. */
export const upsertCodes = (sourceId: string, codes: readonly CodeRow[]): Statement => ({
  text: `INSERT INTO source_code (source_id, kind, code, target_id)
         SELECT $1, u.kind, u.code, u.target_id FROM unnest($2::integer[], $3::text[], $4::text[]) u(kind, code, target_id)
         ON CONFLICT (source_id, kind, code) DO UPDATE SET target_id = excluded.target_id`,
  values: [
    sourceId,
    integerColumn(codes, (each) => each.kind),
    textColumn(codes, (each) => each.code),
    textColumn(codes, (each) => each.target_id),
  ],
});

/** Forgets codes. */
export const deleteCodes = (
  sourceId: string,
  codes: readonly { readonly kind: number; readonly code: string }[],
): Statement => ({
  text: `DELETE FROM source_code c USING unnest($2::integer[], $3::text[]) u(kind, code)
         WHERE c.source_id = $1 AND c.kind = u.kind AND c.code = u.code`,
  values: [sourceId, integerColumn(codes, (each) => each.kind), textColumn(codes, (each) => each.code)],
});

/** Which of some products and of some locations there are. */
export const selectTargets = (
  products: readonly { readonly partition: number; readonly productId: string }[],
  locationIds: readonly string[],
): Statement => ({
  text: `SELECT 0 AS kind, p.product_id AS id FROM unnest($1::integer[], $2::text[]) k(partition, product_id)
         JOIN product p ON p.partition = k.partition AND p.product_id = k.product_id AND p.life < 2
         UNION ALL SELECT 1, l.location_id FROM location l WHERE l.location_id = ANY($3::text[]) AND l.life < 2`,
  values: [
    integerColumn(products, (each) => each.partition),
    textColumn(products, (each) => each.productId),
    textColumn(locationIds, (each) => each),
  ],
});

/** Products that own some SKUs. */
export const selectOwners = (skus: readonly { readonly partition: number; readonly sku: string }[]): Statement => ({
  text: `SELECT s.sku, s.product_id FROM unnest($1::integer[], $2::text[]) k(partition, sku)
         JOIN product_sku s ON s.sku_partition = k.partition AND s.sku = k.sku`,
  values: [integerColumn(skus, (each) => each.partition), textColumn(skus, (each) => each.sku)],
});

export interface StatementRow {
  readonly product_id: string;
  readonly location_id: string;
  readonly stock_level: number;
  readonly as_of: number;
  readonly version: number | null;
  readonly received_at: number;
  readonly rule: string;
}

/** A page of what a source stated last, in order of products and locations. */
export function listStatements(
  sourceId: string,
  filter: { readonly productId: string | null; readonly locationId: string | null },
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [sourceId, limit];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ["s.source_id = $1"];
  if (filter.productId !== null) where.push(`s.product_id = ${bind(filter.productId)}`);
  if (filter.locationId !== null) where.push(`s.location_id = ${bind(filter.locationId)}`);
  if (after !== null) where.push(`(s.product_id, s.location_id) > (${after.map(bind).join(", ")})`);
  return {
    text: `SELECT s.product_id, s.location_id, s.stock_level, s.as_of, s.version, s.received_at, s.rule FROM source_statement s
           WHERE ${where.join(" AND ")} ORDER BY s.product_id, s.location_id LIMIT $2`,
    values,
  };
}
