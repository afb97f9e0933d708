import { describe, expect, test } from "bun:test";
import { eventSchema, eventTypeNames } from "@onhand/protocol/events";
import { breaksOf } from "./schema-compatibility.ts";

const text = { type: "string" };
const nullable = (schema: object): object => ({ anyOf: [schema, { type: "null" }] });
const released = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["id", "level", "status", "item"],
  properties: {
    id: { type: "string", pattern: "^a", description: "Id" },
    level: { type: "integer", minimum: 0, maximum: 10 },
    price: { type: "number" },
    status: { type: "string", enum: ["active", "archived"] },
    kind: { const: "x" },
    item: { $ref: "#/$defs/Item" },
    tags: { type: "array", items: text },
    note: nullable(text),
  },
  $defs: { Item: { type: "object", required: ["sku"], properties: { sku: text } } },
};

/** The released schema with some fields otherwise; undefined takes one out. */
function changed(fields: Record<string, object | undefined>, more: object = {}): Record<string, unknown> {
  const properties = Object.entries({ ...released.properties, ...fields }).filter(([, field]) => field !== undefined);
  const names = properties.map(([name]) => name);
  const required = released.required.filter((name) => names.includes(name));
  return { ...released, required, properties: Object.fromEntries(properties), ...more };
}

const item = (definition: object): object => ({ $defs: { Item: definition } });

describe("what a reader of the released schema can take", () => {
  test.each<[string, Record<string, unknown>]>([
    ["no change", released],
    ["a new field", changed({ more: text })],
    ["a new field that is always there", changed({ more: text }, { required: [...released.required, "more"] })],
    ["a new field further down", changed({}, item({ ...released.$defs.Item, properties: { sku: text, more: text } }))],
    ["a field that is now always there", changed({}, { required: [...released.required, "note"] })],
    ["a value fewer", changed({ status: { type: "string", enum: ["active"] } })],
    ["one value of those that were", changed({ status: { type: "string", const: "active" } })],
    ["no null any more", changed({ note: text })],
    ["an integer for a number", changed({ price: { type: "integer" } })],
    ["tighter limits", changed({ level: { type: "integer", minimum: 1, maximum: 9 } })],
    ["limits where there were none", changed({ price: { type: "number", minimum: 0 } })],
    ["other words", changed({ id: { type: "string", pattern: "^a", description: "Its id" } })],
    [
      "a definition by another name",
      { ...changed({ item: { $ref: "#/$defs/Thing" } }), $defs: { Thing: released.$defs.Item } },
    ],
  ])("%s", (_name, current) => {
    expect(breaksOf(released, current)).toEqual([]);
  });
});

describe("what would break one", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["a field removed", changed({ price: undefined }), "/price was removed or renamed"],
    ["a field renamed", changed({ price: undefined, cost: { type: "number" } }), "/price was removed or renamed"],
    ["a field that may be missing", changed({}, { required: ["id", "level", "item"] }), "/status was always there"],
    ["another type", changed({ level: text }), "/level: its type was integer and is now string"],
    ["a wider type", changed({ level: { ...released.properties.level, type: "number" } }), "/level: its type was"],
    ["no type", changed({ price: {} }), "/price: its type was number and is now open"],
    ["null where there was none", changed({ price: nullable({ type: "number" }) }), "/price may now also be null"],
    [
      "a value more",
      changed({ status: { type: "string", enum: ["active", "archived", "lost"] } }),
      "may now also be lost",
    ],
    ["any value", changed({ status: text }), "/status was one of active, archived"],
    ["another constant", changed({ kind: { const: "y" } }), "/kind may now also be y"],
    [
      "looser limits",
      changed({ level: { type: "integer", minimum: 0, maximum: 11 } }),
      "/level: maximum was 10 and is now 11",
    ],
    ["no limits", changed({ level: { type: "integer", maximum: 10 } }), "/level: minimum was 0 and is now gone"],
    ["another pattern", changed({ id: { type: "string", pattern: "^b" } }), "/id: pattern was"],
    [
      "another form",
      changed({ note: { anyOf: [text, { type: "null" }, { type: "object", title: "Note" }] } }),
      "/note may now also be Note",
    ],
    ["other elements", changed({ tags: { type: "array", items: { type: "integer" } } }), "/tags/*: its type was"],
    ["elements of any kind", changed({ tags: { type: "array" } }), "/tags/* was described"],
    [
      "a break further down",
      changed({}, item({ type: "object", properties: { sku: text } })),
      "/item/sku was always there",
    ],
    [
      "a word that is not judged here",
      changed({ tags: { type: "array", items: text, uniqueItems: true } }),
      "/tags: uniqueItems",
    ],
  ])("%s", (_name, current, message) => {
    expect(breaksOf(released, current).join("\n")).toContain(message);
  });
});

test("an event that tells more, and one that tells less, are told apart", () => {
  for (const type of eventTypeNames) {
    const schema = eventSchema(type) as { properties: { data: { required: string[]; properties: object } } };
    expect(breaksOf(schema, schema)).toEqual([]);
    const { data } = schema.properties;
    const { actor: _actor, ...rest } = data.properties as { actor: object };
    const without = { ...schema, properties: { ...schema.properties, data: { ...data, properties: rest } } };
    expect(breaksOf(without, schema)).toEqual([]);
    expect(breaksOf(schema, without)).toEqual(["/data/actor was removed or renamed"]);
  }
});
