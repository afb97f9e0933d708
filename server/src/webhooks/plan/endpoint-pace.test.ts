import { expect, test } from "bun:test";
import { EndpointPace, paceLimits } from "./endpoint-pace.ts";

const success = { hasSucceeded: true, isTooMuch: false, retryAfterMs: null };
const failure = { hasSucceeded: false, isTooMuch: false, retryAfterMs: null };

function failing(tries: number): EndpointPace {
  const pace = new EndpointPace();
  for (let index = 0; index < tries; index++) pace.record(failure, 0);
  return pace;
}

test("it opens after ten tries that failed, not before", () => {
  expect(failing(9).isOpen).toBe(false);
  const pace = failing(10);
  expect(pace.isOpen).toBe(true);
  expect(pace.slots(0, 0)).toBe(0);
});

test("failures below 70 % leave it closed", () => {
  const pace = new EndpointPace();
  for (let index = 0; index < 100; index++) pace.record(index % 3 === 0 ? success : failure, 0);
  expect(pace.isOpen).toBe(false);
});

test("an open one is probed by one try at a time, further apart each time", () => {
  const pace = failing(10);
  expect(pace.slots(9_999, 0)).toBe(0);
  expect(pace.slots(10_000, 0)).toBe(1);
  expect(pace.slots(10_000, 1)).toBe(0);
  pace.record(failure, 10_000);
  expect(pace.slots(29_999, 0)).toBe(0);
  expect(pace.slots(30_000, 0)).toBe(1);
  for (let nowMs = 30_000; nowMs < 10_000_000; nowMs = pace.restsUntilMs) pace.record(failure, nowMs);
  expect(pace.restsUntilMs - 10_000_000).toBeLessThanOrEqual(paceLimits.openMsMax);
});

test("failures of tries that were under way when it opened do not keep it open longer", () => {
  const pace = failing(10);
  for (let index = 0; index < 20; index++) pace.record(failure, 5_000);
  expect(pace.restsUntilMs).toBe(10_000);
});

test("a probe that succeeds closes it, and it speeds up again from one at a time", () => {
  const pace = failing(10);
  pace.record(success, 10_000);
  expect(pace.isOpen).toBe(false);
  expect(pace.slots(10_000, 0)).toBe(2);
  for (let index = 0; index < 100; index++) pace.record(success, 10_000);
  expect(pace.slots(10_000, 0)).toBe(paceLimits.concurrencyMax);
});

test("an endpoint that gets too much is sent half as much at once, but never nothing", () => {
  const pace = new EndpointPace();
  pace.record({ ...failure, isTooMuch: true }, 0);
  expect(pace.slots(0, 0)).toBe(4);
  for (let index = 0; index < 5; index++) pace.record({ ...failure, isTooMuch: true }, 0);
  expect(pace.slots(0, 0)).toBe(1);
});

test("Retry-After holds the whole endpoint, for an hour at most", () => {
  const pace = new EndpointPace();
  pace.record({ ...failure, isTooMuch: true, retryAfterMs: 60_000 }, 0);
  expect(pace.slots(59_999, 0)).toBe(0);
  expect(pace.slots(60_000, 0)).toBe(4);
  pace.record({ ...failure, retryAfterMs: 1e12 }, 60_000);
  expect(pace.restsUntilMs).toBe(60_000 + paceLimits.holdMsMax);
});
