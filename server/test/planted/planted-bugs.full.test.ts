import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clusterUrl } from "../support/cluster.ts";
import { plantedBugs } from "./planted-bugs.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
let copy: string;
let environment: Record<string, string | undefined>;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "onhand-planted-"));
  await mkdir(join(copy, "server"));
  for (const part of [
    "server/src",
    "server/test",
    "server/migrations",
    "server/package.json",
    "protocol",
    "client",
    "package.json",
    "tsconfig.json",
  ]) {
    await cp(join(repository, part), join(copy, part), {
      recursive: true,
      filter: (path) => !path.includes("node_modules"),
    });
  }
  await symlink(join(repository, "node_modules"), join(copy, "node_modules"));
  environment = { ...process.env, ONHAND_TEST_CLUSTER_URL: await clusterUrl() };
});
afterAll(() => rm(copy, { recursive: true, force: true }));

async function runTests(files: readonly string[]): Promise<{ exitCode: number; output: string }> {
  const child = Bun.spawn([process.execPath, "test", "--timeout", "120000", ...files.map((file) => `./${file}`)], {
    cwd: copy,
    env: environment,
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = (await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])).join("");
  return { exitCode: await child.exited, output };
}

test("the faithful copy passes every test that is to catch a bug", async () => {
  const { exitCode, output } = await runTests([...new Set(plantedBugs.flatMap((bug) => bug.caughtBy))]);
  expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
}, 300_000);

for (const bug of plantedBugs) {
  test(`the suite catches a planted ${bug.name}: ${bug.harm}`, async () => {
    const path = join(copy, bug.file);
    const source = await readFile(path, "utf8");
    // Line breaks are the formatter's: what is looked for may stand on several lines.
    const pattern = new RegExp(
      bug.original
        .split(/\s+/)
        .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
        .join("\\s*"),
      "g",
    );
    expect(source.match(pattern) ?? []).toHaveLength(1);
    await writeFile(
      path,
      source.replace(pattern, () => bug.planted),
    );
    try {
      const { exitCode, output } = await runTests(bug.caughtBy);
      expect(exitCode).not.toBe(0);
      // Caught by a test that failed, not by a copy that does not even load.
      expect(output).toMatch(/\(fail\) /);
      expect(output).not.toMatch(/SyntaxError|Cannot find module/);
    } finally {
      await writeFile(path, source);
    }
  }, 300_000);
}
