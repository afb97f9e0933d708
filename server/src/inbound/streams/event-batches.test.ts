import { expect, test } from "bun:test";
import { FakeFeed } from "../../../test/streams/fake-feed.ts";
import { ManualClock } from "../../../test/support/manual-clock.ts";
import type { FeedRecord } from "../../feed/record.ts";
import { SharedBatches, takeBatch } from "./event-batches.ts";
import { streamLimits } from "./stream-limits.ts";

function recordsOf(...bytes: number[]): readonly FeedRecord[] {
  const feed = new FakeFeed(new ManualClock());
  for (const length of bytes) feed.add(1, length);
  return feed.records;
}

test.each([
  ["small events, all of them", [10, 10, 10], undefined, 3],
  ["no more than are wanted", [10, 10, 10], 2, 2],
  ["as many as fit into a write", [40_000, 20_000, 20_000], undefined, 2],
  ["one that is larger than a write, by itself", [100_000, 10], undefined, 1],
  ["none that would make the write too large", [10, 100_000], undefined, 1],
] as const)("a write takes %s", (_name, bytes, max, count) => {
  expect(takeBatch(recordsOf(...bytes), max)).toHaveLength(count);
});

test("what a batch becomes is made once for all who write the same, and anew for others", () => {
  let made = 0;
  const shared = new SharedBatches((records, name) => `${++made} ${name} ${records.length}`);
  const records = recordsOf(1, 1, 1);
  expect(shared.of(records, "all", "s")).toBe("1 s 3");
  expect(shared.of(records.slice(), "all", "s")).toBe("1 s 3");
  expect(shared.of(records, "all", "t")).toBe("2 t 3");
  expect(shared.of([records[0]!, records[2]!], "some", "t")).toBe("3 t 2");
  expect(shared.of(records.slice(0, 2), "some", "t")).toBe("4 t 2");
});

test("of readers at many different places only the latest batches are kept", () => {
  let made = 0;
  const shared = new SharedBatches(() => ++made);
  const records = recordsOf(...new Array<number>(streamLimits.sharedBatchesMax + 2).fill(1));
  for (let from = 0; from <= streamLimits.sharedBatchesMax; from++) shared.of(records.slice(from), "all");
  const before = made;
  shared.of(records.slice(1), "all");
  expect(made).toBe(before);
  shared.of(records, "all");
  expect(made).toBe(before + 1);
});
