import { afterEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join, relative } from "node:path";
import { readConfig, repositoryRoot } from "../../src/config/config.ts";
import { createEmptyDatabase } from "../support/database.ts";
import { runCommand, ServerProcess, startServer, stopAll, temporaryFolder, until } from "../support/server-process.ts";

afterEach(stopAll);

/** Keys printed where a new one is announced. */
const keysIn = (text: string): string[] => [...text.matchAll(/shown this once: (\S+)/g)].map((match) => match[1]!);
const curlLinesIn = (text: string): string[] => text.split("\n").filter((line) => line.startsWith("curl "));
const listPath = "/v1/products";

test("the first start shows the address, the API reference, a key once and three calls that work", async () => {
  const dataDir = join(await temporaryFolder(), "data");
  const server = await startServer({ dataDir, bootstrapKey: null });
  const page = await server.request<string>("GET", new URL(/API reference: (\S+)/.exec(server.output)![1]!).pathname, {
    apiKey: null,
  });
  expect([page.status, page.body]).toEqual([200, expect.stringContaining("<html")]);
  const [key, ...others] = keysIn(server.output);
  expect(others).toEqual([]);
  const lines = curlLinesIn(server.output);
  expect(lines).toHaveLength(3);
  if (Bun.which("curl") !== null && Bun.which("bash") !== null) {
    // Twice: whoever pastes them again must not do anything twice.
    for (const _ of ["pasted", "pasted again"]) {
      const answers = lines.map((line) => JSON.parse(spawnSync("bash", ["-c", line], { encoding: "utf8" }).stdout));
      expect(answers).toMatchObject([
        { productId: "prod123", sku: "BEIGE-30" },
        { locationId: "loc1", name: "Warehouse A" },
        { productId: "prod123", locationId: "loc1", stockLevel: 100, movementId: expect.stringMatching(/^mov_/) },
      ]);
    }
    expect(await server.request("GET", "/v1/inventory/BEIGE-30", { apiKey: key! })).toMatchObject({
      status: 200,
      body: { totals: { stockLevel: 100 } },
    });
  }
  expect(await server.terminate()).toEqual({ code: 0, signal: null });
  const again = await startServer({ dataDir, bootstrapKey: null });
  expect([keysIn(again.output), curlLinesIn(again.output)]).toEqual([[], []]);
  expect(again.output).toContain("npx onhand keys create");
  expect((await again.request("GET", listPath, { apiKey: key! })).status).toBe(200);
});

test("a key from the environment is not printed, and stays valid over restarts and beside other keys", async () => {
  const dataDir = join(await temporaryFolder(), "data");
  const bootstrapKey = "sixteen letters!".replace(" ", "-");
  for (const settings of [{}, {}, { LOG_LEVEL: "debug" }]) {
    const server = await startServer({ dataDir, bootstrapKey, settings });
    expect((await server.request("GET", listPath, { apiKey: bootstrapKey })).status).toBe(200);
    expect((await server.request("GET", listPath, { apiKey: "another-key-of-length" })).status).toBe(401);
    expect(server.output + server.errors).not.toContain(bootstrapKey);
    await server.terminate();
  }
  const [created] = keysIn((await runCommand(["keys", "create", "--role", "admin"], { dataDir })).out);
  const server = await startServer({ dataDir, bootstrapKey: created! });
  expect((await server.request("GET", listPath, { apiKey: created! })).status).toBe(200);
});

test("keys made before the first start do not take the first admin key away", async () => {
  const dataDir = join(await temporaryFolder(), "data");
  const listed = await runCommand(["keys", "list"], { dataDir });
  expect(listed.code).toBe(0);
  const created = await runCommand(["keys", "create", "--role", "reader", "--name", "first"], { dataDir });
  const server = await startServer({ dataDir, bootstrapKey: null });
  const admins = [...keysIn(listed.out), ...keysIn(created.out), ...keysIn(server.output)];
  const body = { locationId: "l", name: "L", type: "store" };
  const statuses = await Promise.all(
    admins.map(async (apiKey) => (await server.request("POST", "/v1/locations", { body, apiKey })).status),
  );
  expect(statuses).toContain(201);
});

test("servers that start together on an empty database lay it out once and all serve", async () => {
  const { url, drop } = await createEmptyDatabase();
  const options = { databaseUrl: url, bootstrapKey: "one-key-for-all-of-them" };
  const servers = await Promise.all(["a", "b", "c", "d"].map(() => startServer(options)));
  const body = { locationId: "l", name: "L", type: "store" };
  const [first, ...others] = servers as [ServerProcess, ...ServerProcess[]];
  const apiKey = options.bootstrapKey;
  expect((await first.request("POST", "/v1/locations", { body, apiKey })).status).toBe(201);
  for (const server of others) expect((await server.request("GET", "/v1/locations/l", { apiKey })).status).toBe(200);
  await stopAll();
  await drop();
});

describe("the command line beside a running server", () => {
  test("makes, lists and revokes keys in its database; a revoked key is refused within seconds", async () => {
    const dataDir = join(await temporaryFolder(), "data");
    const server = await startServer({ dataDir });
    const run = (...args: string[]) => runCommand(["keys", ...args], { dataDir });
    const created = await run("create", "--role", "writer", "--name", "till 7");
    expect([created.code, created.out]).toEqual([0, expect.stringContaining("writer")]);
    const [apiKey] = keysIn(created.out);
    const keyId = /key_\w+/.exec(created.out)![0];
    const statusNow = async () => (await server.request("GET", listPath, { apiKey: apiKey! })).status;
    await until("the new key is taken", async () => (await statusNow()) === 200, 2_000);
    const list = (await run("list")).out;
    expect(list).toMatch(new RegExp(`${keyId} +writer .* active +till 7`));
    expect(list).not.toContain(apiKey!);
    expect(await run("revoke", keyId)).toMatchObject({ code: 0 });
    await until("the revoked key is refused", async () => (await statusNow()) === 401, 5_000);
    expect((await run("list")).out).toMatch(new RegExp(`${keyId} .* revoked`));
    expect(await run("revoke", keyId)).toMatchObject({ code: 1 });
    expect(server.hasEnded).toBe(false);
    const npx = spawnSync("npx", ["onhand", "keys", "list"], {
      cwd: repositoryRoot,
      env: { ...process.env, ONHAND_DATA_DIR: dataDir },
      encoding: "utf8",
    });
    expect([npx.status, npx.stdout]).toEqual([0, expect.stringContaining(keyId)]);
  });

  test("a data folder in use names its holder and what to do", async () => {
    const dataDir = join(await temporaryFolder(), "data");
    const server = await startServer({ dataDir });
    const second = await runCommand(["serve"], { dataDir, settings: { PORT: "0" } });
    expect(second.code).toBe(1);
    expect(second.errors).toContain("onhand serve on 127.0.0.1");
    expect(second.errors).toContain(`kill ${server.pid}`);
    expect(second.errors).toContain("ONHAND_DATA_DIR");
    expect(second.errors).not.toMatch(stackLine);
    // Every command that the message names exists.
    for (const [, command] of second.errors.matchAll(/npx onhand (\w+)/g))
      expect([command, (await runCommand([command!, "--help"])).code]).toEqual([command, 0]);
    expect((await server.request("GET", listPath)).status).toBe(200);
  });

  test("a taken port ends with the next command to try, and leaves the database stopped", async () => {
    const root = await temporaryFolder();
    const server = await startServer({ dataDir: join(root, "data") });
    const PORT = new URL(server.url).port;
    const dataDir = join(root, "other");
    const second = await runCommand(["serve"], { dataDir, settings: { PORT } });
    expect([second.code, second.errors]).toEqual([1, expect.stringContaining(`Port ${PORT}`)]);
    expect(second.errors).toContain(`npm start -- --port ${Number(PORT) + 1}`);
    // Nothing that went wrong is told but the port.
    expect(second.out).not.toContain("terminating connection");
    await (await startServer({ dataDir })).terminate();
  });
});

const stackLine = /^ {4}at /m;

describe("wrong use", () => {
  const wrong: [string, Record<string, string>][] = [
    ["ONHAND_BOOTSTRAP_KEY", { ONHAND_BOOTSTRAP_KEY: "fifteen-letters" }],
    ["PORT", { PORT: "80a" }],
    ["PORT", { PORT: "65536" }],
    ["LOG_LEVEL", { LOG_LEVEL: "loud" }],
    ["ONHAND_LANES", { ONHAND_LANES: "0" }],
    ["ONHAND_POOL_MAX", { ONHAND_POOL_MAX: "1" }],
    ["ONHAND_DRAIN_SECONDS", { ONHAND_DRAIN_SECONDS: "1.5" }],
    ["ONHAND_ALLOW_UNSAFE_DATABASE", { ONHAND_ALLOW_UNSAFE_DATABASE: "yes" }],
    ["ONHAND_FAILPOINT", { ONHAND_FAILPOINT: "anywhere" }],
    ["DEFAULT_CURRENCY", { DEFAULT_CURRENCY: "euro" }],
    ["DATABASE_URL", { DATABASE_URL: "mysql://user:very-secret@db/x" }],
  ];
  test.each(wrong)("of %s names it and ends with 2: %p", async (name, settings) => {
    const { code, out, errors } = await runCommand(["serve"], { settings });
    expect([code, errors, out]).toEqual([2, expect.stringMatching(new RegExp(`^${name}: `)), ""]);
    expect(errors).not.toMatch(stackLine);
    expect(errors).not.toContain(settings.ONHAND_BOOTSTRAP_KEY ?? "very-secret");
  });

  test("of commands and flags says what there is", async () => {
    for (const args of [["bogus"], ["serve", "--prot", "1"], ["serve", "--port"], ["keys"], ["keys", "create"]]) {
      const { code, errors } = await runCommand(args, { dataDir: join(await temporaryFolder(), "data") });
      expect([args, code, errors]).toEqual([args, 2, expect.stringMatching(/npx onhand|needs a value/)]);
      expect(errors).not.toMatch(stackLine);
    }
  });

  test.each([
    ["nobody listens", "postgresql://onhand:very-secret@127.0.0.1:1/onhand"],
    ["the host does not exist", "postgresql://onhand:very-secret@database.invalid/onhand"],
    ["the host gives no answer", "silent"],
  ])("of DATABASE_URL is told in a sentence when %s", async (_why, given) => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const databaseUrl = given === "silent" ? `postgresql://onhand:very-secret@127.0.0.1:${port}/onhand` : given;
    const { code, errors } = await runCommand(["serve"], { databaseUrl, settings: { PORT: "0" } });
    expect([code, errors]).toEqual([1, expect.stringContaining("DATABASE_URL")]);
    expect(errors).not.toMatch(stackLine);
    expect(errors).not.toContain("very-secret");
    silent.close();
  });

  test("of HOST names it", async () => {
    const settings = { PORT: "0", HOST: "192.0.2.1" };
    const { code, errors } = await runCommand(["serve"], { dataDir: join(await temporaryFolder(), "data"), settings });
    expect([code, errors]).toEqual([expect.any(Number), expect.stringContaining("192.0.2.1")]);
    expect(code).not.toBe(0);
    expect(errors).not.toMatch(stackLine);
  });
});

test("help of every command ends with 0 and shows examples", async () => {
  const overview = await runCommand(["--help"]);
  const commands = [...overview.out.matchAll(/^ {2}(\w[\w-]*) {2,}\S/gm)].map((match) => match[1]!);
  expect(commands).toEqual(expect.arrayContaining(["serve", "migrate", "keys"]));
  const helps = await Promise.all(commands.map((command) => runCommand([command, "--help"])));
  for (const [index, help] of [...helps, overview].entries()) {
    const name = commands[index] ?? "the overview";
    expect([name, help.code, help.errors]).toEqual([name, 0, ""]);
    expect([name, help.out]).toEqual([name, expect.stringMatching(/Examples?:\n +(npx|npm|DATABASE_URL)/)]);
  }
});

test("a relative data folder lies under the repository, wherever one stands", async () => {
  expect(readConfig({}).dataDir).toBe(join(repositoryRoot, "data"));
  const root = await temporaryFolder();
  const settings = { ONHAND_DATA_DIR: relative(repositoryRoot, join(root, "data")), PORT: "0" };
  const server = new ServerProcess({ settings, cwd: root });
  await server.waitReady();
  expect(server.output).toContain(`PostgreSQL in ${join(root, "data")}`);
  expect(await server.terminate()).toEqual({ code: 0, signal: null });
});
