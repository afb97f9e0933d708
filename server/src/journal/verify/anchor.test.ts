import { expect, test } from "bun:test";
import { AnchorUnreadable, anchorOf, formatAnchor, parseAnchor } from "./anchor.ts";
import { describeFault, FaultList, reportLimits } from "./report.ts";

const hash = "0123456789abcdef".repeat(4);
const partitions = [
  { partition: 0, fromSequence: 0, entries: 12, sequence: 12, hash, faultCount: 0 },
  { partition: 3, fromSequence: 0, entries: 7, sequence: 7, hash, faultCount: 0 },
];
const report = { ok: true, partitions, faults: [], faultCount: 0 };

test("an anchor is read back from its text, with commas too", () => {
  const anchor = anchorOf(report);
  expect(formatAnchor(anchor)).toBe(`0:12:${hash}\n3:7:${hash}\n`);
  expect(parseAnchor(formatAnchor(anchor))).toEqual(anchor);
  expect(parseAnchor(`3:7:${hash},0:12:${hash}`)).toEqual(anchor);
});

test("the JSON of a report is an anchor", () => {
  expect(parseAnchor(JSON.stringify(report, null, 2))).toEqual(anchorOf(report));
});

test("the report of a failed verification is no anchor", () => {
  expect(() => parseAnchor(JSON.stringify({ ...report, ok: false }))).toThrow(AnchorUnreadable);
});

test.each([
  "",
  "3:7",
  `3:7:${hash}:1`,
  `-1:7:${hash}`,
  `1:7:${hash.slice(1)}`,
  `1:7:${hash.toUpperCase()}`,
  `1:1e3:${hash}`,
  `1:99999999999999999999:${hash}`,
  `1:7:${hash},1:8:${hash}`,
  "{",
  "{}",
  '{"ok":true,"partitions":[]}',
  '{"ok":true,"partitions":[null]}',
  `{"ok":true,"partitions":[{"partition":0,"sequence":"7","hash":"${hash}"}]}`,
])("%p is refused", (text) => {
  expect(() => parseAnchor(text)).toThrow(AnchorUnreadable);
});

test("faults of entries come first and in order, and only so many are listed", () => {
  const faults = new FaultList(2);
  faults.add("total", { sequence: null, productId: "p", expected: "1", found: "2" });
  faults.add("hash", { sequence: 9, expected: "a", found: "b" });
  faults.add("parts", { sequence: 4, expected: "a", found: "b" });
  expect(faults.list().map(({ sequence }) => sequence)).toEqual([4, 9, null]);
  for (let n = 0; n < 1_000; n++) faults.add("gap", { sequence: n, expected: "", found: "" });
  expect(faults.list()).toHaveLength(reportLimits.faultsMax);
  expect(faults.count).toBe(1_003);
});

test("a fault is told in one line", () => {
  const fault = { partition: 2, kind: "total", sequence: null, productId: "p1", expected: "1", found: "2" } as const;
  expect(describeFault(fault)).toBe(
    "partition 2, product p1: the product's total is not the sum of its items (expected 1, found 2)",
  );
});
