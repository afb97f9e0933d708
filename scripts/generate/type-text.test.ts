import { expect, test } from "bun:test";
import { allMethods } from "./methods.ts";
import { fieldTexts, type Schema, typeText } from "./type-text.ts";

const named: Schema = { $id: "Thing", type: "object", properties: { size: { type: "integer" } }, required: ["size"] };

test.each<[Schema, string]>([
  [{ type: "integer" }, "number"],
  [{ const: "1.0" }, '"1.0"'],
  [{ type: "string", enum: ["a", "b"] }, '"a" | "b"'],
  [{ anyOf: [{ type: "string" }, { type: "null" }] }, "string | null"],
  [{ type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } }, "(string | null)[]"],
  [{ type: "array", items: named }, "Thing[]"],
  [{ type: "object", properties: { a: { type: "boolean" }, b: {} }, required: ["a"] }, "{ a: boolean; b?: unknown }"],
  [{ type: "object", patternProperties: { "^.*$": { type: "number" } } }, "Record<string, number>"],
])("%j", (schema, text) => {
  expect(typeText(schema, () => {})).toBe(text);
});

test("names are told to whoever writes the imports", () => {
  const names: string[] = [];
  const schema = {
    type: "object",
    properties: { one: named, many: { type: "array", items: named } },
    required: ["one"],
  };
  expect(fieldTexts(schema, (name) => names.push(name), " | undefined")).toEqual([
    "one: Thing",
    "many?: Thing[] | undefined",
  ]);
  expect(names).toEqual(["Thing", "Thing"]);
});

test("every method has a name of its own, and only lists that a cursor leads through are listings", () => {
  const methods = allMethods();
  expect(new Set(methods.map(({ name }) => name)).size).toBe(methods.length);
  const listings = methods.filter(({ listed }) => listed !== null).map(({ name }) => name);
  expect(listings).toContain("listInventoryByProduct");
  expect(listings).not.toContain("pollUpdates");
});
