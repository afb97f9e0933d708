import { expect, test } from "bun:test";
import fc from "fast-check";
import { nextTryAt, retryDelaysMs, retryLimits } from "./retry-schedule.ts";

const hour = 3_600_000;

/** Times of all tries when each fails at once, by the random numbers that jitter draws. */
function triesOf(randoms: readonly number[]): number[] {
  const times = [0];
  for (const random of randoms) {
    const nowMs = times.at(-1)!;
    const next = nextTryAt({ firstTriedAtMs: 0, nowMs, tries: times.length, retryAfterMs: null }, random);
    if (next === null) break;
    times.push(next);
  }
  return times;
}

test("ten tries, each delay within 20 % of its step, over at least 75 hours", () => {
  const randoms = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(randoms, (drawn) => {
      const times = triesOf(drawn);
      expect(times).toHaveLength(10);
      for (const [index, step] of retryDelaysMs.entries()) {
        const delay = times[index + 1]! - times[index]!;
        expect(delay).toBeGreaterThanOrEqual(step * 0.8 - 1);
        expect(delay).toBeLessThanOrEqual(step * 1.2 + 1);
      }
      expect(times.at(-1)! + 5).toBeGreaterThanOrEqual(75 * hour);
    }),
  );
});

test("the first retry comes after about five seconds", () => {
  expect(triesOf([0])[1]).toBe(4_000);
  expect(triesOf([1])[1]).toBe(6_000);
});

test("Retry-After moves the next try back, for a day at most", () => {
  const failed = { firstTriedAtMs: 0, nowMs: 0, tries: 1 };
  expect(nextTryAt({ ...failed, retryAfterMs: 60_000 }, 0.5)).toBe(60_000);
  expect(nextTryAt({ ...failed, retryAfterMs: 1_000 }, 0.5)).toBe(5_000);
  expect(nextTryAt({ ...failed, retryAfterMs: 400 * hour }, 0.5)).toBe(retryLimits.retryAfterMsMax);
});

test("a try that came late does not hurry the next one", () => {
  const late = nextTryAt({ firstTriedAtMs: 0, nowMs: 10 * hour, tries: 2, retryAfterMs: null }, 0);
  expect(late).toBe(10 * hour + 240_000);
});
