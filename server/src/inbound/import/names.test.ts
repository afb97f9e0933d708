import { expect, test } from "bun:test";
import { locationIdOf, productIdOf, skuOf } from "./names.ts";

test("ordinary codes and markets stay readable", () => {
  expect(skuOf("85123A")).toBe("85123A");
  expect(productIdOf("85123A")).toBe("85123A");
  expect(locationIdOf("United Kingdom")).toBe("united-kingdom");
});

test("different codes never get the same id, however odd or long they are", () => {
  const long = "X".repeat(100);
  const codes = ["A B", "A_20B", "A-B", "A.B", "a b", "Ä", "A/B", `${long}1`, `${long}2`];
  const ids = codes.map((code) => productIdOf(skuOf(code)!));
  expect(new Set(ids).size).toBe(codes.length);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._:-]{1,64}$/);
});

test("characters that stand in addresses are escaped so that nothing is confused", () => {
  expect(skuOf("A/B#1?")).toBe("A%2FB%231%3F");
  expect(skuOf("A%2FB")).toBe("A%252FB");
  expect(skuOf("50% OFF")).toBe("50% OFF");
});

test.each(["", "inv_5", "bulk-update", "..", "A\nB", "X".repeat(129)])("%j cannot be a SKU", (code) => {
  expect(skuOf(code)).toBeNull();
});

test("letter case and outer spaces do not make another market; other differences do", () => {
  expect(locationIdOf(" FRANCE ")).toBe(locationIdOf("France"));
  const ids = ["Côte d'Ivoire", "Cote d Ivoire", "Cote-d-Ivoire", "日本", "中国", "!"].map(locationIdOf);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._:-]{1,64}$/);
});
