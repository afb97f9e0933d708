import { expect, test } from "bun:test";
import { hash } from "node:crypto";
import { SeenRows } from "./seen-rows.ts";

test("counts copies over many more rows than it starts with room for", () => {
  const seen = new SeenRows();
  const rows = Array.from({ length: 200_000 }, (_, index) => hash("sha256", `${index}`, "hex"));
  expect(rows.every((digest) => seen.count(digest) === 1)).toBe(true);
  expect(seen.size).toBe(rows.length);
  expect(rows.filter((_, index) => index % 1000 === 0).every((digest) => seen.count(digest) === 2)).toBe(true);
  expect(seen.count(rows[1000]!)).toBe(3);
});
