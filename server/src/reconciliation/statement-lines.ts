/** Lines of a statement that is uploaded, from CSV or JSON: pure. A bad line is named and fails no other. */
import type { StatementLine, UploadedStatement } from "@onhand/protocol/reconciliation";
import { quantityMax } from "@onhand/protocol/vocabulary";
import { parse } from "csv-parse/sync";
import { parseRfc3339Ms } from "../lib/rfc3339.ts";
import { reconciliationLimits } from "./limits.ts";

/** A line as it is compared, or why it cannot be. */
export type ReadLine =
  | {
      readonly line: number;
      readonly product: { readonly productId: string } | { readonly sku: string } | { readonly code: string };
      readonly location: { readonly locationId: string } | { readonly code: string };
      readonly stockLevel: number;
      readonly asOfMs: number;
    }
  | { readonly line: number; readonly refused: string };

/** The statement as a whole cannot be read; the message says why and what to do. */
export class StatementUnreadable extends Error {
  override readonly name = "StatementUnreadable";
  /** JSON pointer within the body. */
  readonly pointer: string;

  constructor(pointer: string, message: string) {
    super(message);
    this.pointer = pointer;
  }
}

const columns = ["productId", "sku", "code", "locationId", "locationCode", "stockLevel", "asOf"] as const;
type Column = (typeof columns)[number];

/** Words that other systems use in headings. */
const aliases: Readonly<Record<string, Column>> = {
  product: "productId",
  location: "locationId",
  quantity: "stockLevel",
  stock: "stockLevel",
  level: "stockLevel",
  onhand: "stockLevel",
  time: "asOf",
  countedat: "asOf",
};

const columnOf = (heading: string): Column | null => {
  const plain = heading
    .trim()
    .toLowerCase()
    .replace(/[\s_-]/g, "");
  return columns.find((column) => column.toLowerCase() === plain) ?? aliases[plain] ?? null;
};

/** @param nowMs moment of lines that name none @throws StatementUnreadable */
export function readStatement(statement: UploadedStatement, nowMs: number): ReadLine[] {
  if ((statement.lines === undefined) === (statement.csv === undefined))
    throw new StatementUnreadable("/statement", "A statement has either lines or csv. Send one of them.");
  const rows: readonly (Partial<StatementLine> | string)[] = statement.lines ?? rowsOfCsv(statement.csv!);
  const { uploadLinesMax } = reconciliationLimits;
  if (rows.length > uploadLinesMax)
    throw new StatementUnreadable(
      "/statement/csv",
      `A statement has at most ${uploadLinesMax} lines in a call. Send the rest in further calls; onhand reconcile --upload does that by itself.`,
    );
  if (rows.length === 0) throw new StatementUnreadable("/statement/csv", "The statement has a heading and no lines.");
  return rows.map((row, index) =>
    typeof row === "string" ? { line: index + 1, refused: row } : lineOf(row, index + 1, statement, nowMs),
  );
}

function rowsOfCsv(csv: string): (Partial<StatementLine> | string)[] {
  let records: string[][];
  try {
    const delimiter = (csv.split("\n", 1)[0] ?? "").includes(";") ? ";" : ",";
    records = parse(csv, { bom: true, delimiter, relax_column_count: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new StatementUnreadable("/statement/csv", `The CSV cannot be read: ${(error as Error).message}.`);
  }
  const [heading = [], ...rows] = records;
  const named = heading.map(columnOf);
  const unknown = heading.filter((_, index) => named[index] === null);
  if (unknown.length > 0 || !named.includes("stockLevel") || !named.some((name) => isProduct(name)))
    throw new StatementUnreadable(
      "/statement/csv",
      `The heading has to name productId, sku or code, and stockLevel; and may name locationId or locationCode, and asOf. ${unknown.length > 0 ? `It names ${unknown.slice(0, 5).join(", ")}, too.` : `It is ${heading.join(", ") || "empty"}.`}`,
    );
  return rows.map((fields) => rowOf(named as Column[], fields));
}

const isProduct = (name: Column | null): boolean => name === "productId" || name === "sku" || name === "code";

function rowOf(named: readonly Column[], fields: readonly string[]): Partial<StatementLine> | string {
  const row = Object.fromEntries(
    named.map((name, index) => [name, fields[index] ?? ""]).filter(([, value]) => value !== ""),
  );
  const { stockLevel, ...rest } = row;
  if (stockLevel === undefined) return "stockLevel is missing";
  if (!/^[+-]?\d{1,16}(?:\.0+)?$/.test(stockLevel)) return `stockLevel "${stockLevel.slice(0, 40)}" is no whole number`;
  return { ...rest, stockLevel: Number(stockLevel) };
}

function lineOf(row: Partial<StatementLine>, line: number, statement: UploadedStatement, nowMs: number): ReadLine {
  const refused = (why: string): ReadLine => ({ line, refused: why });
  const named = [row.productId, row.sku, row.code].filter((name) => name !== undefined);
  if (named.length !== 1) return refused("it names one of productId, sku and code");
  const { stockLevel } = row;
  if (stockLevel === undefined || !Number.isSafeInteger(stockLevel) || Math.abs(stockLevel) > quantityMax)
    return refused("stockLevel is no whole number that can be held");
  if (row.code !== undefined && statement.sourceId === undefined)
    return refused("codes are those of a source; name sourceId");
  if (row.locationCode !== undefined && (statement.sourceId === undefined || row.locationId !== undefined))
    return refused("locationCode is that of a source, in place of locationId; name sourceId");
  const locationId = row.locationId ?? (row.locationCode === undefined ? statement.locationId : undefined);
  if (locationId === undefined && row.locationCode === undefined)
    return refused("it names no location, nor does the statement");
  const asOf = row.asOf ?? statement.asOf;
  const asOfMs = asOf === undefined ? nowMs : parseRfc3339Ms(asOf);
  if (Number.isNaN(asOfMs)) return refused("asOf is no time such as 2026-11-21T20:00:00Z");
  if (asOfMs > nowMs + reconciliationLimits.uploadAheadMsMax) return refused("asOf lies in the future");
  const product =
    row.productId !== undefined
      ? { productId: row.productId }
      : row.sku !== undefined
        ? { sku: row.sku }
        : { code: row.code! };
  const location = locationId === undefined ? { code: row.locationCode! } : { locationId };
  return { line, product, location, stockLevel, asOfMs };
}
