/** A statement in a file, in pieces that one call takes: CSV, a JSON array, or JSON objects line by line. */
import { readFile } from "node:fs/promises";
import type { StatementLine, UploadedStatement } from "@onhand/client";
import { parse } from "csv-parse/sync";
import { UsageError } from "../command.ts";

const linesPerCall = 10_000;

export interface StatementPiece {
  /** Number of its first line in the file, without the heading. */
  readonly firstLine: number;
  readonly statement: Pick<UploadedStatement, "lines" | "csv">;
}

/** @throws UsageError for a file that cannot be read */
export async function readStatementFile(path: string): Promise<StatementPiece[]> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}.`);
  }
  return piecesOf(text, path);
}

/** @param name of the file, for what is said of it @throws UsageError */
export function piecesOf(text: string, name: string): StatementPiece[] {
  const start = text.trimStart()[0];
  if (start === undefined) throw new UsageError(`${name} is empty.`);
  if (start === "[" || start === "{") return cut(linesOfJson(text, name), (lines) => ({ lines }));
  const [heading, ...rows] = recordsOf(text, name);
  return cut(rows, (piece) => ({ csv: [heading!, ...piece].map(rowText).join("\n") }));
}

function cut<Row>(rows: readonly Row[], statementOf: (rows: Row[]) => StatementPiece["statement"]): StatementPiece[] {
  return Array.from({ length: Math.ceil(rows.length / linesPerCall) }, (_, index) => ({
    firstLine: index * linesPerCall + 1,
    statement: statementOf(rows.slice(index * linesPerCall, (index + 1) * linesPerCall)),
  }));
}

function linesOfJson(text: string, name: string): StatementLine[] {
  try {
    if (text.trimStart().startsWith("[")) return JSON.parse(text) as StatementLine[];
    const rows = text.split("\n").filter((row) => row.trim() !== "");
    if (rows.length > 1 && rows.every((row) => row.trim().endsWith("}")))
      return rows.map((row) => JSON.parse(row) as StatementLine);
    const whole = JSON.parse(text) as { readonly lines?: StatementLine[] } & StatementLine;
    return whole.lines ?? [whole];
  } catch (error) {
    throw new UsageError(`${name} is no JSON: ${(error as Error).message}.`);
  }
}

function recordsOf(text: string, name: string): string[][] {
  try {
    const delimiter = text.split("\n", 1)[0]!.includes(";") ? ";" : ",";
    return parse(text, { delimiter, relax_column_count: true, skip_empty_lines: true, trim: true }) as string[][];
  } catch (error) {
    throw new UsageError(`${name} is no CSV: ${(error as Error).message}.`);
  }
}

const rowText = (fields: readonly string[]): string =>
  fields.map((field) => (/[",;\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
