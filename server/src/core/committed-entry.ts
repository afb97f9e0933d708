/** A committed entry with what an event says beside it: how commits go out to whoever follows the feed. */
import type { SealedEntry } from "./entry.ts";
import type { Item } from "./item.ts";

/** What the item was before an entry, as far as its levels do not follow from what moved. */
export interface PreviousState {
  readonly life: Item["life"];
  readonly recordedAtMs: number;
  readonly safetyStock: number;
  readonly reorderPoint: number | null;
}

export interface CommittedEntry {
  readonly entry: SealedEntry;
  /** Null for the item's first entry. */
  readonly previous: PreviousState | null;
  /** Null for locations. */
  readonly sku: string | null;
  readonly reason: string | null;
  readonly reference: string | null;
}
