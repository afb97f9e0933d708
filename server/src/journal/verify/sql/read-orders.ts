/** Reads orders, their lines and what channels may sell, each statement in one partition. */
import { limits } from "../../../core/limits.ts";
import { bigintColumn } from "../../../db/binary-array.ts";
import type { Statement } from "../../../db/pool.ts";
import { type OrderLineRow, type OrderRow, orderColumns, orderLineColumns } from "../../order-rows.ts";

/** Whether the schema has orders; one that was not migrated yet has not. */
export const hasOrderTables = (): Statement => ({
  text: "SELECT to_regclass('onhand.stock_order') IS NOT NULL AS has",
});

export type { OrderLineRow, OrderRow };

/** The next orders of a partition, by id. */
export const readOrderPage = (partition: number, afterId: string | null, rowsMax: number): Statement => ({
  name: afterId === null ? "verify_orders_first" : "verify_orders",
  text: `SELECT ${orderColumns} FROM stock_order o WHERE o.partition = $1 ${afterId === null ? "" : "AND o.order_id > $3"}
         ORDER BY o.order_id LIMIT $2`,
  values: [partition, rowsMax, ...(afterId === null ? [] : [afterId])],
});

export interface DetailRow {
  readonly sequence: number;
  readonly detail: string | null;
}

/** What some entries of a partition say. */
export const readDetails = (partition: number, sequences: readonly number[]): Statement => ({
  name: "verify_details",
  text: `SELECT j.sequence, j.detail::text AS detail FROM unnest($2::bigint[]) u(sequence)
         JOIN journal j ON j.partition = $1 AND j.sequence = u.sequence`,
  values: [partition, bigintColumn(sequences, (sequence) => sequence)],
});

/** The next lines of a partition, by order and number. */
export const readLinePage = (
  partition: number,
  after: { readonly orderId: string; readonly line: number } | null,
  rowsMax: number,
): Statement => ({
  name: after === null ? "verify_lines_first" : "verify_lines",
  text: `SELECT ${orderLineColumns} FROM stock_order_line l WHERE l.partition = $1
           ${after === null ? "" : "AND (l.order_id, l.line) > ($3, $4)"}
         ORDER BY l.order_id, l.line LIMIT $2`,
  values: [partition, rowsMax, ...(after === null ? [] : [after.orderId, after.line])],
});

export interface WrongCounter {
  readonly product_id: string;
  readonly location_id: string;
  readonly reserved: number | null;
  readonly incoming: number | null;
  /** Sums of the lines. */
  readonly held: number | bigint;
  readonly expected: number | bigint;
}

/**
 * Items that have other reserved units than lines hold of them, or fewer incoming ones than lines expect, at most
 * `rowsMax`. Incoming units may be more: before there were supplies they were set without lines.
 */
export const readWrongCounters = (partition: number, rowsMax: number): Statement => ({
  text: `SELECT product_id, location_id, i.reserved, i.incoming, coalesce(l.held, 0)::bigint AS held, coalesce(l.incoming, 0)::bigint AS expected
         FROM (SELECT product_id, location_id, reserved, incoming FROM item WHERE partition = $1) i
         FULL JOIN (SELECT product_id, location_id, sum(held) AS held, sum(incoming) AS incoming FROM (
             SELECT product_id, location_id, held, 0 AS incoming FROM stock_order_line WHERE partition = $1 AND held > 0
             UNION ALL SELECT product_id, to_location_id, 0, incoming FROM stock_order_line WHERE partition = $1 AND incoming > 0) u
           GROUP BY product_id, location_id) l USING (product_id, location_id)
         WHERE coalesce(i.reserved, 0) <> coalesce(l.held, 0) OR coalesce(i.incoming, 0) < coalesce(l.incoming, 0)
         ORDER BY product_id, location_id LIMIT $2`,
  values: [partition, rowsMax],
});

export interface SellingRow {
  readonly channel_id: string;
  readonly document: object;
  readonly life: number;
  /** True when nothing changed in the control partition since its levels were looked after. */
  readonly is_refreshed: boolean;
}

/** Every channel. */
export const readSelling = (): Statement => ({
  text: `SELECT c.channel_id, c.document, c.life, c.refreshed_through >= h.sequence AS is_refreshed
         FROM channel c CROSS JOIN partition_head h WHERE h.partition = 0 ORDER BY c.channel_id`,
});

/** Locations in use, with their groups. */
export const readActiveLocations = (): Statement => ({
  text: "SELECT location_id, document->'groups' AS groups FROM location WHERE life = 0 ORDER BY location_id",
});

export interface ChannelLevelCheckRow {
  readonly product_id: string;
  readonly is_active: boolean;
  /** What the locations have. */
  readonly expected: number | bigint;
  /** Of the row; null when there is none. */
  readonly sellable: number | null;
  readonly available: number | null;
  readonly told_sequence: number | null;
}

/** Of the next products of a partition, by id: what a channel's locations have to sell, beside the channel's row. */
export const readChannelLevels = (
  partition: number,
  channel: { readonly channelId: string; readonly locationIds: readonly string[] },
  afterId: string,
  rowsMax: number,
): Statement => ({
  name: "verify_channel_levels",
  text: `SELECT p.product_id, p.life = 0 AS is_active, c.sellable, c.available, c.told_sequence,
           (SELECT coalesce(sum(least($6::bigint, greatest(0, i.on_hand - i.reserved - i.unavailable - i.safety_stock))), 0)::bigint FROM item i
            WHERE i.partition = $1 AND i.product_id = p.product_id AND i.location_id = ANY($3::text[]) AND i.life = 0) AS expected
         FROM product p
         LEFT JOIN channel_level c ON c.partition = $1 AND c.product_id = p.product_id AND c.channel_id = $2
         WHERE p.partition = $1 AND p.product_id > $4 ORDER BY p.product_id LIMIT $5`,
  values: [partition, channel.channelId, channel.locationIds, afterId, rowsMax, limits.sellableUnitsMax],
});

/** Levels of a partition that belong to no product or channel, at most `rowsMax`. */
export const readUnfoundedLevels = (partition: number, rowsMax: number): Statement => ({
  text: `SELECT c.product_id, c.channel_id FROM channel_level c WHERE c.partition = $1
         AND (NOT EXISTS (SELECT FROM product p WHERE p.partition = $1 AND p.product_id = c.product_id)
           OR NOT EXISTS (SELECT FROM channel h WHERE h.channel_id = c.channel_id))
         ORDER BY c.product_id, c.channel_id LIMIT $2`,
  values: [partition, rowsMax],
});
