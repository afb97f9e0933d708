/** Items against their last entries and against the lines of orders, and items with less than nothing. */
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import type { Check, Page, Scope, Suspect } from "./check.ts";
import { type Finding, noBasis, type Subject, subjectOf } from "./difference.ts";
import { firstDiffering } from "./first-entry.ts";
import { reconciliationLimits } from "./limits.ts";
import {
  compareItem,
  type ItemCompared,
  type ItemPageRow,
  type ItemPlace,
  type ItemSuspect,
  linesOf,
  linesWithoutItem,
  pageOfItems,
} from "./sql/items.ts";

const kinds = ["level", "counter", "negative_stock"] as const;

/** @returns partitions that a scope lies in */
export function partitionsOf({ productId }: Scope, partitionCount: number): number[] {
  if (productId !== null) return [partitionOf(productId, partitionCount)];
  return Array.from({ length: partitionCount }, (_, index) => index + 1);
}

/** @returns the checks of levels, counters and negative stock, done in one go through the items */
export function itemCheck(database: Queryable, partitionCount: number): Check {
  return {
    kinds,
    async *pages(scope) {
      for (const partition of partitionsOf(scope, partitionCount)) {
        yield* itemPages(database, partition, scope);
        yield* lostLines(database, partition, scope);
      }
    },
    async examine(subject) {
      const place = { productId: subject.productId!, locationId: subject.locationId! };
      const { rows } = await database.query<ItemCompared>(compareItem(subject.partition!, place, null));
      const [item] = rows;
      if (item === undefined) return { finding: await linesAlone(database, subject, place), basis: noBasis };
      const finding = await findingOf(database, subject, item);
      return { finding, basis: { lastSequence: item.last_sequence, asOfMs: null } };
    },
  };
}

async function* itemPages(database: Queryable, partition: number, scope: Scope): AsyncGenerator<Page, void, void> {
  let after: ItemPlace | null = null;
  for (;;) {
    const statement = pageOfItems(partition, after, scope.productId, reconciliationLimits.itemsPerPage);
    const { rows }: { rows: ItemPageRow[] } = await database.query<ItemPageRow>(statement);
    const [page] = rows;
    const suspects = (page!.suspects ?? []).filter(
      ({ location_id }) => scope.locationId === null || location_id === scope.locationId,
    );
    yield { kinds, checked: page!.count, suspects: suspects.flatMap((suspect) => suspectsOf(partition, suspect)) };
    if (page!.count < reconciliationLimits.itemsPerPage) return;
    after = { productId: page!.last_product_id!, locationId: page!.last_location_id! };
  }
}

const suspectOf = (kind: (typeof kinds)[number], partition: number, place: ItemPlace): Suspect => ({
  subject: subjectOf(kind, { partition, ...place }),
  sequence: null,
});

function suspectsOf(partition: number, suspect: ItemSuspect): Suspect[] {
  const place = { productId: suspect.product_id, locationId: suspect.location_id };
  return [
    ...(suspect.differs ? [suspectOf("level", partition, place)] : []),
    ...(suspect.miscounts ? [suspectOf("counter", partition, place)] : []),
    ...(suspect.negative ? [suspectOf("negative_stock", partition, place)] : []),
  ];
}

/** Lines of items that are not there at all. */
async function* lostLines(database: Queryable, partition: number, scope: Scope): AsyncGenerator<Page, void, void> {
  const { rows } = await database.query<{ product_id: string; location_id: string }>(
    linesWithoutItem(partition, "", reconciliationLimits.rowsPerPage),
  );
  const suspects = rows
    .map((row) => ({ productId: row.product_id, locationId: row.location_id }))
    .filter(({ productId }) => scope.productId === null || productId === scope.productId)
    .filter(({ locationId }) => scope.locationId === null || locationId === scope.locationId)
    .map((place) => suspectOf("counter", partition, place));
  yield { kinds: ["counter"], checked: 0, suspects };
}

async function linesAlone(database: Queryable, subject: Subject, place: ItemPlace): Promise<Finding | null> {
  if (subject.check !== "counter") return null;
  const { rows } = await database.query<{ held: number; expected: number }>(linesOf(subject.partition!, place));
  const { held, expected } = rows[0]!;
  if (held === 0 && expected === 0) return null;
  return {
    subject,
    expected: { reserved: held, incoming: expected },
    found: { reserved: null, incoming: null },
    units: -held,
    firstSequence: null,
    explanation: `Lines of orders hold ${held} units and expect ${expected} of an item that is not there. Run onhand verify; restore the database if it finds the same.`,
  };
}

async function findingOf(database: Queryable, subject: Subject, item: ItemCompared): Promise<Finding | null> {
  if (subject.check === "negative_stock") return negativeOf(subject, item);
  if (subject.check === "counter") return item.miscounts ? counterOf(subject, item) : null;
  if (!item.differs) return null;
  const { expected, found } = figuresOf(item);
  const first = await firstDiffering(database, subject.partition!, item.last_sequence, item.entry_sequence);
  return {
    subject,
    expected,
    found,
    units: item.entry_on_hand === null ? null : item.on_hand - item.entry_on_hand,
    firstSequence: first.sequence,
    explanation: `The row of the item is not what its last entry in the journal says. ${first.explanation} The journal is the truth: run onhand verify, and set the row right from it or restore the database.`,
  };
}

function counterOf(subject: Subject, item: ItemCompared): Finding {
  return {
    subject,
    expected: { reserved: item.held, incoming: item.expected },
    found: { reserved: item.reserved, incoming: item.incoming },
    units: item.reserved - item.held,
    firstSequence: item.last_sequence,
    explanation:
      "The item's reserved or incoming units are not the sums of the lines of reservations, transfers and supplies. The lines are the truth about what is promised: run onhand verify.",
  };
}

function negativeOf(subject: Subject, item: ItemCompared): Finding | null {
  if (item.oversold === 0 && item.on_hand >= 0) return null;
  const available = item.on_hand - item.reserved - item.unavailable;
  return {
    subject,
    expected: { available: 0 },
    found: { available, onHand: item.on_hand, reserved: item.reserved, unavailable: item.unavailable },
    units: Math.min(available, item.on_hand),
    firstSequence: item.last_sequence,
    explanation: `${-Math.min(available, item.on_hand)} units more were taken or promised than there are. Count the shelf, or release what cannot be delivered.`,
  };
}

/** Only what differs is named. */
function figuresOf(item: ItemCompared) {
  const pairs: [string, number | null, number | null][] = [
    ["onHand", item.entry_on_hand, item.on_hand],
    ["reserved", item.entry_reserved, item.reserved],
    ["unavailable", item.entry_unavailable, item.unavailable],
    ["incoming", item.entry_incoming, item.incoming],
    ["version", item.entry_version, item.version],
    ["safetyStock", item.entry_safety_stock, item.safety_stock],
    ["reorderPoint", item.entry_reorder_point, item.reorder_point],
    ["itemNumber", item.entry_item_number, item.item_number],
    ["oversold", Math.max(0, item.reserved + item.unavailable - item.on_hand), item.oversold],
  ];
  const differing = pairs.filter(([, expected, found]) => expected !== found);
  return {
    expected: Object.fromEntries(differing.map(([name, expected]) => [name, expected])),
    found: Object.fromEntries(differing.map(([name, , found]) => [name, found])),
  };
}
