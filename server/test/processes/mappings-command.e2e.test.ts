/** `onhand mappings` beside a running server: a mapping is tried on a payload, added, used, and read again with. */
import { afterEach, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand, startServer, stopAll, temporaryFolder } from "../support/server-process.ts";

afterEach(stopAll);

test("a payload that could not be read is tried, mapped and read, from the command line", async () => {
  const folder = await temporaryFolder();
  const server = await startServer({ dataDir: join(folder, "data") });
  const at = ["--url", server.url, "--key", "an-admin-key-for-tests"];
  const onhand = async (...args: string[]) => {
    const { code, out, errors } = await runCommand(["mappings", ...args, ...at]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    return out;
  };
  await server.expect("POST", "/v1/products", { productId: "soap", sku: "SOAP", name: "Soap" });
  await server.expect("POST", "/v1/locations", { locationId: "shop", name: "Shop", type: "store" });
  await server.expect("POST", "/v1/sources", { sourceId: "erp", name: "ERP" });
  expect(await onhand("ready")).toContain("woocommerce");

  const [wrong, right, payload] = ["wrong.jsonata", "right.jsonata", "payload.json"].map((name) => join(folder, name));
  await writeFile(wrong!, '"no line"');
  await writeFile(right!, '{"operationId": id, "sku": "SOAP", "locationId": "shop", "adjustment": units}');
  await writeFile(payload!, '{"id": 271878346596884015, "units": 4}');
  expect(await onhand("add", "erp", "--file", wrong!)).toContain("version 1");
  await server.expect("POST", "/v1/sources/erp/events", { id: "m1", units: 7 });
  expect(await onhand("payloads", "erp")).toMatch(/pay_\S+ .* output: /);
  expect(await onhand("retry", "erp")).toContain("0 were read, 1 go on waiting");

  expect(await onhand("try", "erp", "--payload", payload!, "--file", right!)).toMatch(/271878346596884015 +soap +shop/);
  expect(await onhand("add", "erp", "--file", right!, "--about", "by SKU")).toContain("version 2");
  expect(await server.expect("GET", "/v1/inventory/SOAP")).toMatchObject({ totals: { stockLevel: 7 } });
  expect(await onhand("payloads", "erp")).toContain("There is none.");
  expect(await onhand("list", "erp")).toMatch(/2 +yes .* by SKU\n/);
  expect(await onhand("use", "erp", "none")).toContain("no mapping");
}, 120_000);

test.each([
  [["mappings", "try", "erp"], "--payload"],
  [["mappings", "add", "erp", "--file", "a", "--ready", "b"], "not both"],
  [["mappings", "add", "erp", "--ready", "shopify", "--settings", "web"], "JSON object"],
  [["mappings", "use", "erp", "x"], "number"],
])("%j says how it is used", async (args, advice) => {
  const { code, errors } = await runCommand([...args, "--url", "http://localhost:1", "--key", "k"]);
  expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining(advice) });
});
