/** Rows of the projections as the nouns of the core. */
import { lifeStates } from "@onhand/protocol/vocabulary";
import type {
  Channel,
  ChannelDocument,
  ChannelLevel,
  Location,
  LocationDocument,
  Product,
  ProductDocument,
} from "../core/catalogue/catalogue.ts";
import { type Item, type ItemExtras, noExtras } from "../core/inventory/item.ts";
import type { ChannelLevelRow, ChannelRow, ItemRow, LocationRow, ProductRow } from "./sql/load-state.ts";

/** @returns the item that a row holds */
export const toItem = (row: ItemRow): Item => ({
  partition: row.partition,
  productId: row.product_id,
  locationId: row.location_id,
  itemNumber: row.item_number,
  onHand: row.on_hand,
  reserved: row.reserved,
  unavailable: row.unavailable,
  incoming: row.incoming,
  safetyStock: row.safety_stock,
  reorderPoint: row.reorder_point,
  version: row.version,
  lastSequence: row.last_sequence,
  updatedAtMs: row.updated_at,
  life: lifeStates[row.life]!,
  extras: row.extras === null ? noExtras : (row.extras as ItemExtras),
});

/** @returns the product that a row holds */
export const toProduct = (row: ProductRow): Product => ({
  productId: row.product_id,
  document: row.document as ProductDocument,
  version: row.version,
  life: lifeStates[row.life]!,
  createdAtMs: row.created_at,
  updatedAtMs: row.updated_at,
});

/** @returns the location that a row holds */
export const toLocation = (row: LocationRow): Location => ({
  locationId: row.location_id,
  document: row.document as LocationDocument,
  version: row.version,
  life: lifeStates[row.life]!,
  createdAtMs: row.created_at,
  updatedAtMs: row.updated_at,
});

/** @returns the channel that a row holds */
export const toChannel = (row: ChannelRow): Channel => ({
  channelId: row.channel_id,
  document: row.document as ChannelDocument,
  version: row.version,
  life: lifeStates[row.life]!,
  createdAtMs: row.created_at,
  updatedAtMs: row.updated_at,
});

/** @returns what a channel may sell of a product, as a row says */
export const toChannelLevel = (row: ChannelLevelRow): ChannelLevel => ({
  partition: row.partition,
  productId: row.product_id,
  channelId: row.channel_id,
  sellable: row.sellable,
  available: row.available,
  toldSequence: row.told_sequence,
});
