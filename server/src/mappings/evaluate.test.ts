import { expect, test } from "bun:test";
import fc from "fast-check";
import { evaluate, faultOfExpression, type MappingOutput } from "./evaluate.ts";

const run = (expression: string, text = "{}", headers: Record<string, string> = {}): Promise<MappingOutput> =>
  evaluate({ expression, text, mediaType: null, headers, sourceId: "till", receivedAt: "2026-11-22T10:00:00Z" });
const lines = async (...args: Parameters<typeof run>): Promise<unknown> => {
  const output = await run(...args);
  if ("fault" in output) throw new Error(output.fault.detail);
  return JSON.parse(output.json);
};
const fault = async (...args: Parameters<typeof run>) => {
  const output = await run(...args);
  return "fault" in output ? output.fault : null;
};

test("one line, several, lists within lists, and none", async () => {
  expect(await lines('{"sku": a}', '{"a":"x"}')).toEqual([{ sku: "x" }]);
  expect(await lines('a.{"sku": $}', '{"a":["x","y"]}')).toEqual([{ sku: "x" }, { sku: "y" }]);
  expect(await lines('[[{"sku":"x"}],[[{"sku":"y"}]]]')).toEqual([{ sku: "x" }, { sku: "y" }]);
  expect(await lines("nothing")).toEqual([]);
  expect(await lines("null")).toEqual([]);
});

test("long ids survive in whatever the expression makes of them", async () => {
  const text = '{"id":271878346596884015,"other":1234567890123456}';
  expect(await lines('{"operationId": id & ":" & other, "productCode": $string(id)}', text)).toEqual([
    { operationId: "271878346596884015:1234567890123456", productCode: "271878346596884015" },
  ]);
});

test("whatever integer it is, its digits survive as text", async () => {
  const most = 10n ** 20n;
  await fc.assert(
    fc.asyncProperty(fc.bigInt({ min: -most, max: most }), async (id) => {
      expect(await lines('{"sku": $string(id), "operationId": "" & id}', `{"id":${id}}`)).toEqual([
        { sku: String(id), operationId: String(id) },
      ]);
    }),
  );
});

test("expressions see headers, the source and when it came", async () => {
  const expression = '{"operationId": $headers."webhook-id", "reason": $sourceId & $receivedAt}';
  expect(await lines(expression, "{}", { "webhook-id": "w" })).toEqual([
    { operationId: "w", reason: "till2026-11-22T10:00:00Z" },
  ]);
});

test("JSON within text is read without losing digits, and what a payload says is never evaluated", async () => {
  const text = JSON.stringify({ Message: '{"id":271878346596884015}', evil: "$sum([1..10])" });
  expect(await lines('{"productCode": $parseJson(Message).id}', text)).toEqual([{ productCode: "271878346596884015" }]);
  expect(await fault('{"a": $eval(evil)}', text)).toMatchObject({ code: "expression" });
  expect(await fault("$parseJson(evil)", text)).toMatchObject({ code: "unreadable" });
});

test("what an expression gave must be lines, and not too many", async () => {
  expect(await fault('"text"')).toMatchObject({ code: "output" });
  expect(await fault('[{"a":1}, 5]')).toMatchObject({ code: "output" });
  expect(await fault('[1..10001].{"a":$}')).toMatchObject({ code: "output" });
  expect(await fault('{"a": $pad("x", 9000000)}')).toMatchObject({ code: "output" });
});

test("an expression that calls itself too deep, or makes a list without measure, is ended", async () => {
  expect(await fault("($f := function($x) { 1 + $f($x) }; $f(1))")).toMatchObject({ code: "expression" });
  expect(await fault("[1..1000001].{}")).toMatchObject({ code: "expression" });
});

test("a slip of the pen is named with its place", () => {
  expect(faultOfExpression('{"a": ')).toMatchObject({ code: "expression", position: expect.any(Number) });
  expect(faultOfExpression('{"a": 1}')).toBeNull();
});

test("nothing of the runtime can be reached", async () => {
  for (const expression of [
    "$constructor",
    "constructor",
    '"".constructor',
    "$$.__proto__",
    "$lookup($, 'constructor')",
  ])
    expect(await lines(`{"a": ${expression}}`)).toEqual([{}]);
});
