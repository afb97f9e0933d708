/** Statements that sum items over products and places. A place is a location with the source that speaks for it. */
import { integerColumn, textArray, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface ProductKey {
  readonly partition: number;
  readonly productId: string;
}

export interface PlaceKey {
  readonly locationId: string;
  readonly sourceId: string | null;
}

export interface PartRow {
  readonly group_key: string;
  /** Empty for none. */
  readonly source_id: string;
  readonly on_hand: number | bigint;
  readonly reserved: number | bigint;
  readonly unavailable: number | bigint;
  readonly incoming: number | bigint;
}

export interface ProductPageRow {
  readonly partition: number;
  readonly product_id: string;
  readonly sku: string;
}

const sums = `coalesce(sum(i.on_hand), 0)::bigint AS on_hand, coalesce(sum(i.reserved), 0)::bigint AS reserved,
  coalesce(sum(i.unavailable), 0)::bigint AS unavailable, coalesce(sum(i.incoming), 0)::bigint AS incoming`;

/** Two parameters. */
const placeValues = (places: readonly PlaceKey[]): unknown[] => [
  textColumn(places, (place) => place.locationId),
  textColumn(places, (place) => place.sourceId ?? ""),
];

/** Sums of some products at each place. */
export const sumProductsByLocation = (products: readonly ProductKey[], locationIds: readonly string[]): Statement => ({
  name: "totals_products_by_location",
  text: `SELECT i.location_id AS group_key, ${sums} FROM unnest($1::integer[], $2::text[]) k(partition, product_id)
         JOIN item i ON i.partition = k.partition AND i.product_id = k.product_id
         WHERE i.life < 2 AND i.location_id = ANY($3::text[]) GROUP BY i.location_id`,
  values: [
    integerColumn(products, (key) => key.partition),
    textColumn(products, (key) => key.productId),
    textArray(locationIds),
  ],
});

/** Sums of all items of some locations. */
export const sumItemsByLocation = (locationIds: readonly string[]): Statement => ({
  name: "totals_items_by_location",
  text: `SELECT i.location_id AS group_key, ${sums} FROM item i WHERE i.life < 2 AND i.location_id = ANY($1::text[]) GROUP BY i.location_id`,
  values: [textArray(locationIds)],
});

/** Sums of some products over places, by product and source. */
export const sumProductsBySource = (products: readonly ProductKey[], places: readonly PlaceKey[]): Statement => ({
  name: "totals_products_by_source",
  text: `SELECT i.product_id AS group_key, m.source_id, ${sums} FROM unnest($1::integer[], $2::text[]) k(partition, product_id)
         JOIN item i ON i.partition = k.partition AND i.product_id = k.product_id AND i.life < 2
         JOIN unnest($3::text[], $4::text[]) m(location_id, source_id) ON m.location_id = i.location_id
         GROUP BY i.product_id, m.source_id`,
  values: [
    integerColumn(products, (key) => key.partition),
    textColumn(products, (key) => key.productId),
    ...placeValues(places),
  ],
});

/** What products must be: attributes that they have, one of a few ways to write each value. */
export interface ProductFilter {
  readonly product: ProductKey | null;
  /** For each attribute the JSON texts that its value may be. */
  readonly attributes: readonly { readonly name: string; readonly values: readonly string[] }[];
}

function productConditions({ product, attributes }: ProductFilter, bind: (value: unknown) => string): string[] {
  const where = ["p.life < 2"];
  if (product !== null)
    where.push(`p.partition = ${bind(product.partition)} AND p.product_id = ${bind(product.productId)}`);
  for (const { name, values } of attributes) {
    const any = values.map(
      (value) => `(p.document::jsonb -> 'attributes') @> ${bind(`{${JSON.stringify(name)}:${value}}`)}::jsonb`,
    );
    where.push(`(${any.join(" OR ")})`);
  }
  return where;
}

/** A page of products that have an item at one of the locations, by partition and id. */
export function listProductsWithItems(
  filter: ProductFilter,
  locationIds: readonly string[],
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = productConditions(filter, bind);
  where.push(`EXISTS (SELECT 1 FROM item i WHERE i.partition = p.partition AND i.product_id = p.product_id AND i.life < 2
    AND i.location_id = ANY(${bind(textArray(locationIds))}::text[]))`);
  if (after !== null) where.push(`(p.partition, p.product_id) > (${after.map(bind).join(", ")})`);
  return {
    text: `SELECT p.partition, p.product_id, p.sku FROM product p WHERE ${where.join(" AND ")}
           ORDER BY p.partition, p.product_id LIMIT ${bind(limit)}`,
    values,
  };
}

/** Products with some attributes. */
export function listProductKeys(filter: ProductFilter, limit: number): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = productConditions(filter, bind);
  return {
    text: `SELECT p.partition, p.product_id, p.sku FROM product p WHERE ${where.join(" AND ")} LIMIT ${bind(limit)}`,
    values,
  };
}

/** A page of the values that an attribute has, as text. */
export function listAttributeValues(
  filter: ProductFilter,
  name: string,
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = productConditions(filter, bind);
  const value = `(p.document::jsonb -> 'attributes' ->> ${bind(name)}) COLLATE "C"`;
  where.push(`(p.document::jsonb -> 'attributes') ? ${bind(name)}`, `${value} IS NOT NULL`);
  if (after !== null) where.push(`${value} > ${bind(after[0])}`);
  return {
    text: `SELECT DISTINCT ${value} AS value FROM product p WHERE ${where.join(" AND ")} ORDER BY 1 LIMIT ${bind(limit)}`,
    values,
  };
}

/** Sums over places of the products whose attribute has one of some values, by value and source. */
export function sumAttributeValues(
  filter: ProductFilter,
  name: string,
  chosen: readonly string[],
  places: readonly PlaceKey[],
): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = productConditions(filter, bind);
  const value = `p.document::jsonb -> 'attributes' ->> ${bind(name)}`;
  where.push(
    `(p.document::jsonb -> 'attributes') ? ${bind(name)}`,
    `${value} = ANY(${bind(textArray(chosen))}::text[])`,
  );
  const [locations, sources] = placeValues(places).map(bind);
  return {
    text: `SELECT ${value} AS group_key, m.source_id, ${sums} FROM product p
           JOIN item i ON i.partition = p.partition AND i.product_id = p.product_id AND i.life < 2
           JOIN unnest(${locations}::text[], ${sources}::text[]) m(location_id, source_id) ON m.location_id = i.location_id
           WHERE ${where.join(" AND ")} GROUP BY 1, 2`,
    values,
  };
}

export interface ChannelRow {
  readonly channel_id: string;
  readonly document: object;
}

/** A page of channels that are in use. */
export const listChannelDocuments = (after: string | null, limit: number): Statement => ({
  name: "totals_channels",
  text: "SELECT channel_id, document FROM channel WHERE life = 0 AND channel_id > $1 ORDER BY channel_id LIMIT $2",
  values: [after ?? "", limit],
});
