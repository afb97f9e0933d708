import { afterAll, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "onhand-demo-"));
// Run by root, PostgreSQL runs as another user, who must be able to enter.
chmodSync(folder, 0o711);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function runDemo(...args: string[]): Promise<{ code: number | null; output: string }> {
  const main = join(import.meta.dir, "main.ts");
  const child = spawn(process.execPath, [main, "--fast", "--exit", "--data-dir", join(folder, "data"), ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += part));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}

test("the demo replays the slice, all its checks are right, and it ends", async () => {
  const { code, output } = await runDemo();
  expect(output).toContain("5636 rows of 5 and 6 October 2011: 10 markets, 1639 products; 105 rows");
  expect(output).toMatch(/5531 rows in \d+\.\d s: \d+ units sold, \d+ returned, \d+ lost, \d+ rows refused/);
  for (const name of ["sales sent twice count once", "levels = opening", "no item below zero", "onhand verify"])
    expect(output).toContain(`right  ${name}`);
  // The server ends with the demo, so it must not send anybody there.
  expect(output).not.toContain("API reference");
  expect(output).not.toContain("WRONG");
  expect(code).toBe(0);
}, 300_000);

test("with --keep it goes on with the data of the demo before", async () => {
  const { code, output } = await runDemo("--keep");
  expect(output).not.toContain("WRONG");
  expect(code).toBe(0);
}, 300_000);
