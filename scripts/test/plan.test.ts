import { expect, test } from "bun:test";
import { planBatches, selectTests } from "./plan.ts";

const paths = [
  "server/src/core/decide.test.ts",
  "server/src/journal/append.pg.test.ts",
  "server/test/storm.full.test.ts",
  "client/src/stream.test.ts",
  "server/node_modules/x/a.test.ts",
];

test("quick leaves out what full runs", () => {
  expect(selectTests(paths, "full", [])).toEqual(["server/test/storm.full.test.ts"]);
  expect(selectTests(paths, "quick", [])).toEqual([
    "client/src/stream.test.ts",
    "server/src/core/decide.test.ts",
    "server/src/journal/append.pg.test.ts",
  ]);
});

test("words select by path", () => {
  expect(selectTests(paths, "quick", ["decide", "stream"])).toHaveLength(2);
  expect(selectTests(paths, "quick", ["nothing"])).toEqual([]);
});

test("plain tests share a process, the others have their own", () => {
  const batches = planBatches(["a.test.ts", "b.pg.test.ts", "c.test.ts", "d.e2e.test.ts"]);
  expect(batches.map(({ files }) => files)).toEqual([["a.test.ts", "c.test.ts"], ["b.pg.test.ts"], ["d.e2e.test.ts"]]);
  expect(batches.map(({ needsDatabase }) => needsDatabase)).toEqual([false, true, true]);
});
