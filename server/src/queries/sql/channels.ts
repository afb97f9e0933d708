/** Statements that read channels and what they may sell. */
import type { Statement } from "../../db/pool.ts";

export interface ChannelViewRow {
  readonly channel_id: string;
  readonly document: object;
  readonly version: number;
  readonly life: number;
  readonly created_at: number;
  readonly updated_at: number;
}

const channelColumns = "c.channel_id, c.document, c.version, c.life, c.created_at, c.updated_at";

/** A channel that is not deleted. */
export const channelById = (channelId: string): Statement => ({
  name: "channel_by_id",
  text: `SELECT ${channelColumns} FROM channel c WHERE c.channel_id = $1 AND c.life < 2`,
  values: [channelId],
});

const likePattern = (q: string): string => `%${q.replace(/[\\%_]/g, "\\$&")}%`;

/** A page of channels. @param after id of the last one before, or null */
export function listChannels(
  lives: readonly number[],
  q: string | null,
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [[...lives], limit];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ["c.life = ANY($1::integer[])"];
  if (q !== null) {
    const pattern = bind(likePattern(q));
    where.push(`(c.document->>'name' ILIKE ${pattern} OR c.channel_id ILIKE ${pattern})`);
  }
  if (after !== null) where.push(`c.channel_id > ${bind(after[0])}`);
  return {
    text: `SELECT ${channelColumns} FROM channel c WHERE ${where.join(" AND ")} ORDER BY c.channel_id LIMIT $2`,
    values,
  };
}

/** Either the head of a partition, or a product of the page (`product_id` is not null). */
export interface ChannelInventoryRow {
  readonly partition: number;
  readonly product_id: string | null;
  readonly sku: string | null;
  /** What may be sold; null of a head. */
  readonly available: number | null;
  /** Of a head; null of a product. */
  readonly sequence: number | null;
  readonly hash: Buffer | null;
  readonly epoch: number | null;
  /** Of a head: up to where in the control partition the channel's numbers were looked after. Null: no such channel. */
  readonly refreshed_through: number | null;
}

export interface ChannelInventoryFilter {
  readonly product: { readonly partition: number; readonly productId: string } | null;
  readonly availableBelow: number | null;
}

/**
 * A page of what a channel may sell, together with the heads: one statement sees one moment, so the feed from those heads
 * on tells exactly what comes after what the page shows. Heads come first. @param after (partition, product) of the last
 * one before, or null
 */
export function channelInventory(
  channelId: string,
  filter: ChannelInventoryFilter,
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [channelId, limit];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ["l.channel_id = $1"];
  if (filter.product !== null)
    where.push(`l.partition = ${bind(filter.product.partition)} AND l.product_id = ${bind(filter.product.productId)}`);
  if (filter.availableBelow !== null) where.push(`l.available < ${bind(filter.availableBelow)}`);
  if (after !== null) where.push(`(l.partition, l.product_id) > (${bind(after[0])}::integer, ${bind(after[1])}::text)`);
  return {
    text: `WITH page AS (
             SELECT l.partition, l.product_id, p.sku, l.available FROM channel_level l
             JOIN product p ON p.partition = l.partition AND p.product_id = l.product_id AND p.life < 2
             WHERE ${where.join(" AND ")} ORDER BY l.partition, l.product_id LIMIT $2),
           seen AS (SELECT refreshed_through FROM channel WHERE channel_id = $1 AND life < 2)
           SELECT * FROM (
             SELECT partition, NULL AS product_id, NULL AS sku, NULL::bigint AS available, sequence, hash, epoch,
               (SELECT refreshed_through FROM seen) AS refreshed_through FROM partition_head
             UNION ALL SELECT partition, product_id, sku, available, NULL, NULL, NULL, NULL FROM page) row
           ORDER BY product_id IS NOT NULL, partition, product_id`,
    values,
  };
}
