import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { sentTypeNames } from "@onhand/protocol/events";
import { brokenEventSchemas, releasedSchemaPath, schemaText } from "./event-schemas.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "onhand-schemas-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As if this had been released. */
function release(type: string, text: string): void {
  const path = join(root, releasedSchemaPath(type));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

test("a repository that has released nothing breaks nobody, nor does one that released what is there", () => {
  expect(brokenEventSchemas(root)).toEqual([]);
  for (const type of sentTypeNames) release(type, schemaText(type));
  expect(brokenEventSchemas(root)).toEqual([]);
});

test("what was released and is no longer there is named, with type and field", () => {
  const [type] = sentTypeNames;
  release(type!, schemaText(type!).replaceAll('"actor"', '"author"'));
  release("inventory.lost.v1", "{}");
  const broken = brokenEventSchemas(root).sort();
  expect(broken).toHaveLength(2);
  expect(broken[0]).toBe("inventory.adjusted.v1: /data/author was removed or renamed");
  expect(broken[1]).toContain("inventory.lost.v1.json: the event was released");
});

test("every type of event is released in this repository", () => {
  const here = resolve(import.meta.dir, "../..");
  expect(brokenEventSchemas(here)).toEqual([]);
});
