/**
 * Makes rows of bytes as they come in: NDJSON or CSV, packed with gzip or not. What is wrong with one row is said of that
 * row; what keeps the rest from being read ends the rows with `RowsUnreadable`. No more is read than is asked for.
 */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { JsonRefused, parseStrictJson } from "../../host/strict-json.ts";
import { csvParser, isBlank, linesOf, whyUnreadable } from "../import/csv-records.ts";
import { bulkLimits } from "./bulk-limits.ts";

/** A row as it was sent: what it says, or why that cannot be read. */
export interface SentRow {
  /** Its number: the first is 1. */
  readonly row: number;
  /** Line of the file on which it begins. */
  readonly line: number;
  readonly fields?: unknown;
  readonly fault?: string;
}

/** The rest cannot be read; the message says from where on and why. */
export class RowsUnreadable extends Error {
  override readonly name = "RowsUnreadable";
}

export type RowFormat = { readonly type: "ndjson" } | { readonly type: "csv"; readonly delimiter: string };

const rowDepthMax = 32;

/**
 * Rows in batches, each of what had come in together.
 * @param checkColumns told of the columns of CSV, before the first row @throws RowsUnreadable
 */
export async function* rowsOf(
  body: AsyncIterable<Uint8Array>,
  format: RowFormat,
  isPacked: boolean,
  checkColumns: (columns: readonly string[]) => void = () => {},
): AsyncGenerator<readonly SentRow[]> {
  const bytes = limited(isPacked ? unpacked(body) : body);
  let rows = 0;
  const read = format.type === "csv" ? csvRows(bytes, format.delimiter, checkColumns) : jsonRows(bytes);
  for await (const batch of read) {
    rows += batch.length;
    if (rows > bulkLimits.rowsMax)
      throw new RowsUnreadable(`An import takes at most ${bulkLimits.rowsMax} rows. Split the file.`);
    if (batch.length > 0) yield batch;
  }
}

async function* limited(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > bulkLimits.bytesMax)
      throw new RowsUnreadable(`An import takes at most ${bulkLimits.bytesMax} bytes, unpacked. Split the file.`);
    yield chunk;
  }
}

async function* unpacked(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(body);
  const gunzip = createGunzip();
  // What ends the one ends the other, so that whoever reads hears of it.
  source.on("error", (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!code.startsWith("Z_")) throw error;
    throw new RowsUnreadable("What was sent is no gzip, or broke off. Send it again, or without Content-Encoding.");
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

const newline = 0x0a;

/** Each line one JSON value. */
async function* jsonRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly SentRow[]> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  const place = { row: 0, line: 0 };
  for await (const chunk of bytes) {
    const end = chunk.lastIndexOf(newline);
    if (end < 0) {
      rest.push(chunk);
      restBytes += chunk.length;
      if (restBytes > bulkLimits.rowBytesMax)
        throw new RowsUnreadable(`Line ${place.line + 1} is longer than ${bulkLimits.rowBytesMax} bytes. Split it.`);
      continue;
    }
    const whole = Buffer.concat([...rest, chunk.subarray(0, end)]);
    rest = [chunk.slice(end + 1)];
    restBytes = chunk.length - end - 1;
    yield linesIn(whole, place);
  }
  if (restBytes > 0) yield linesIn(Buffer.concat(rest), place);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function linesIn(bytes: Uint8Array, place: { row: number; line: number }): SentRow[] {
  const rows: SentRow[] = [];
  for (const text of textLines(bytes)) {
    place.line += 1;
    if (text !== null && text.trim() === "") continue;
    place.row += 1;
    rows.push({ ...place, ...jsonOf(text) });
  }
  return rows;
}

/** The lines of a stretch; null where one is no UTF-8. */
function textLines(bytes: Uint8Array): (string | null)[] {
  try {
    return decoder.decode(bytes).split("\n");
  } catch {
    const lines: (string | null)[] = [];
    for (let from = 0; from <= bytes.length; ) {
      const found = bytes.indexOf(newline, from);
      const to = found < 0 ? bytes.length : found;
      lines.push(textOf(bytes.subarray(from, to)));
      from = to + 1;
    }
    return lines;
  }
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function jsonOf(text: string | null): Pick<SentRow, "fields" | "fault"> {
  if (text === null) return { fault: "The row is not UTF-8." };
  if (text.length > bulkLimits.rowBytesMax) return { fault: `The row is longer than ${bulkLimits.rowBytesMax} bytes.` };
  try {
    return { fields: parseStrictJson(text, rowDepthMax) };
  } catch (error) {
    if (error instanceof JsonRefused) return { fault: error.message.replace("The body", "The row") };
    throw error;
  }
}

/** The first line names the columns; each row is an object with the text of those that are not empty. */
async function* csvRows(
  bytes: AsyncIterable<Uint8Array>,
  delimiter: string,
  checkColumns: (columns: readonly string[]) => void,
): AsyncGenerator<readonly SentRow[]> {
  const parser = csvParser(delimiter, bulkLimits.rowBytesMax);
  const reader = new CsvReader(checkColumns);
  const check = new TextDecoder("utf-8", { fatal: true });
  const ended = Promise.withResolvers<void>();
  let failure: unknown = null;
  parser.on("data", (fields: string[]) => reader.take(fields));
  parser.on("end", ended.resolve);
  parser.on("error", (error) => {
    failure ??= error;
    ended.resolve();
  });
  const taken = (): SentRow[] => {
    if (failure === null) return reader.taken();
    if (failure instanceof RowsUnreadable) throw failure;
    const where = `after line ${reader.line - 1}: ${whyUnreadable(failure)}`;
    throw new RowsUnreadable(`The CSV cannot be read ${where}. Correct it and send it again.`);
  };
  try {
    for await (const chunk of bytes) {
      requireUtf8(check, chunk, reader.line);
      // Rows are handed over before the call back.
      await new Promise<void>((resolve) => parser.write(chunk, () => resolve()));
      yield taken();
    }
    parser.end();
    await ended.promise;
    yield taken();
  } finally {
    parser.destroy();
  }
  if (!reader.hasHeader) throw new RowsUnreadable("The CSV is empty. Its first line must name the columns.");
}

function requireUtf8(check: TextDecoder, chunk: Uint8Array, line: number): void {
  try {
    check.decode(chunk, { stream: true });
  } catch {
    throw new RowsUnreadable(
      `The CSV is not UTF-8, somewhere behind line ${line}. Write it as UTF-8 and send it again.`,
    );
  }
}

class CsvReader {
  readonly #checkColumns: (columns: readonly string[]) => void;
  #columns: readonly string[] | null = null;
  #isChecked = false;
  #taken: SentRow[] = [];
  #row = 0;
  /** Where the next record begins. */
  line = 1;

  constructor(checkColumns: (columns: readonly string[]) => void) {
    this.#checkColumns = checkColumns;
  }

  get hasHeader(): boolean {
    return this.#columns !== null;
  }

  /** Rows since it was last asked. @throws RowsUnreadable */
  taken(): SentRow[] {
    if (!this.#isChecked && this.#columns !== null) {
      requireColumns(this.#columns);
      this.#checkColumns(this.#columns);
      this.#isChecked = true;
    }
    const rows = this.#taken;
    this.#taken = [];
    return rows;
  }

  take(fields: string[]): void {
    const { line } = this;
    this.line += linesOf(fields);
    if (isBlank(fields)) return;
    if (this.#columns === null) {
      this.#columns = fields.map((name) => name.trim());
      return;
    }
    this.#row += 1;
    this.#taken.push({ row: this.#row, line, ...this.#read(this.#columns, fields) });
  }

  #read(columns: readonly string[], fields: string[]): Pick<SentRow, "fields" | "fault"> {
    if (fields.length !== columns.length)
      return { fault: `The row has ${fields.length} fields, the header has ${columns.length}.` };
    const values: Record<string, string> = Object.create(null);
    for (let place = 0; place < fields.length; place++)
      if (fields[place] !== "") values[columns[place]!] = fields[place]!;
    return { fields: values };
  }
}

function requireColumns(columns: readonly string[]): void {
  if (columns.length > bulkLimits.columnsMax)
    throw new RowsUnreadable(`The header has ${columns.length} columns; at most ${bulkLimits.columnsMax} are taken.`);
  if (new Set(columns).size === columns.length) return;
  const twice = columns.find((name, place) => columns.indexOf(name) !== place);
  throw new RowsUnreadable(`The column "${twice}" stands twice in the header. Name each once.`);
}
