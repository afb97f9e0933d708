/** `onhand epoch` and `onhand feed floor` as they are run: beside servers, and on a database that nobody runs. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { runCommand, startServer, stopAll, temporaryFolder, until } from "../support/server-process.ts";

afterEach(stopAll);

const product = { productId: "soap", sku: "SOAP", name: "Soap" };
const updates = (since: string): string => `/v1/inventory/updates?since=${encodeURIComponent(since)}`;

async function cursorOf(server: Awaited<ReturnType<typeof startServer>>): Promise<string> {
  return (await server.request("GET", "/v1/products")).headers.get("onhand-cursor")!;
}

test("the epoch is raised beside a running server, which notices; and on a database that nobody runs", async () => {
  const dataDir = join(await temporaryFolder(), "data");
  const server = await startServer({ dataDir });
  await server.expect("POST", "/v1/products", product);
  const first = await cursorOf(server);
  const raised = await runCommand(["epoch", "raise", "--reason", "a drill"], { dataDir });
  expect(raised).toMatchObject({ code: 0, out: expect.stringContaining("The epoch is now 2.") });
  expect(await server.request("GET", updates(first))).toMatchObject({ status: 410, body: { code: "cursor_expired" } });
  // What the server gives out is of the new epoch as soon as it has looked, which it does each second.
  await until("the server gives out cursors of the new epoch", async () => {
    const { headers } = await server.request("GET", "/v1/products/soap");
    return (await server.request("GET", updates(headers.get("onhand-cursor")!))).status === 200;
  });
  await server.expect("POST", "/v1/locations", { locationId: "shop", name: "Shop", type: "store" });
  await server.expect("POST", "/v1/inventory", { productId: "soap", locationId: "shop", adjustment: 3 });
  const second = await cursorOf(server);
  await server.terminate();

  expect((await runCommand(["epoch", "raise", "--reason", "restored"], { dataDir })).code).toBe(0);
  const shown = await runCommand(["epoch", "show"], { dataDir });
  expect(shown.out).toMatch(/The epoch is 3\.\n +3 .* restored\n +2 .* a drill\n/);
  expect((await runCommand(["verify"], { dataDir })).code).toBe(0);
  const again = await startServer({ dataDir });
  expect(await again.request("GET", updates(second))).toMatchObject({ status: 410 });
  expect(await again.request("GET", updates(await cursorOf(again)))).toMatchObject({ status: 200, body: { data: [] } });
}, 120_000);

test("the floor is shown and raised, and says that nothing is deleted", async () => {
  const dataDir = join(await temporaryFolder(), "data");
  const server = await startServer({ dataDir });
  const beginning = await server.expect<{ data: unknown[]; nextCursor: string }>("GET", "/v1/inventory/updates");
  await server.expect("POST", "/v1/products", product);
  expect((await runCommand(["feed", "floor"], { dataDir })).out).toContain("There is no floor");
  // The server notes each second where the feed is; the floor can rise as soon as it has.
  await until("the floor rises", async () => {
    const { out } = await runCommand(["feed", "floor", "--set-before", "2100-01-01T00:00:00Z"], { dataDir });
    return out.includes("Nothing was deleted") && out.includes("behind entry 1 of 1");
  });
  await until("the server has seen it", async () => {
    return (await server.request("GET", updates(beginning.nextCursor))).status === 410;
  });
  await server.expect("GET", "/v1/products/soap");
}, 120_000);

test.each([
  [["epoch"], "show or raise"],
  [["epoch", "raise"], "--reason"],
  [["epoch", "raise", "--reason", "  "], "--reason"],
  [["feed"], "floor"],
  [["feed", "floor", "--set-before", "yesterday"], "RFC 3339"],
])("%j says how it is used", async (args, advice) => {
  const { code, errors } = await runCommand(args);
  expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining(advice) });
});
