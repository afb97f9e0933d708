/** Bodies whose schema says less than is known. */
import type { Channel } from "@onhand/protocol/channels";
import type {
  ContainedMovement,
  Moved,
  Notice,
  OrderHeader,
  OrderPart,
  ReportedLine,
} from "@onhand/protocol/event-parts";
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
  /**
   * Of `inventory.…` events the line of the reservation, transfer or supply that they belong to, if they do; of
   * `reservation.…` and `transfer.…` events the order itself.
   */
  order?: OrderPart | OrderHeader;
  /** Numbers of the lines that a `reservation.…` or `transfer.…` event concerns in its partition. */
  lines?: readonly number[];
  /** Units that changed their state. */
  moved?: Moved;
  /** What did not move, for a count contains it. */
  contained?: ContainedMovement;
  /** Why somebody should look at it. */
  review?: string;
  /** Of events that tell of an item and change nothing of it. */
  notice?: Notice;
  /** What a registered source said, and the rule that decided about it. */
  reported?: ReportedLine;
  /** Of `channel.…` events about the channel itself. */
  channel?: Channel;
  /** Of `channel.availability.v1`, as are the next four: what the channel may sell of the product now, and before. */
  channelId?: string;
  productId?: string;
  sku?: string;
  available?: number;
  previousAvailable?: number;
  /** Of `source.…` and `journal.…` events: the source, or the checkpoint, and what is told of it. */
  recordId?: string;
  record?: Readonly<Record<string, unknown>>;
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
  /** product/location, product/channel, or the product, location, order or channel alone. */
  subject: string;
  time: string;
  /** Events with the same key come in order. */
  partitionkey: string;
  /** Number within the partition of the journal, 20 digits. */
  sequence: string;
  traceparent?: string;
  data: FeedEventData;
}
