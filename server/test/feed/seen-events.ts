/** What a reader looks at in an event. */
import type { FeedEvent } from "@onhand/protocol/events";
import type { InventoryItem } from "@onhand/protocol/resources";
import { parseMovementId } from "../../src/core/record/ids.ts";

export interface SeenEvent {
  readonly id: string;
  readonly partition: number;
  readonly sequence: number;
  readonly cursor: string;
  /** What the event says of a change of an item; null for others, and for notices, which change nothing. */
  readonly change: { readonly item: InventoryItem; readonly before: number; readonly delta: number } | null;
}

interface ItemData {
  readonly item?: InventoryItem;
  readonly previous?: InventoryItem | null;
  readonly change?: { readonly stockLevel: number };
  readonly notice?: object;
}

/** @throws when the event names no place, or another one than its number */
export function seenEvent(event: FeedEvent): SeenEvent {
  const place = parseMovementId(event.id);
  if (place === null || Number(event.sequence) !== place.sequence) throw new Error(`${event.id} names no place`);
  const { item, previous, change, notice } = event.data as ItemData;
  return {
    id: event.id,
    ...place,
    cursor: event.data.cursor,
    change:
      item === undefined || notice !== undefined
        ? null
        : { item, before: previous?.stockLevel ?? 0, delta: change!.stockLevel },
  };
}
