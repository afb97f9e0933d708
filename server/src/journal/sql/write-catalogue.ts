/** Writes the products, SKUs, locations and channels that a group changes; sent in the group's transaction, before its entries. */
import { lifeStates } from "@onhand/protocol/vocabulary";
import type { Channel, ChannelLevel, Location, Product } from "../../core/catalogue/catalogue.ts";
import {
  bigintColumn,
  integerColumn,
  jsonColumn,
  smallintColumn,
  textColumn,
  timestampColumn,
} from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface PlacedProduct {
  readonly partition: number;
  readonly product: Product;
}

/** Creates or replaces products. */
export function writeProducts(rows: readonly PlacedProduct[]): Statement {
  const products = rows.map((row) => row.product);
  return {
    name: "write_products",
    text: `INSERT INTO product (partition, product_id, sku, name, document, version, life, created_at, updated_at)
           SELECT * FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::json[], $6::bigint[], $7::smallint[], $8::timestamptz[], $9::timestamptz[])
           ON CONFLICT (partition, product_id) DO UPDATE SET sku = excluded.sku, name = excluded.name, document = excluded.document,
             version = excluded.version, life = excluded.life, created_at = excluded.created_at, updated_at = excluded.updated_at`,
    values: [
      integerColumn(rows, (row) => row.partition),
      textColumn(products, (product) => product.productId),
      textColumn(products, (product) => product.document.sku),
      textColumn(products, (product) => product.document.name),
      jsonColumn(products, (product) => JSON.stringify(product.document)),
      bigintColumn(products, (product) => product.version),
      smallintColumn(products, (product) => lifeStates.indexOf(product.life)),
      timestampColumn(products, (product) => product.createdAtMs),
      timestampColumn(products, (product) => product.updatedAtMs),
    ],
  };
}

export interface PlacedSku {
  readonly partition: number;
  readonly sku: string;
  readonly productId: string;
}

const bySku = (a: { sku: string }, b: { sku: string }): number => (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0);

/** Sets SKUs free that products own; raises OH001 when one of them is not theirs. */
export const freeSkus = (rows: readonly PlacedSku[]): Statement => ({
  name: "free_skus",
  text: `WITH freed AS (
           DELETE FROM product_sku s USING unnest($1::integer[], $2::text[], $3::text[]) u(partition, sku, product)
           WHERE s.sku_partition = u.partition AND s.sku = u.sku AND s.product_id = u.product RETURNING 1)
         SELECT require_written('skus', (SELECT count(*) FROM freed), $4::bigint)`,
  values: [
    integerColumn(rows, (row) => row.partition),
    textColumn(rows, (row) => row.sku),
    textColumn(rows, (row) => row.productId),
    rows.length,
  ],
});

/**
 * Takes SKUs, in one order everywhere so that two servers cannot wait for each other; raises OH001 when somebody else
 * took one meanwhile.
 */
export function takeSkus(unsorted: readonly PlacedSku[]): Statement {
  const rows = [...unsorted].sort(bySku);
  return {
    name: "take_skus",
    text: `WITH taken AS (
             INSERT INTO product_sku (sku_partition, sku, product_id) SELECT * FROM unnest($1::integer[], $2::text[], $3::text[])
             ON CONFLICT (sku_partition, sku) DO NOTHING RETURNING 1)
           SELECT require_written('skus', (SELECT count(*) FROM taken), $4::bigint)`,
    values: [
      integerColumn(rows, (row) => row.partition),
      textColumn(rows, (row) => row.sku),
      textColumn(rows, (row) => row.productId),
      rows.length,
    ],
  };
}

/** Creates or replaces locations. */
export const writeLocations = (locations: readonly Location[]): Statement => ({
  name: "write_locations",
  text: `INSERT INTO location (location_id, document, version, life, created_at, updated_at)
         SELECT * FROM unnest($1::text[], $2::json[], $3::bigint[], $4::smallint[], $5::timestamptz[], $6::timestamptz[])
         ON CONFLICT (location_id) DO UPDATE SET document = excluded.document, version = excluded.version, life = excluded.life,
           created_at = excluded.created_at, updated_at = excluded.updated_at`,
  values: [
    textColumn(locations, (location) => location.locationId),
    jsonColumn(locations, (location) => JSON.stringify(location.document)),
    bigintColumn(locations, (location) => location.version),
    smallintColumn(locations, (location) => lifeStates.indexOf(location.life)),
    timestampColumn(locations, (location) => location.createdAtMs),
    timestampColumn(locations, (location) => location.updatedAtMs),
  ],
});

/** Creates or replaces channels; how far they were refreshed stays. */
export const writeChannels = (channels: readonly Channel[]): Statement => ({
  name: "write_channels",
  text: `INSERT INTO channel (channel_id, document, version, life, created_at, updated_at)
         SELECT * FROM unnest($1::text[], $2::json[], $3::bigint[], $4::smallint[], $5::timestamptz[], $6::timestamptz[])
         ON CONFLICT (channel_id) DO UPDATE SET document = excluded.document, version = excluded.version, life = excluded.life,
           created_at = excluded.created_at, updated_at = excluded.updated_at`,
  values: [
    textColumn(channels, (channel) => channel.channelId),
    jsonColumn(channels, (channel) => JSON.stringify(channel.document)),
    bigintColumn(channels, (channel) => channel.version),
    smallintColumn(channels, (channel) => lifeStates.indexOf(channel.life)),
    timestampColumn(channels, (channel) => channel.createdAtMs),
    timestampColumn(channels, (channel) => channel.updatedAtMs),
  ],
});

export interface ChangedLevel {
  readonly level: ChannelLevel;
  /** What it was decided on; null: there was none. */
  readonly before: ChannelLevel | null;
}

/**
 * What channels may sell of products, as it is after the group. Raises OH001 when the locks are not held, see
 * `lockHeads`, or when a level is not what was decided on: a walk that tells no number changes levels without an entry,
 * so that other servers do not hear of it. With OFFSET 0 rows are looked up by their key, whatever the planner thinks.
 */
export const writeChannelLevels = (levels: readonly ChangedLevel[]): Statement => ({
  name: "write_channel_levels",
  text: `WITH decided AS MATERIALIZED (
           SELECT * FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
             u(partition, product_id, channel_id, sellable, available, told_sequence, sellable_before)
         ), expected AS (
           SELECT 1 FROM decided d LEFT JOIN LATERAL (
             SELECT l.sellable FROM channel_level l
             WHERE l.partition = d.partition AND l.product_id = d.product_id AND l.channel_id = d.channel_id OFFSET 0) c ON true
           WHERE c.sellable IS NOT DISTINCT FROM d.sellable_before
         ), level AS (
           INSERT INTO channel_level (partition, product_id, channel_id, sellable, available, told_sequence)
           SELECT partition, product_id, channel_id, sellable, available, told_sequence FROM decided
           ON CONFLICT (partition, product_id, channel_id) DO UPDATE SET sellable = excluded.sellable,
             available = excluded.available, told_sequence = excluded.told_sequence RETURNING 1)
         SELECT require_written('channel levels', (SELECT count(*) FROM expected), $8::bigint),
                require_written('channel levels', (SELECT count(*) FROM level), $8::bigint),
                require_written('locks', coalesce((current_setting('onhand.locks', true) = 'held')::integer, 0), 1)`,
  values: [
    integerColumn(levels, ({ level }) => level.partition),
    textColumn(levels, ({ level }) => level.productId),
    textColumn(levels, ({ level }) => level.channelId),
    bigintColumn(levels, ({ level }) => level.sellable),
    bigintColumn(levels, ({ level }) => level.available),
    bigintColumn(levels, ({ level }) => level.toldSequence),
    bigintColumn(levels, ({ before }) => before?.sellable ?? null),
    levels.length,
  ],
});
