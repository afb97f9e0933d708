import { expect, test } from "bun:test";
import { itemKeyOf, partsOfItemKey } from "./item-key.ts";

const nothing = { productId: null, locationId: null, channelId: null, orderId: null };

test.each([
  ["an item", { productId: "p", locationId: "l" }, "p/l"],
  ["a product", { productId: "p" }, "p/"],
  ["a location", { locationId: "l" }, "/l"],
  ["what a channel may sell of a product", { productId: "p", channelId: "web" }, "p//web"],
  ["a channel", { channelId: "web" }, "//web"],
  ["an order", { productId: "p", locationId: "l", orderId: "res_1" }, "p/l/res_1"],
])("%s has a lane of its own, by which product and location are found again", (_name, parts, key) => {
  const subject = { ...nothing, ...parts };
  expect(itemKeyOf(subject)).toBe(key);
  expect(partsOfItemKey(key)).toEqual({ productId: subject.productId, locationId: subject.locationId });
});
