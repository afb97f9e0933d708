/** Walks back along the entries of few items, to what they were at a past moment. */
import { textArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { type AsOfScope, type Bind, hasMoved, stateNames } from "./as-of.ts";
import { momentOf } from "./as-of-places.ts";

/**
 * Walks back along the entries of few items of one partition: from the checkpoint behind the moment, or from today, to
 * the moment; by occurrence always from today, to where everything recorded had occurred.
 * @param entriesMax looked at most; of a walk that comes to one more, nothing may be used
 */
export function walkBack(
  { plans, filter, momentMs, isByOccurrence }: Omit<AsOfScope, "walked">,
  after: number,
  entriesMax: number,
): Statement {
  const { partition, place, settled } = plans[0]!;
  const values: unknown[] = [
    partition,
    place,
    isByOccurrence ? settled : place,
    isByOccurrence ? 0 : after,
    entriesMax + 1,
  ];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const which =
    filter.item === null
      ? `i.product_id = ${bind(filter.product!.productId)}`
      : `i.item_number = ${bind(filter.item.itemNumber)}`;
  const locations =
    filter.locationIds === null ? "" : `AND i.location_id = ANY(${bind(textArray(filter.locationIds))}::text[])`;
  const columns = `j.sequence, j.previous_sequence, j.occurred_at, ${stateNames.map((name) => `j.${name}_delta`).join(", ")}`;
  const moment = isByOccurrence ? momentOf(bind(momentMs)) : "";
  const isLate = `b.sequence > $2 AND b.occurred_at <= ${moment}`;
  const isEarly = `b.sequence <= $2 AND b.sequence > $3 AND b.occurred_at > ${moment}`;
  const late = stateNames.map((name) =>
    isByOccurrence
      ? `sum(CASE WHEN ${isLate} THEN b.${name}_delta ELSE -b.${name}_delta END) FILTER (WHERE ${hasMoved("b")} AND ((${isLate}) OR (${isEarly})))::bigint AS ${name}`
      : `NULL::bigint AS ${name}`,
  );
  return {
    text: `WITH RECURSIVE back AS (
             SELECT i.item_number, ${columns} FROM item i
             LEFT JOIN checkpoint_level c ON c.partition = i.partition AND c.checkpoint = $4 AND c.item_number = i.item_number
             JOIN journal j ON j.partition = i.partition AND j.sequence = coalesce(c.last_sequence, i.last_sequence)
             WHERE i.partition = $1 AND ${which} ${locations} ${isByOccurrence ? "" : "AND i.item_number <= $2"}
             UNION ALL
             SELECT b.item_number, ${columns} FROM back b
             JOIN journal j ON j.partition = $1 AND j.sequence = b.previous_sequence WHERE b.sequence > $3)
           SELECT b.item_number, max(b.sequence) FILTER (WHERE b.sequence <= $2) AS sequence, ${late.join(", ")}, count(*)::integer AS walked
           FROM (SELECT * FROM back LIMIT $5) b GROUP BY b.item_number`,
    values,
  };
}
