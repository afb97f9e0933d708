/** Reads what is projected from the journal: levels, totals, catalogue. Each statement stays in one partition. */
import { textArray } from "../../../db/binary-array.ts";
import type { Statement } from "../../../db/pool.ts";
import { inMilliseconds, pageText } from "./columnar.ts";

export interface LevelColumns {
  readonly count: number;
  readonly product_id: string[];
  readonly location_id: string[];
  readonly item_number: number[];
  readonly on_hand: number[];
  readonly reserved: number[];
  readonly unavailable: number[];
  readonly incoming: number[];
  readonly oversold: number[];
  readonly safety_stock: number[];
  readonly reorder_point: (number | null)[];
  readonly version: number[];
  readonly last_sequence: number[];
  readonly updated_at: number[];
  readonly life: number[];
  readonly available_band: number[];
  /** JSON texts. */
  readonly extras: (string | null)[];
}

const levelNames = [
  "product_id",
  "location_id",
  "item_number",
  "on_hand",
  "reserved",
  "unavailable",
  "incoming",
  "oversold",
  "safety_stock",
  "reorder_point",
  "version",
  "last_sequence",
  "life",
  "available_band",
];

const keyed = (names: readonly string[], alias: string): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `${alias}.${name}`]));

/** The next level rows of a partition, by product and location. */
export const readLevelPage = (
  partition: number,
  after: { readonly productId: string; readonly locationId: string } | null,
  rowsMax: number,
  hasExtras: boolean,
): Statement => ({
  text: pageText({
    columns: {
      ...keyed(levelNames, "i"),
      updated_at: inMilliseconds("i.updated_at"),
      extras: hasExtras ? "i.extras::text" : "NULL::text",
    },
    from: `item i WHERE i.partition = $1 ${after === null ? "" : "AND (i.product_id, i.location_id) > ($3, $4)"}
           ORDER BY i.product_id, i.location_id`,
    limit: "$2",
  }),
  values: [partition, rowsMax, ...(after === null ? [] : [after.productId, after.locationId])],
});

export interface WrongTotal {
  readonly product_id: string;
  /** Sums of the item rows and the total's row, as JSON texts; null where there is none. */
  readonly expected: string | null;
  readonly found: string | null;
}

/** Totals that are not the sums of their items, at most `rowsMax`. */
export const readWrongTotals = (partition: number, rowsMax: number): Statement => ({
  text: `SELECT product_id, expected::text AS expected, found::text AS found
         FROM (SELECT product_id, json_build_object('on_hand', sum(on_hand), 'reserved', sum(reserved), 'unavailable', sum(unavailable), 'incoming', sum(incoming)) AS expected
               FROM item WHERE partition = $1 GROUP BY product_id) s
         FULL JOIN (SELECT product_id, json_build_object('on_hand', on_hand, 'reserved', reserved, 'unavailable', unavailable, 'incoming', incoming) AS found
               FROM product_total WHERE partition = $1) t USING (product_id)
         WHERE expected::text IS DISTINCT FROM found::text ORDER BY product_id LIMIT $2`,
  values: [partition, rowsMax],
});

/** Level rows whose product or location is in no catalogue row, at most `rowsMax`. */
export const readUnfounded = (partition: number, rowsMax: number): Statement => ({
  text: `SELECT i.product_id, i.location_id FROM item i WHERE i.partition = $1
         AND (NOT EXISTS (SELECT FROM product p WHERE p.partition = $1 AND p.product_id = i.product_id)
           OR NOT EXISTS (SELECT FROM location l WHERE l.location_id = i.location_id))
         ORDER BY i.product_id, i.location_id LIMIT $2`,
  values: [partition, rowsMax],
});

export interface CatalogueColumns {
  readonly count: number;
  readonly id: string[];
  /** JSON texts. */
  readonly document: string[];
  readonly version: number[];
  readonly life: number[];
  readonly created_at: number[];
  readonly updated_at: number[];
  /** Products only. */
  readonly sku?: string[];
  readonly name?: string[];
}

const catalogueColumns = {
  document: "c.document::text",
  version: "c.version",
  life: "c.life",
  created_at: inMilliseconds("c.created_at"),
  updated_at: inMilliseconds("c.updated_at"),
};

/** The next product rows of a partition, by id. */
export const readProductPage = (partition: number, afterId: string | null, rowsMax: number): Statement => ({
  text: pageText({
    columns: { id: "c.product_id", sku: "c.sku", name: "c.name", ...catalogueColumns },
    from: `product c WHERE c.partition = $1 ${afterId === null ? "" : "AND c.product_id > $3"} ORDER BY c.product_id`,
    limit: "$2",
    bytes: "octet_length(c.document::text)",
  }),
  values: [partition, rowsMax, ...(afterId === null ? [] : [afterId])],
});

/** The next location rows, by id. */
export const readLocationPage = (afterId: string | null, rowsMax: number): Statement => ({
  text: pageText({
    columns: { id: "c.location_id", ...catalogueColumns },
    from: `location c ${afterId === null ? "" : "WHERE c.location_id > $2"} ORDER BY c.location_id`,
    limit: "$1",
    bytes: "octet_length(c.document::text)",
  }),
  values: [rowsMax, ...(afterId === null ? [] : [afterId])],
});

/** The next channel rows, by id. */
export const readChannelPage = (afterId: string | null, rowsMax: number): Statement => ({
  text: pageText({
    columns: { id: "c.channel_id", ...catalogueColumns },
    from: `channel c ${afterId === null ? "" : "WHERE c.channel_id > $2"} ORDER BY c.channel_id`,
    limit: "$1",
    bytes: "octet_length(c.document::text)",
  }),
  values: [rowsMax, ...(afterId === null ? [] : [afterId])],
});

export interface SkuColumns {
  readonly count: number;
  readonly sku: string[];
  readonly product_id: string[];
}

/** The next SKUs of a partition of the SKU table. */
export const readSkuPage = (skuPartition: number, afterSku: string | null, rowsMax: number): Statement => ({
  text: pageText({
    columns: { sku: "s.sku", product_id: "s.product_id" },
    from: `product_sku s WHERE s.sku_partition = $1 ${afterSku === null ? "" : "AND s.sku > $3"} ORDER BY s.sku`,
    limit: "$2",
  }),
  values: [skuPartition, rowsMax, ...(afterSku === null ? [] : [afterSku])],
});

/** A product and a SKU that should belong together. */
export interface SkuClaim {
  readonly sku: string;
  readonly productId: string;
}

const claimValues = (partition: number, claims: readonly SkuClaim[]): unknown[] => [
  partition,
  textArray(claims.map((claim) => claim.sku)),
  textArray(claims.map((claim) => claim.productId)),
];

/** For each claim, in order, the product that the SKU table names, or null. */
export const readSkuOwners = (skuPartition: number, claims: readonly SkuClaim[]): Statement => ({
  name: "verify_sku_owners",
  text: `SELECT json_agg(s.product_id ORDER BY u.ordinality) AS found FROM unnest($2::text[], $3::text[]) WITH ORDINALITY u(sku, product_id, ordinality)
         LEFT JOIN product_sku s ON s.sku_partition = $1 AND s.sku = u.sku`,
  values: claimValues(skuPartition, claims),
});

/** For each claim, in order, the SKU of the product if it is not deleted, or null. */
export const readLiveSkus = (partition: number, claims: readonly SkuClaim[], deleted: number): Statement => ({
  name: "verify_live_skus",
  text: `SELECT json_agg(p.sku ORDER BY u.ordinality) AS found FROM unnest($2::text[], $3::text[]) WITH ORDINALITY u(sku, product_id, ordinality)
         LEFT JOIN product p ON p.partition = $1 AND p.product_id = u.product_id AND p.life <> $4`,
  values: [...claimValues(partition, claims), deleted],
});
