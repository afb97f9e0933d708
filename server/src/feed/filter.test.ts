import { expect, test } from "bun:test";
import { compileFilter, everything, type FilterSubject } from "./filter.ts";

const sale: FilterSubject = {
  type: "inventory.adjusted.v1",
  productId: "prod1",
  sku: "LIP-1",
  locationId: "loc1",
  locationGroups: ["eu", "shops"],
  channelId: null,
};

test("an empty filter lets everything pass, and needs no test", () => {
  expect(compileFilter(everything)).toBeNull();
});

test.each([
  ["a product", { productIds: ["prod0", "prod1"] }, true],
  ["another product", { productIds: ["prod2"] }, false],
  ["a SKU", { skus: ["LIP-1"] }, true],
  ["a location", { locationIds: ["loc1"] }, true],
  ["a group of the location", { locationGroups: ["us", "shops"] }, true],
  ["a group that it is not in", { locationGroups: ["us"] }, false],
  ["a type", { types: ["inventory.adjusted.v1"] }, true],
  ["the start of a type", { types: ["product.*", "inventory.*"] }, true],
  ["another type", { types: ["product.*"] }, false],
  ["a product at another location", { productIds: ["prod1"], locationIds: ["loc2"] }, false],
] as const)("%s decides", (_name, fields, isWanted) => {
  expect(compileFilter({ ...everything, ...fields })?.(sale)).toBe(isWanted);
});

test("what has no location passes no filter by location", () => {
  const product = { ...sale, type: "product.updated.v1", locationId: null, locationGroups: [] };
  expect(compileFilter({ ...everything, locationIds: ["loc1"] })?.(product)).toBe(false);
  expect(compileFilter({ ...everything, locationGroups: ["eu"] })?.(product)).toBe(false);
});

test("a channel's filter passes what that channel may sell and the channel itself, and nothing else", () => {
  const isWanted = compileFilter({ ...everything, channelIds: ["web"] })!;
  const number = { ...sale, type: "channel.availability.v1", locationId: null, locationGroups: [], channelId: "web" };
  const channel = { ...number, type: "channel.updated.v1", productId: null, sku: null };
  expect([number, channel].map(isWanted)).toEqual([true, true]);
  expect([sale, { ...number, channelId: "market" }, { ...channel, channelId: "market" }].some(isWanted)).toBe(false);
  expect(compileFilter({ ...everything, channelIds: ["web"], productIds: ["prod2"] })?.(number)).toBe(false);
});
