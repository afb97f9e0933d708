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

test("what belongs to an order names it, and a notice says why it is given", () => {
  const order = { orderId: "res_0300000000042", kind: "reservation", line: 1 };
  const held = tailLine(event("inventory.reserved.v1", { item, change: { reservedStock: 2 }, order }));
  expect(held).toMatch(/\+2 reserved +97 \(95 available\) {2}res_0300000000042$/);
  const notice = { reason: "95 available, at or below", about: "mov_1", figures: {} };
  expect(tailLine(event("inventory.low.v1", { item, change: {}, notice }))).toContain("=  95 available, at");
});

test("orders show their id, and until when they hold or when they are expected", () => {
  const none = { phase: null, expiresAt: null, expectedAt: null, fromLocationId: null, toLocationId: null };
  const paying = { ...none, orderId: "res_1", phase: "paying", expiresAt: "2026-11-21T10:00:00.000Z" };
  expect(tailLine(event("reservation.paying.v1", { order: paying, lines: [1, 2] }))).toMatch(
    /reservation\.paying +res_1 +paying {2}until 2026-11-21T10:00:00\.000Z {2}lines 1, 2$/,
  );
  const gone = { ...none, orderId: "res_1", supersededBy: "res_2" };
  expect(tailLine(event("reservation.superseded.v1", { order: gone, lines: [] }))).toMatch(/superseded by res_2$/);
  const late = { ...none, orderId: "trf_1", toLocationId: "shop", expectedAt: "2026-12-01T09:00:00.000Z" };
  expect(tailLine(event("transfer.rescheduled.v1", { order: late, lines: [1] }))).toMatch(
    /shop +trf_1 +expected 2026-12-01T09:00:00\.000Z {2}lines 1$/,
  );
});

test("channels show their id, and what may be sold now and before", () => {
  const channel = { channelId: "web", name: "Web shop", status: "active" };
  expect(tailLine(event("channel.created.v1", { channel }))).toMatch(/channel\.created +web +active +Web shop$/);
  const told = { channelId: "web", productId: "p1", sku: "BEIGE-30", available: 7, previousAvailable: 9 };
  expect(tailLine(event("channel.availability.v1", told))).toMatch(/BEIGE-30 +web +9 → 7 +7 may be sold$/);
});

test("what is told of sources and of the journal shows the record and its members, cut to a line", () => {
  const stale = { recordId: "till", record: { locationId: null, freshForSeconds: 60 } };
  expect(tailLine(event("source.stale.v1", stale))).toMatch(/source\.stale +till {2}freshForSeconds 60$/);
  const written = { recordId: "partition-3", record: { partition: 3, sequence: 1200, digest: "0".repeat(500) } };
  const line = tailLine(event("journal.checkpointed.v1", written));
  expect(line).toContain("partition-3  partition 3, sequence 1200, digest 0");
  expect(line.length).toBeLessThan(300);
});

test("texts of callers cannot steer the terminal", () => {
  const change = { stockLevel: -3 };
  const line = tailLine(event("inventory.set.v1", { item, change, reason: "\u001b[2J\u202e" }));
  expect(line).toContain("−3  ·[2J·");
});
