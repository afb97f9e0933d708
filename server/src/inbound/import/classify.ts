/** Says what each row of a file is: a movement of stock, no goods, a copy of an earlier row, or malformed. */
import { hash } from "node:crypto";
import { type MovementType, quantityMax } from "@onhand/protocol/vocabulary";
import type { CsvRow } from "./csv-file.ts";
import { importLimits } from "./import-limits.ts";
import { type Condition, type Mapping, MappingProblem, type RowField, type Rule, rowFields } from "./mapping.ts";
import { skuOf } from "./names.ts";
import { SeenRows } from "./seen-rows.ts";
import { compileTimeFormat, type ReadTime } from "./time-format.ts";

/** A row that moves stock. */
export interface Movement {
  readonly line: number;
  /** Operation id within the data set: the content of the row, and which of its copies it is. */
  readonly rowKey: string;
  readonly class: "applied" | "cancelled";
  readonly movementType: MovementType;
  readonly adjustment: number;
  readonly sku: string;
  readonly market: string;
  readonly occurredAtMs: number;
  readonly reference: string | null;
  readonly reason: string | null;
  /** What the row says about the product, null where it says nothing. */
  readonly name: string | null;
  readonly price: string | null;
  readonly currency: string | null;
}

export type Verdict =
  | { readonly kind: "movement"; readonly movement: Movement }
  | { readonly kind: "notGoods" | "duplicate" }
  | { readonly kind: "malformed"; readonly problem: string };

type Fields = Readonly<Record<RowField, string>>;
/** Where each field is in a row; null when the file has no column for it. */
type Places = Readonly<Record<RowField | "occurredAt" | "currency", number | null>>;
type Test = (fields: Fields, quantity: number) => boolean;

const digestDigits = 32;
const integerText = /^[+-]?\d{1,16}$/;
const priceText = /^\d{1,12}(\.\d{1,4})?$/;

export class Classifier {
  readonly #mapping: Mapping;
  readonly #columnCount: number;
  readonly #places: Places;
  readonly #identity: readonly number[];
  readonly #identityName: string;
  readonly #rules: readonly { readonly rule: Rule; readonly holds: Test }[];
  readonly #readTime: ReadTime;
  readonly #seen = new SeenRows();

  /** @param columns header of the file @throws MappingProblem when a column of the mapping is not in it */
  constructor(mapping: Mapping, columns: readonly string[]) {
    this.#mapping = mapping;
    this.#columnCount = columns.length;
    const placeOf = (column: string, field: string): number => {
      const place = columns.indexOf(column);
      if (place >= 0) return place;
      throw new MappingProblem(
        `The file has no column "${column}", which the mapping names at ${field}. It has: ${columns.join(", ")}.`,
      );
    };
    const { columns: names, rowId } = mapping;
    this.#places = Object.fromEntries(
      ([...rowFields, "occurredAt", "currency"] as const).map((field) => {
        const column = names[field];
        return [field, column === undefined ? null : placeOf(column, `/columns/${field}`)];
      }),
    ) as Places;
    const identity = [...(rowId ?? columns)].sort();
    this.#identity = identity.map((column) => placeOf(column, "/rowId"));
    this.#identityName = identity.join("\x1f");
    this.#rules = mapping.rules.map((rule) => ({ rule, holds: testOf(rule.when) }));
    this.#readTime = compileTimeFormat(mapping.time.format, mapping.time.zone ?? "UTC");
  }

  /** Rows are to be given in the order of the file: which of two copies is the first depends on it. */
  classify(row: CsvRow): Verdict {
    if (row.fields.length !== this.#columnCount)
      return malformed(`has ${row.fields.length} fields, the header has ${this.#columnCount}`);
    const fields = this.#read(row.fields);
    const quantity = integerText.test(fields.quantity) ? Number(fields.quantity) : Number.NaN;
    const rule = this.#rules.find(({ holds }) => holds(fields, quantity))?.rule;
    if (rule === undefined) return malformed("fits no rule of the mapping");
    if (rule.class === "notGoods") return { kind: "notGoods" };
    const occurredAtMs = this.#readTime(this.#text(row.fields, "occurredAt"));
    const sku = skuOf(fields.sku);
    const problem = faultOf(fields, quantity, occurredAtMs, sku);
    if (problem !== null) return malformed(problem);
    const digest = this.#digest(row.fields);
    const occurrence = this.#seen.count(digest);
    if (occurrence > 1 && this.#mapping.repeatedRows === "duplicate") return { kind: "duplicate" };
    const size = Math.abs(quantity);
    const isReason = rule.descriptionIs === "reason";
    return {
      kind: "movement",
      movement: {
        line: row.line,
        rowKey: occurrence === 1 ? digest : `${digest}/${occurrence}`,
        class: rule.class,
        movementType: rule.movementType,
        adjustment: rule.effect === "add" ? size : -size,
        sku: sku!,
        market: fields.market,
        occurredAtMs,
        reference: textOrNull(fields.invoice, importLimits.referenceCharactersMax),
        reason: isReason ? textOrNull(fields.description, importLimits.reasonCharactersMax) : null,
        name: isReason ? null : textOrNull(fields.description, importLimits.nameCharactersMax),
        price: priceText.test(fields.price) && Number(fields.price) > 0 ? fields.price : null,
        currency: this.#currency(row.fields),
      },
    };
  }

  #text(row: readonly string[], field: keyof Places): string {
    const place = this.#places[field];
    return place === null ? "" : row[place]!.trim();
  }

  #read(row: readonly string[]): Fields {
    const { skuCase = "keep", market } = this.#mapping;
    const sku = this.#text(row, "sku");
    return {
      invoice: this.#text(row, "invoice"),
      sku: skuCase === "upper" ? sku.toUpperCase() : skuCase === "lower" ? sku.toLowerCase() : sku,
      description: this.#text(row, "description"),
      quantity: this.#text(row, "quantity"),
      price: this.#text(row, "price"),
      market: this.#text(row, "market") || (market?.name ?? ""),
    };
  }

  #currency(row: readonly string[]): string | null {
    const currency = this.#text(row, "currency") || this.#mapping.currency;
    return currency !== undefined && /^[A-Z]{3}$/.test(currency) ? currency : null;
  }

  /** The order of columns does not count, so a file that was exported another way holds the same rows. */
  #digest(row: readonly string[]): string {
    let content = this.#identityName;
    for (const place of this.#identity) content += `\x1f${row[place]}`;
    return hash("sha256", content, "hex").slice(0, digestDigits);
  }
}

const malformed = (problem: string): Verdict => ({ kind: "malformed", problem });

function faultOf(fields: Fields, quantity: number, occurredAtMs: number, sku: string | null): string | null {
  if (fields.sku === "") return "has no stock code";
  if (sku === null) return `has a stock code that cannot be a SKU: ${fields.sku.slice(0, 60)}`;
  if (fields.market === "") return "has no market";
  if (Number.isNaN(quantity)) return `has a quantity that is no whole number: "${fields.quantity.slice(0, 60)}"`;
  if (quantity === 0) return "has the quantity 0";
  if (Math.abs(quantity) > quantityMax) return `has a quantity beyond ±${quantityMax}`;
  return Number.isNaN(occurredAtMs) ? "has a time that is not in the mapping's format" : null;
}

/** Text as the database takes it, cut to a length; null when there is none. */
function textOrNull(text: string, charactersMax: number): string | null {
  const clean = text.replaceAll("\0", "").slice(0, charactersMax).toWellFormed().trim();
  return clean === "" ? null : clean;
}

function testOf(condition: Condition | undefined): Test {
  if (condition === undefined) return () => true;
  const { field, equals, startsWith, matches, below, above, isEmpty } = condition;
  const tests: ((text: string, number: number) => boolean)[] = [];
  if (equals !== undefined) {
    const words = new Set(equals);
    tests.push((text) => words.has(text));
  }
  if (startsWith !== undefined) tests.push((text) => text.startsWith(startsWith));
  if (matches !== undefined) {
    const pattern = new RegExp(matches, "u");
    tests.push((text) => pattern.test(text));
  }
  if (below !== undefined) tests.push((_, number) => number < below);
  if (above !== undefined) tests.push((_, number) => number > above);
  if (isEmpty !== undefined) tests.push((text) => (text === "") === isEmpty);
  return (fields, quantity) => {
    const text = fields[field];
    const number = field === "quantity" ? quantity : text === "" ? Number.NaN : Number(text);
    return tests.every((holds) => holds(text, number));
  };
}
