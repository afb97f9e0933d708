/**
 * A till that was offline for 72 hours with a clock that is wrong by 24, killed again and again, behind a network that
 * multiplies, shuffles and loses: it ends as one sending in order does. No operation twice, none lost.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmptyDatabase } from "../../server/test/support/database.ts";
import { runCommand, type ServerProcess, startServer, stopAll } from "../../server/test/support/server-process.ts";
import { createClient, type Movement, type NewFact } from "../src/index.ts";
import type { TillScenario } from "./support/till-child.ts";
import { openWildNetwork, type WildNetwork } from "./support/wild-network.ts";

const hourMs = 3_600_000;
const operationCount = 5_000;
const receiptLines = 5;
const productCount = 10;
const clockAheadMs = 24 * hourMs;
const apiKey = "an-admin-key-for-tests";
const child = join(import.meta.dir, "support/till-child.ts");

/** @returns chance that is the same in every run */
const drawer = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
};
const draw = drawer(11);

let folder: string;
let drop: () => Promise<void>;
let databaseUrl: string;
let server: ServerProcess;
let network: WildNetwork;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "onhand-till-"));
  ({ url: databaseUrl, drop } = await createEmptyDatabase());
  server = await startServer({ databaseUrl, settings: { ONHAND_ALLOW_UNSAFE_DATABASE: "true" } });
  network = await openWildNetwork({ serverUrl: server.url, clockAheadMs, draw });
}, 120_000);
afterAll(async () => {
  await network.close();
  await stopAll();
  await drop();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

/**
 * 72 hours of receipts. A product comes again after more than eight minutes: closer to each other, a sale and a count of
 * before three days would lie within the error of the till's clock, and be for somebody to look at.
 */
function receiptsOf(locationId: string, startMs: number): TillScenario["receipts"] {
  const drawFact = drawer(5);
  return Array.from({ length: operationCount / receiptLines }, (_, receipt) => ({
    atMs: startMs + Math.floor((receipt * 71.5 * hourMs * receiptLines) / operationCount),
    facts: Array.from({ length: receiptLines }, (_, line): NewFact => {
      const number = receipt * receiptLines + line;
      const base = { productId: `p${number % productCount}`, locationId, operationId: `op-${number + 1}` };
      const reference = `receipt-${receipt + 1}`;
      if (drawFact(60) === 0) return { ...base, stockLevel: 20 + drawFact(100), reference };
      const isReturn = drawFact(5) === 0;
      return {
        ...base,
        adjustment: isReturn ? 1 + drawFact(3) : -1 - drawFact(3),
        type: isReturn ? "return" : "sale",
        reference,
      };
    }),
  }));
}

/** Runs the till and kills it after so many words; 0 lets it end. @returns what it said */
async function runTill(scenarioFile: string, notedBefore: number, killAfter: number): Promise<string[]> {
  const till = Bun.spawn([process.execPath, child, scenarioFile, String(notedBefore)], {
    stdout: "pipe",
    stderr: "pipe",
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of till.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (killAfter > 0 && text.split("\n").length > killAfter) till.kill("SIGKILL");
  }
  const [code, errors] = await Promise.all([till.exited, till.stderr.text()]);
  if (killAfter === 0) expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return text.split("\n").slice(0, -1);
}

/** What receipts moved at a location, item by item; what is told besides, such as an oversold item, has no receipt. */
async function movementsAt(locationId: string): Promise<Map<string, { stockLevel: number; movements: Movement[] }>> {
  const client = createClient({ baseUrl: server.url, apiKey });
  const found = new Map<string, { stockLevel: number; movements: Movement[] }>();
  for await (const { productId, inventoryId, stockLevel } of client.all.listInventory({ locationId })) {
    const movements: Movement[] = [];
    for await (const movement of client.all.listMovements(inventoryId, { limit: 1_000 }))
      if (movement.reference !== null) movements.push(movement);
    found.set(productId, { stockLevel, movements });
  }
  return found;
}

test("72 hours offline, sent three times over four connections with answers lost and the till killed, end as one sending in order", async () => {
  for (const locationId of ["plain", "wild"])
    await server.expect("POST", "/v1/locations", { locationId, name: locationId, type: "store" });
  for (let index = 0; index < productCount; index++)
    await server.expect("POST", "/v1/products", { productId: `p${index}`, sku: `S${index}`, name: "x" });
  const startMs = Date.now() - 72 * hourMs;

  const plain = receiptsOf("plain", startMs).flatMap(({ atMs, facts }) =>
    facts.map((fact) => ({ ...fact, occurredAt: new Date(atMs + clockAheadMs).toISOString() })),
  );
  for (let index = 0; index < operationCount; index += 500) {
    const operations = plain.slice(index, index + 500).map((fact, at) => ({ sequence: index + at + 1, ...fact }));
    const deviceTime = new Date(Date.now() + clockAheadMs).toISOString();
    const body = { deviceId: "plain", operations, deviceTime, roundTripMs: 200 };
    const { results } = await server.expect<{ results: { verdict: string }[] }>("POST", "/v1/sync/batch", body);
    expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(["applied"]));
  }

  const scenarioFile = join(folder, "scenario.json");
  const queueFile = join(folder, "till.queue");
  const receipts = receiptsOf("wild", startMs);
  const scenario: TillScenario = { queueFile, baseUrl: network.url, apiKey, deviceId: "wild", clockAheadMs, receipts };
  writeFileSync(scenarioFile, JSON.stringify(scenario));
  const said: string[] = [];
  let [noted, kills] = [0, 0];
  const run = async (killAfter: number): Promise<void> => {
    said.push(...(await runTill(scenarioFile, noted, killAfter)));
    for (const word of said) if (word.startsWith("noted ")) noted = Math.max(noted, Number(word.slice(6)));
    if (killAfter > 0) kills += 1;
  };
  // Killed while it notes, and while it sends.
  while (noted < receipts.length && kills < 12) await run(1 + draw(200));
  for (let index = 0; index < 6; index++) await run(1 + draw(600));
  await run(0);
  expect(said.at(-1)).toBe(`sent ${operationCount} 0`);

  const verdicts = said.filter((word) => word.startsWith("verdict ")).map((word) => word.split(" "));
  expect(new Set(verdicts.map(([, operationId]) => operationId)).size).toBe(operationCount);
  expect([...new Set(verdicts.map(([, , verdict]) => verdict))].sort()).toEqual(["applied", "duplicate"]);
  expect(network.lost).toBeGreaterThan(2);
  expect(network.arrivals.size).toBe(operationCount);
  expect(Math.min(...network.arrivals.values())).toBeGreaterThanOrEqual(3);
  const device = await server.expect<{ lines: number }>("GET", "/v1/devices/wild");
  expect(device).toMatchObject({ acknowledgedThrough: operationCount, lastSequence: operationCount, missing: [] });
  expect(device.lines).toBeGreaterThanOrEqual(3 * operationCount);

  const [inOrder, wild] = [await movementsAt("plain"), await movementsAt("wild")];
  const counted = (of: typeof wild) =>
    [...of].map(([productId, { stockLevel, movements }]) => [productId, stockLevel, movements.length]).sort();
  expect(counted(wild)).toEqual(counted(inOrder));
  const ids = [...wild.values()].flatMap(({ movements }) => movements.map(({ movementId }) => movementId));
  expect([ids.length, new Set(ids).size]).toEqual([operationCount, operationCount]);
  // The time of each is what it was in truth, but for the error of the till's clock.
  const atMs = new Map(receipts.map((receipt) => [receipt.facts[0]!.reference, receipt.atMs]));
  for (const { movements } of wild.values())
    for (const { reference, occurredAt } of movements)
      expect(Math.abs(Date.parse(occurredAt) - atMs.get(reference!)!)).toBeLessThan(60_000);
  expect(await runCommand(["verify"], { databaseUrl })).toMatchObject({ code: 0 });
}, 300_000);
