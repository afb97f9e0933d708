/** Statements of the refresher: which channels lag behind the catalogue, and the products of one of them, page by page. */
import { type EntryKind, entryKinds, type LifeState, lifeStates } from "@onhand/protocol/vocabulary";
import { textArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

const locationKinds: readonly EntryKind[] = [
  entryKinds.locationCreated,
  entryKinds.locationUpdated,
  entryKinds.locationArchived,
  entryKinds.locationDeleted,
];

export interface LaggingRow {
  readonly channel_id: string;
  readonly document: object;
  readonly life: number;
  readonly refreshed_through: number;
  /** End of the control partition, of the same moment. */
  readonly control_sequence: number;
}

/** Channels whose numbers were last looked after before the control partition's end, the furthest behind first. */
export const laggingChannels = (limit: number): Statement => ({
  name: "channels_lagging",
  text: `SELECT c.channel_id, c.document, c.life, c.refreshed_through, h.sequence AS control_sequence
         FROM partition_head h JOIN channel c ON c.refreshed_through < h.sequence
         WHERE h.partition = 0 ORDER BY c.refreshed_through, c.channel_id LIMIT $1`,
  values: [limit],
});

export interface ControlChangeRow {
  readonly sequence: number;
  readonly kind: number;
  readonly location_id: string | null;
  readonly channel_id: string | null;
  /** Of the location or channel after the change. */
  readonly life: LifeState | null;
  /** Groups of the location after the change. */
  readonly groups: readonly string[] | null;
}

/** What changed in the catalogue of locations and channels, in order, at most `limit`. */
export const controlChanges = (after: number, upTo: number, limit: number): Statement => ({
  name: "channels_control_changes",
  text: `SELECT sequence, kind, location_id, detail::jsonb->>'channelId' AS channel_id, detail::jsonb->>'life' AS life,
           detail::jsonb->'document'->'groups' AS groups
         FROM journal WHERE partition = 0 AND sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3`,
  values: [after, upTo, limit],
});

export interface PlacedRow {
  readonly location_id: string;
  readonly life: LifeState;
  readonly groups: readonly string[];
}

/**
 * Some locations as they were at a place of the control partition. No index leads there, so the entries in front of it
 * are read, at most `entriesMax`; what was not changed in those has no row.
 */
export const locationsAt = (locationIds: readonly string[], sequence: number, entriesMax: number): Statement => ({
  name: "channels_locations_at",
  text: `SELECT j.location_id, j.detail::jsonb->>'life' AS life, j.detail::jsonb->'document'->'groups' AS groups
         FROM (SELECT max(sequence) AS sequence FROM journal
               WHERE partition = 0 AND sequence > $2::bigint - $3::bigint AND sequence <= $2 AND location_id = ANY($1::text[])
                 AND kind = ANY($4::smallint[]) GROUP BY location_id) last
         JOIN journal j ON j.partition = 0 AND j.sequence = last.sequence`,
  values: [textArray(locationIds), sequence, entriesMax, locationKinds],
});

export interface RefreshProductRow {
  readonly partition: number;
  readonly product_id: string;
  /** Of the channel's locations, those with an item. */
  readonly location_ids: readonly string[];
  readonly has_level: boolean;
}

/** Where the page before ended. */
export interface ProductPlace {
  readonly partition: number;
  readonly productId: string;
}

export const beforeAllProducts: ProductPlace = { partition: 0, productId: "" };

export interface Selling {
  readonly channelId: string;
  readonly locations: readonly string[];
  readonly locationGroups: readonly string[];
  /** Null for all. */
  readonly products: readonly { readonly partition: number; readonly productId: string }[] | null;
}

const productsOfAll = `SELECT partition, product_id FROM product WHERE (partition, product_id) > ($2, $3)
  ORDER BY partition, product_id LIMIT $4`;

const productsOfList = `SELECT * FROM (
    SELECT p.partition, p.product_id FROM unnest($7::integer[], $8::text[]) u(partition, product_id)
      JOIN product p ON p.partition = u.partition AND p.product_id = u.product_id
    UNION SELECT partition, product_id FROM channel_level WHERE channel_id = $1) u
  WHERE (partition, product_id) > ($2, $3) ORDER BY partition, product_id LIMIT $4`;

/**
 * The next products that a channel may sell or was told of. All that there are are walked through, for most have an item
 * somewhere; of a list, those on it and those that the channel had before.
 */
export function productsToRefresh(selling: Selling, after: ProductPlace, limit: number): Statement {
  const { channelId, locations, locationGroups, products } = selling;
  const values: unknown[] = [
    channelId,
    after.partition,
    after.productId,
    limit,
    textArray(locations),
    textArray(locationGroups),
  ];
  if (products !== null)
    values.push(
      products.map((each) => each.partition),
      products.map((each) => each.productId),
    );
  return {
    name: products === null ? "channels_products" : "channels_listed_products",
    text: `WITH candidate AS (${products === null ? productsOfAll : productsOfList}),
             member AS MATERIALIZED (
               SELECT location_id FROM location
               WHERE life = 0 AND (location_id = ANY($5::text[]) OR document::jsonb->'groups' ?| $6::text[]))
           SELECT c.partition, c.product_id,
             ARRAY(SELECT i.location_id FROM item i WHERE i.partition = c.partition AND i.product_id = c.product_id AND i.life = 0
                   AND i.location_id IN (SELECT location_id FROM member)) AS location_ids,
             EXISTS (SELECT FROM channel_level l WHERE l.partition = c.partition AND l.product_id = c.product_id
                     AND l.channel_id = $1) AS has_level
           FROM candidate c ORDER BY c.partition, c.product_id`,
    values,
  };
}

/**
 * Lets go of the rows of a channel that was deleted, of some products; those that say more than none stay. Whoever remembers
 * one that is gone is told so by the database when it writes it.
 */
export const forgetLevels = (channelId: string, products: readonly ProductPlace[]): Statement => ({
  name: "channels_forget_levels",
  text: `DELETE FROM channel_level l USING unnest($2::integer[], $3::text[]) u(partition, product_id)
         WHERE l.partition = u.partition AND l.product_id = u.product_id AND l.channel_id = $1
           AND l.sellable = 0 AND l.available = 0 AND EXISTS (SELECT FROM channel WHERE channel_id = $1 AND life = $4)`,
  values: [
    channelId,
    products.map((each) => each.partition),
    products.map((each) => each.productId),
    lifeStates.indexOf("deleted"),
  ],
});

/** The numbers of some channels are as the control partition had it up to a sequence; they never go back. */
export const setRefreshed = (channelIds: readonly string[], through: number): Statement => ({
  name: "channels_refreshed",
  text: `UPDATE channel SET refreshed_through = $2 WHERE channel_id = ANY($1::text[]) AND refreshed_through < $2`,
  values: [textArray(channelIds), through],
});
