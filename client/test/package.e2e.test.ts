/** The package as it is published: it runs on Node alone, and compiles in a project that knows nothing of this one. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildClient } from "../../scripts/build-client.ts";
import { createEmptyDatabase } from "../../server/test/support/database.ts";
import { startServer, stopAll, until } from "../../server/test/support/server-process.ts";

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

const importsOf = (file: string) =>
  [...readFileSync(join(built, file), "utf8").matchAll(/\b(?:import|from)\s*\(?\s*"([^"]+)"/g)].map(([, name]) => name);

test("for browsers it is one file without imports; the store in files needs only what Node has", () => {
  expect(importsOf("index.js")).toEqual([]);
  expect(
    importsOf("file-store.js").filter((name) => !/^(node:)?(crypto|path|process|(fs|timers)\/promises)$/.test(name!)),
  ).toEqual([]);
});

test("on Node it holds a live view of a real server through its restart, and replays a queue in a file", async () => {
  const database = await createEmptyDatabase();
  const settings = { ONHAND_ALLOW_UNSAFE_DATABASE: "true", ONHAND_DRAIN_SECONDS: "1" };
  const server = await startServer({ databaseUrl: database.url, settings });
  writeFileSync(join(project, "live.js"), liveProgram);
  const program = Bun.spawn(["node", "live.js", server.url], {
    cwd: project,
    stdout: "pipe",
    stderr: "pipe",
    stdin: "pipe",
  });
  let shown = "";
  const reading = (async () => {
    for await (const chunk of program.stdout) shown += new TextDecoder().decode(chunk);
  })();
  await until("the view is live", () => shown.includes("level 9"), 20_000);
  await server.terminate();
  program.stdin.write("sell\n");
  program.stdin.flush();
  await until("the sale is stored", () => shown.includes("stored"));
  const again = await startServer({
    databaseUrl: database.url,
    settings: { ...settings, PORT: new URL(server.url).port },
  });
  await until("the queue is sent and the view shows it", () => shown.includes("level 8"), 60_000);
  expect(again.hasEnded).toBe(false);
  program.stdin.end();
  expect(await program.exited).toBe(0);
  await reading;
  expect(await program.stderr.text()).toBe("");
  await stopAll();
  await database.drop();
}, 120_000);

const liveProgram = `
  import { createInterface } from "node:readline";
  import { createClient } from "@onhand/client";
  import { fileStore } from "@onhand/client/file-store";
  const client = createClient({ baseUrl: process.argv[2], apiKey: "an-admin-key-for-tests" });
  await client.createLocation({ locationId: "shop", name: "Shop", type: "store" });
  await client.createProduct({ productId: "a", sku: "A", name: "A" });
  const change = (adjustment) => ({ sku: "A", locationId: "shop", adjustment });
  await client.adjustInventory(change(10));
  const view = client.live({ onChange: ({ item }) => console.log("level", item.stockLevel) });
  await view.ready();
  const queue = await client.offlineQueue({ store: fileStore("queue.log") });
  await (await queue.add((api) => api.adjustInventory(change(-1)))).outcome;
  for await (const line of createInterface({ input: process.stdin })) {
    await queue.add((api) => api.adjustInventory(change(-1)));
    console.log("stored");
  }
  await queue.close();
  view.close();
`;

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
