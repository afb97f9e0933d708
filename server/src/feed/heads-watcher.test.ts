import { beforeEach, expect, test } from "bun:test";
import type { Queryable } from "../db/pool.ts";
import { systemClock } from "../lib/clock.ts";
import { endOfTurn } from "../lib/turn.ts";
import { HeadsWatcher } from "./heads-watcher.ts";

/** Queries under way, each to be answered by the test. */
let asked: { answer(sequence: number): void; fail(): void }[] = [];

beforeEach(() => {
  asked = [];
});

const database = {
  query: () =>
    new Promise((resolve, reject) => {
      const head = { partition: 0, hash: Buffer.alloc(32), recorded_at: 0, epoch: 1 };
      asked.push({
        answer: (sequence) => resolve({ rows: [{ ...head, sequence }], rowCount: 1 }),
        fail: () => reject(new Error("the database is away")),
      });
    }),
} as unknown as Queryable;

const openWatcher = () => new HeadsWatcher(database, systemClock, () => {});

test("whoever asks while the heads are being read shares one reading, which begins after that was asked", async () => {
  const watcher = openWatcher();
  const first = watcher.read();
  const later = Array.from({ length: 1_000 }, () => watcher.read());
  expect(asked).toHaveLength(1);
  asked[0]!.answer(5);
  expect((await first).vector.positions).toEqual([5]);
  await endOfTurn();
  expect(asked).toHaveLength(2);
  asked[1]!.answer(6);
  for (const { vector } of await Promise.all(later)) expect(vector.positions).toEqual([6]);
});

test("a reading that fails is told to those who asked for it, and not to those who came later", async () => {
  const watcher = openWatcher();
  const first = watcher.read();
  const second = watcher.read();
  asked[0]!.fail();
  expect(first).rejects.toThrow("the database is away");
  await endOfTurn();
  asked[1]!.answer(7);
  expect((await second).vector.positions).toEqual([7]);
  const third = watcher.read();
  expect(asked).toHaveLength(3);
  asked[2]!.answer(8);
  expect((await third).vector.positions).toEqual([8]);
});
