/** The package as it is published: it runs on Node alone, and compiles in a project that knows nothing of this one. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildClient } from "../../scripts/build-client.ts";

const modules = resolve(import.meta.dir, "../../node_modules");
const project = mkdtempSync(join(tmpdir(), "onhand-client-"));
const built = join(project, "node_modules/@onhand/client");

beforeAll(async () => {
  mkdirSync(join(project, "node_modules/@onhand"), { recursive: true });
  symlinkSync(join(modules, "typebox"), join(project, "node_modules/typebox"));
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  await buildClient(built);
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

async function run(...command: string[]): Promise<{ output: string; code: number }> {
  const program = Bun.spawn(command, { cwd: project, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([program.stdout.text(), program.stderr.text(), program.exited]);
  return { output: `${stdout}${stderr}`.trim(), code };
}

test("it is one file without imports", () => {
  expect(readFileSync(join(built, "index.js"), "utf8")).not.toMatch(/\bimport\b[^;]*["']|\brequire\(/);
});

test("it runs on Node, where a lost try is followed by another with the same key", async () => {
  const keys: (string | null)[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      keys.push(request.headers.get("idempotency-key"));
      return keys.length === 1 ? new Response("", { status: 502 }) : Response.json({ version: keys.length });
    },
  });
  writeFileSync(
    join(project, "main.js"),
    `import { createClient } from "@onhand/client";
     const client = createClient({ baseUrl: "http://127.0.0.1:${server.port}", apiKey: "k", retry: { backoffMs: 1 } });
     const { body, meta } = await client.withMeta.adjustInventory({ sku: "A", locationId: "l", adjustment: 1 });
     console.log(body.version, meta.tries);`,
  );
  expect(await run("node", "main.js")).toEqual({ output: "2 2", code: 0 });
  await server.stop(true);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]!);
});

test("its types compile with strict settings, and tell right from wrong", async () => {
  writeFileSync(
    join(project, "main.ts"),
    `import { createClient, type InventoryItem } from "@onhand/client";
     const client = createClient({ baseUrl: "http://x" });
     const item: InventoryItem = await client.adjustInventory({ sku: "A", locationId: "l", adjustment: 1 });
     const wrong: string = item.stockLevel;
     await client.adjustInventory({ sku: "A" });
     export { wrong };`,
  );
  const options = [
    "--noEmit",
    "--pretty",
    "false",
    "--strict",
    "--skipLibCheck",
    "--lib",
    "es2023,dom",
    "--types",
    "",
    "--module",
    "nodenext",
  ];
  const { output } = await run(process.execPath, join(modules, "typescript/bin/tsc"), ...options, "main.ts");
  expect(output.match(/^main\.ts\(\d+/gm)).toEqual(["main.ts(4", "main.ts(5"]);
  expect(output.match(/error/g)).toHaveLength(2);
}, 30_000);
