import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import type { Measurement } from "./measurement.ts";
import { quietRounds } from "./quiet-rounds.ts";
import type { CellRuns } from "./run-scenario.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

const SPREAD = SCENARIOS.find((scenario) => scenario.name === "spread")!;
const TAIL = SCENARIOS.find((scenario) => scenario.name === "tail")!;

function measurement(unitsPerSecond: number, lostShare = 0, p99Us = 1000): Measurement {
  const latency = { p50Us: 1, p99Us, p999Us: p99Us, maxUs: p99Us, meanUs: 1 };
  const seconds = { serverSeconds: 1, postgresSeconds: 1, loadSeconds: 1, otherSeconds: [] };
  return {
    ...{ unitsPerSecond, requests: 1, notOkByStatus: {}, connectionErrors: 0, latency },
    cpu: { ...seconds, stolenShare: lostShare, elsewhereShare: 0 },
    ...{ serverUs: 1, postgresUs: 1, loadUs: 1, serverPeakBytes: 1, postgresBytes: 1, stagesUs: {} },
  };
}

function cellRuns(scenario: Scenario, id: string, runs: readonly Measurement[]): CellRuns {
  const cell = scenario.cells.find((each) => each.id === id)!;
  return { cell, runs, findings: [], checkCount: 0, skipped: runs.length === 0 ? "not here" : null };
}

test("ratios are taken within rounds and judged by their median", () => {
  const cells = [
    cellRuns(SPREAD, "onhand", [measurement(10_000), measurement(4_000), measurement(9_000)]),
    cellRuns(SPREAD, "plain", [measurement(1_000), measurement(500), measurement(1_000)]),
  ];
  const [overPlain, overEmpty] = judge({ scenario: SPREAD, cells });
  expect(overPlain).toMatchObject({ ratio: 9, ratioMin: 8, ratioMax: 10, roundCount: 3, verdict: "met" });
  expect(overEmpty).toMatchObject({ ratio: null, verdict: "not measured" });
});

test("a round in which the machine was taken away is left out", () => {
  const cells = [
    cellRuns(SPREAD, "onhand", [measurement(10_000), measurement(1_000, 0.5)]),
    cellRuns(SPREAD, "plain", [measurement(1_000), measurement(1_000)]),
  ];
  expect(quietRounds(cells)).toEqual([0]);
  expect(judge({ scenario: SPREAD, cells })[0]).toMatchObject({ ratio: 10, roundCount: 1 });
});

test("when every round was noisy the least noisy one counts", () => {
  const cells = [
    cellRuns(SPREAD, "onhand", [measurement(10_000, 0.4), measurement(7_000, 0.2)]),
    cellRuns(SPREAD, "plain", [measurement(1_000), measurement(1_000, 0.3)]),
  ];
  expect(quietRounds(cells)).toEqual([1]);
  expect(judge({ scenario: SPREAD, cells })[0]).toMatchObject({ ratio: 7, verdict: "MISSED" });
});

test("where a rate is enough, it is enough whatever the ratio", () => {
  const webhooks = SCENARIOS.find((scenario) => scenario.name === "webhooks")!;
  const receiver = cellRuns(webhooks, "receiver", [measurement(40_000)]);
  const verdictAt = (rate: number) =>
    judge({ scenario: webhooks, cells: [cellRuns(webhooks, "one", [measurement(rate)]), receiver] })[0]!.verdict;
  expect([verdictAt(3_000), verdictAt(2_999), verdictAt(32_000)]).toEqual(["met", "MISSED", "met"]);
});

test("an upper bound is missed from above", () => {
  const plain = cellRuns(TAIL, "plain", [measurement(1, 0, 100_000)]);
  const near = judge({ scenario: TAIL, cells: [cellRuns(TAIL, "onhand", [measurement(1, 0, 20_000)]), plain] });
  const far = judge({ scenario: TAIL, cells: [cellRuns(TAIL, "onhand", [measurement(1, 0, 21_000)]), plain] });
  expect([near[0]!.verdict, far[0]!.verdict]).toEqual(["met", "MISSED"]);
});
