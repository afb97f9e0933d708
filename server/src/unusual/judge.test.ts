/** Made-up histories of an item, and what is said of the next change. */
import { describe, expect, test } from "bun:test";
import { type Finding, judge } from "./judge.ts";
import { type Change, emptyProfile, formatProfile, hourMs, type Profile, parseProfile } from "./profile.ts";
import { learnSize, nothingSeen, sizeAt, type UsualSize } from "./usual-size.ts";

const monday = Date.UTC(2026, 5, 1);
const dayMs = 24 * hourMs;
const at = (day: number, hour: number, minute = 0): number => monday + day * dayMs + hour * hourMs + minute * 60_000;

const correction = (units: number, occurredAtMs: number, type: Change["type"] = "correction"): Change => ({
  units,
  type,
  occurredAtMs,
});

/** Goes through a history. @returns the profile after it, and all that was found on the way */
function live(changes: readonly Change[], begin: Profile = emptyProfile): { profile: Profile; found: Finding[] } {
  const found: Finding[] = [];
  let profile = begin;
  for (const change of changes) {
    const judged = judge(profile, change);
    // As it would be stored between two batches.
    profile = parseProfile(JSON.parse(formatProfile(judged.profile)));
    if (judged.finding !== null) found.push(judged.finding);
  }
  return { profile, found };
}

/** Two changes of one to four units on each of many days, at nine and at fifteen. */
const quietWeeks = (days: number): Change[] =>
  Array.from({ length: days }, (_, day) => [
    correction(-(1 + (day % 4)), at(day, 9, 10)),
    correction(-(1 + ((day * 3) % 4)), at(day, 15, 40)),
  ]).flat();

const next = (profile: Profile, change: Change): Finding | null => judge(profile, change).finding;

describe("by size", () => {
  test("changes as they always were are nothing", () => {
    expect(live(quietWeeks(60)).found).toEqual([]);
  });

  test("three hundred where it is about two is unusual, with the numbers", () => {
    const finding = next(live(quietWeeks(30)).profile, correction(-300, at(30, 9)));
    expect(finding?.by).toEqual(["size"]);
    expect(finding?.reason).toMatch(
      /^300 units were taken off at once \(correction\); such changes of this item are usually of about [23], and up to \d\d would not be unusual\.$/,
    );
    expect(finding?.figures).toMatchObject({ by: "size", units: 300 });
  });

  test("other kinds and the other direction have their own sizes", () => {
    const { profile } = live(quietWeeks(30));
    expect(next(profile, correction(300, at(30, 9)))).toBeNull();
    expect(next(profile, correction(-300, at(30, 9), "loss"))).toBeNull();
    const restocked = live(
      Array.from({ length: 20 }, (_, week) => correction(480 + week, at(31 + 7 * week, 9), "restock")),
      profile,
    );
    expect(restocked.found).toEqual([]);
    expect(next(restocked.profile, correction(9_000, at(200, 9), "restock"))?.by).toEqual(["size"]);
  });

  test("before there is enough history nothing is said", () => {
    const { profile } = live(quietWeeks(5));
    expect(next(profile, correction(-5_000, at(6, 9)))).toBeNull();
  });

  test("one slip is not taken for usual: the next one is found as well", () => {
    const { profile, found } = live([...quietWeeks(30), correction(-300, at(30, 9)), correction(-2, at(30, 9, 5))]);
    expect(found).toHaveLength(1);
    expect(next(profile, correction(-300, at(30, 9, 6)))?.by).toEqual(["size"]);
  });

  test("what goes on is learned", () => {
    const wholesale = Array.from({ length: 40 }, (_, index) => correction(-300, at(31 + index, 9)));
    const { profile, found } = live([...quietWeeks(30), ...wholesale]);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(20);
    expect(next(profile, correction(-300, at(80, 9)))).toBeNull();
  });

  test("items that always move by one are not told of for two or five", () => {
    const { profile } = live(Array.from({ length: 100 }, (_, day) => correction(-1, at(day, 10))));
    for (const units of [-2, -5]) expect(next(profile, correction(units, at(101, 10)))).toBeNull();
    expect(next(profile, correction(-40, at(101, 10)))?.by).toEqual(["size"]);
  });

  test("smaller than usual is never unusual", () => {
    const { profile } = live(Array.from({ length: 50 }, (_, day) => correction(-1_000, at(day, 10))));
    expect(next(profile, correction(-1, at(51, 10)))).toBeNull();
  });
});

describe("by time", () => {
  test("three in the morning, where it is nine and fifteen, is unusual once in that hour", () => {
    const night = [correction(-2, at(60, 3, 12)), correction(-1, at(60, 3, 40))];
    const { found } = live(night, live(quietWeeks(60)).profile);
    expect(found.map(({ by }) => by)).toEqual([["time"]]);
    expect(found[0]!.reason).toBe(
      "It happened at 03:12 UTC; 0 % of the hours in which this item was changed before lie within an hour of that.",
    );
    expect(found[0]!.figures).toMatchObject({ hourUtc: 3, hourSharePercent: 0 });
  });

  test("an hour earlier or later than usual is nothing, as when clocks are put back", () => {
    const { profile } = live(quietWeeks(60));
    for (const hour of [8, 10, 14, 16]) expect(next(profile, correction(-2, at(60, hour)))).toBeNull();
  });

  test("around midnight the day goes on", () => {
    const { profile } = live(Array.from({ length: 80 }, (_, day) => correction(-1, at(day, 23, 30))));
    expect(next(profile, correction(-1, at(81, 0, 30)))).toBeNull();
    expect(next(profile, correction(-1, at(81, 12)))?.by).toEqual(["time"]);
  });

  test("customers may buy at any time", () => {
    const { profile } = live(quietWeeks(60));
    expect(next(profile, correction(-1, at(60, 3), "sale"))).toBeNull();
  });
});

describe("by rate", () => {
  const burst = (count: number, day: number): Change[] =>
    Array.from({ length: count }, (_, index) => correction(-2, at(day, 9, index)));

  test("twenty corrections in an hour, where it is one, are told once", () => {
    const { found } = live(burst(20, 60), live(quietWeeks(60)).profile);
    expect(found.map(({ by }) => by)).toEqual([["rate"]]);
    expect(found[0]!.reason).toMatch(
      /^There were 10 changes since 09:00 UTC; an hour in which this item is changed usually has about 1, and up to \d would not be unusual\.$/,
    );
  });

  test("and again the next day, for it is not usual yet", () => {
    const { found } = live([...burst(20, 60), ...burst(20, 61)], live(quietWeeks(60)).profile);
    expect(found).toHaveLength(2);
  });

  test("an item that is corrected all day long is not told of for as many as ever", () => {
    const busy = Array.from({ length: 30 }, (_, day) => burst(25, day)).flat();
    expect(live(busy).found).toEqual([]);
  });

  test("a flash sale is no news", () => {
    const sales = burst(60, 60).map((change) => ({ ...change, type: "sale" as const }));
    expect(live(sales, live(quietWeeks(60)).profile).found).toEqual([]);
  });
});

describe("changes that come late", () => {
  test("are measured by their size, and neither by hour nor by rate", () => {
    const { profile } = live(quietWeeks(60));
    const late = Array.from({ length: 30 }, (_, index) => correction(-2, at(10, 3, index)));
    const after = live(late, profile);
    expect(after.found).toEqual([]);
    expect(after.profile.hour).toBe(profile.hour);
    expect(next(after.profile, correction(-400, at(10, 3)))?.by).toEqual(["size"]);
  });
});

test("several reasons are one finding", () => {
  const finding = next(live(quietWeeks(60)).profile, correction(-300, at(60, 3)));
  expect(finding?.by).toEqual(["size", "time"]);
  expect(finding?.figures.by).toBe("size, time");
  expect(finding?.reason).toMatch(/^300 units .*\. It happened at 03:00 UTC/);
});

test("the usual size follows the middle of a history, outliers or not", () => {
  const usualOf = (sizes: readonly number[]): UsualSize => sizes.reduce(learnSize, nothingSeen);
  const clean = Array.from({ length: 200 }, (_, index) => 8 + (index % 5));
  const dirty = clean.map((size, index) => (index % 20 === 7 ? 100_000 : size));
  expect(sizeAt(usualOf(clean), 0)).toBeWithin(9, 11);
  expect(sizeAt(usualOf(dirty), 0)).toBeWithin(9, 13);
});
