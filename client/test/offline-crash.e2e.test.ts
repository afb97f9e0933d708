/** The offline queue in a file, in a process that is killed at every step of its work and started again. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SyncBatch } from "../src/index.ts";

const child = join(import.meta.dir, "support/queue-child.ts");
const folder = mkdtempSync(join(tmpdir(), "onhand-queue-"));
/** Two items, so that order within each and freedom between them both show. */
const sales = ["a:1", "b:2", "a:3"];
/** Lines of the log, alone and around a command of the same item. */
const mixed = ["a:note:1", "b:note:2", "a:3", "a:note:4"];

/** What the server applied, in order, and how often each key was asked for. */
let applied: { key: string; productId: string; number: number }[] = [];
let asked: string[] = [];
/** Which operation had which number of the log. */
let numbers = new Map<number, string>();
let server: ReturnType<typeof Bun.serve>;

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (request.url.endsWith("/v1/sync/batch")) return takeLog((await request.json()) as SyncBatch);
      const key = request.headers.get("idempotency-key")!;
      const { productId, reference } = (await request.json()) as { productId: string; reference: string };
      asked.push(key);
      const isRepeat = applied.some((each) => each.key === key);
      if (!isRepeat) applied.push({ key, productId, number: Number(reference) });
      return Response.json(
        { productId, version: applied.length },
        { headers: isRepeat ? { "idempotent-replayed": "true" } : {} },
      );
    },
  });
});
afterAll(async () => {
  await server.stop(true);
  rmSync(folder, { recursive: true, force: true });
});

/** Takes a log as the server does: each operation once, whatever its number, and each number for one operation. */
function takeLog({ operations, lastSequence = 0 }: SyncBatch): Response {
  const results = operations.map((line) => {
    const { sequence, operationId: key, productId, reference } = line as Record<string, string> & { sequence: number };
    asked.push(key!);
    const isRepeat = applied.some((each) => each.key === key);
    if (!isRepeat) applied.push({ key: key!, productId: productId!, number: Number(reference) });
    if ((numbers.get(sequence) ?? key) !== key) throw new Error(`${sequence} is ${numbers.get(sequence)} and ${key}`);
    numbers.set(sequence, key!);
    return { sequence, operationId: key, verdict: isRepeat ? "duplicate" : "applied" };
  });
  const through = Math.max(lastSequence, ...numbers.keys());
  const missing = Array.from({ length: through }, (_, index) => index + 1)
    .filter((sequence) => !numbers.has(sequence))
    .map((sequence) => ({ first: sequence, last: sequence }));
  return Response.json({ results, missing, lastSequence: through, acknowledgedThrough: numbers.size });
}

async function run(path: string, killAt: number, list: readonly string[]) {
  const command = [process.execPath, child, path, server.url.href, String(killAt), ...list];
  const program = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [out, errors, code] = await Promise.all([program.stdout.text(), program.stderr.text(), program.exited]);
  const added = out.split("\n").flatMap((line) => (line.startsWith("added ") ? [line.slice(6)] : []));
  return { added, errors, code, steps: Number(/steps (\d+)/.exec(out)?.[1] ?? 0) };
}

test("killed at any step and started again, every sale is applied once and in order, and none that was stored is lost", async () => {
  const whole = await run(join(folder, "whole.log"), 0, sales);
  expect(whole).toMatchObject({ added: sales, errors: "", code: 0 });
  // Storing, marking as sent, sending and removing, each with a step before and one behind it; the log is founded first.
  expect(whole.steps).toBe(2 + sales.length * 8);
  for (let killAt = 1; killAt <= whole.steps; killAt++) {
    applied = [];
    asked = [];
    const path = join(folder, `${killAt}.log`);
    const killed = await run(path, killAt, sales);
    expect(killed.code).not.toBe(0);
    // It was told that these are stored, so it does not add them again.
    const left = sales.filter((sale) => !killed.added.includes(sale));
    const restarted = await run(path, 0, left);
    expect({ killAt, errors: restarted.errors, code: restarted.code }).toEqual({ killAt, errors: "", code: 0 });
    expect({ killAt, keys: applied.map(({ key }) => key).sort() }).toEqual({
      killAt,
      keys: ["sale 1", "sale 2", "sale 3"],
    });
    expect(applied.filter(({ productId }) => productId === "a").map(({ number }) => number)).toEqual([1, 3]);
    // One kill: no sale is sent more than twice.
    expect(asked.length).toBeLessThanOrEqual(2 * sales.length);
  }
}, 120_000);

test("killed at any step, lines of the log keep their numbers, leave no gap, and stay in order with commands of their item", async () => {
  numbers = new Map();
  const whole = await run(join(folder, "whole-log.log"), 0, mixed);
  expect(whole).toMatchObject({ added: mixed, errors: "", code: 0 });
  for (let killAt = 1; killAt <= whole.steps; killAt++) {
    applied = [];
    asked = [];
    numbers = new Map();
    const path = join(folder, `log-${killAt}.log`);
    const killed = await run(path, killAt, mixed);
    expect({ killAt, isKilled: killed.code !== 0 }).toEqual({ killAt, isKilled: true });
    const left = mixed.filter((sale) => !killed.added.includes(sale));
    const restarted = await run(path, 0, left);
    expect({ killAt, errors: restarted.errors, code: restarted.code }).toEqual({ killAt, errors: "", code: 0 });
    const keys = ["sale 1", "sale 2", "sale 3", "sale 4"];
    expect({ killAt, keys: applied.map(({ key }) => key).sort() }).toEqual({ killAt, keys });
    expect(applied.filter(({ productId }) => productId === "a").map(({ number }) => number)).toEqual([1, 3, 4]);
    // What was stored and not told of is noted again, under its operation id: it has two numbers then, and effect once.
    const inOrder = [...numbers].sort(([one], [other]) => one - other);
    expect(inOrder.map(([sequence]) => sequence)).toEqual(inOrder.map((_, index) => index + 1));
    expect([...new Set(inOrder.map(([, key]) => key))]).toEqual(["sale 1", "sale 2", "sale 4"]);
  }
}, 120_000);
