import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseTimestampMs } from "./connection-options.ts";

test("times are read with whatever fraction PostgreSQL prints", () => {
  const second = Date.UTC(2026, 10, 21, 20, 56, 14);
  for (const [fraction, ms] of [
    ["", 0],
    [".4", 400],
    [".44", 440],
    [".405", 405],
    [".405123", 405],
    [".000001", 0],
  ] as const) {
    expect(parseTimestampMs(`2026-11-21 20:56:14${fraction}+00`)).toBe(second + ms);
  }
});

test("any millisecond survives the way PostgreSQL writes it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (ms) => {
      const [whole, fraction] = new Date(ms).toISOString().slice(0, 23).replace("T", " ").split(".") as [
        string,
        string,
      ];
      const significant = fraction.replace(/0+$/, "");
      const printed = significant === "" ? whole : `${whole}.${significant}`;
      expect(parseTimestampMs(`${printed}+00`)).toBe(ms);
    }),
  );
});

test("what is no time in UTC is refused, never read as another", () => {
  expect(() => parseTimestampMs("infinity")).toThrow("no time");
});
