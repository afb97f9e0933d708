/**
 * Makes fields of a list of what a row says under whatever names: renames them, fills in what is missing, and reads text of
 * CSV as what its field is. What cannot be read stays as it is, so that the check of the row names it.
 */
import { ImportItem, type ImportList, type OtherFields } from "@onhand/protocol/bulk";
import { Adjustment, PatchLocation, PatchProduct, StateMove } from "@onhand/protocol/requests";

export interface ShapeOptions {
  readonly list: ImportList;
  /** Field → column. */
  readonly map: Readonly<Record<string, string>>;
  /** Fields of rows that do not have them. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly others: OtherFields;
  /** Whether values are text that has to be read. */
  readonly isText: boolean;
}

interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}
type Read = (text: string) => unknown;
type Fields = Record<string, unknown>;

const schemas: Readonly<Record<ImportList, Readonly<Record<string, Schema>>>> = {
  products: PatchProduct.properties as unknown as Record<string, Schema>,
  locations: PatchLocation.properties as unknown as Record<string, Schema>,
  inventory: { ...StateMove.properties, ...Adjustment.properties, ...ImportItem.properties } as unknown as Record<
    string,
    Schema
  >,
};

/** Names of the fields that rows of a list may have. */
export const fieldsOf = (list: ImportList): string[] => Object.keys(schemas[list]);

/** Columns that are no field of the list, where those are refused. */
export function strangeColumns({ list, map, others }: ShapeOptions, columns: readonly string[]): string[] {
  if (others !== "refuse") return [];
  const fieldOfColumn = new Map(Object.entries(map).map(([field, column]) => [column, field]));
  return columns.filter((column) => {
    const field = fieldOfColumn.get(column) ?? column;
    return !Object.hasOwn(schemas[list], field) && !Object.hasOwn(schemas[list], splitOnce(field)[0]);
  });
}

export type Shape = (fields: Readonly<Fields>) => Fields;

/** @returns what makes a row of the list of what was sent */
export function shapeOf(options: ShapeOptions): Shape {
  const { list, map, defaults, others, isText } = options;
  const fieldOfColumn = new Map(Object.entries(map).map(([field, column]) => [column, field]));
  const known = schemas[list];
  /** How each column is taken; made when it is first met. */
  const takers = new Map<string, (value: unknown, into: Fields) => void>();
  const takerOf = (column: string) => {
    const field = fieldOfColumn.get(column) ?? column;
    const [outer, inner] = splitOnce(field);
    const isKnown = Object.hasOwn(known, field) || (inner !== null && Object.hasOwn(known, outer));
    if (isKnown) {
      const read = isText
        ? readerOf(inner === null || Object.hasOwn(known, field) ? known[field]! : innerOf(known[outer]!, inner))
        : same;
      if (inner === null || Object.hasOwn(known, field))
        return (value: unknown, into: Fields) => put(into, field, read(value as string));
      return (value: unknown, into: Fields) => put(inside(into, outer), inner, read(value as string));
    }
    if (others === "ignore") return () => {};
    if (others === "attributes" && list === "products")
      return (value: unknown, into: Fields) => put(inside(into, "attributes"), column, value);
    return (value: unknown, into: Fields) => put(into, column, value);
  };
  return (sent) => {
    const fields: Fields = {};
    for (const column of Object.keys(sent)) {
      let taker = takers.get(column);
      if (taker === undefined) {
        taker = takerOf(column);
        if (takers.size < columnsRemembered) takers.set(column, taker);
      }
      taker(sent[column], fields);
    }
    for (const field of Object.keys(defaults)) if (!Object.hasOwn(fields, field)) fields[field] = defaults[field];
    return fields;
  };
}

const columnsRemembered = 1_000;
const same = (value: unknown): unknown => value;

/** Set as a field of its own, whatever it is called. */
function put(into: Fields, name: string, value: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
  else into[name] = value;
}

function inside(into: Fields, name: string): Fields {
  if (typeof into[name] !== "object" || into[name] === null || Array.isArray(into[name])) into[name] = {};
  else into[name] = { ...(into[name] as Fields) };
  return into[name] as Fields;
}

/** `prices.EUR` → prices and EUR. */
function splitOnce(field: string): [string, string | null] {
  const dot = field.indexOf(".");
  return dot < 0 ? [field, null] : [field.slice(0, dot), field.slice(dot + 1)];
}

const innerOf = (schema: Schema, name: string): Schema => {
  const own = choicesOf(schema).find(({ properties }) => properties !== undefined)?.properties;
  if (own !== undefined && Object.hasOwn(own, name)) return own[name]!;
  return Object.values(schema.patternProperties ?? {})[0] ?? {};
};

const choicesOf = (schema: Schema): readonly Schema[] => schema.anyOf ?? [schema];

/** Reads text as a schema wants it. */
function readerOf(schema: Schema): Read {
  const types = choicesOf(schema).map(({ type }) => type);
  const isNullable = types.includes("null") && !types.includes("string");
  const [type] = types.filter((each) => each !== "null");
  const read = readers[type ?? "string"] ?? same;
  return (text) => (isNullable && text === "null" ? null : (read as Read)(text));
}

const readers: Readonly<Record<string, Read>> = {
  integer: (text) => (/^[+-]?\d{1,16}$/.test(text.trim()) ? Number(text) : text),
  number: (text) => (/^[+-]?\d{1,15}(\.\d{1,15})?$/.test(text.trim()) ? Number(text) : text),
  boolean: (text) => (text === "true" ? true : text === "false" ? false : text),
  array: (text) =>
    text.trimStart().startsWith("[")
      ? jsonOr(text)
      : text
          .split(";")
          .map((part) => part.trim())
          .filter((part) => part !== ""),
  object: jsonOr,
};

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
