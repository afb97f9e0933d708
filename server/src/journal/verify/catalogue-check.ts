/**
 * Compares rows of products, locations and channels with their last entries, and the table of SKUs with the products.
 *
 * Behind a trusted position, rows that were not changed since are taken as they are.
 */
import { lifeStates } from "@onhand/protocol/vocabulary";
import type { Queryable } from "../../db/pool.ts";
import { digestOf, type FoldedDocument } from "./catalogue-fold.ts";
import type { FaultList } from "./report.ts";
import { type CatalogueColumns, readChannelPage, readLocationPage, readProductPage } from "./sql/read-projections.ts";

const pageRows = 1_000;

/** What the rows are about; products are of a partition, the others of the control partition. */
export type CatalogueTable = "product" | "location" | "channel";

export interface CatalogueScope {
  readonly connection: Queryable;
  readonly partition: number;
  readonly faults: FaultList;
  readonly fromSequence: number;
}

interface Row {
  readonly id: string;
  readonly document: { readonly sku?: unknown; readonly name?: unknown };
  readonly version: number;
  readonly life: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly sku?: string;
  readonly name?: string;
}

const nameOf = (table: CatalogueTable, id: string) => ({ sequence: null, [`${table}Id`]: id });

function readPage(table: CatalogueTable, partition: number, afterId: string | null) {
  if (table === "product") return readProductPage(partition, afterId, pageRows);
  return table === "location" ? readLocationPage(afterId, pageRows) : readChannelPage(afterId, pageRows);
}

/**
 * Compares the rows of a table with the fold.
 * @param documents the fold, by id; emptied on the way
 * @param onLive told every product or location that is not deleted
 */
export async function checkCatalogue(
  scope: CatalogueScope,
  table: CatalogueTable,
  documents: Map<string, FoldedDocument>,
  onLive: (id: string, sku: string | undefined) => Promise<void> | undefined,
): Promise<void> {
  const { connection, partition, faults } = scope;
  let afterId: string | null = null;
  for (;;) {
    const statement: ReturnType<typeof readPage> = readPage(table, partition, afterId);
    const { rows } = await connection.query<CatalogueColumns>(statement);
    const page = rows[0]!;
    if (page.count === 0) break;
    for (let n = 0; n < page.count; n++) {
      const row = rowOf(page, n);
      checkRow(scope, table, row, documents);
      if (lifeStates[row.life] !== "deleted") await onLive(row.id, row.sku);
    }
    afterId = page.id.at(-1)!;
  }
  for (const [id, { version }] of documents) {
    faults.add("catalogue_missing", { ...nameOf(table, id), expected: `a row of version ${version}`, found: "none" });
  }
}

function rowOf(page: CatalogueColumns, n: number): Row {
  const isProduct = page.sku !== undefined;
  return {
    id: page.id[n]!,
    document: JSON.parse(page.document[n]!),
    version: page.version[n]!,
    life: page.life[n]!,
    created_at: page.created_at[n]!,
    updated_at: page.updated_at[n]!,
    ...(isProduct && { sku: page.sku![n]!, name: page.name![n]! }),
  };
}

function checkRow(
  scope: CatalogueScope,
  table: CatalogueTable,
  row: Row,
  documents: Map<string, FoldedDocument>,
): void {
  const { faults, fromSequence } = scope;
  const folded = documents.get(row.id);
  documents.delete(row.id);
  const differing: [string, unknown, unknown][] = [];
  if (folded !== undefined) {
    differing.push(
      ["document", folded.digest, digestOf(row.document)],
      ["version", folded.version, row.version],
      ["life", folded.life, lifeStates[row.life]],
      ["created_at", folded.createdAtMs, row.created_at],
      ["updated_at", folded.updatedAtMs, row.updated_at],
    );
  } else if (fromSequence === 0) {
    const found = `version ${row.version}`;
    faults.add("catalogue_unexpected", { ...nameOf(table, row.id), expected: "entries", found });
  }
  if (row.sku !== undefined) {
    differing.push(["sku", row.document?.sku, row.sku], ["name", row.document?.name, row.name]);
  }
  const wrong = differing.filter(([, expected, found]) => expected !== found);
  if (wrong.length === 0) return;
  const textOf = (at: 1 | 2): string => wrong.map((each) => `${each[0]} ${each[at]}`).join(", ");
  faults.add("catalogue", { ...nameOf(table, row.id), expected: textOf(1), found: textOf(2) });
}
