/** Reads a CSV file, gzipped or not, row by row with line numbers, no faster than the rows are taken. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CsvProblem, csvParser, isBlank, linesOf, whyUnreadable } from "./csv-records.ts";
import { importLimits } from "./import-limits.ts";

export interface CsvRow {
  /** Line on which the record starts; the header is on line 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

export interface CsvFile {
  readonly columns: readonly string[];
  readonly bytes: number;
  /** Bytes of the file taken so far, for the progress. */
  bytesRead(): number;
  /** The rows after the header, some hundred at a time; lines without any text are no rows. @throws CsvProblem */
  chunks(): AsyncGenerator<readonly CsvRow[]>;
}

/** Opens the file and reads its header. @throws CsvProblem */
export async function openCsv(path: string, delimiter: string): Promise<CsvFile> {
  const { size: bytes } = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new CsvProblem(`${path} cannot be read (${error.code}). Give the path of a .csv or .csv.gz file.`);
  });
  const isGzip = await startsWithGzip(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const parser = csvParser(delimiter, importLimits.recordBytesMax);
  const done = (error?: Error | null): void => {
    if (error) parser.destroy(error);
  };
  if (isGzip) pipeline(file, createGunzip(), parser, done);
  else pipeline(file, parser, done);
  const place = { line: 1 };
  const records = (parser as Readable)[Symbol.asyncIterator]() as AsyncIterator<string[]>;
  const header = await next(records, path, place);
  if (header === null) throw new CsvProblem(`${path} is empty. Its first line must name the columns.`);
  place.line += linesOf(header);
  return {
    columns: header.map((name) => name.trim()),
    bytes,
    bytesRead: () => file.bytesRead,
    async *chunks() {
      try {
        yield* gather(records, path, place);
      } finally {
        file.destroy();
        parser.destroy();
      }
    },
  };
}

async function* gather(
  records: AsyncIterator<string[]>,
  path: string,
  place: { line: number },
): AsyncGenerator<readonly CsvRow[]> {
  let rows: CsvRow[] = [];
  for (;;) {
    const fields = await next(records, path, place);
    if (fields === null) break;
    const { line } = place;
    place.line += linesOf(fields);
    if (isBlank(fields)) continue;
    rows.push({ line, fields });
    if (rows.length < importLimits.chunkRows) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

async function next(
  records: AsyncIterator<string[]>,
  path: string,
  place: { readonly line: number },
): Promise<string[] | null> {
  try {
    const { done, value } = await records.next();
    return done === true ? null : value;
  } catch (error) {
    throw new CsvProblem(`${path} cannot be read after line ${place.line - 1}: ${whyUnreadable(error)}.`, {
      cause: error,
    });
  }
}

async function startsWithGzip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
