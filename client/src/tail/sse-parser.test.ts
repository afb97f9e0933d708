import { expect, test } from "bun:test";
import fc from "fast-check";
import { type SseItem, SseParser } from "./sse-parser.ts";

const parse = (...chunks: string[]): SseItem[] => {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};
const stream =
  '\uFEFFretry: 1500\n\n: keep-alive\n\nid: c1\nevent: progress\ndata: {"a":1}\n\nid:c2\r\ndata: one\r\ndata:two\r\n\r\nevent: empty\n\ndata\rnonsense: x\r\rid: c\0d\ndata:  padded\n\ndata: torn';
const whole: SseItem[] = [
  { kind: "retry", ms: 1500 },
  { kind: "comment" },
  { kind: "event", type: "progress", data: '{"a":1}', id: "c1" },
  { kind: "event", type: "message", data: "one\ntwo", id: "c2" },
  { kind: "event", type: "message", data: "", id: null },
  { kind: "event", type: "message", data: " padded", id: null },
];

test("a stream is read as the standard says; what is torn at its end is left out", () => {
  expect(parse(stream)).toEqual(whole);
});

test("it does not matter where the chunks are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
      expect(parse(...at.slice(1).map((end, index) => stream.slice(at[index], end)))).toEqual(whole);
    }),
  );
});

test("an event without an end is a fault, not a leak", () => {
  const parser = new SseParser();
  const chunk = "x".repeat(1024 * 1024);
  expect(() => {
    for (let index = 0; index < 9; index++) parser.push(index === 0 ? `data: ${chunk}` : chunk);
  }).toThrow("an event of more than");
});
