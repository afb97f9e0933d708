import { expect, test } from "bun:test";
import { Closed, Id, Quantity, Timestamp } from "@onhand/protocol/schema";
import Type from "typebox";
import { ProblemError } from "./problem.ts";
import { Check, readQuery, requireValid } from "./validation.ts";

const line = new Check(Closed({ id: Id("An id"), count: Quantity("A count"), at: Type.Optional(Timestamp("A time")) }));

test("each field at fault is named once, in words of its own", () => {
  expect(line.errors({ id: "a b", count: 1.5, "x/y": 1, "~": 2 })).toEqual([
    { pointer: "/x~1y", message: "is not a field of this request" },
    { pointer: "/~0", message: "is not a field of this request" },
    { pointer: "/id", message: "has characters or a form that is not taken" },
    { pointer: "/count", message: "must be integer" },
  ]);
  expect(line.errors({})).toEqual([
    { pointer: "/id", message: "is required" },
    { pointer: "/count", message: "is required" },
  ]);
  expect(line.errors({ id: "a", count: 1, at: "2026-02-30T00:00:00Z" })).toEqual([
    { pointer: "/at", message: "is no RFC 3339 time with an offset, for example 2026-06-10T12:00:00Z" },
  ]);
  expect(line.errors({ id: "a", count: 1 })).toEqual([]);
});

test("a time that lies outside the years 1 to 9999 in UTC is none", () => {
  const isTime = (at: string): boolean => line.accepts({ id: "a", count: 1, at });
  expect(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2016-12-31T23:59:60Z"].map(isTime)).not.toContain(false);
  expect(["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"].map(isTime)).not.toContain(
    true,
  );
});

test("what may be one of several things is held against the one that it comes closest to", () => {
  const either = new Check(
    Type.Union([
      Closed({ id: Id("An id"), count: Quantity("A count") }),
      Closed({ id: Id("An id"), at: Timestamp("At") }),
    ]),
  );
  expect(either.errors({ id: "a", at: "2026-02-28T00:00:00Z" })).toEqual([]);
  expect(either.errors({ id: "a b", at: "2026-02-28T00:00:00Z" })).toEqual([
    { pointer: "/id", message: "has characters or a form that is not taken" },
  ]);
  expect(either.errors({ count: 1 })).toEqual([{ pointer: "/id", message: "is required" }]);
  expect(either.errors({ id: "a" })).toEqual([{ pointer: "/count", message: "is required" }]);
});

test("the problem names the first field and lists the others", () => {
  try {
    requireValid(line, { id: "a" }, "body");
    throw new Error("it was taken");
  } catch (error) {
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      code: "validation_failed",
      message: "The body is not valid: /count is required. Correct it and send it again.",
      fields: { errors: [{ pointer: "/count" }] },
    });
  }
});

const query = Type.Object({
  limit: Type.Optional(Type.Integer({ default: 100 })),
  archive: Type.Optional(Type.Boolean()),
  q: Type.Optional(Type.String()),
});
const read = (text: string) => ({ ...readQuery(query, new URLSearchParams(text)) });

test("parameters become what their schema names, and stay text when they cannot", () => {
  expect(read("")).toEqual({ limit: 100 });
  expect(read("limit=5&archive=true&q=5")).toEqual({ limit: 5, archive: true, q: "5" });
  expect(read("limit=-3&archive=false")).toEqual({ limit: -3, archive: false });
  for (const text of ["1.5", "1e2", "", " 1", "+1", "0x1", "9".repeat(17)])
    expect(read(`limit=${encodeURIComponent(text)}`)).toEqual({ limit: text });
  expect(read("archive=1")).toEqual({ limit: 100, archive: "1" });
});

test("names of objects are unknown parameters, and none is taken twice", () => {
  expect(Object.keys(readQuery(query, new URLSearchParams("__proto__=1")))).toContain("__proto__");
  for (const text of ["q=1&q=1", "x=1&x=2", "__proto__=1&__proto__=1"]) expect(() => read(text)).toThrow("given twice");
});
