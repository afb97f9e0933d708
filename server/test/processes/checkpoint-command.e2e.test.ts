/** `onhand checkpoint` and checks that begin at one, beside a running server and on a database that nobody runs. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { runCommand, startServer, stopAll, temporaryFolder } from "../support/server-process.ts";

afterEach(stopAll);

test("checkpoints are made beside a running server and without one, listed, and checks begin there", async () => {
  const dataDir = join(await temporaryFolder(), "data");
  const server = await startServer({ dataDir });
  expect((await runCommand(["checkpoint", "list"], { dataDir })).out).toContain("There is no checkpoint yet");
  await server.expect("POST", "/v1/products", { productId: "soap", sku: "SOAP", name: "Soap" });
  await server.expect("POST", "/v1/locations", { locationId: "shop", name: "Shop", type: "store" });
  await server.expect("POST", "/v1/inventory", { productId: "soap", locationId: "shop", adjustment: 3 });
  const made = await runCommand(["checkpoint", "make"], { dataDir });
  expect(made).toMatchObject({
    code: 0,
    out: expect.stringContaining("2 of 17 partitions were written down, with 1 levels"),
  });
  expect((await runCommand(["checkpoint"], { dataDir })).out).toContain("Nothing is new");
  const told = await server.expect<{ data: { type: string; data: { record: object } }[] }>(
    "GET",
    "/v1/inventory/updates?types=journal.checkpointed.v1",
  );
  expect(told.data.map(({ data }) => data.record)).toMatchObject([{ levels: 0, partition: 0 }, { levels: 1 }]);
  // The server goes on over what another process wrote, and the item is what it was.
  await server.expect("POST", "/v1/inventory", { productId: "soap", locationId: "shop", adjustment: -1 });
  expect(await server.expect("GET", "/v1/inventory/SOAP")).toMatchObject({ totals: { stockLevel: 2 } });
  const list = await runCommand(["checkpoint", "list"], { dataDir });
  expect(list.out).toMatch(/^ +0 +1 +1 {2}behind entry 1 of 2, /m);
  expect(await runCommand(["verify", "--from-checkpoint"], { dataDir })).toMatchObject({ code: 0 });
  await server.terminate();

  expect((await runCommand(["checkpoint", "make"], { dataDir })).out).toContain("1 of 17 partitions");
  const checked = await runCommand(["verify", "--from-checkpoint"], { dataDir });
  expect(checked).toMatchObject({ code: 0, out: expect.stringMatching(/^2 entries in 17 partitions .* agrees\.$/m) });
  expect((await runCommand(["verify"], { dataDir })).code).toBe(0);
}, 120_000);

test.each([
  [["checkpoint", "take"], "make or list"],
  [["verify", "--from-checkpoint", "--from", "report.json"], "--from-checkpoint"],
])("%j says how it is used", async (args, advice) => {
  const { code, errors } = await runCommand(args);
  expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining(advice) });
});
