/** Reads what a group needs to know and does not yet hold. One statement each, however many keys are asked. */
import { integerColumn, textArray, textColumn, uuidColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface ItemRow {
  readonly partition: number;
  readonly product_id: string;
  readonly location_id: string;
  readonly item_number: number;
  readonly on_hand: number;
  readonly reserved: number;
  readonly unavailable: number;
  readonly incoming: number;
  readonly safety_stock: number;
  readonly reorder_point: number | null;
  readonly version: number;
  readonly last_sequence: number;
  readonly updated_at: number;
  readonly life: number;
  readonly extras: object | null;
}

/** An item with the first moment at which anything that is held of it expires; null when nothing does. */
export interface LoadedItemRow extends ItemRow {
  readonly next_expiry: number | null;
}

const itemColumns =
  "i.partition, i.product_id, i.location_id, i.item_number, i.on_hand, i.reserved, i.unavailable, i.incoming, i.safety_stock, i.reorder_point, i.version, i.last_sequence, i.updated_at, i.life, i.extras";

const nextExpiry = `(SELECT l.expires_at FROM stock_order_line l WHERE l.partition = i.partition AND l.product_id = i.product_id
  AND l.location_id = i.location_id AND l.held > 0 AND l.expires_at IS NOT NULL ORDER BY l.expires_at LIMIT 1) AS next_expiry`;

/** The items of some (product, location) pairs; pairs without an item have no row. */
export const loadItems = (
  keys: readonly { partition: number; productId: string; locationId: string }[],
): Statement => ({
  name: "load_items",
  text: `SELECT ${itemColumns}, ${nextExpiry}
         FROM unnest($1::integer[], $2::text[], $3::text[]) k(p, product, location)
         JOIN item i ON i.partition = k.p AND i.product_id = k.product AND i.location_id = k.location`,
  values: [
    integerColumn(keys, (key) => key.partition),
    textColumn(keys, (key) => key.productId),
    textColumn(keys, (key) => key.locationId),
  ],
});

/** All that some products have at some locations. */
export const loadItemsAt = (
  products: readonly { partition: number; productId: string }[],
  locationIds: readonly string[],
): Statement => ({
  name: "load_items_at",
  text: `SELECT ${itemColumns}, ${nextExpiry}
         FROM unnest($1::integer[], $2::text[]) k(p, product)
         JOIN LATERAL (SELECT * FROM item WHERE partition = k.p AND product_id = k.product AND location_id = ANY($3::text[]) OFFSET 0) i ON true`,
  values: [
    integerColumn(products, (product) => product.partition),
    textColumn(products, (product) => product.productId),
    textArray(locationIds),
  ],
});

export interface ProductRow {
  readonly partition: number;
  readonly product_id: string;
  readonly document: object;
  readonly version: number;
  readonly life: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface ChannelRow {
  readonly channel_id: string;
  readonly document: object;
  readonly version: number;
  readonly life: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Some products by id, deleted ones too; ids without a product have no row. */
export const loadProducts = (keys: readonly { partition: number; productId: string }[]): Statement => ({
  name: "load_products",
  text: `SELECT p.partition, p.product_id, p.document, p.version, p.life, p.created_at, p.updated_at
         FROM unnest($1::integer[], $2::text[]) k(p, product) JOIN product p ON p.partition = k.p AND p.product_id = k.product`,
  values: [integerColumn(keys, (key) => key.partition), textColumn(keys, (key) => key.productId)],
});

export interface LocationRow {
  readonly location_id: string;
  readonly document: object;
  readonly version: number;
  readonly life: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Every location: they are few, and every server holds them all. */
export const loadLocations = (): Statement => ({
  name: "load_locations",
  text: "SELECT location_id, document, version, life, created_at, updated_at FROM location",
});

/** Every channel: they are few as well. */
export const loadChannels = (): Statement => ({
  name: "load_channels",
  text: "SELECT channel_id, document, version, life, created_at, updated_at FROM channel",
});

export interface ChannelLevelRow {
  readonly partition: number;
  readonly product_id: string;
  readonly channel_id: string;
  readonly sellable: number;
  readonly available: number;
  readonly told_sequence: number;
}

/** What some channels were told of some products; pairs without a row were told nothing. */
export const loadChannelLevels = (
  keys: readonly { partition: number; productId: string; channelId: string }[],
): Statement => ({
  name: "load_channel_levels",
  text: `SELECT c.partition, c.product_id, c.channel_id, c.sellable, c.available, c.told_sequence
         FROM unnest($1::integer[], $2::text[], $3::text[]) k(p, product, channel)
         JOIN channel_level c ON c.partition = k.p AND c.product_id = k.product AND c.channel_id = k.channel`,
  values: [
    integerColumn(keys, (key) => key.partition),
    textColumn(keys, (key) => key.productId),
    textColumn(keys, (key) => key.channelId),
  ],
});

/** Which products own some SKUs. */
export const loadSkuOwners = (keys: readonly { partition: number; sku: string }[]): Statement => ({
  name: "load_sku_owners",
  text: `SELECT s.sku, s.product_id FROM unnest($1::integer[], $2::text[]) k(p, sku)
         JOIN product_sku s ON s.sku_partition = k.p AND s.sku = k.sku`,
  values: [integerColumn(keys, (key) => key.partition), textColumn(keys, (key) => key.sku)],
});

export interface ResultRow {
  /** 32 hex digits. */
  readonly key: string;
  readonly request_hash: string;
  readonly outcome: string;
  readonly heads: Buffer;
}

/** Outcomes remembered under some keys. */
export const loadResults = (keys: readonly { partition: number; key: string }[]): Statement => ({
  name: "load_results",
  text: `SELECT replace(r.key::text, '-', '') AS key, replace(r.request_hash::text, '-', '') AS request_hash, r.outcome, r.heads
         FROM unnest($1::integer[], $2::uuid[]) k(p, key) JOIN result r ON r.partition = k.p AND r.key = k.key`,
  values: [integerColumn(keys, (key) => key.partition), uuidColumn(keys, (key) => key.key)],
});

/** Whether a product holds anything anywhere. */
export const productHoldsStock = (partition: number, productId: string): Statement => ({
  name: "product_holds_stock",
  text: `SELECT EXISTS (SELECT FROM item WHERE partition = $1 AND product_id = $2
         AND (on_hand <> 0 OR reserved <> 0 OR unavailable <> 0 OR incoming <> 0)) AS holds`,
  values: [partition, productId],
});

/** Whether anything lies at a location. */
export const locationHoldsStock = (locationId: string): Statement => ({
  name: "location_holds_stock",
  text: `SELECT EXISTS (SELECT FROM item WHERE location_id = $1
         AND (on_hand <> 0 OR reserved <> 0 OR unavailable <> 0 OR incoming <> 0)) AS holds`,
  values: [locationId],
});
