import { describe, expect, test } from "bun:test";
import { ProblemError } from "./problem.ts";
import { idempotencyKeyOf, ifMatchVersionOf, matchesNone, requestIdOf, traceparentOf } from "./request-headers.ts";

const headers = (name: string, value?: string): Headers => new Headers(value === undefined ? {} : { [name]: value });

function problemOf(ask: () => unknown): ProblemError {
  try {
    ask();
  } catch (error) {
    if (error instanceof ProblemError) return error;
  }
  throw new Error("no problem was thrown");
}

describe("request ids", () => {
  test.each(["a", "req-1", "x".repeat(128), "!~"])("%p is taken", (id) => {
    expect(requestIdOf(headers("x-request-id", id))).toBe(id);
  });
  test.each([undefined, "", "two words", "x".repeat(129), "é"])("%p is replaced", (id) => {
    const made = [requestIdOf(headers("x-request-id", id)), requestIdOf(headers("x-request-id", id))];
    expect(made[0]).toMatch(/^req_[\w-]+$/);
    expect(made[1]).not.toBe(made[0]);
  });
});

describe("traces", () => {
  const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  test("a valid one is carried", () => expect(traceparentOf(headers("traceparent", trace))).toBe(trace));
  test.each([
    undefined,
    "",
    trace.toUpperCase(),
    trace.slice(1),
    `${trace}0`,
    trace.replace("00-", "ff-"),
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    `${trace}\u0000`.replace("\u0000", " x"),
  ])("%p is none", (value) => expect(traceparentOf(headers("traceparent", value))).toBeNull());
});

describe("idempotency keys", () => {
  test.each([
    [undefined, null],
    ["a", "a"],
    ['"a b"', "a b"],
    ['"', '"'],
    ['a"b', 'a"b'],
    ["x".repeat(255), "x".repeat(255)],
  ])("%p is %p", (given, key) => expect(idempotencyKeyOf(headers("idempotency-key", given))).toBe(key));
  test.each(["", '""', "x".repeat(256), "é", "a\tb"])("%p is refused", (given) => {
    const problem = problemOf(() => idempotencyKeyOf(headers("idempotency-key", given)));
    expect(problem).toMatchObject({ code: "validation_failed", status: 400 });
  });
});

describe("If-Match", () => {
  test.each([
    [undefined, null],
    ["*", null],
    ['"0"', 0],
    [' "7" ', 7],
    ['"9007199254740991"', Number.MAX_SAFE_INTEGER],
  ])("%p names version %p", (given, version) => expect(ifMatchVersionOf(headers("if-match", given))).toBe(version));
  test.each(['"a"', 'W/"7"', '"07"', '""', '"-1"', '"1.0"'])("%s names no version that ever was: 412", (given) => {
    expect(problemOf(() => ifMatchVersionOf(headers("if-match", given)))).toMatchObject({
      code: "version_conflict",
      status: 412,
    });
  });
  test.each(["7", '"7', '"7", "8"', "**", ""])("%p is no ETag: 400", (given) => {
    expect(problemOf(() => ifMatchVersionOf(headers("if-match", given)))).toMatchObject({
      code: "validation_failed",
      status: 400,
    });
  });
});

test.each([
  [undefined, false],
  ["", false],
  ["*", true],
  ['"1"', true],
  ['W/"1"', true],
  ['"0" , W/"1"', true],
  ['"11"', false],
  ["1", false],
])("If-None-Match: %p", (given, matches) => expect(matchesNone(headers("if-none-match", given), '"1"')).toBe(matches));
