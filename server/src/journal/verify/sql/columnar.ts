/**
 * A page of rows as one row of columns, each a JSON array: the client parses thirty arrays instead of thirty values for
 * each row, and the database encodes them while the client checks the page before.
 */

export interface PageQuery {
  /** Name of each column of the page, and the expression for it. */
  readonly columns: Readonly<Record<string, string>>;
  /** Table, conditions and order: what stands between the columns and the limit. */
  readonly from: string;
  /** Parameter with the number of rows, e.g. `$3`. */
  readonly limit: string;
  /** Bytes of a row's large columns; when given, a page ends after the row that reaches `pageBytesMax`. */
  readonly bytes?: string;
}

/** Bytes of documents in one page, unless a single row has more: far below what fits into one value. */
const pageBytesMax = 16 * 1024 * 1024;

/** @returns the text of a statement with one row: `count` and one array for each column (null when there are no rows) */
export function pageText({ columns, from, limit, bytes }: PageQuery): string {
  const names = Object.keys(columns);
  const list = Object.entries(columns).map(([name, expression]) => `${expression} AS ${name}`);
  const arrays = names.map((name) => `json_agg(${name}) AS ${name}`);
  if (bytes === undefined) {
    return `SELECT count(*)::integer AS count, ${arrays.join(", ")} FROM (SELECT ${list.join(", ")} FROM ${from} LIMIT ${limit}) page`;
  }
  return `SELECT count(*)::integer AS count, ${arrays.join(", ")} FROM (
    SELECT page.*, sum(page.bytes) OVER (ROWS UNBOUNDED PRECEDING) - page.bytes AS bytes_before
    FROM (SELECT ${list.join(", ")}, ${bytes} AS bytes FROM ${from} LIMIT ${limit}) page) weighed
    WHERE bytes_before < ${pageBytesMax}`;
}

/** A time in milliseconds of the Unix epoch, with a fraction where the column holds one. */
export const inMilliseconds = (column: string): string => `round(date_part('epoch', ${column}) * 1000000) / 1000`;

/** Bytes as hex digits, null where there are none. */
export const inHex = (column: string): string => `encode(${column}, 'hex')`;
