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

test("what channels were told is forgotten when there is too much of it, whether they were told anything or not", () => {
  const itemsMax = 10;
  const cache = new StateCache(1, itemsMax);
  cache.putItem(1, "soap", "shop", null);
  const level = { partition: 1, productId: "soap", channelId: "c0", sellable: 1, available: 1, toldSequence: 7 };
  cache.putChannelLevel(1, "soap", "c0", level);
  for (let index = 1; index < itemsMax; index++) cache.putChannelLevel(1, "soap", `c${index}`, null);
  // Put again, it counts once.
  cache.putChannelLevel(1, "soap", "c0", { ...level, available: 0 });
  cache.trim(1);
  expect(cache.channelLevel(1, "soap", "c1")).toBeNull();
  cache.putChannelLevel(1, "comb", "c0", null);
  cache.trim(1);
  expect([cache.channelLevel(1, "soap", "c0"), cache.channelLevel(1, "comb", "c0")]).toEqual([undefined, undefined]);
  expect(cache.item(1, "soap", "shop")).toBeNull();
});
