/** The statement that values stock. PostgreSQL's numeric is exact, so no amount is ever rounded. */
import { textArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface ValueRow {
  /** Of the prices; null for products without a price. */
  readonly currency: string | null;
  /** Null where there is no rate. */
  readonly rate: string | null;
  readonly units: number | bigint;
  readonly products: number | bigint;
  readonly amount: string | null;
  readonly value: string | null;
}

const unitsOf = { stockLevel: "on_hand", availableStock: "on_hand - reserved - unavailable" } as const;
export type ValueBasis = keyof typeof unitsOf;

/**
 * Units times prices, by currency of the prices. A product's price in the asked currency itself comes before its main price.
 * @param locationIds only these locations; null for all
 * @param rates decimal numbers by currency, the asked one among them with 1
 */
export function valueByCurrency(
  currency: string,
  basis: ValueBasis,
  rates: ReadonlyMap<string, string>,
  locationIds: readonly string[] | null,
): Statement {
  const values: unknown[] = [currency, textArray([...rates.keys()]), textArray([...rates.values()])];
  const held =
    locationIds === null
      ? `SELECT partition, product_id, ${unitsOf[basis]} AS units FROM product_total`
      : `SELECT partition, product_id, sum(${unitsOf[basis]})::bigint AS units FROM item
         WHERE life < 2 AND location_id = ANY($${values.push(textArray(locationIds))}::text[]) GROUP BY partition, product_id`;
  return {
    text: `SELECT u.currency, trim_scale(r.rate)::text AS rate, sum(u.units)::bigint AS units, count(*) AS products,
             trim_scale(sum(u.units * u.price))::text AS amount, trim_scale(sum(u.units * u.price) * r.rate)::text AS value
           FROM (
             SELECT h.units,
               CASE WHEN p.document->'prices'->>$1 IS NOT NULL THEN $1 WHEN p.document->>'price' IS NOT NULL THEN p.document->>'currency' END AS currency,
               coalesce(p.document->'prices'->>$1, p.document->>'price')::numeric AS price
             FROM (${held}) h JOIN product p ON p.partition = h.partition AND p.product_id = h.product_id
             WHERE h.units <> 0
           ) u LEFT JOIN unnest($2::text[], $3::text[]::numeric[]) r(currency, rate) ON r.currency = u.currency
           GROUP BY u.currency, r.rate ORDER BY u.currency`,
    values,
  };
}
