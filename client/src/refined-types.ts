/** Bodies whose schema says less than is known. */
import type { Adjustment, BulkUpdate as AnyBulkUpdate, SetLevel, StateMove } from "@onhand/protocol/requests";
import type { InventoryItem, Location, Product } from "@onhand/protocol/resources";

/** Many changes; a wrong line is refused by itself, so the schema leaves lines open. */
export interface BulkUpdate extends Omit<AnyBulkUpdate, "updates"> {
  updates: readonly (Adjustment | SetLevel | StateMove)[];
}

/** What an event tells. */
export interface FeedEventData {
  /** Where a reader stands that has read this event. */
  cursor: string;
  /** The item after the change; only of `inventory.…` events, as are the next three. */
  item?: InventoryItem;
  /** The item before the change; null when it did not exist. */
  previous?: InventoryItem | null;
  change?: Pick<InventoryItem, "stockLevel" | "reservedStock" | "unavailableStock" | "incomingStock">;
  movementId?: string;
  /** Only of `product.…` events. */
  product?: Product;
  /** Only of `location.…` events. */
  location?: Location;
  reason: string | null;
  reference: string | null;
  /** Id of the key that asked for it. */
  actor: string;
  source: string | null;
  requestId: string;
  occurredAt: string;
  recordedAt: string;
  /** Newer servers may tell more. */
  [field: string]: unknown;
}

/** A committed change as a CloudEvents 1.0 event. Newer servers may send types that are not known here. */
export interface FeedEvent {
  specversion: "1.0";
  /** Id of the entry; together with `source` it is unique. */
  id: string;
  source: string;
  /** For example `inventory.adjusted.v1`. */
  type: string;
  /** product/location, or the product or the location alone. */
  subject: string;
  time: string;
  /** Events with the same key come in order. */
  partitionkey: string;
  /** Number within the partition of the journal, 20 digits. */
  sequence: string;
  traceparent?: string;
  data: FeedEventData;
}
