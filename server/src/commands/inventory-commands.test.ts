import { describe, expect, test } from "bun:test";
import { inventoryCommand, patchLine, retireLine, updateLine } from "./inventory-commands.ts";
import type { RequestContext } from "./request-context.ts";

const context: RequestContext = {
  principal: { keyId: "key_1", name: "one", role: "writer" },
  idempotencyKey: "k",
  requestId: "req_1",
  traceparent: null,
  source: null,
};
const sale = { productId: "soap", locationId: "shop", adjustment: -1 };
const item = { productId: "soap", locationId: "shop" };
const hashOf = (...lines: ReturnType<typeof updateLine>[]): string => inventoryCommand(context, "k", lines).requestHash;

describe("lines", () => {
  test("an adjustment, with what is absent left open", () => {
    expect(updateLine(sale, "soap", null)).toEqual({
      productId: "soap",
      sku: null,
      isFoundBySku: false,
      locationId: "shop",
      change: { adjustment: -1 },
      guard: null,
      mustExist: false,
      allowNegative: false,
      movementType: "correction",
      occurredAtMs: null,
      text: null,
    });
  });

  test("a negative zero is zero", () => {
    expect(Object.is(updateLine({ ...sale, adjustment: -0 }, "soap", null).change.adjustment, 0)).toBe(true);
    expect(Object.is(patchLine({ stockLevel: -0 }, item, null).change.stockLevel, 0)).toBe(true);
  });

  test("guards from body and header", () => {
    const guards = { expectedVersion: 3, expectedStockLevel: null, expectedLastUpdated: "2024-01-01T00:00:00Z" };
    expect(updateLine({ ...sale, ...guards }, "soap", null).guard).toEqual({
      version: 3,
      byIfMatch: false,
      stockLevel: null,
      lastUpdatedMs: Date.UTC(2024, 0),
    });
    expect(updateLine(sale, "soap", 7).guard).toEqual({ version: 7, byIfMatch: true });
    expect(retireLine(item, "archive", 7)).toMatchObject({ guard: { version: 7, byIfMatch: true }, mustExist: true });
  });

  test("a count is dated, a status retires or restores", () => {
    const count = { stockLevel: 5, countedAt: "2024-01-01T01:00:00+01:00" };
    expect(patchLine(count, item, null).change).toEqual({ stockLevel: 5, countedAtMs: Date.UTC(2024, 0) });
    expect(patchLine({ status: "archived" }, item, null).change).toEqual({ retire: "archive" });
    expect(patchLine({ status: "active", reorderPoint: null }, item, null).change).toEqual({
      retire: "restore",
      reorderPoint: null,
    });
  });

  test("a move names states, and null for sellable", () => {
    const move = { from: "quality_control", to: "sellable", quantity: 2 };
    expect(updateLine({ ...item, move }, "soap", null).change).toEqual({
      move: { from: "quality_control", to: null, quantity: 2 },
    });
    expect(updateLine({ ...sale, state: "damaged" }, "soap", null).change).toEqual({
      adjustment: -1,
      state: "damaged",
    });
  });

  test("the error of a device's clock is unknown unless it is said", () => {
    const clockOf = (device: object) =>
      updateLine({ ...sale, device: { deviceId: "till", ...device } }, "soap", null).clock;
    expect(clockOf({})).toEqual({ deviceId: "till", errorMs: null });
    expect(clockOf({ clockErrorMs: null })).toEqual({ deviceId: "till", errorMs: null });
    expect(clockOf({ clockErrorMs: 250 })).toEqual({ deviceId: "till", errorMs: 250 });
    expect(updateLine(sale, "soap", null).clock).toBeUndefined();
  });

  test("words are salted, so that the same words do not look the same", () => {
    const [one, other] = [1, 2].map(() => updateLine({ ...sale, reason: "x" }, "soap", null).text!);
    expect(one!.salt).toHaveLength(16);
    expect(one!.commitment).not.toEqual(other!.commitment);
  });
});

describe("what makes two requests the same", () => {
  test("the same content, however it was written; salt aside", () => {
    const said = { ...sale, reason: "x", timestamp: "2024-01-01T00:00:00Z" };
    const again = { ...said, timestamp: "2024-01-01T02:00:00.000+02:00" };
    expect(hashOf(updateLine(said, "soap", null))).toBe(hashOf(updateLine(again, "soap", null)));
  });

  test("a SKU stands for itself, whoever owns it", () => {
    const bySku = { sku: "S1", locationId: "shop", adjustment: -1 };
    expect(hashOf(updateLine(bySku, "soap", null))).toBe(hashOf(updateLine(bySku, "lipstick", null)));
  });

  test("every field makes a difference", () => {
    const variants = [
      updateLine(sale, "soap", null),
      updateLine(sale, "soap", 1),
      updateLine({ ...sale, expectedVersion: 1 }, "soap", null),
      updateLine({ ...sale, expectedStockLevel: 1 }, "soap", null),
      updateLine({ ...sale, expectedStockLevel: null }, "soap", null),
      updateLine({ ...sale, expectedLastUpdated: "2024-01-01T00:00:00Z" }, "soap", null),
      updateLine({ ...sale, adjustment: -2 }, "soap", null),
      updateLine({ ...sale, locationId: "other" }, "soap", null),
      updateLine(sale, "lipstick", null),
      updateLine({ ...sale, type: "sale" }, "soap", null),
      updateLine({ ...sale, allowNegative: true }, "soap", null),
      updateLine({ ...sale, reason: "x" }, "soap", null),
      updateLine({ ...sale, reference: "x" }, "soap", null),
      updateLine({ ...sale, timestamp: "2024-01-01T00:00:00Z" }, "soap", null),
      updateLine({ ...item, stockLevel: 1 }, "soap", null),
      updateLine({ ...item, stockLevel: 1, countedAt: "2024-01-01T00:00:00Z" }, "soap", null),
      patchLine({ unavailableStock: 1 }, item, null),
      patchLine({ maximum: 1 }, item, null),
      patchLine({ maximum: null }, item, null),
      patchLine({ hysteresis: 1 }, item, null),
      patchLine({ hysteresis: null }, item, null),
      updateLine({ ...sale, state: "damaged" }, "soap", null),
      updateLine({ ...sale, state: "expired" }, "soap", null),
      updateLine({ ...sale, device: { deviceId: "till-1" } }, "soap", null),
      updateLine({ ...sale, device: { deviceId: "till-2" } }, "soap", null),
      updateLine({ ...sale, device: { deviceId: "till-1", clockErrorMs: 0 } }, "soap", null),
      updateLine({ ...item, move: { from: "sellable", to: "damaged", quantity: 1 } }, "soap", null),
      updateLine({ ...item, move: { from: "damaged", to: "sellable", quantity: 1 } }, "soap", null),
      updateLine({ ...item, move: { from: "sellable", to: "damaged", quantity: 2 } }, "soap", null),
      patchLine({ safetyStock: 1 }, item, null),
      patchLine({ reorderPoint: 1 }, item, null),
      patchLine({ reorderPoint: null }, item, null),
      patchLine({ status: "archived" }, item, null),
      patchLine({ status: "active" }, item, null),
      retireLine(item, "delete", null),
    ];
    const hashes = variants.map((variant) => hashOf(variant));
    expect(new Set(hashes).size).toBe(variants.length);
    expect(hashOf(variants[0]!, variants[6]!)).not.toBe(hashOf(variants[6]!, variants[0]!));
  });

  test("what was asked before states and devices came keeps its digest", () => {
    const count = { stockLevel: 5, expectedStockLevel: null, countedAt: "2024-01-01T00:00:00Z", reason: "x" };
    expect(hashOf(updateLine(sale, "soap", null))).toBe("d731230f9965f8f385ea29740905d48c");
    expect(hashOf(patchLine({ ...count, reorderPoint: null }, item, 3))).toBe("e1f665a152c938a669240e799de8cbfa");
  });

  test("a key belongs to its principal", () => {
    const keyOf = (keyId: string, key: string) =>
      inventoryCommand({ ...context, principal: { ...context.principal, keyId } }, key, []).key;
    expect(keyOf("a", "k")).toBe(keyOf("a", "k"));
    expect(new Set([keyOf("a", "k"), keyOf("b", "k"), keyOf("a", "l")]).size).toBe(3);
    expect(keyOf("a", "k")).toMatch(/^[0-9a-f]{32}$/);
  });
});
