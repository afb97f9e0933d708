/** What a committed group says to whoever follows the feed: the same as would be read from the journal. */
import { type EntryKind, entryKinds } from "@onhand/protocol/vocabulary";
import type { CommittedEntry, PreviousState } from "../core/committed-entry.ts";
import type { Decision } from "../core/decide.ts";
import type { Entry } from "../core/entry.ts";
import { itemLife } from "../core/evolve.ts";
import type { Item } from "../core/item.ts";
import type { Job } from "./job.ts";
import type { StateCache } from "./state-cache.ts";

interface Words {
  readonly sku: string;
  readonly reason: string | null;
  readonly reference: string | null;
}

/**
 * @param hashes hash of each entry of the decision, in order
 * @param before what is cached, before the group becomes part of it
 * @returns null when something is not cached any more: then the journal has to be read
 */
export function committedEntries(
  jobs: readonly Job[],
  { outcomes, draft }: Decision,
  hashes: readonly Uint8Array[],
  before: Pick<StateCache, "item">,
): CommittedEntry[] | null {
  const words = new Map<string, Words>();
  for (const [index, { command }] of jobs.entries()) {
    const outcome = outcomes[index]!;
    if (command.kind !== "inventory" || outcome.kind !== "lines") continue;
    for (const [line, { item, sku, sequence }] of outcome.lines.entries()) {
      const text = command.lines[line]?.text;
      words.set(`${item.partition}:${sequence}`, {
        sku,
        reason: text?.reason ?? null,
        reference: text?.reference ?? null,
      });
    }
  }
  const newest = new Map<string, PreviousState>();
  const committed: CommittedEntry[] = [];
  for (const [index, entry] of draft.entries.entries()) {
    const previous = isOfItem(entry.kind) ? previousOf(entry, newest, before) : null;
    if (previous === undefined) return null;
    const spoken = words.get(`${entry.partition}:${entry.sequence}`);
    const product = entry.productId === null ? undefined : draft.products.get(entry.productId);
    committed.push({
      entry: { ...entry, hash: hashes[index]! },
      previous,
      sku: spoken?.sku ?? product?.document.sku ?? null,
      reason: spoken?.reason ?? null,
      reference: spoken?.reference ?? null,
    });
  }
  return committed;
}

const isOfItem = (kind: EntryKind): boolean => kind < entryKinds.productCreated;

/** The state before an entry, undefined when it is not known; notes what is before the item's next one. */
function previousOf(
  entry: Entry,
  newest: Map<string, PreviousState>,
  before: Pick<StateCache, "item">,
): PreviousState | null | undefined {
  const key = `${entry.partition}:${entry.itemNumber}`;
  const known = newest.get(key);
  newest.set(key, {
    life: itemLife(entry.kind),
    recordedAtMs: entry.recordedAtMs,
    safetyStock: entry.safetyStock,
    reorderPoint: entry.reorderPoint,
  });
  if (known !== undefined || entry.previousSequence === null) return known ?? null;
  const cached = before.item(entry.partition, entry.productId!, entry.locationId!);
  return cached?.lastSequence === entry.previousSequence ? stateOf(cached) : undefined;
}

const stateOf = (item: Item): PreviousState => ({
  life: item.life,
  recordedAtMs: item.updatedAtMs,
  safetyStock: item.safetyStock,
  reorderPoint: item.reorderPoint,
});
