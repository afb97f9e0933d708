import { expect, test } from "bun:test";
import { LatencyRecorder } from "./latency-recorder.ts";

/** True when two latencies agree within the three digits that the histogram keeps. */
function near(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= expected * 0.001 + 1;
}

test("percentiles of a known distribution come back", () => {
  const recorder = new LatencyRecorder();
  for (let latencyUs = 1; latencyUs <= 100_000; latencyUs++) recorder.record(latencyUs);
  const summary = recorder.summary();
  expect(near(summary.p50Us, 50_000)).toBe(true);
  expect(near(summary.p99Us, 99_000)).toBe(true);
  expect(near(summary.p999Us, 99_900)).toBe(true);
  expect(near(summary.maxUs, 100_000)).toBe(true);
});

test("one slow request among many fast ones is the maximum and leaves the median alone", () => {
  const recorder = new LatencyRecorder();
  for (let index = 0; index < 9_999; index++) recorder.record(200);
  recorder.record(1_000_000);
  const summary = recorder.summary();
  expect(summary.p50Us).toBe(200);
  expect(summary.p99Us).toBe(200);
  expect(near(summary.maxUs, 1_000_000)).toBe(true);
});

test("an empty recorder reports zeros, and out-of-range latencies are clamped", () => {
  expect(new LatencyRecorder().summary().maxUs).toBe(0);
  const recorder = new LatencyRecorder();
  recorder.record(0.2);
  recorder.record(1e12);
  expect(recorder.summary().p50Us).toBe(1);
  expect(near(recorder.summary().maxUs, 600_000_000)).toBe(true);
});
