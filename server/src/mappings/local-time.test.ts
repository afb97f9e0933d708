import { expect, test } from "bun:test";
import { localTimeMs } from "./local-time.ts";

const utc = (text: string, timezone: string): string => {
  const ms = localTimeMs(text, timezone);
  return Number.isNaN(ms) ? "none" : new Date(ms).toISOString();
};

test.each([
  ["2026-01-15T12:00:00", "Europe/Paris", "2026-01-15T11:00:00.000Z"],
  ["2026-07-15 12:00", "Europe/Paris", "2026-07-15T10:00:00.000Z"],
  ["2026-07-15T12:00:00.25", "America/New_York", "2026-07-15T16:00:00.250Z"],
  ["2026-03-29T05:00:00", "Europe/Paris", "2026-03-29T03:00:00.000Z"],
  ["2026-10-25T00:30:00", "Europe/Paris", "2026-10-24T22:30:00.000Z"],
  ["2026-10-25T05:00:00", "Europe/Paris", "2026-10-25T04:00:00.000Z"],
  // Twice there: the first is meant.
  ["2026-10-25T02:30:00", "Europe/Paris", "2026-10-25T00:30:00.000Z"],
  // Skipped: read by the clock before.
  ["2026-03-29T02:30:00", "Europe/Paris", "2026-03-29T01:30:00.000Z"],
  ["2026-01-15T12:00:00", "Asia/Kolkata", "2026-01-15T06:30:00.000Z"],
  ["2026-01-15T12:00:00", "UTC", "2026-01-15T12:00:00.000Z"],
  ["2026-13-15T12:00:00", "UTC", "none"],
  ["15.01.2026", "UTC", "none"],
])("%s in %s is %s", (text, timezone, expected) => {
  expect(utc(text, timezone)).toBe(expected);
});
