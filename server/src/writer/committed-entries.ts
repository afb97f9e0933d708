/** What a committed group says to whoever follows the feed: the same as would be read from the journal. */

import type { Decision } from "../core/decide.ts";
import type { Item } from "../core/inventory/item.ts";
import { type CommittedEntry, type PreviousState, stateAfter } from "../core/record/committed-entry.ts";
import type { Entry } from "../core/record/entry.ts";
import type { StateCache } from "./state-cache.ts";

/**
 * @param hashes hash of each entry of the decision, in order
 * @param before what is cached, before the group becomes part of it
 * @returns null when something is not cached any more: then the journal has to be read
 */
export function committedEntries(
  { draft }: Decision,
  hashes: readonly Uint8Array[],
  before: Pick<StateCache, "item">,
): CommittedEntry[] | null {
  const newest = new Map<string, PreviousState>();
  const committed: CommittedEntry[] = [];
  for (const [index, entry] of draft.entries.entries()) {
    const previous = entry.itemNumber === null ? null : previousOf(entry, newest, before);
    if (previous === undefined) return null;
    const { sku, text } = draft.words[index]!;
    const product = entry.productId === null ? undefined : draft.products.get(entry.productId);
    committed.push({
      entry: { ...entry, hash: hashes[index]! },
      previous,
      sku: sku ?? product?.document.sku ?? null,
      reason: text?.reason ?? null,
      reference: text?.reference ?? null,
    });
  }
  return committed;
}

/** The state before an entry, undefined when it is not known; notes what is before the item's next one. */
function previousOf(
  entry: Entry,
  newest: Map<string, PreviousState>,
  before: Pick<StateCache, "item">,
): PreviousState | null | undefined {
  const key = `${entry.partition}:${entry.itemNumber}`;
  const known = newest.get(key);
  newest.set(key, stateAfter(entry));
  if (known !== undefined || entry.previousSequence === null) return known ?? null;
  const cached = before.item(entry.partition, entry.productId!, entry.locationId!);
  return cached?.lastSequence === entry.previousSequence ? stateOf(cached) : undefined;
}

const stateOf = (item: Item): PreviousState => ({
  life: item.life,
  updatedAtMs: item.updatedAtMs,
  safetyStock: item.safetyStock,
  reorderPoint: item.reorderPoint,
  extras: item.extras,
});
