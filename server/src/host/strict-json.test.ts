import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { JsonRefused, parseStrictJson } from "./strict-json.ts";

const depthMax = 32;
const parse = (text: string): unknown => parseStrictJson(text, depthMax);

/** Texts that PostgreSQL can hold; written with every kind of character that looks like syntax. */
const word = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.string({
      unit: fc.constantFrom('"', ":", "\\", "{", "}", "[", "]", ",", " ", "e1", "9", ".", "\n"),
      maxLength: 12,
    }),
    fc.constantFrom("8e4", "1.5e300", "9".repeat(20), ":", '":', "order #4567", "2026-06-12T14:32:00Z"),
  )
  .filter((text) => text.isWellFormed() && !text.includes("\0") && !text.includes("__proto__"));
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -999_999_999, max: 999_999_999 }).map((cents) => cents / 100),
  fc.constantFrom(0, -0, 1e21, 1.5e-7, 123456789012345, 0.123456789012345),
);
const leaf = fc.oneof(word, number, fc.boolean(), fc.constant(null));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(word, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe("whatever JSON.parse reads without loss is read the same", () => {
  test("as it is usually written, and with blanks", () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, "\t"), (any, blanks) => {
        const text = JSON.stringify(any, null, blanks as string | undefined);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test("with every character escaped", () => {
    const escaped = (text: string): string =>
      `"${[...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")}"`;
    fc.assert(
      fc.property(word, number, (text, amount) => {
        const written = `{${escaped(text)}:[${escaped(text)},${amount}]}`;
        expect(parse(written)).toEqual(JSON.parse(written));
      }),
    );
  });
});

describe("a repeated key is refused", () => {
  test("wherever it is, whatever stands around it and whatever its values", () => {
    fc.assert(
      fc.property(word, leaf, leaf, value, fc.nat(6), fc.boolean(), (key, one, other, around, depth, asItem) => {
        const name = JSON.stringify(key);
        const planted = `{${name}:${JSON.stringify(one)},"between":${JSON.stringify(around)},${name} :${JSON.stringify(other)}}`;
        if (key === "between") return;
        const [open, close] = asItem ? ["[1,", "]"] : ['{"a":"b:c","in":', "}"];
        const text = open.repeat(depth) + planted + close.repeat(depth);
        expect(() => parse(text)).toThrow(JsonRefused);
      }),
      { numRuns: 500 },
    );
  });

  test("however its names are written", () => {
    for (const text of [
      '{"a":1,"\\u0061":1}',
      '{"\\u0061":1,"\\u0061":2}',
      '{"":1,"":1}',
      '{":":1,":":1}',
      '{"a":1,"A":1,"a":1}',
    ])
      expect(() => parse(text)).toThrow(JsonRefused);
    expect(() => parse('{"a":1,"a":2}')).toThrow("a");
    expect(parse('{"a":1,"A":2,"á":3,"a ":4}')).toEqual({ a: 1, A: 2, á: 3, "a ": 4 });
    expect(parse('[{"a":1},{"a":1}]')).toEqual([{ a: 1 }, { a: 1 }]);
  });
});

describe("numbers", () => {
  test.each([
    "9007199254740991",
    "-9007199254740991",
    "0",
    "-0",
    "1e2",
    "1.0",
    "0.1",
    "49.99",
    "1e21",
    "0e999",
    "0.000",
  ])("%s is held exactly", (text) => expect(parse(`[${text}]`)).toEqual([Number(text)]));

  test.each([
    "9007199254740992",
    "-9007199254740993",
    "1e400",
    "-1e400",
    "1e-400",
    "0.1234567890123456",
    "12345678901234567e-1",
  ])("%s is not", (text) => {
    for (const written of [text, `[${text}]`, `{"a":${text}}`, `[1, ${text}]`, `{"a" :\n${text}}`])
      expect(() => parse(written)).toThrow("cannot be held exactly");
  });

  test("in a text, digits are only characters", () => {
    const texts = ["9007199254740993", "1e400", "a,9007199254740993", ": 1e400"];
    expect(parse(JSON.stringify(texts))).toEqual(texts);
  });
});

describe("texts and names", () => {
  test.each(['"\\ud800"', '"\\udc00"', '"\\udc00\\ud800"', '{"\\ud800":1}', '["a",{"b":"\\ud83e!"}]'])(
    "half a pair of surrogates is refused in %s",
    (text) => expect(() => parse(text)).toThrow("surrogate"),
  );
  test("a whole pair is taken", () => expect(parse('"\\ud83e\\uddf4"')).toBe("🧴"));
  test.each(['"\\u0000"', '{"a\\u0000":1}'])("NUL is refused in %s", (text) =>
    expect(() => parse(text)).toThrow("NUL"),
  );
  test.each(['{"__proto__":1}', '{"a":[{"__proto__":{}}]}', '{"\\u005f\\u005fproto__":{}}'])(
    "%s is refused",
    (text) => {
      expect(() => parse(text)).toThrow("__proto__");
    },
  );
  test("other names of objects are names like any other", () => {
    const read = parse('{"constructor":1,"toString":2,"hasOwnProperty":3}') as object;
    expect(Object.entries(read)).toEqual([
      ["constructor", 1],
      ["toString", 2],
      ["hasOwnProperty", 3],
    ]);
  });
});

describe("nesting", () => {
  test("is taken up to the limit, and counted outside of texts only", () => {
    expect(() => parse("[".repeat(depthMax) + "]".repeat(depthMax))).not.toThrow();
    expect(() => parse("[".repeat(depthMax + 1) + "]".repeat(depthMax + 1))).toThrow("deeper");
    expect(() => parse("[".repeat(1_000_000))).toThrow("deeper");
    expect(parse(JSON.stringify("[{".repeat(1000)))).toHaveLength(2000);
    expect(parse(`["\\"${"[".repeat(100)}"]`)).toEqual([`"${"[".repeat(100)}`]);
    expect(parse(`[${"[],".repeat(1000)}[]]`)).toHaveLength(1001);
  });
});

test.each(["", " ", "{", '{"a"}', "[1,]", "nul", "'a'", "\u00a01", '"a', "[1 2]", "{}{}"])("%p is no JSON", (text) => {
  expect(() => parse(text)).toThrow(JsonRefused);
});

test("a byte order mark is named", () => expect(() => parse("\uFEFF{}")).toThrow("byte order mark"));

test("a large body is read in linear time, also one made to be slow", () => {
  for (const text of [
    `["${":".repeat(2_000_000)}"]`,
    `[${'"",'.repeat(200_000)}"${" ".repeat(1_000_000)}"]`,
    `[${"1,".repeat(500_000)}1]`,
    `["a"${" ".repeat(2_000_000)}]`,
  ]) {
    const startedAtMs = performance.now();
    parse(text);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  }
});
