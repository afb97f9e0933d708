/** Writes rows as CSV (RFC 4180): a header, then a line for each row. What is no plain value is written as JSON. */

interface Schema {
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Names of the columns of a list.
 * @param schema of its rows; of several forms the one that the first row has
 */
export function columnsOf(schema: unknown, first: Row | undefined): string[] {
  const { anyOf, properties } = schema as Schema;
  if (properties !== undefined) return Object.keys(properties);
  const form = (anyOf ?? []).find(
    ({ required = [] }) => first === undefined || required.every((name) => name in first),
  );
  return form === undefined ? Object.keys(first ?? {}) : columnsOf(form, first);
}

/** A line of names. */
export const headerLine = (columns: readonly string[]): string => `${columns.map(cellOf).join(",")}\r\n`;

/** A line of values, in the order of the columns. */
export const rowLine = (columns: readonly string[], row: Row): string =>
  `${columns.map((column) => cellOf(row[column])).join(",")}\r\n`;

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  // Quoted also when it begins or ends with a space, which some readers would cut off.
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
