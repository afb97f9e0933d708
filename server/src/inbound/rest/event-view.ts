/** Journal entries as CloudEvents. */
import type { FeedEvent, InventoryEvent, LocationEvent, ProductEvent } from "@onhand/protocol/events";
import { eventTypes } from "@onhand/protocol/vocabulary";
import type { PreviousState } from "../../core/committed-entry.ts";
import type { SealedEntry } from "../../core/entry.ts";
import { evolve } from "../../core/evolve.ts";
import { formatMovementId } from "../../core/ids.ts";
import type { Item } from "../../core/item.ts";
import type { FeedEntry } from "../../feed/feed-reader.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import { itemOfOutcome, locationOfOutcome, productOfOutcome } from "./views.ts";

/** What an event is about, as its data tells it. */
type Subject =
  | Pick<InventoryEvent["data"], "movementId" | "change" | "previous" | "item">
  | Pick<ProductEvent["data"], "product">
  | Pick<LocationEvent["data"], "location">;

/** @param cursor where a reader stands that has read this event */
export function eventOf(
  { entry, previous, sku, reason, reference }: FeedEntry,
  cursor: string,
  source: string,
): FeedEvent {
  const event = {
    specversion: "1.0",
    id: formatMovementId(entry.partition, entry.sequence),
    source,
    type: eventTypes[entry.kind],
    subject: [entry.productId, entry.locationId].filter((id) => id !== null).join("/"),
    time: formatRfc3339(entry.recordedAtMs),
    partitionkey: entry.productId ?? entry.locationId ?? "",
    sequence: String(entry.sequence).padStart(20, "0"),
    ...(entry.traceparent === null ? {} : { traceparent: entry.traceparent }),
    data: {
      cursor,
      ...subjectOf(entry, previous, sku),
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

function subjectOf(entry: SealedEntry, previous: PreviousState | null, sku: string | null): Subject {
  const effect = evolve(entry);
  if (effect.kind === "product") return { product: productOfOutcome(effect.product) };
  if (effect.kind === "location") return { location: locationOfOutcome(effect.location) };
  const { delta } = entry;
  return {
    movementId: formatMovementId(entry.partition, entry.sequence),
    change: {
      stockLevel: delta.onHand,
      reservedStock: delta.reserved,
      unavailableStock: delta.unavailable,
      incomingStock: delta.incoming,
    },
    previous: previous === null ? null : itemOfOutcome(before(effect.item, entry, previous), sku ?? ""),
    item: itemOfOutcome(effect.item, sku ?? ""),
  };
}

/** The item before the entry: its levels by what moved, the rest as the entry before said. */
function before(item: Item, { delta }: SealedEntry, previous: PreviousState): Item {
  return {
    ...item,
    onHand: item.onHand - delta.onHand,
    reserved: item.reserved - delta.reserved,
    unavailable: item.unavailable - delta.unavailable,
    incoming: item.incoming - delta.incoming,
    safetyStock: previous.safetyStock,
    reorderPoint: previous.reorderPoint,
    updatedAtMs: previous.recordedAtMs,
    life: previous.life,
    version: item.version - 1,
  };
}
