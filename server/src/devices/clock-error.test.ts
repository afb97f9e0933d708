import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { clockLimits, readClock } from "./clock-error.ts";

const hourMs = 3_600_000;
const now = Date.UTC(2026, 5, 1);

/** A device whose clock is off by so much, and that sent its log after so long a way. */
const logOf = (offMs: number, wayMs: number, agesMs: readonly number[]) => ({
  clockAtMs: now - wayMs - offMs,
  tripMs: wayMs * 2,
  linesAtMs: agesMs.map((age) => now - age - offMs),
});

test("a clock that is wrong by a day is read within half of the way there and back, and its drift", () => {
  const ages = [72 * hourMs, 40 * hourMs, hourMs];
  const { now: reading, lines } = readClock(logOf(24 * hourMs, 150, ages), now, null);
  expect(reading).toEqual({ offsetMs: 24 * hourMs, errorMs: 150 });
  for (const [index, line] of lines.entries()) {
    expect(line.offsetMs).toBe(24 * hourMs);
    expect(line.errorMs!).toBeGreaterThanOrEqual(150 + (ages[index]! * clockLimits.driftPpm) / 1_000_000);
  }
});

test("whatever the clock, the way and its drift, the true time lies within the error", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -30 * 24 * hourMs, max: 30 * 24 * hourMs }),
      fc.integer({ min: 0, max: 60_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: -clockLimits.driftPpm, max: clockLimits.driftPpm, noNaN: true }),
      fc.array(fc.integer({ min: 0, max: 30 * 24 * hourMs })),
      (offMs, tripMs, share, ppm, ages) => {
        const thereMs = Math.round(tripMs * share);
        const agesInOrder = [...ages].sort((a, b) => b - a);
        // What the clock shows, so long before it was sent.
        const shownAt = (ageMs: number) => Math.round(now - thereMs - offMs - ageMs * (1 + ppm / 1_000_000));
        const log = { clockAtMs: shownAt(0), tripMs, linesAtMs: agesInOrder.map(shownAt) };
        const { lines } = readClock(log, now, null);
        for (const [index, { offsetMs, errorMs }] of lines.entries()) {
          const trueAtMs = now - thereMs - agesInOrder[index]!;
          expect(Math.abs(log.linesAtMs[index]! + offsetMs - trueAtMs)).toBeLessThanOrEqual(errorMs! + 1);
        }
      },
    ),
  );
});

test("a device that does not say what its clock shows has an error that nobody knows", () => {
  const { now: reading, lines } = readClock({ clockAtMs: null, tripMs: 5, linesAtMs: [now, null] }, now, null);
  expect([reading, ...lines]).toEqual(Array(3).fill({ offsetMs: 0, errorMs: null }));
});

describe("a clock that was set", () => {
  const before = { offsetMs: 0, errorMs: 50, clockAtMs: now - 10 * hourMs };
  const errorsOf = (offsNow: number, timesAtMs: readonly number[], earlier: typeof before | null = before) =>
    readClock({ clockAtMs: now - 50 - offsNow, tripMs: 100, linesAtMs: timesAtMs }, now, earlier).lines;

  test("back, in the middle of the log: lines before are read as the clock was known then, those after as it is now", () => {
    const lines = errorsOf(hourMs, [now - 5 * hourMs, now - 3 * hourMs, now - 3.5 * hourMs - hourMs, now - 2 * hourMs]);
    expect(lines.map(({ offsetMs }) => offsetMs)).toEqual([0, 0, hourMs, hourMs]);
    for (const { errorMs } of lines) expect(errorMs).not.toBeNull();
  });

  test("forward, which no line shows: of none of them the error is known", () => {
    for (const { errorMs } of errorsOf(-hourMs, [now - 5 * hourMs, now - hourMs])) expect(errorMs).toBeNull();
  });

  test("is not what a slow request looks like: its error is wider, and known", () => {
    const { now: reading } = readClock({ clockAtMs: now - 8_000, tripMs: 100, linesAtMs: [] }, now, {
      ...before,
      offsetMs: 0,
    });
    expect(reading.errorMs!).toBeGreaterThan(50);
    expect(reading.errorMs!).toBeLessThan(8_000);
    for (const { errorMs } of errorsOf(-5_000, [now - hourMs])) expect(errorMs).not.toBeNull();
  });

  test("more than once: only what was written behind the last time is known", () => {
    const times = [now - 5 * hourMs, now - 6 * hourMs, now - 2 * hourMs, now - 4 * hourMs];
    expect(errorsOf(0, times, null).map(({ errorMs }) => errorMs === null)).toEqual([true, true, true, false]);
  });

  test("is not what lines look like that were written side by side", () => {
    const times = [now - hourMs, now - hourMs - clockLimits.disorderMs, now - hourMs + 5];
    for (const { errorMs } of errorsOf(0, times)) expect(errorMs).not.toBeNull();
  });
});
