/**
 * Whether a schema of what we send may take the place of a released one without breaking a reader of that. It may when
 * everything that the new schema allows was allowed before, and nothing that was there has gone: fields may be added, a
 * field may become certain, a set of values may shrink. Of a keyword that is not known here any change counts as a break.
 */

type Schema = Readonly<Record<string, unknown>>;

/** Say something to people and nothing to validators. */
const WORDS = new Set(["$schema", "$id", "$defs", "$ref", "title", "description"]);
const STRUCTURE = new Set(["type", "properties", "required", "items", "anyOf", "enum", "const"]);
/** A change in this direction allows less than before. */
const LOWER_BOUNDS = new Set(["minimum", "minLength", "minItems"]);
const UPPER_BOUNDS = new Set(["maximum", "maxLength", "maxItems"]);

/** @returns what would break a reader of the released schema, each with where it is */
export function breaksOf(released: Schema, current: Schema): string[] {
  return new Comparison(released, current).breaks(released, current, "");
}

class Comparison {
  readonly #released: Schema;
  readonly #current: Schema;

  constructor(released: Schema, current: Schema) {
    this.#released = released;
    this.#current = current;
  }

  breaks(before: Schema, after: Schema, at: string): string[] {
    const was = resolve(before, this.#released);
    const is = resolve(after, this.#current);
    if (was.anyOf !== undefined || is.anyOf !== undefined) return this.#alternatives(was, is, at);
    return [
      ...brokenType(was, is, at),
      ...brokenValues(was, is, at),
      ...this.#fields(was, is, at),
      ...this.#items(was, is, at),
      ...brokenKeywords(was, is, at),
    ];
  }

  /** Each form that there is now must be one that readers know. */
  #alternatives(was: Schema, is: Schema, at: string): string[] {
    const known = formsOf(was);
    return formsOf(is).flatMap((form) => {
      const tries = known.map((each) => this.breaks(each, form, at));
      if (tries.some((found) => found.length === 0)) return [];
      // The form that comes closest says best what is wrong with it.
      const [closest] = tries.filter((found) => found.every((line) => !line.includes("type was"))).sort(byLength);
      return closest ?? [`${shown(at)} may now also be ${describe(form, this.#current)}`];
    });
  }

  #fields(was: Schema, is: Schema, at: string): string[] {
    const before = fieldsOf(was);
    const after = fieldsOf(is);
    const required = new Set((is.required ?? []) as string[]);
    return Object.entries(before).flatMap(([name, schema]) => {
      const here = `${at}/${name}`;
      const now = after[name];
      if (now === undefined) return [`${here} was removed or renamed`];
      const wasCertain = ((was.required ?? []) as string[]).includes(name);
      const isLost = wasCertain && !required.has(name) ? [`${here} was always there and may now be missing`] : [];
      return [...isLost, ...this.breaks(schema, now, here)];
    });
  }

  #items(was: Schema, is: Schema, at: string): string[] {
    if (was.items === undefined) return [];
    if (is.items === undefined) return [`${at}/* was described and no longer is`];
    return this.breaks(was.items as Schema, is.items as Schema, `${at}/*`);
  }
}

const byLength = (a: readonly string[], b: readonly string[]): number => a.length - b.length;
const shown = (at: string): string => (at === "" ? "the event" : at);
const fieldsOf = (schema: Schema): Readonly<Record<string, Schema>> =>
  (schema.properties ?? {}) as Readonly<Record<string, Schema>>;
const formsOf = (schema: Schema): readonly Schema[] => (schema.anyOf as readonly Schema[] | undefined) ?? [schema];
const listOf = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** Follows references into the definitions of their own document. */
function resolve(schema: Schema, document: Schema): Schema {
  const { $ref } = schema;
  if (typeof $ref !== "string") return schema;
  const name = $ref.replace("#/$defs/", "");
  const found = (document.$defs as Readonly<Record<string, Schema>> | undefined)?.[name];
  if (found === undefined) throw new Error(`${$ref} leads nowhere`);
  return resolve(found, document);
}

const describe = (schema: Schema, document: Schema): string => {
  const { type, enum: values, title, const: value } = resolve(schema, document);
  return String(title ?? value ?? values ?? type ?? "something else");
};

/** A reader that expects one type cannot take another; an integer is a number all the same. */
function brokenType(was: Schema, is: Schema, at: string): string[] {
  const before = listOf(was.type);
  const after = listOf(is.type);
  if (before.length === 0) return [];
  const isKnown = (type: unknown): boolean =>
    before.includes(type) || (type === "integer" && before.includes("number"));
  if (after.length > 0 && after.every(isKnown)) return [];
  return [`${shown(at)}: its type was ${before.join(" or ")} and is now ${after.join(" or ") || "open"}`];
}

/** A reader that decides by value has no branch for one that is new. */
function brokenValues(was: Schema, is: Schema, at: string): string[] {
  const before = was.const === undefined ? (was.enum as unknown[] | undefined) : [was.const];
  if (before === undefined) return [];
  const after = is.const === undefined ? (is.enum as unknown[] | undefined) : [is.const];
  if (after === undefined) return [`${shown(at)} was one of ${before.join(", ")} and may now be anything`];
  const added = after.filter((value) => !before.includes(value));
  return added.length === 0 ? [] : [`${shown(at)} may now also be ${added.join(", ")}`];
}

function brokenKeywords(was: Schema, is: Schema, at: string): string[] {
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.flatMap((name) => {
    if (WORDS.has(name) || STRUCTURE.has(name)) return [];
    const [before, after] = [was[name], is[name]];
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
    const isBound = LOWER_BOUNDS.has(name) || UPPER_BOUNDS.has(name);
    // What was not limited before, readers took as it came.
    if (before === undefined && (isBound || name === "pattern" || name === "format")) return [];
    if (LOWER_BOUNDS.has(name) && Number(after) >= Number(before)) return [];
    if (UPPER_BOUNDS.has(name) && Number(after) <= Number(before)) return [];
    return [`${shown(at)}: ${name} was ${JSON.stringify(before)} and is now ${JSON.stringify(after) ?? "gone"}`];
  });
}
