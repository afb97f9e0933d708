import { expect, test } from "bun:test";
import type { FeedEvent } from "@onhand/client";
import { tailHeading, tailLine } from "./tail-line.ts";

const event = (type: string, data: object): FeedEvent =>
  ({ type, time: "2026-11-21T09:30:15.123Z", data: { reason: null, ...data } }) as unknown as FeedEvent;
const item = { sku: "BEIGE-30", locationId: "shop", stockLevel: 97, availableStock: 95 };

test("a change of stock shows what moved, why, and what is there", () => {
  const change = { stockLevel: -3, reservedStock: 2, unavailableStock: 0, incomingStock: 0 };
  const line = tailLine(event("inventory.adjusted.v1", { item, change, reason: "order" }));
  expect(line).toBe(
    "09:30:15.123  inventory.adjusted    BEIGE-30              shop              −3, +2 reserved  order      97 (95 available)",
  );
  expect(tailHeading().indexOf("level")).toBe(line.indexOf("97 ("));
});

test("a change that moved nothing says so; long texts are cut to their column", () => {
  const line = tailLine(event("inventory.configured.v1", { item: { ...item, sku: "S".repeat(40) }, change: {} }));
  expect(line).toContain(`${"S".repeat(19)}…  shop`);
  expect(line).toContain("  =  ");
});

test("products and locations show their name and state", () => {
  const product = { sku: "BEIGE-30", name: "Foundation", status: "archived" };
  expect(tailLine(event("product.archived.v1", { product }))).toMatch(
    /product\.archived +BEIGE-30 +archived +Foundation$/,
  );
  const location = { locationId: "shop", name: "Shop", status: "active" };
  expect(tailLine(event("location.created.v1", { location }))).toMatch(/location\.created +shop +active +Shop$/);
});

test("texts of callers cannot steer the terminal", () => {
  const change = { stockLevel: -3 };
  const line = tailLine(event("inventory.set.v1", { item, change, reason: "\u001b[2J\u202e" }));
  expect(line).toContain("−3  ·[2J·");
});
