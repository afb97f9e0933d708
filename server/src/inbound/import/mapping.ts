/** Mapping files: which column is which field, and what a row means. JSON, checked before the first row is read. */
import { Closed, Currency, Id, Level, NonEmptyText } from "@onhand/protocol/schema";
import { type MovementType, movementTypes } from "@onhand/protocol/vocabulary";
import Type, { type Static } from "typebox";
import { Check } from "../../host/validation.ts";
import { compileTimeFormat } from "./time-format.ts";

/** Fields of a row that rules can look at. */
export const rowFields = ["invoice", "sku", "description", "quantity", "price", "market"] as const;
export type RowField = (typeof rowFields)[number];

const Column = NonEmptyText(200, "Name of a column, as in the file's header");
const ShortText = NonEmptyText(200);

const Condition = Closed({
  field: Type.String({ enum: [...rowFields] }),
  equals: Type.Optional(Type.Array(ShortText, { minItems: 1, maxItems: 1_000 })),
  startsWith: Type.Optional(ShortText),
  matches: Type.Optional(NonEmptyText(500, "A regular expression")),
  below: Type.Optional(Type.Number()),
  above: Type.Optional(Type.Number()),
  isEmpty: Type.Optional(Type.Boolean()),
});

const Rule = Closed({
  about: Type.Optional(ShortText),
  when: Type.Optional(Condition),
  class: Type.String({ enum: ["applied", "cancelled", "notGoods"] }),
  movementType: Type.Optional(Type.String({ enum: [...movementTypes] })),
  effect: Type.Optional(Type.String({ enum: ["add", "take"] })),
  descriptionIs: Type.Optional(Type.String({ enum: ["name", "reason"] })),
});

const MappingFile = Closed({
  dataSet: Id("Names the data set: files of one data set share it, so that a row in two of them is applied once"),
  about: Type.Optional(NonEmptyText(1_000)),
  delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 1 })),
  columns: Closed({
    sku: Column,
    quantity: Column,
    occurredAt: Column,
    invoice: Type.Optional(Column),
    description: Type.Optional(Column),
    price: Type.Optional(Column),
    currency: Type.Optional(Column),
    market: Type.Optional(Column),
  }),
  rowId: Type.Optional(Type.Array(Column, { minItems: 1, maxItems: 20 })),
  time: Closed({ format: ShortText, zone: Type.Optional(ShortText) }),
  currency: Type.Optional(Currency),
  skuCase: Type.Optional(Type.String({ enum: ["upper", "lower", "keep"] })),
  market: Type.Optional(
    Closed({
      name: Type.Optional(ShortText),
      type: Type.Optional(Type.String({ pattern: "^[a-z_]{1,32}$" })),
    }),
  ),
  openingLevel: Level("Units assumed of every item before its first row"),
  repeatedRows: Type.String({ enum: ["keep", "duplicate"] }),
  rules: Type.Array(Rule, { minItems: 1, maxItems: 1_000 }),
});

export type Condition = Static<typeof Condition> & { readonly field: RowField };
export type Rule = Omit<Static<typeof Rule>, "when" | "class" | "movementType" | "effect"> & {
  readonly when?: Condition;
} & (
    | { readonly class: "notGoods" }
    | {
        readonly class: "applied" | "cancelled";
        readonly movementType: MovementType;
        readonly effect: "add" | "take";
      }
  );
export type Mapping = Omit<Static<typeof MappingFile>, "rules" | "repeatedRows" | "skuCase"> & {
  readonly rules: readonly Rule[];
  readonly repeatedRows: "keep" | "duplicate";
  readonly skuCase?: "upper" | "lower" | "keep";
};

/** A mapping file is wrong, or does not fit the data; the message names the field. */
export class MappingProblem extends Error {
  override readonly name = "MappingProblem";
}

const check = new Check(MappingFile);

/** @param where how to call the mapping in messages @throws MappingProblem that names every wrong field */
export function checkMapping(value: unknown, where: string): Mapping {
  const errors = check.errors(value);
  const faults =
    errors.length > 0
      ? errors.map(({ pointer, message }) => `${pointer || "/"} ${message.replace("of this request", "of a mapping")}`)
      : faultsOf(value as Mapping);
  if (faults.length > 0)
    throw new MappingProblem(`The mapping ${where} is not valid:\n  ${faults.join("\n  ")}\nSee docs/importing.md.`);
  return value as Mapping;
}

function faultsOf(mapping: Mapping): string[] {
  const faults: string[] = [];
  try {
    compileTimeFormat(mapping.time.format, mapping.time.zone ?? "UTC");
  } catch (error) {
    faults.push(`/time ${(error as Error).message}`);
  }
  if (mapping.columns.market === undefined && mapping.market?.name === undefined)
    faults.push("/columns/market is required, unless /market/name says which market all rows belong to");
  for (const [index, rule] of mapping.rules.entries()) {
    const at = `/rules/${index}`;
    if (rule.class !== "notGoods" && (rule.movementType === undefined || rule.effect === undefined))
      faults.push(`${at} needs movementType and effect, for its rows move stock`);
    if (rule.when !== undefined) faults.push(...conditionFaults(mapping, rule.when, `${at}/when`));
  }
  return faults;
}

function conditionFaults(mapping: Mapping, condition: Condition, at: string): string[] {
  const faults: string[] = [];
  const { field, matches } = condition;
  const isConstant = field === "market" && mapping.market?.name !== undefined;
  if (mapping.columns[field] === undefined && !isConstant)
    faults.push(`${at}/field: /columns/${field} names no column for it`);
  if (Object.keys(condition).length < 2)
    faults.push(`${at} needs one of equals, startsWith, matches, below, above, isEmpty`);
  if (matches !== undefined) {
    try {
      new RegExp(matches, "u");
    } catch (error) {
      faults.push(`${at}/matches is no regular expression: ${(error as Error).message}`);
    }
  }
  return faults;
}
