/** The one reader of CSV in the project, and what is said when a file cannot be read to its end. */
import { type Parser, parse } from "csv-parse";

/** The file cannot be read to its end; the message says where and why. */
export class CsvProblem extends Error {
  override readonly name = "CsvProblem";
}

/** @param recordBytesMax a longer record is a quote that is never closed */
export const csvParser = (delimiter: string, recordBytesMax: number): Parser =>
  parse({ delimiter, bom: true, relax_column_count: true, relax_quotes: true, max_record_size: recordBytesMax });

/** A quoted field may hold line ends of its own. @returns lines that a record takes */
export function linesOf(fields: readonly string[]): number {
  let lines = 1;
  for (const field of fields) for (let at = field.indexOf("\n"); at >= 0; at = field.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

/** Lines without any text are no rows. */
export const isBlank = (fields: readonly string[]): boolean => fields.length === 1 && fields[0]!.trim() === "";

/** Why the parser gave up, in words. */
export function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "CSV_QUOTE_NOT_CLOSED" || code === "CSV_MAX_RECORD_SIZE"
    ? "a quote is opened there and never closed"
    : message;
}
