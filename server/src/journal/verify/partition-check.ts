/**
 * Verifies one partition: its entries from the first, or behind a trusted position, to the last, and then what is
 * projected from them. While a page is being checked the database prepares the next one.
 */
import type { Item } from "../../core/inventory/item.ts";
import type { ToldCheckpoint } from "../../core/record/checkpoint.ts";
import { controlPartition } from "../../core/record/partition.ts";
import type { Queryable } from "../../db/pool.ts";
import type { AnchorPosition } from "./anchor.ts";
import { checkCatalogue } from "./catalogue-check.ts";
import { CatalogueFold } from "./catalogue-fold.ts";
import { ChainCheck } from "./chain-check.ts";
import { checkChannelLevels, type SellingChannel, ToldFold } from "./channel-check.ts";
import { CheckpointCheck, compareWithCheckpoint } from "./checkpoint-check.ts";
import { entriesOf, type StoredEntry } from "./entry-page.ts";
import { checkEntry, subjectOf } from "./entry-rules.ts";
import { ItemFold, itemOf } from "./item-fold.ts";
import { checkLevels } from "./level-check.ts";
import { checkOrders } from "./order-check.ts";
import { OrderFold } from "./order-fold.ts";
import { PartsCheck } from "./parts-check.ts";
import type { FaultList, PartitionReport } from "./report.ts";
import { SkuCheck } from "./sku-check.ts";
import type { SnapshotHead } from "./sql/read-heads.ts";
import { type EntryColumns, readEntriesAt, readEntryPage } from "./sql/read-journal.ts";
import { TextCheck } from "./text-check.ts";

/** Rows of one page: 5,000 came at 163,000 rows/s, 2,000 at 115,000, 10,000 no faster (2-core machine, 2026-11). */
const pageRows = 5_000;

export interface PartitionScope {
  readonly connection: Queryable;
  readonly partition: number;
  readonly partitionCount: number;
  readonly head: SnapshotHead;
  readonly faults: FaultList;
  /** Where to begin, or null for the first entry. */
  readonly anchor: AnchorPosition | null;
  /** The checkpoint that is begun at, whose rows stand for the levels there; null for none. */
  readonly start: ToldCheckpoint | null;
  /** False: the schema does not hold checkpoints yet. */
  readonly hasCheckpoints: boolean;
  /** Every channel; null when the schema has neither channels nor orders yet. */
  readonly channels: readonly SellingChannel[] | null;
  /** Told after each page how many entries were checked in it. */
  readonly onEntries: (count: number) => void;
}

/** @returns how far the partition was checked; what is wrong goes into the scope's list */
export async function checkPartition(scope: PartitionScope): Promise<PartitionReport> {
  const { connection, partition, partitionCount, faults, anchor } = scope;
  const fromSequence = anchor?.sequence ?? 0;
  const chain = new ChainCheck(faults, anchor, anchor === null ? null : await recordedAt(scope, anchor));
  const items = new ItemFold(faults, fromSequence);
  const catalogue = new CatalogueFold(faults, fromSequence);
  const orders = new OrderFold(faults, fromSequence);
  const told = new ToldFold();
  const parts = new PartsCheck(connection, faults, fromSequence);
  const texts = new TextCheck(connection, partition, faults, anchor === null ? null : fromSequence);
  const checkpoints = scope.hasCheckpoints ? await CheckpointCheck.open({ ...scope, fromSequence }) : null;
  /** Items as they were where the check begins; gathered only where they are compared with a checkpoint. */
  const itemsAtStart = new Map<number, Item>();
  let entryCount = 0;
  for await (const entries of pagesOf(scope)) {
    const before = items.missing(entries);
    if (before.length > 0) {
      const stored = await readAt(scope, before);
      items.adopt(stored);
      if (scope.start !== null) gather(stored, itemsAtStart);
    }
    for (const entry of entries) {
      chain.visit(entry);
      parts.visit(entry);
      if (checkEntry(entry, partitionCount, faults)) {
        const subject = subjectOf(entry.kind);
        if (subject === "item") items.visit(entry);
        if (subject === "item" || subject === "order") orders.visit(entry);
        else if (subject === "channelLevel") told.visit(entry);
        else if (subject !== "record") catalogue.visit(entry);
      }
      const reached = checkpoints?.visit(entry, items.items) ?? null;
      if (reached !== null) await reached;
    }
    await texts.visit(entries);
    await parts.askFull();
    entryCount += entries.length;
    scope.onEntries(entries.length);
  }
  chain.finish(scope.head);
  const { sequence, hash } = chain.last;
  await parts.finish(sequence);
  await texts.finish();
  checkpoints?.finish(sequence);
  const projected = { connection, partition, faults, fromSequence };
  const { channels, start } = scope;
  const untouched = start === null ? {} : { untouched: itemsAtStart };
  await checkProjections(
    { ...projected, ...untouched, hasExtras: channels !== null },
    partitionCount,
    items,
    catalogue,
  );
  if (start !== null) await compareWithCheckpoint(scope, start, itemsAtStart);
  if (channels === null)
    return { partition, fromSequence, entries: entryCount, sequence, hash, faultCount: faults.count };
  if (partition === controlPartition) await checkCatalogue(projected, "channel", catalogue.channels, () => undefined);
  else {
    await checkOrders(projected, orders);
    await checkChannelLevels(projected, channels, told);
  }
  return { partition, fromSequence, entries: entryCount, sequence, hash, faultCount: faults.count };
}

function gather(entries: readonly StoredEntry[], items: Map<number, Item>): void {
  for (const entry of entries)
    if (subjectOf(entry.kind) === "item" && entry.itemNumber !== null) items.set(entry.itemNumber, itemOf(entry));
}

/** The trusted position must be in the journal as it was trusted. @returns when its entry was recorded, if it is there */
async function recordedAt(scope: PartitionScope, anchor: AnchorPosition): Promise<number | null> {
  const [entry] = await readAt(scope, [anchor.sequence]);
  if (entry?.storedHash !== anchor.hash) {
    const found = entry === undefined ? "no such entry" : entry.storedHash;
    scope.faults.add("anchor", { sequence: anchor.sequence, expected: anchor.hash, found });
  }
  return entry?.recordedAtMs ?? null;
}

async function readAt({ connection, partition }: PartitionScope, sequences: number[]): Promise<StoredEntry[]> {
  const { rows } = await connection.query<EntryColumns>(readEntriesAt(partition, sequences));
  return entriesOf(rows[0]!, partition);
}

async function* pagesOf({ connection, partition, anchor }: PartitionScope): AsyncGenerator<StoredEntry[]> {
  const read = (afterSequence: number | null): Promise<{ rows: EntryColumns[] }> =>
    connection.query<EntryColumns>(readEntryPage(partition, afterSequence, pageRows));
  let next = read(anchor?.sequence ?? null);
  for (;;) {
    const page = (await next).rows[0]!;
    if (page.count === 0) return;
    next = read(page.sequence.at(-1)!);
    // Whoever stops early leaves the failure of this page to the transaction.
    next.catch(() => {});
    yield entriesOf(page, partition);
  }
}

async function checkProjections(
  scope: Parameters<typeof checkLevels>[0],
  partitionCount: number,
  items: ItemFold,
  catalogue: CatalogueFold,
): Promise<void> {
  const { connection, partition, faults } = scope;
  if (partition === controlPartition) {
    await checkCatalogue(scope, "location", catalogue.locations, () => undefined);
    return;
  }
  await checkLevels(scope, items.items);
  const skus = new SkuCheck(connection, partitionCount, faults);
  await checkCatalogue(scope, "product", catalogue.products, (id, sku) => skus.product(id, sku!));
  await skus.finish(partition);
}
