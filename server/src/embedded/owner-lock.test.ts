import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataFolderInUseError } from "./errors.ts";
import { livingOwner, takeOwnership } from "./owner-lock.ts";
import type { OwnerRecord } from "./owner-record.ts";
import { processPlace } from "./process-identity.ts";

let dir = "";

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "onhand-lock-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** The record of a process that is gone: this pid, but started at another time. */
async function deadOwner(token: string): Promise<OwnerRecord> {
  const startedAt = new Date().toISOString();
  return { pid: process.pid, start: "long ago", place: await processPlace(), token, holder: "dead", startedAt };
}

function put(name: string, record: OwnerRecord): Promise<void> {
  return writeFile(join(dir, name), JSON.stringify(record));
}

describe("ownership of a data folder", () => {
  test("is exclusive until it is released", async () => {
    const ownership = await takeOwnership(dir, "first");
    await expect(takeOwnership(dir, "second")).rejects.toThrow(/in use by "first", process \d+/);
    await ownership.release();
    await ownership.release();
    expect(await readdir(dir)).toEqual([]);
    await (await takeOwnership(dir, "second")).release();
  });

  test("goes to exactly one of many that ask at once", async () => {
    await expectOneWinner();
  });

  test("of a dead owner goes to exactly one of many that ask at once", async () => {
    await put("owner.json", await deadOwner("aa"));
    await expectOneWinner();
  });

  test("is taken from an owner that died while taking over from a dead one", async () => {
    await put("owner.json", await deadOwner("aa"));
    await put("owner.json.after-aa", await deadOwner("bb"));
    await put("owner.json.after-bb", await deadOwner("cc"));
    await expectOneWinner();
  });

  test("is respected while it is being taken over", async () => {
    const other = await mkdtemp(join(tmpdir(), "onhand-lock-"));
    const ownership = await takeOwnership(other, "taking over");
    await put("owner.json", await deadOwner("aa"));
    await writeFile(join(dir, "owner.json.after-aa"), await readFile(join(other, "owner.json")));
    await expect(takeOwnership(dir, "late")).rejects.toThrow(/taking over/);
    await ownership.release();
    await rm(other, { recursive: true });
  });

  test("is taken when the file holds no record", async () => {
    await writeFile(join(dir, "owner.json"), "");
    await expectOneWinner();
  });

  test("of another container lasts as long as its heartbeat", async () => {
    await put("owner.json", { ...(await deadOwner("aa")), place: "elsewhere", holder: "far away" });
    const beat = setInterval(() => void utimes(join(dir, "owner.json"), new Date(), new Date()), 50);
    try {
      expect((await livingOwner(dir))?.holder).toBe("far away");
      await expect(takeOwnership(dir, "here")).rejects.toThrow(/of another machine or container/);
    } finally {
      clearInterval(beat);
    }
  });

  test("is not taken away by the release of a former owner", async () => {
    const former = await takeOwnership(dir, "former");
    await put("owner.json", await deadOwner("aa"));
    await former.release();
    expect(await readdir(dir)).toEqual(["owner.json"]);
  });
});

async function expectOneWinner(): Promise<void> {
  const results = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => takeOwnership(dir, `n${index}`)));
  const winners = results.filter((result) => result.status === "fulfilled");
  const losers = results.filter((result) => result.status === "rejected");
  expect(losers.every((loser) => loser.reason instanceof DataFolderInUseError)).toBe(true);
  expect(winners).toHaveLength(1);
  expect(await readdir(dir)).toEqual(["owner.json"]);
  await winners[0]?.value.release();
  expect(await readdir(dir)).toEqual([]);
}
