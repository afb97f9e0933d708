/** The thread that evaluates: it answers in order, is ended when it hangs, and is there again for the next payload. */
import { afterEach, expect, test } from "bun:test";
import type { Clock } from "../lib/clock.ts";
import { systemClock } from "../lib/clock.ts";
import type { MappingInput } from "./evaluate.ts";
import { Mapper, MapperFull } from "./mapper.ts";
import { mappingLimits } from "./mapping-limits.ts";

const input = (expression: string, text = "{}"): MappingInput => ({
  expression,
  text,
  mediaType: null,
  headers: {},
  sourceId: "till",
  receivedAt: "",
});

let mapper: Mapper;
afterEach(() => mapper.stop());

test("payloads are answered each by itself, in the order that they came", async () => {
  mapper = new Mapper(systemClock);
  const ended: number[] = [];
  const outputs = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const output = await mapper.map(input('{"sku": $string(n)}', `{"n":${index}}`));
      ended.push(index);
      return output;
    }),
  );
  expect(outputs[7]).toEqual({ json: '[{"sku":"7"}]' });
  expect(ended).toEqual(ended.toSorted((a, b) => a - b));
});

test("a thread that does not answer is ended, and the next payload gets a new one", async () => {
  const timers: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    after(_, callback) {
      timers.push(callback);
      return () => {};
    },
  };
  mapper = new Mapper(clock);
  // One step that cannot be interrupted: a pattern that backtracks.
  const hangs = mapper.map(input('{"a": $match(text, /^(([a-z])+.)+[A-Z]([a-z])+$/)}', `{"text":"${"a".repeat(60)}"}`));
  const next = mapper.map(input('{"sku":"after"}'));
  timers[0]!();
  expect(await hangs).toMatchObject({ fault: { code: "time" } });
  expect(await next).toEqual({ json: '[{"sku":"after"}]' });
});

test("an expression without an end is ended by itself", async () => {
  mapper = new Mapper(systemClock);
  const output = await mapper.map(input("($f := function($x) { $f($x) }; $f(1))"));
  expect(output).toMatchObject({ fault: { code: "time", detail: expect.stringContaining("10000 ms") } });
}, 60_000);

test("a limited number of payloads wait, and what waits when it stops has failed", async () => {
  mapper = new Mapper(systemClock);
  const all = Array.from({ length: mappingLimits.waitingMax + 1 }, () => mapper.map(input('{"sku":"x"}')));
  expect(mapper.waiting).toBe(mappingLimits.waitingMax);
  expect(() => mapper.map(input("{}"))).toThrow(MapperFull);
  mapper.stop();
  for (const each of await Promise.all(all)) expect(each).toMatchObject({ fault: { code: "time" } });
  expect(() => mapper.map(input("{}"))).toThrow(MapperFull);
});
