/** Sources and parked lines on the command line, against a whole server. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../../server/src/db/pool.ts";
import { parkLine } from "../../server/test/intake/support.ts";
import { createEmptyDatabase } from "../../server/test/support/database.ts";
import { runCommand, type ServerProcess, startServer, stopAll } from "../../server/test/support/server-process.ts";

const apiKey = "an-admin-key-for-tests";
let database: { url: string; drop(): Promise<void> };
let application: Database;
let server: ServerProcess;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onhand-sources-"));
  database = await createEmptyDatabase();
  server = await startServer({ databaseUrl: database.url, settings: { ONHAND_ALLOW_UNSAFE_DATABASE: "true" } });
  application = openDatabase({ url: database.url }, { name: "test", role: "application" }, 2);
  await server.expect("POST", "/v1/locations", { locationId: "shop", name: "Shop", type: "store" });
  await server.expect("POST", "/v1/products", { productId: "soap", sku: "SOAP", name: "Soap" });
}, 60_000);
afterAll(async () => {
  await application.close();
  await stopAll();
  await database.drop();
  await rm(folder, { recursive: true });
}, 60_000);

async function onhand(...args: readonly string[]): Promise<string> {
  const { code, out, errors } = await runCommand([...args, "--url", server.url, "--key", apiKey]);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return out;
}

test("a source is registered, its codes are mapped, and lines that waited are applied", async () => {
  const added = await onhand("sources", "add", "market", "--kind", "shopify", "--trust", "80", "--fresh", "15m");
  expect(added).toStartWith("market  active  market\n  shopify, sends changes and levels\n  trust 80, fresh for 900 s");
  const waiting = await parkLine({ application }, "market", "4711");
  const wrong = await parkLine({ application }, "market", "a test");
  expect(await onhand("sources")).toMatch(/market +active +shopify +both +stock +80 +\S+ +false +2\n/);
  expect(await onhand("parked", "--code", "4711")).toMatch(new RegExp(`${waiting} +market +\\S+ +unmapped_product`));
  const file = join(folder, "codes.txt");
  await writeFile(file, "product:4711=soap\nlocation:88=shop\n");
  expect(await onhand("sources", "map", "market", "--file", file)).toBe(
    "2 known, 0 forgotten, 1 lines that waited were applied\n",
  );
  expect(await onhand("sources", "codes", "market")).toBe(
    "kind      code  targetId\nproduct   4711  soap\nlocation  88    shop\n",
  );
  expect(await onhand("parked", "show", waiting)).toContain("applied");
  expect(await onhand("parked", "assign", wrong, "Ada")).toContain("key_");
  expect(await onhand("parked", "retry", "--origin", "market")).toBe("1 review\n");
  expect(await onhand("parked", "discard", wrong, "--note", "a test of theirs")).toContain(
    "discarded: a test of theirs",
  );
  expect(await onhand("parked")).toBe("There is none.\n");
  expect(await onhand("sources", "map", "market", "location:88=")).toStartWith("0 known, 1 forgotten");
  expect(await onhand("sources", "archive", "market")).toStartWith("market  archived");
}, 120_000);

test("a device's log is shown with what is missing of it, and its clock", async () => {
  const line = { operationId: "o", productId: "soap", locationId: "shop", adjustment: -1 };
  await server.expect("POST", "/v1/sync/batch", {
    deviceId: "till-3",
    operations: [
      { ...line, sequence: 2, operationId: "o2" },
      { ...line, sequence: 6, operationId: "o6" },
    ],
    lastSequence: 7,
    deviceTime: new Date(Date.now() + 24 * 3_600_000).toISOString(),
    roundTripMs: 200,
  });
  expect(await onhand("devices")).toMatch(/till-3 +0 +7 +5 +86[34]\d\d\.\d s ahead, ± 0\.1 s +20/);
  const shown = await onhand("devices", "show", "till-3");
  expect(shown).toContain("log: all up to 0 of 7, 2 lines sent\n  missing: 1, 3 to 5, 7\n  clock: 86");
  expect(await onhand("devices", "--after", "till-3")).toBe("There is none.\n");
});

test.each([
  [["sources", "show"], "show ID"],
  [["sources", "map", "market", "4711=soap"], "product:CODE=ID"],
  [["devices", "show"], "show"],
  [["parked", "retry"], "--origin"],
  [["parked", "keep"], "list, show, assign, retry, discard"],
])("%j says how it is used", async (args, advice) => {
  const { code, errors } = await runCommand(args);
  expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining(advice) });
});
