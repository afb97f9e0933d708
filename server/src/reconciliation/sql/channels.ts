/** One product in one channel. */
import { limits } from "../../core/limits.ts";
import type { Statement } from "../../db/pool.ts";

/** What a channel's locations have to sell of a product, beside the channel's row. */
export const channelLevelOf = (
  partition: number,
  channel: { readonly channelId: string; readonly locationIds: readonly string[] },
  productId: string,
): Statement => ({
  name: "reconcile_channel_level",
  text: `SELECT p.product_id, p.life = 0 AS is_active, c.sellable, c.available, c.told_sequence,
           (SELECT coalesce(sum(least($5::bigint, greatest(0, i.on_hand - i.reserved - i.unavailable - i.safety_stock))), 0)::bigint FROM item i
            WHERE i.partition = $1 AND i.product_id = $4 AND i.location_id = ANY($3::text[]) AND i.life = 0) AS expected
         FROM product p LEFT JOIN channel_level c ON c.partition = $1 AND c.product_id = p.product_id AND c.channel_id = $2
         WHERE p.partition = $1 AND p.product_id = $4`,
  values: [partition, channel.channelId, channel.locationIds, productId, limits.sellableUnitsMax],
});
