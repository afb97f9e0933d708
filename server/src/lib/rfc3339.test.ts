import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatRfc3339, parseRfc3339Ms } from "./rfc3339.ts";

test.each([
  ["2024-06-12T14:32:00Z", Date.UTC(2024, 5, 12, 14, 32)],
  ["2024-06-12t14:32:00z", Date.UTC(2024, 5, 12, 14, 32)],
  ["2024-06-12T14:32:00+02:00", Date.UTC(2024, 5, 12, 12, 32)],
  ["2024-06-12T14:32:00-09:30", Date.UTC(2024, 5, 13, 0, 2)],
  ["2024-06-12T14:32:00-00:00", Date.UTC(2024, 5, 12, 14, 32)],
  ["2024-06-12T14:32:00.1Z", Date.UTC(2024, 5, 12, 14, 32, 0, 100)],
  ["2024-06-12T14:32:00.123999999999Z", Date.UTC(2024, 5, 12, 14, 32, 0, 123)],
  ["2016-12-31T23:59:60Z", Date.UTC(2016, 11, 31, 23, 59, 59)],
  ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
])("%s is read", (text, ms) => expect(parseRfc3339Ms(text)).toBe(ms));

test.each([
  "",
  "now",
  "2024-06-12",
  "2024-06-12T14:32Z",
  "2024-06-12T14:32:00",
  "2024-06-12T14:32:00.Z",
  "2024-06-12T14:32:00+0200",
  "2024-06-12T14:32:00+99:99",
  "2024-13-12T14:32:00Z",
  "2024-06-12T14:61:00Z",
  " 2024-06-12T14:32:00Z",
  "2024-06-12T14:32:00Z ",
  "20240612T143200Z",
])("%p is no time", (text) => expect(parseRfc3339Ms(text)).toBeNaN());

test("what is written is read as it was", () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1, 0), max: Date.UTC(9999, 11, 31) }), (ms) => {
      expect(formatRfc3339(ms)).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
      expect(parseRfc3339Ms(formatRfc3339(ms))).toBe(ms);
    }),
  );
});
