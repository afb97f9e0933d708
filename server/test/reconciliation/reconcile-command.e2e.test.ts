/** `onhand reconcile` as its users run it: now, with a file, and what comes of what differs. */
import { afterEach, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createEmptyDatabase } from "../support/database.ts";
import { request, runCommand, startServer, stopAll, temporaryFolder } from "../support/server-process.ts";

let drop: (() => Promise<void>) | null = null;
afterEach(async () => {
  await stopAll();
  await drop?.();
}, 60_000);

const key = "an-admin-key-for-tests";

test("a file is compared, what differs is listed, explained, looked after and corrected", async () => {
  const database = await createEmptyDatabase();
  drop = database.drop;
  const server = await startServer({ databaseUrl: database.url, settings: { ONHAND_ALLOW_UNSAFE_DATABASE: "true" } });
  const post = async (path: string, body: object): Promise<void> => {
    const { status } = await request(server.url, "POST", path, { body });
    expect([200, 201]).toContain(status);
  };
  await post("/v1/products", { productId: "soap", sku: "SOAP", name: "Soap" });
  await post("/v1/locations", { locationId: "shop", name: "Shop", type: "store" });
  await post("/v1/inventory", { productId: "soap", locationId: "shop", adjustment: 12 });
  await post("/v1/sources", { sourceId: "erp", name: "An ERP", role: "statements", mode: "levels" });
  const at = ["--url", server.url, "--key", key];
  const run = (...args: string[]) => runCommand(["reconcile", ...args, ...at]);

  const now = await run("--check", "level,movements,total");
  expect([now.code, now.out]).toEqual([0, expect.stringContaining("Nothing differs.")]);

  const file = join(await temporaryFolder(), "count.csv");
  await writeFile(file, "sku;location;quantity\nSOAP;shop;10\nGHOST;shop;1\n");
  const uploaded = await run("--upload", file, "--source", "erp");
  expect(uploaded.out).toContain("2 lines: 0 agree, 1 differ, 1 could not be compared");
  expect(uploaded.out).toContain("line 2: ");
  const id = /dif_\w+/.exec((await run("list", "--source", "erp")).out)![0];
  expect((await run("assign", id, "--owner", "ana")).out).toContain("ana");
  expect((await run("show", id)).out).toContain("2 units fewer");
  expect((await run("accept", id)).errors).toContain("--note");
  const corrected = await run("correct", id, "--reason", "counted together");
  expect([corrected.code, corrected.out]).toEqual([0, expect.stringContaining("closed: It was corrected by mov_")]);
  expect((await run("list")).out).toContain("There is none.");
  const path = "/v1/inventory?productId=soap";
  const { body } = await request<{ data: { stockLevel: number }[] }>(server.url, "GET", path);
  expect(body.data[0]!.stockLevel).toBe(10);
}, 120_000);
