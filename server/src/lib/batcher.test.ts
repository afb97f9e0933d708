import { expect, test } from "bun:test";
import { Batcher, BatcherFull, type BatcherLimits } from "./batcher.ts";

/** A batcher whose loads are answered by the test. */
function open(limits: Partial<BatcherLimits> = {}) {
  const loads: {
    keys: readonly string[];
    answer: (values: readonly string[]) => void;
    fail: (error: Error) => void;
  }[] = [];
  const batcher = new Batcher<string, string>(
    (keys) => new Promise((answer, fail) => loads.push({ keys, answer, fail })),
    { keysPerBatchMax: 3, batchesInFlightMax: 1, waitingMax: 5, ...limits },
  );
  const answerNext = (): void => {
    const { keys, answer } = loads.shift()!;
    answer(keys.map((key) => key.toUpperCase()));
  };
  return { batcher, loads, answerNext };
}

test("an idle batcher asks at once, a busy one for all that waited", async () => {
  const { batcher, loads, answerNext } = open();
  const answers = ["a", "b", "c", "d", "e"].map((key) => batcher.get(key));
  expect(loads.map(({ keys }) => keys)).toEqual([["a"]]);
  answerNext();
  expect(await answers[0]).toBe("A");
  expect(loads.map(({ keys }) => keys)).toEqual([["b", "c", "d"]]);
  answerNext();
  expect(await Promise.all(answers.slice(1, 4))).toEqual(["B", "C", "D"]);
  answerNext();
  expect(await answers[4]).toBe("E");
  expect(loads).toEqual([]);
});

test("a key that is asked for again is read again", async () => {
  const { batcher, loads, answerNext } = open();
  const first = batcher.get("a");
  const second = batcher.get("a");
  answerNext();
  await first;
  expect(loads.map(({ keys }) => keys)).toEqual([["a"]]);
  answerNext();
  expect(await second).toBe("A");
});

test("several loads may be under way", () => {
  const { batcher, loads } = open({ batchesInFlightMax: 2 });
  for (const key of ["a", "b", "c"]) void batcher.get(key);
  expect(loads.map(({ keys }) => keys)).toEqual([["a"], ["b"]]);
});

test("a failure reaches those who waited for it, and the next load is made", async () => {
  const { batcher, loads, answerNext } = open();
  const [first, second] = [batcher.get("a"), batcher.get("b")];
  loads.shift()!.fail(new Error("lost"));
  expect(first).rejects.toThrow("lost");
  await first.catch(() => {});
  answerNext();
  expect(await second).toBe("B");
});

test("beyond its limit it refuses, and takes more when it has room", async () => {
  const { batcher, answerNext } = open({ waitingMax: 2 });
  const first = batcher.get("a");
  const waiting = [batcher.get("b"), batcher.get("c")];
  expect(batcher.get("d")).rejects.toBeInstanceOf(BatcherFull);
  answerNext();
  await first;
  const late = batcher.get("e");
  answerNext();
  await Promise.all(waiting);
  answerNext();
  expect(await late).toBe("E");
});
