/**
 * Compares the level rows of a partition with the fold of its entries, and the totals with the level rows.
 *
 * Behind a trusted position, rows whose entries all lie in front of it are compared with their last entry as it is
 * stored: that they agree is shown, that the entry is the one once sealed is not.
 */
import { lifeStates } from "@onhand/protocol/vocabulary";
import { availableBand, availableOf, type Item, noExtras, oversoldOf } from "../../core/inventory/item.ts";
import type { Queryable } from "../../db/pool.ts";
import { entriesOf } from "./entry-page.ts";
import { itemOf } from "./item-fold.ts";
import { type FaultList, reportLimits } from "./report.ts";
import { type EntryColumns, readEntriesAt } from "./sql/read-journal.ts";
import {
  type LevelColumns,
  readLevelPage,
  readUnfounded,
  readWrongTotals,
  type WrongTotal,
} from "./sql/read-projections.ts";

const pageRows = 5_000;

export interface LevelScope {
  readonly connection: Queryable;
  readonly partition: number;
  readonly faults: FaultList;
  /** The trusted position, 0 when all entries were folded. */
  readonly fromSequence: number;
  /** False: the schema does not hold extras of items yet. */
  readonly hasExtras: boolean;
  /** Gathers items without entries behind the trusted position, by number. */
  readonly untouched?: Map<number, Item>;
}

/** @param items the fold, by item number; emptied on the way */
export async function checkLevels(scope: LevelScope, items: Map<number, Item>): Promise<void> {
  const { connection, partition, faults } = scope;
  let after: { productId: string; locationId: string } | null = null;
  for (;;) {
    const { rows } = await connection.query<LevelColumns>(readLevelPage(partition, after, pageRows, scope.hasExtras));
    const page: LevelColumns = rows[0]!;
    await checkPage(scope, page, items);
    if (page.count < pageRows) break;
    after = { productId: page.product_id.at(-1)!, locationId: page.location_id.at(-1)! };
  }
  for (const { productId, locationId, lastSequence } of items.values()) {
    const expected = `a level row with last_sequence ${lastSequence}`;
    faults.add("level_missing", { sequence: null, productId, locationId, expected, found: "none" });
  }
  await checkTotals(scope);
}

async function checkPage(scope: LevelScope, page: LevelColumns, items: Map<number, Item>): Promise<void> {
  const unknown: number[] = [];
  for (let n = 0; n < page.count; n++) {
    const item = items.get(page.item_number[n]!);
    items.delete(page.item_number[n]!);
    if (item !== undefined) compare(scope, page, n, item);
    else if (page.last_sequence[n]! <= scope.fromSequence) unknown.push(n);
    else reportUnexpected(scope, page, n);
  }
  if (unknown.length === 0) return;
  const sequences = unknown.map((n) => page.last_sequence[n]!);
  const { rows } = await scope.connection.query<EntryColumns>(readEntriesAt(scope.partition, sequences));
  const entries = new Map(entriesOf(rows[0]!, scope.partition).map((entry) => [entry.sequence, entry]));
  for (const n of unknown) {
    const entry = entries.get(page.last_sequence[n]!);
    if (entry === undefined || entry.itemNumber === null) {
      reportUnexpected(scope, page, n);
      continue;
    }
    const item = itemOf(entry);
    compare(scope, page, n, item);
    scope.untouched?.set(item.itemNumber, item);
  }
}

function reportUnexpected({ faults, partition }: LevelScope, page: LevelColumns, n: number): void {
  faults.add("level_unexpected", {
    sequence: null,
    productId: page.product_id[n]!,
    locationId: page.location_id[n]!,
    expected: `entries of item ${page.item_number[n]} in partition ${partition}`,
    found: `none; last_sequence ${page.last_sequence[n]}`,
  });
}

/** The row that an item must have. */
const rowOf = (item: Item) => ({
  product_id: item.productId,
  location_id: item.locationId,
  item_number: item.itemNumber,
  on_hand: item.onHand,
  reserved: item.reserved,
  unavailable: item.unavailable,
  incoming: item.incoming,
  oversold: oversoldOf(item),
  safety_stock: item.safetyStock,
  reorder_point: item.reorderPoint,
  version: item.version,
  last_sequence: item.lastSequence,
  updated_at: item.updatedAtMs,
  life: lifeStates.indexOf(item.life),
  available_band: availableBand(availableOf(item)),
  extras: item.extras === noExtras ? null : JSON.stringify(item.extras),
});

function compare({ faults }: LevelScope, page: LevelColumns, n: number, item: Item): void {
  const expected: [string, unknown][] = [];
  const found: [string, unknown][] = [];
  for (const [name, value] of Object.entries(rowOf(item))) {
    const stored = page[name as keyof ReturnType<typeof rowOf>][n];
    if (stored === value) continue;
    expected.push([name, value]);
    found.push([name, stored]);
  }
  if (expected.length === 0) return;
  const [wanted, seen] = [expected, found].map((pairs) => pairs.map((pair) => pair.join(" ")).join(", "));
  const { productId, locationId } = item;
  faults.add("level", { sequence: null, productId, locationId, expected: wanted!, found: seen! });
}

async function checkTotals({ connection, partition, faults }: LevelScope): Promise<void> {
  const totals = await connection.query<WrongTotal>(readWrongTotals(partition, reportLimits.faultsMax));
  for (const { product_id: productId, expected, found } of totals.rows) {
    faults.add("total", { sequence: null, productId, expected: expected ?? "no total", found: found ?? "no total" });
  }
  const unfounded = await connection.query<{ product_id: string; location_id: string }>(
    readUnfounded(partition, reportLimits.faultsMax),
  );
  for (const { product_id: productId, location_id: locationId } of unfounded.rows) {
    const expected = "a product and a location";
    faults.add("unfounded", { sequence: null, productId, locationId, expected, found: "one of them is missing" });
  }
}
