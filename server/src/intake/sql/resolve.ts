/** What senders' names mean: their codes, and SKUs. */
import { integerColumn, textColumn, uuidColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

/** Kinds of codes as they are stored. */
export const codeKinds = { product: 0, location: 1 } as const;

/** What some codes of a source mean. */
export const selectCodes = (
  sourceId: string,
  codes: readonly { readonly kind: number; readonly code: string }[],
): Statement => ({
  name: "intake_codes",
  text: `SELECT c.kind, c.code, c.target_id FROM unnest($2::integer[], $3::text[]) k(kind, code)
         JOIN source_code c ON c.source_id = $1 AND c.kind = k.kind AND c.code = k.code`,
  values: [sourceId, integerColumn(codes, (each) => each.kind), textColumn(codes, (each) => each.code)],
});

/** Products that own some SKUs. */
export const selectSkus = (skus: readonly { readonly partition: number; readonly sku: string }[]): Statement => ({
  name: "intake_skus",
  text: `SELECT s.sku, s.product_id FROM unnest($1::integer[], $2::text[]) k(partition, sku)
         JOIN product_sku s ON s.sku_partition = k.partition AND s.sku = k.sku`,
  values: [integerColumn(skus, (each) => each.partition), textColumn(skus, (each) => each.sku)],
});

/** What came of some operations before. */
export const selectOutcomes = (keys: readonly { readonly partition: number; readonly key: string }[]): Statement => ({
  text: `SELECT replace(r.key::text, '-', '') AS key, r.outcome FROM unnest($1::integer[], $2::uuid[]) k(partition, key)
         JOIN result r ON r.partition = k.partition AND r.key = k.key`,
  values: [integerColumn(keys, (each) => each.partition), uuidColumn(keys, (each) => each.key)],
});

/** The time by which lines arrive, in ms. */
export const selectArrival = (): Statement => ({
  name: "intake_arrival",
  text: "SELECT date_trunc('milliseconds', clock_timestamp()) AS now",
});
