import { expect, test } from "bun:test";
import fc from "fast-check";
import { PayloadRefused, readJsonPayload, readPayload } from "./read-payload.ts";

test("integers keep every digit: those of more than 15 digits become text", () => {
  const text = '{"a":271878346596884015,"b":9007199254740991,"c":999999999999999,"d":-1234567890123456,"e":1e400}';
  expect(readJsonPayload(text)).toEqual({
    a: "271878346596884015",
    b: "9007199254740991",
    c: 999999999999999,
    d: "-1234567890123456",
    e: "1e400",
  });
  expect(readJsonPayload("[1.5, 1e3, -0, 12.50]")).toEqual([1.5, 1000, -0, 12.5]);
});

test("whatever integer it is, its digits survive", () => {
  fc.assert(
    fc.property(fc.bigInt(), (value) => {
      expect(String((readJsonPayload(`{"id":${value}}`) as { id: unknown }).id)).toBe(String(value));
    }),
  );
});

test("what is no JSON, nests too deep or cannot be stored is refused", () => {
  const deep = `${"[".repeat(65)}${"]".repeat(65)}`;
  for (const text of ["", "{", "{'a':1}", deep, '{"__proto__":1}', '["\\u0000"]', '["\\ud800"]', '{"a\\u0000":1}'])
    expect(() => readJsonPayload(text)).toThrow(PayloadRefused);
  expect(readJsonPayload("[".repeat(64) + "]".repeat(64))).toBeArray();
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("of a field that is named twice the last one holds, as most readers do", () => {
  expect(readJsonPayload('{"a":1,"a":2}')).toEqual({ a: 2 });
});

test("CSV becomes rows by its header, cells as text, with quotes and line ends of any kind", () => {
  const text = '\uFEFFSKU,Stock\r\nA,"1\n2"\r\n\r\nB,271878346596884015\r\nC\r\n';
  expect(readPayload(text, "text/csv; charset=utf-8")).toEqual([
    { SKU: "A", Stock: "1\n2" },
    { SKU: "B", Stock: "271878346596884015" },
    { SKU: "C" },
  ]);
  expect(() => readPayload('a\n"b', "text/csv")).toThrow(PayloadRefused);
  expect(() => readPayload("a\n\0", "text/csv")).toThrow(PayloadRefused);
});
