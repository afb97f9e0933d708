/** Checks bodies and query strings against the schemas of the protocol and says which field is wrong. */
import type Type from "typebox";
import { Compile, type Validator } from "typebox/compile";
import Format from "typebox/format";
import { parseRfc3339Ms } from "../lib/rfc3339.ts";
import { ProblemError } from "./problem.ts";

const errorsMax = 20;

export interface FieldError {
  readonly pointer: string;
  readonly message: string;
}

/** Where the library would show the inside of a schema. */
const sayings: Readonly<Record<string, string>> = {
  pattern: "has characters or a form that is not taken",
  format: "is no RFC 3339 time with an offset, for example 2026-06-10T12:00:00Z",
};

const isDateTime = Format.IsDateTime;
// Times that are read as none, as of a year that cannot be stored, are none.
Format.Set("date-time", (text) => isDateTime(text) && !Number.isNaN(parseRfc3339Ms(text)));

/** A compiled check of one schema. */
export class Check {
  readonly #validator: Validator;
  /** What a value may be, where it may be one of several things. */
  readonly #choices: readonly Check[];

  constructor(schema: Type.TSchema) {
    this.#validator = Compile(schema);
    this.#choices = ((schema as { anyOf?: Type.TSchema[] }).anyOf ?? []).map((choice) => new Check(choice));
  }

  accepts(value: unknown): boolean {
    return this.#validator.Check(value);
  }

  /** Which fields are wrong, at most 20; empty when all is well. */
  errors(value: unknown): FieldError[] {
    if (this.#choices.length > 0) return this.accepts(value) ? [] : this.#errorsOfLikeliest(value);
    const found = this.#validator.Errors(value) as {
      keyword: string;
      instancePath: string;
      message: string;
      params: Record<string, unknown>;
    }[];
    const errors = found.flatMap(({ keyword, instancePath, message, params }) => {
      // An unknown field is reported by name; the schema `false` behind it says nothing more.
      if (keyword === "boolean") return [{ pointer: instancePath, message: "is not a field of this request" }];
      if (keyword === "additionalProperties") return [];
      if (keyword === "required")
        return ((params.requiredProperties ?? []) as string[]).map((name) => ({
          pointer: `${instancePath}/${name}`,
          message: "is required",
        }));
      return [
        {
          pointer: instancePath,
          message: sayings[keyword] ?? message,
        },
      ];
    });
    return [...new Map(errors.map((error) => [`${error.pointer} ${error.message}`, error])).values()].slice(
      0,
      errorsMax,
    );
  }

  /** The value is held against what it comes closest to. */
  #errorsOfLikeliest(value: unknown): FieldError[] {
    const [likeliest] = this.#choices.map((choice) => choice.errors(value)).sort((a, b) => a.length - b.length);
    return likeliest!;
  }
}

/** @throws ProblemError 400 that names the fields */
export function requireValid(check: Check, value: unknown, what: string): void {
  if (check.accepts(value)) return;
  const errors = check.errors(value);
  const first = errors[0];
  const where = first === undefined ? "" : `: ${first.pointer === "" ? what : first.pointer} ${first.message}`;
  throw new ProblemError("validation_failed", `The ${what} is not valid${where}. Correct it and send it again.`, {
    errors,
  });
}

/** Converts query parameters to the types that their schema names; what cannot be converted stays text and fails the check. */
export function readQuery(schema: Type.TObject, parameters: URLSearchParams): Record<string, unknown> {
  // Without a prototype, so that a parameter named __proto__ is one like any other: unknown.
  const values: Record<string, unknown> = Object.create(null);
  const properties = schema.properties as Record<string, { type?: string; default?: unknown }>;
  for (const [name, text] of parameters) {
    if (Object.hasOwn(values, name))
      throw new ProblemError("validation_failed", `The parameter "${name}" is given twice. Send it once.`, {
        errors: [{ pointer: `/${name}`, message: "is given twice" }],
      });
    const type = Object.hasOwn(properties, name) ? properties[name]!.type : undefined;
    values[name] =
      type === "integer" && /^-?\d{1,16}$/.test(text)
        ? Number(text)
        : type === "boolean" && /^(true|false)$/.test(text)
          ? text === "true"
          : text;
  }
  for (const [name, { default: byDefault }] of Object.entries(properties)) {
    if (byDefault !== undefined && values[name] === undefined) values[name] = byDefault;
  }
  return values;
}
