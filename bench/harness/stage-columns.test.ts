import { expect, test } from "bun:test";
import { stagesPerUnitUs, sumMetrics } from "./stage-columns.ts";

const TEXT = `# HELP onhand_decide_seconds_total Time
# TYPE onhand_decide_seconds_total counter
onhand_decide_seconds_total{lane="0"} 1.5
onhand_decide_seconds_total{lane="1"} 0.5
onhand_decide_seconds_total_other 7
onhand_http_seconds_total 3e-1 1700000000000
`;

test("series of one metric are added up, others are left out", () => {
  const sums = sumMetrics(TEXT, new Set(["onhand_decide_seconds_total", "onhand_http_seconds_total"]));
  expect([...sums]).toEqual([
    ["onhand_decide_seconds_total", 2],
    ["onhand_http_seconds_total", 0.3],
  ]);
});

test("differences become microseconds per unit", () => {
  const before = new Map([["a", 1]]);
  const after = new Map([
    ["a", 1.5],
    ["b", 9],
  ]);
  expect(stagesPerUnitUs(before, after, 10_000)).toEqual({ a: 50 });
});
