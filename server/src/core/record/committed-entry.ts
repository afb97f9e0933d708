/** A committed entry with what an event says beside it: how commits go out to whoever follows the feed. */

import { itemLife } from "../evolve.ts";
import { type Item, noExtras } from "../inventory/item.ts";
import type { Entry, SealedEntry } from "./entry.ts";
import { parseDetail } from "./entry-detail.ts";

/** What the item was before an entry, as far as its levels do not follow from what moved. */
export type PreviousState = Pick<Item, "life" | "safetyStock" | "reorderPoint" | "extras" | "updatedAtMs">;

export interface CommittedEntry {
  readonly entry: SealedEntry;
  /** Null for the item's first entry. */
  readonly previous: PreviousState | null;
  /** Null where there is no product: locations, channels. */
  readonly sku: string | null;
  readonly reason: string | null;
  readonly reference: string | null;
}

/** @returns what an item is after its entry: what the event of its next entry tells as its state before */
export function stateAfter(
  entry: Pick<Entry, "kind" | "recordedAtMs" | "safetyStock" | "reorderPoint" | "detail">,
): PreviousState {
  const { life, extras = noExtras, changedAtMs } = parseDetail(entry);
  const { kind, recordedAtMs, safetyStock, reorderPoint } = entry;
  return { life: life ?? itemLife(kind), updatedAtMs: changedAtMs ?? recordedAtMs, safetyStock, reorderPoint, extras };
}
