import { afterAll, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "onhand-flash-sale-"));
// Run by root, PostgreSQL runs as another user, who must be able to enter.
chmodSync(folder, 0o711);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a flash sale with holds over three channels sells nothing that is not there and accounts for every row", async () => {
  const child = spawn(process.execPath, [join(import.meta.dir, "main.ts"), "--data-dir", join(folder, "data")]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += part));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  expect(output).toMatch(/units wanted, \d+ held, \d+ sold, \d+ released, \d+ expired, \d+ not to be had/);
  for (const name of ["every row", "no oversell", "levels = opening", "nothing is held", "onhand verify"])
    expect(output).toContain(`right  ${name}`);
  expect(output).not.toContain("WRONG");
  expect(code).toBe(0);
}, 300_000);
