/** JSON Schema as TypeScript. A schema with an `$id` becomes its name, everything else is written out. */

/** The keywords that matter to a type. */
export interface Schema {
  readonly $id?: string;
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
}

/** Called with each named schema that a type refers to. */
export type OnName = (name: string, schema: Schema) => void;

/** The type of what the schema accepts. */
export function typeText(schema: Schema, onName: OnName): string {
  if (schema.$id === undefined) return structureText(schema, onName);
  onName(schema.$id, schema);
  return schema.$id;
}

/** Like `typeText`, but written out even when the schema has a name. */
export function structureText(schema: Schema, onName: OnName): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map((each) => typeText(each, onName)).join(" | ");
  switch (schema.type) {
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "array":
      return arrayText(typeText(schema.items ?? {}, onName));
    case "object":
      return objectText(schema, onName);
    default:
      return "unknown";
  }
}

const arrayText = (item: string): string => (/^\w+$/.test(item) ? `${item}[]` : `(${item})[]`);

function objectText(schema: Schema, onName: OnName): string {
  const [values] = Object.values(schema.patternProperties ?? {});
  if (!schema.properties) return `Record<string, ${typeText(values ?? {}, onName)}>`;
  return `{ ${fieldTexts(schema, onName).join("; ")} }`;
}

/** The fields of an object, `name: type`. @param optionalSuffix ends the type of fields that may be left out */
export function fieldTexts(schema: Schema, onName: OnName, optionalSuffix = ""): string[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const isRequired = schema.required?.includes(name) ?? false;
    const type = typeText(field, onName);
    return isRequired ? `${name}: ${type}` : `${name}?: ${type}${optionalSuffix}`;
  });
}
