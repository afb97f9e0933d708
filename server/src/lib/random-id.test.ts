import { expect, test } from "bun:test";
import { randomBytes, requestId, sortableId } from "./random-id.ts";

test("ids sort by time and do not repeat", () => {
  const times = [0, 1, 31, 32, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1];
  const ids = times.map((ms) => sortableId("prod_", ms));
  for (const id of ids) expect(id).toMatch(/^prod_[0-9a-hjkmnp-tv-z]{26}$/);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(Array.from({ length: 10_000 }, () => sortableId("", 5))).size).toBe(10_000);
});

test("bytes belong to whoever asked for them", () => {
  const first = randomBytes(16);
  const copy = [...first];
  for (let index = 0; index < 1_000; index++) randomBytes(16).fill(0);
  expect([...first]).toEqual(copy);
  expect(randomBytes(16)).toHaveLength(16);
});

test("request ids can be logged and do not repeat", () => {
  const ids = Array.from({ length: 1_000 }, requestId);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^req_[\w-]+$/);
});
