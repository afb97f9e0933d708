import { expect, test } from "bun:test";
import fc from "fast-check";
import { Calendar } from "./calendar.ts";

const calendar = new Calendar();
const hourMs = 3_600_000;
const at = Date.parse;
const day = (date: string): number => at(`${date}T00:00:00Z`) / (24 * hourMs);

test("a day is one of the location's own calendar", () => {
  expect(calendar.dayOf(at("2026-03-01T04:59:59Z"), "America/New_York")).toBe(day("2026-02-28"));
  expect(calendar.dayOf(at("2026-03-01T05:00:00Z"), "America/New_York")).toBe(day("2026-03-01"));
  expect(calendar.dayOf(at("2026-03-01T18:29:59Z"), "Asia/Kolkata")).toBe(day("2026-03-01"));
  expect(calendar.dayOf(at("2026-03-01T18:30:00Z"), "Asia/Kolkata")).toBe(day("2026-03-02"));
});

test("on the days on which clocks change a day has 23 hours, or 25", () => {
  const hours = (date: string): number =>
    (calendar.startOf("day", day(date) + 1, "Europe/Paris") - calendar.startOf("day", day(date), "Europe/Paris")) /
    hourMs;
  expect([hours("2026-03-29"), hours("2026-10-25"), hours("2026-06-01")]).toEqual([23, 25, 24]);
});

test("a time zone that nobody knows is UTC", () => {
  for (const timezone of [null, "Nowhere/Atlantis"]) {
    expect(calendar.dayOf(at("2026-03-01T23:59:59Z"), timezone)).toBe(day("2026-03-01"));
    expect(calendar.startOf("day", day("2026-03-01"), timezone)).toBe(at("2026-03-01T00:00:00Z"));
  }
});

test("every moment lies in its period, and no moment in two", () => {
  const zones = [
    null,
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
  ];
  fc.assert(
    fc.property(
      fc.integer({ min: at("2005-01-01T00:00:00Z"), max: at("2035-01-01T00:00:00Z") }),
      fc.constantFrom(...zones),
      fc.constantFrom("hour" as const, "day" as const),
      (moment, timezone, grain) => {
        const period = calendar.periodOf(grain, moment, timezone);
        expect(calendar.startOf(grain, period, timezone)).toBeLessThanOrEqual(moment);
        expect(calendar.startOf(grain, period + 1, timezone)).toBeGreaterThan(moment);
      },
    ),
    { numRuns: 2_000 },
  );
});
