import { afterAll, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failureOf } from "../test/support/scripted-client.ts";
import { fileStore } from "./file-store.ts";
import type { StoredCommand } from "./offline/store.ts";

const folder = mkdtempSync(join(tmpdir(), "onhand-file-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pathOf = (name: string) => join(folder, name);

const command = (id: number, state: StoredCommand["state"] = "pending"): StoredCommand => ({
  id,
  idempotencyKey: `key ${id}`,
  call: { method: "POST", path: "/v1/inventory", writes: true, body: { sku: "A\nB", locationId: "l", adjustment: -1 } },
  ifMatch: null,
  state,
  storedAtMs: 1,
  firstSentAtMs: null,
  problem: null,
});

test("what was put is there after a restart, as it was put last; what was removed is not", async () => {
  const store = fileStore(pathOf("restart"));
  expect(await store.open()).toEqual([]);
  await Promise.all([store.write([command(1)], []), store.write([command(2)], []), store.write([command(3)], [])]);
  await store.write([command(2, "sent")], []);
  await store.write([], [1]);
  await store.close();
  expect(await store.open()).toEqual([command(2, "sent"), command(3)]);
  await store.close();
});

test("a last line that is torn anywhere is cut off, and what follows is whole", async () => {
  const path = pathOf("torn");
  const store = fileStore(path);
  await store.open();
  await store.write([command(1)], []);
  const before = readFileSync(path).length;
  await store.write([command(2)], []);
  await store.close();
  const whole = readFileSync(path);
  for (let length = before; length < whole.length; length++) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    expect(await store.open()).toEqual([command(1)]);
    await store.write([command(3)], []);
    await store.close();
    expect(await store.open()).toEqual([command(1), command(3)]);
    await store.close();
  }
});

test("a line that is damaged in the middle is not passed over", async () => {
  const path = pathOf("damaged");
  writeFileSync(path, `${JSON.stringify([{ put: command(1) }])}\nnonsense\n${JSON.stringify([{ put: command(2) }])}\n`);
  const error = await failureOf(fileStore(path).open());
  expect(error).toMatchObject({ name: "QueueDamaged" });
  expect((error as Error).message).toContain("line 2");
});

test("the log is written anew when most of it is out of date, and a draft that was left behind does no harm", async () => {
  const path = pathOf("compact");
  const store = fileStore(path);
  await store.open();
  for (let id = 1; id <= 1_200; id++) {
    await store.write([command(id)], []);
    if (id !== 7) await store.write([], [id]);
  }
  expect(readFileSync(path, "utf8").split("\n").length).toBeLessThan(1_600);
  await store.close();
  appendFileSync(`${path}.new`, "half a draft");
  expect(await store.open()).toEqual([command(7)]);
  await store.close();
});

test("one at a time: a second one is refused, the lock of a dead process is taken over", async () => {
  const path = pathOf("locked");
  const first = fileStore(path);
  await first.open();
  expect(await failureOf(fileStore(path).open())).toMatchObject({ name: "QueueLocked" });
  await first.close();
  const dead = Bun.spawn([process.execPath, "-e", ""]);
  await dead.exited;
  for (const left of [
    JSON.stringify({ pid: dead.pid, startedAt: null, token: "x" }),
    JSON.stringify({ pid: process.pid, startedAt: "1", token: "x" }),
    "torn",
  ]) {
    writeFileSync(`${path}.lock-x`, left);
    const store = fileStore(path);
    await store.open();
    await store.close();
  }
});

test("of many that want the lock of a dead process, one gets it", async () => {
  const path = pathOf("race");
  writeFileSync(`${path}.lock-x`, JSON.stringify({ pid: process.pid, startedAt: "1", token: "x" }));
  const stores = Array.from({ length: 12 }, () => fileStore(path));
  const opened = await Promise.allSettled(stores.map((store) => store.open()));
  expect(opened.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await stores[opened.findIndex(({ status }) => status === "fulfilled")]!.close();
});
