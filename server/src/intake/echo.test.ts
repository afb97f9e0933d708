import { expect, test } from "bun:test";
import { isEcho, type ReportedLevel } from "./echo.ts";

const minuteMs = 60_000;
const published = [{ stockLevel: 7, reference: "pub-1", publishedAtMs: 100 * minuteMs }];
const level = (fields: Partial<ReportedLevel>): ReportedLevel => ({
  stockLevel: 7,
  reference: null,
  occurredAtMs: null,
  arrivedAtMs: 101 * minuteMs,
  ...fields,
});
const windowMs = 10 * minuteMs;

test("the number that was published comes back within the window", () => {
  expect(isEcho(level({}), published, windowMs)).toBe(true);
  expect(isEcho(level({ arrivedAtMs: 110 * minuteMs }), published, windowMs)).toBe(true);
  expect(isEcho(level({ arrivedAtMs: 110 * minuteMs + 1 }), published, windowMs)).toBe(false);
});

test("another number is news", () => expect(isEcho(level({ stockLevel: 6 }), published, windowMs)).toBe(false));

test("the source's own time counts, however late it is delivered", () => {
  const late = { arrivedAtMs: 9_000 * minuteMs };
  expect(isEcho(level({ ...late, occurredAtMs: 102 * minuteMs }), published, windowMs)).toBe(true);
  expect(isEcho(level({ ...late, occurredAtMs: 200 * minuteMs }), published, windowMs)).toBe(false);
});

test("what was so before the publication is news, but for clocks that differ a little", () => {
  expect(isEcho(level({ occurredAtMs: 100 * minuteMs - 30_000 }), published, windowMs)).toBe(true);
  expect(isEcho(level({ occurredAtMs: 98 * minuteMs }), published, windowMs)).toBe(false);
});

test("the publication's reference is enough, at any time", () => {
  const late = { arrivedAtMs: 9_000 * minuteMs, reference: "pub-1" };
  expect(isEcho(level(late), published, windowMs)).toBe(true);
  expect(isEcho(level({ ...late, stockLevel: 6 }), published, windowMs)).toBe(false);
});

test("a source without a window has no echoes", () => expect(isEcho(level({}), published, 0)).toBe(false));
