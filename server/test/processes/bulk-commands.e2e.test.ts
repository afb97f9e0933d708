/** `onhand import --list`, `export` and `jobs` as their users run them. */
import { afterEach, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createEmptyDatabase } from "../support/database.ts";
import { runCommand, startServer, stopAll, temporaryFolder } from "../support/server-process.ts";

let drop: (() => Promise<void>) | null = null;
afterEach(async () => {
  await stopAll();
  await drop?.();
}, 60_000);

test("what was imported from files comes out again, and says which rows were refused", async () => {
  const database = await createEmptyDatabase();
  drop = database.drop;
  const server = await startServer({ databaseUrl: database.url, settings: { ONHAND_ALLOW_UNSAFE_DATABASE: "true" } });
  const folder = await temporaryFolder();
  const at = ["--url", server.url, "--key", "an-admin-key-for-tests"];
  const places = join(folder, "places.ndjson.gz");
  await writeFile(places, gzipSync('{"locationId":"shop","name":"Shop","type":"store"}\n'));
  expect((await runCommand(["import", places, "--list", "locations", ...at])).out).toContain("1 applied, 0 duplicate");
  const catalogue = join(folder, "catalogue.csv");
  await writeFile(catalogue, "item,name,shade\nA,Rouge,red\nB,,blue\nC,Nude,beige\n");
  const options = ["--map", '{"sku":"item"}', "--others", "attributes", "--key-of-file", "spring"];
  const first = await runCommand(["import", catalogue, "--list=products", ...options, ...at]);
  expect(first.out).toContain("line 3: The row is not valid: /name is required");
  expect(first.out).toContain("3 rows: 2 applied, 0 duplicate, 1 rejected");
  expect(first.code).toBe(1);
  const again = await runCommand(["import", catalogue, "--list", "products", ...options, ...at]);
  expect(again.out).toContain("3 rows: 0 applied, 2 duplicate, 1 rejected");
  const exported = await runCommand(["export", "products", "--csv", ...at]);
  expect(exported.code).toBe(0);
  expect(
    exported.out
      .split("\r\n")
      .slice(0, 3)
      .map((line) => line.split(",")[1]),
  ).toEqual(["sku", "A", "C"]);
  const lines = (await runCommand(["export", "/v1/products?q=rouge", ...at])).out.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).attributes.shade)).toEqual(["red"]);
  expect((await runCommand(["jobs", ...at])).out).toContain("There is none.");
  const wrong = await runCommand(["import", join(folder, "missing.csv"), "--list", "products", ...at]);
  expect([wrong.code, wrong.errors]).toEqual([2, expect.stringContaining("cannot be read (ENOENT)")]);
}, 120_000);
