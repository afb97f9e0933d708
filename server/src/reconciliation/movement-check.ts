/**
 * The whole journal: each entry of an item goes on from the one before it, and the item's row lies behind none. So levels are
 * the sums of all movements. Entries never change, so this goes slowly; what was appended since is looked through at once.
 */
import type { Queryable } from "../db/pool.ts";
import type { Check, Page, Scope } from "./check.ts";
import { type Examined, type Finding, noBasis, type Subject, subjectOf } from "./difference.ts";
import { firstDiffering } from "./first-entry.ts";
import { partitionsOf } from "./item-check.ts";
import { reconciliationLimits } from "./limits.ts";
import { chainOf, type EntryPageRow, headsNow, pageOfEntries } from "./sql/entries.ts";
import { compareItem, type ItemCompared } from "./sql/items.ts";

const kinds = ["movements"] as const;

/** Ends of partitions by number. */
export type Ends = ReadonlyMap<number, number>;

/** @returns where the partitions end now */
export async function endsNow(database: Queryable): Promise<Ends> {
  const { rows } = await database.query<{ partition: number; sequence: number }>(headsNow());
  return new Map(rows.map(({ partition, sequence }) => [partition, sequence]));
}

export interface MovementCheck extends Check {
  /** Only what lies between two ends. */
  pagesBetween(after: Ends, through: Ends): AsyncGenerator<Page, void, void>;
}

/** @returns the check of the whole journal */
export function movementCheck(database: Queryable, partitionCount: number): MovementCheck {
  return {
    kinds,
    async *pages(scope) {
      const ends = await endsNow(database);
      for (const partition of partitionsOf(scope, partitionCount))
        yield* entryPages(database, partition, 0, ends.get(partition) ?? 0, scope);
    },
    async *pagesBetween(after, through) {
      const all = { productId: null, locationId: null, sourceId: null };
      for (const [partition, end] of through) {
        const start = after.get(partition) ?? 0;
        if (end > start) yield* entryPages(database, partition, start, end, all);
      }
    },
    examine: (subject, sequence) => examine(database, subject, sequence),
  };
}

async function* entryPages(
  database: Queryable,
  partition: number,
  start: number,
  end: number,
  scope: Scope,
): AsyncGenerator<Page, void, void> {
  for (let after = start; after < end; ) {
    const statement = pageOfEntries(partition, after, end, reconciliationLimits.entriesPerPage);
    const { rows }: { rows: EntryPageRow[] } = await database.query<EntryPageRow>(statement);
    const { count, last_sequence, suspects } = rows[0]!;
    const ofScope = (suspects ?? []).filter(
      (suspect) =>
        (scope.productId === null || suspect.product_id === scope.productId) &&
        (scope.locationId === null || suspect.location_id === scope.locationId),
    );
    const found = new Map(
      // The last one of an item says most: a row that lies behind it lies behind the others, too.
      ofScope.map(({ product_id: productId, location_id: locationId, sequence }) => [
        `${productId}\n${locationId}`,
        { subject: subjectOf("movements", { partition, productId, locationId }), sequence },
      ]),
    );
    yield { kinds, checked: count, suspects: [...found.values()] };
    if (last_sequence === null) return;
    after = last_sequence;
  }
}

async function examine(database: Queryable, subject: Subject, sequence: number | null): Promise<Examined> {
  const partition = subject.partition!;
  const place = { productId: subject.productId!, locationId: subject.locationId! };
  const { rows } = await database.query<ItemCompared>(compareItem(partition, place, sequence));
  const [item] = rows;
  if (item === undefined) return { finding: sequence === null ? null : missing(subject, sequence), basis: noBasis };
  const basis = { lastSequence: item.last_sequence, asOfMs: null };
  if (item.is_behind && sequence !== null) return { finding: await behind(database, subject, item, sequence), basis };
  const first = await firstDiffering(database, partition, item.last_sequence, item.entry_sequence);
  if (!first.isBroken) return { finding: null, basis };
  const finding: Finding = {
    subject,
    expected: { onHand: first.chain?.expected_on_hand ?? null, movedOnHand: item.on_hand },
    found: { onHand: first.chain?.found_on_hand ?? null, movedOnHand: first.chain?.moved_on_hand ?? null },
    units:
      first.chain?.found_on_hand == null || first.chain.expected_on_hand === null
        ? null
        : first.chain.found_on_hand - first.chain.expected_on_hand,
    firstSequence: first.sequence,
    explanation: `The levels of the item are not the sum of its movements. ${first.explanation} Run onhand verify: entries never change by themselves.`,
  };
  return { finding, basis };
}

const missing = (subject: Subject, sequence: number): Finding => ({
  subject,
  expected: { lastSequence: sequence },
  found: { lastSequence: null },
  units: null,
  firstSequence: sequence,
  explanation:
    "The journal has entries of this item, and it has no row. Run onhand verify; restore the database if it finds the same.",
});

async function behind(database: Queryable, subject: Subject, item: ItemCompared, sequence: number): Promise<Finding> {
  const { rows } = await database.query<{ first_broken: number | null }>(
    chainOf(subject.partition!, sequence, reconciliationLimits.walkEntriesMax),
  );
  return {
    subject,
    expected: { lastSequence: sequence },
    found: { lastSequence: item.last_sequence },
    units: null,
    firstSequence: rows[0]?.first_broken ?? sequence,
    explanation: `The row of the item says that ${item.last_sequence} is its last entry, and the journal has a later one. What was recorded behind it is missing from the levels: run onhand verify.`,
  };
}
