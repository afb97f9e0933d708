/** What a committed group says to whoever follows the feed: the same as would be read from the journal. */
import { type EntryKind, entryKinds } from "@onhand/protocol/vocabulary";
import type { CommittedEntry, PreviousState } from "../core/committed-entry.ts";
import type { Decision } from "../core/decide.ts";
import type { Entry } from "../core/entry.ts";
import { itemLife } from "../core/evolve.ts";
import type { Item } from "../core/item.ts";
import type { State } from "../core/state.ts";
import type { Job } from "./job.ts";

interface Words {
  readonly sku: string;
  readonly reason: string | null;
  readonly reference: string | null;
}

/**
 * @param before the state that the group was decided on
 * @param hashes hash of each entry of the decision, in order
 */
export function committedEntries(
  jobs: readonly Job[],
  { outcomes, draft }: Decision,
  hashes: readonly Uint8Array[],
  before: Pick<State, "item">,
): CommittedEntry[] {
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
  return draft.entries.map((entry, index) => {
    const spoken = words.get(`${entry.partition}:${entry.sequence}`);
    return {
      entry: { ...entry, hash: hashes[index]! },
      previous: isOfItem(entry.kind) ? previousOf(entry, newest, before) : null,
      sku:
        spoken?.sku ?? (entry.productId === null ? null : (draft.products.get(entry.productId)?.document.sku ?? null)),
      reason: spoken?.reason ?? null,
      reference: spoken?.reference ?? null,
    };
  });
}

const isOfItem = (kind: EntryKind): boolean => kind < entryKinds.productCreated;

/** The state before an entry, which becomes what is before the item's next one. */
function previousOf(
  entry: Entry,
  newest: Map<string, PreviousState>,
  before: Pick<State, "item">,
): PreviousState | null {
  const key = `${entry.partition}:${entry.itemNumber}`;
  let previous: PreviousState | null = newest.get(key) ?? null;
  if (previous === null && entry.previousSequence !== null)
    previous = stateOf(before.item(entry.partition, entry.productId!, entry.locationId!)!);
  newest.set(key, {
    life: itemLife(entry.kind),
    recordedAtMs: entry.recordedAtMs,
    safetyStock: entry.safetyStock,
    reorderPoint: entry.reorderPoint,
  });
  return previous;
}

const stateOf = (item: Item): PreviousState => ({
  life: item.life,
  recordedAtMs: item.updatedAtMs,
  safetyStock: item.safetyStock,
  reorderPoint: item.reorderPoint,
});
