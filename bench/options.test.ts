import { expect, test } from "bun:test";
import { parseOptions, UsageError } from "./options.ts";

test("without options everything but the large database runs", () => {
  const options = parseOptions([]);
  const feed = ["feed-delay", "feed-fanout", "feed-cost", "feed-slow", "webhooks"] as const;
  const reads = ["totals-sku", "totals-groups", "as-of"] as const;
  const checkouts = ["checkout-1", "checkout-3", "checkout-10", "checkout-hot", "expiry"] as const;
  expect(options.scenarios).toEqual([
    "spread",
    "hot",
    "tail",
    "bulk",
    "sync",
    "source",
    "get",
    ...reads,
    ...checkouts,
    ...feed,
  ]);
  expect(options.pace).toEqual({ rounds: 3, warmUpSeconds: 2, seconds: 10 });
  expect(options.writes).toBe(true);
});

test("scenarios can be chosen, and --large adds its own", () => {
  expect(parseOptions(["--only", "hot, spread"]).scenarios).toEqual(["spread", "hot"]);
  expect(parseOptions(["--only", "hot", "--large"]).scenarios).toEqual(["hot", "large"]);
  expect(parseOptions(["--only=large"]).scenarios).toEqual(["large"]);
});

test("--quick shortens, and single values outrank it", () => {
  expect(parseOptions(["--quick", "--seconds", "5"]).pace).toEqual({ rounds: 2, warmUpSeconds: 1, seconds: 5 });
});

test("mistakes are named", () => {
  expect(() => parseOptions(["--only", "warm"])).toThrow('There is no scenario "warm"');
  expect(() => parseOptions(["--rounds", "none"])).toThrow(UsageError);
  expect(() => parseOptions(["--fast"])).toThrow(UsageError);
});
