/** Levels as of a past moment, worked out the slow way: by folding every entry of the journal. */
import { evolve } from "../../src/core/evolve.ts";
import type { Item } from "../../src/core/inventory/item.ts";
import type { SealedEntry } from "../../src/core/record/entry.ts";
import type { Queryable } from "../../src/db/pool.ts";
import { type EntryRow, entryColumns, toEntry } from "../../src/journal/entry-reader.ts";
import type { AsOf } from "../../src/queries/as-of-queries.ts";

/** @returns every entry, in order within each partition */
export async function allEntries(database: Queryable): Promise<SealedEntry[]> {
  const { rows } = await database.query<EntryRow>({
    text: `SELECT ${entryColumns} FROM journal j ORDER BY j.partition, j.sequence`,
  });
  return rows.map(toEntry);
}

const stateNames = ["onHand", "reserved", "unavailable", "incoming"] as const;

const itemOf = (entry: SealedEntry): Item => {
  const effect = evolve(entry);
  if (effect.kind !== "item") throw new Error("not an item's entry");
  return effect.item;
};

/** @returns every item that there was at the moment, deleted ones too, in order of partition, product and location */
export function foldAsOf(entries: readonly SealedEntry[], { momentMs, basis }: AsOf): Item[] {
  const ofItems = entries.filter(({ itemNumber }) => itemNumber !== null);
  const items: Item[] = [];
  for (const own of Map.groupBy(ofItems, ({ partition, itemNumber }) => `${partition}/${itemNumber}`).values()) {
    const recorded = own.filter(({ recordedAtMs }) => recordedAtMs <= momentMs).at(-1);
    const occurred = own.filter(
      ({ occurredAtMs, delta }) => occurredAtMs <= momentMs && stateNames.some((name) => delta[name] !== 0),
    );
    if (basis === "recorded") {
      if (recorded !== undefined) items.push(itemOf(recorded));
    } else if (recorded !== undefined || occurred.length > 0) {
      const levels = Object.fromEntries(
        stateNames.map((name) => [name, occurred.reduce((sum, { delta }) => sum + delta[name], 0)]),
      );
      // What nobody had recorded yet was in use.
      const item = recorded === undefined ? { ...itemOf(own[0]!), life: "active" } : itemOf(recorded);
      items.push({ ...item, ...levels } as Item);
    }
  }
  const keyOf = ({ partition, productId, locationId }: Item): string =>
    `${String(partition).padStart(5, "0")} ${productId} ${locationId}`;
  return items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
