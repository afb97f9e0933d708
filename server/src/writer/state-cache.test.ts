import { expect, test } from "bun:test";
import { StateCache } from "./state-cache.ts";

test("when items are due is forgotten with the items, however many other servers hold", () => {
  const itemsMax = 10;
  const cache = new StateCache(1, itemsMax);
  const place = (index: number) => ({ partition: 1, productId: `p${index}`, locationId: "shop" });
  for (let index = 0; index < itemsMax; index++) cache.setExpiry(place(index), 5);
  cache.trim(1);
  expect(cache.mayBeDue(place(0), 5)).toBe(true);
  cache.setExpiry(place(itemsMax), 5);
  cache.trim(1);
  expect(cache.mayBeDue(place(0), 5)).toBe(false);
});
