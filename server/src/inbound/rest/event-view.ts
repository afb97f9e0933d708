/** Journal entries as CloudEvents. */
import type {
  AvailabilityEvent,
  ChannelEvent,
  FeedEvent,
  InventoryEvent,
  LocationEvent,
  OrderEvent,
  ProductEvent,
  RecordEvent,
} from "@onhand/protocol/events";
import { eventTypes, isNotice } from "@onhand/protocol/vocabulary";
import { type Effect, evolve } from "../../core/evolve.ts";
import type { Item } from "../../core/inventory/item.ts";
import type { PreviousState } from "../../core/record/committed-entry.ts";
import type { SealedEntry } from "../../core/record/entry.ts";
import type { EntryDetail } from "../../core/record/entry-detail.ts";
import { formatMovementId } from "../../core/record/ids.ts";
import type { FeedEntry } from "../../feed/feed-reader.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import { channelOfOutcome } from "./channel-views.ts";
import { headerOf, type Said, saidOf } from "./entry-words.ts";
import { itemOfOutcome, locationOfOutcome, productOfOutcome } from "./views.ts";

type ItemData = InventoryEvent["data"];

/** What an event is about, as its data tells it. */
type Subject =
  | Pick<ItemData, "movementId" | "change" | "previous" | "item" | keyof Said>
  | Pick<ProductEvent["data"], "product">
  | Pick<LocationEvent["data"], "location">
  | Pick<OrderEvent["data"], "order" | "lines">
  | Pick<ChannelEvent["data"], "channel">
  | Pick<RecordEvent["data"], "recordId" | "record">
  | Pick<AvailabilityEvent["data"], "channelId" | "productId" | "sku" | "available" | "previousAvailable">;

/** @param cursor where a reader stands that has read this event */
export function eventOf(
  { entry, previous, sku, reason, reference }: FeedEntry,
  cursor: string,
  source: string,
): FeedEvent {
  const effect = evolve(entry);
  const names = namesOf(entry, effect);
  const event = {
    specversion: "1.0",
    id: formatMovementId(entry.partition, entry.sequence),
    source,
    type: eventTypes[entry.kind],
    subject: names.join("/"),
    time: formatRfc3339(entry.recordedAtMs),
    partitionkey: entry.productId ?? names[0] ?? "",
    sequence: String(entry.sequence).padStart(20, "0"),
    ...(entry.traceparent === null ? {} : { traceparent: entry.traceparent }),
    data: {
      cursor,
      ...subjectOf(entry, effect, previous, sku),
      reason,
      reference,
      actor: entry.actor,
      source: entry.source,
      requestId: entry.requestId,
      occurredAt: formatRfc3339(entry.occurredAtMs),
      recordedAt: formatRfc3339(entry.recordedAtMs),
    },
  } as const;
  // Type and subject follow from the same kind, which the compiler cannot see; a test holds every kind against its schema.
  return event as FeedEvent;
}

/** Product and location, or what stands in their place. */
function namesOf(entry: SealedEntry, effect: Effect): string[] {
  const { productId, locationId } = entry;
  switch (effect.kind) {
    case "order":
      return [effect.detail.order!.orderId];
    case "channel":
      return [effect.channel.channelId];
    case "record":
      return [effect.detail.record!.id];
    case "channelLevel":
      return [productId!, effect.detail.channelLevel!.channelId];
    default:
      return [productId, locationId].filter((id) => id !== null);
  }
}

function subjectOf(entry: SealedEntry, effect: Effect, previous: PreviousState | null, sku: string | null): Subject {
  switch (effect.kind) {
    case "product":
      return { product: productOfOutcome(effect.product) };
    case "location":
      return { location: locationOfOutcome(effect.location) };
    case "channel":
      return { channel: channelOfOutcome(effect.channel) };
    case "order":
      return { order: headerOf(effect.detail.order!), lines: [...(effect.detail.lines ?? [])] };
    case "record":
      return { recordId: effect.detail.record!.id, record: effect.detail.record!.told };
    case "channelLevel": {
      const { channelId, available, previous: previousAvailable } = effect.detail.channelLevel!;
      return { channelId, productId: entry.productId!, sku: sku ?? "", available, previousAvailable };
    }
    case "item":
      return itemSubject(entry, effect.item, effect.detail, previous, sku ?? "");
  }
}

function itemSubject(
  entry: SealedEntry,
  item: Item,
  detail: EntryDetail,
  previous: PreviousState | null,
  sku: string,
): Subject {
  const { delta } = entry;
  return {
    movementId: formatMovementId(entry.partition, entry.sequence),
    change: {
      stockLevel: delta.onHand,
      reservedStock: delta.reserved,
      unavailableStock: delta.unavailable,
      incomingStock: delta.incoming,
    },
    previous: previous === null ? null : itemOfOutcome(before(item, entry, previous), sku),
    item: itemOfOutcome(item, sku),
    ...saidOf(entry.partition, detail),
  };
}

/** The item before the entry: its levels by what moved, the rest as the entry before said. */
function before(item: Item, { delta, kind }: SealedEntry, previous: PreviousState): Item {
  return {
    ...item,
    onHand: item.onHand - delta.onHand,
    reserved: item.reserved - delta.reserved,
    unavailable: item.unavailable - delta.unavailable,
    incoming: item.incoming - delta.incoming,
    safetyStock: previous.safetyStock,
    reorderPoint: previous.reorderPoint,
    updatedAtMs: previous.updatedAtMs,
    life: previous.life,
    extras: previous.extras,
    version: isNotice(kind) ? item.version : item.version - 1,
  };
}
