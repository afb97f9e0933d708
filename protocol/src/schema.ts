/** Building blocks of the schemas: each is JSON Schema, and at the same time the TypeScript type of what it accepts. */
import Type from "typebox";
import { quantityMax } from "./vocabulary.ts";

/** Text without NUL and with whole surrogate pairs, which PostgreSQL and JSON readers everywhere can hold. */
const textPattern = "^(?:[^\\u0000\\uD800-\\uDFFF]|[\\uD800-\\uDBFF][\\uDC00-\\uDFFF])*$";

/** Text of at most so many characters, without NUL and with whole surrogate pairs. */
export const Text = (maxLength: number, description?: string) =>
  Type.String({ maxLength, pattern: textPattern, ...(description === undefined ? {} : { description }) });

/** Text of at least one character. */
export const NonEmptyText = (maxLength: number, description?: string) =>
  Type.String({ minLength: 1, maxLength, pattern: textPattern, ...(description === undefined ? {} : { description }) });

/** An id that a caller may choose: letters, digits and `._:-`, up to 64. */
export const Id = (description: string) => Type.String({ pattern: "^[A-Za-z0-9._:-]{1,64}$", description });

export const Sku = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: "^[^\\u0000-\\u001F\\u007F\\uD800-\\uDFFF/?#]+$",
  description:
    "Stock keeping unit, unique among products. May not begin with `inv_` nor equal a sub-path of /v1/inventory.",
});

/** An integer in the base unit; beyond ±(2^53 − 1) it is refused, never rounded. */
export const Quantity = (description: string) =>
  Type.Integer({ minimum: -quantityMax, maximum: quantityMax, description });

/** A quantity that is not negative. */
export const Level = (description: string) => Type.Integer({ minimum: 0, maximum: quantityMax, description });

/** An RFC 3339 time with any offset and precision. */
export const Timestamp = (description: string) =>
  Type.String({
    format: "date-time",
    maxLength: 64,
    pattern: "^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,30})?([Zz]|[+-]\\d{2}:\\d{2})$",
    description: `${description} (RFC 3339, any offset; written in UTC with milliseconds)`,
  });

export const Currency = Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217 code" });

/** An amount that is not negative; never calculated with. */
export const Money = (description: string) => Type.Number({ minimum: 0, maximum: 999_999_999_999, description });

/** The schema, or null. */
export const Nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** An object that takes no other fields. */
export const Closed = <Properties extends Type.TProperties>(properties: Properties, $id?: string) =>
  Type.Object(properties, { additionalProperties: false, ...($id === undefined ? {} : { $id }) });
