import { expect, test } from "bun:test";
import fc from "fast-check";
import { readLine, type SentLine } from "./sent-line.ts";

const read = (sent: SentLine, timezone: string | null = null) => readLine(sent, "payload:1:0", timezone);

test("a line in our words", () => {
  const sent = {
    operationId: "sale-1",
    productCode: "4711",
    locationId: "shop",
    adjustment: -2,
    type: "sale",
    state: "damaged",
    occurredAt: "2026-11-22T11:00:00+01:00",
    reason: "sold",
    reference: "bill 7",
  };
  expect(read(sent)).toEqual({
    problem: null,
    line: {
      operationId: "sale-1",
      product: { code: "4711" },
      location: { locationId: "shop" },
      change: { adjustment: -2, state: "damaged" },
      movementType: "sale",
      occurredAtMs: Date.parse("2026-11-22T10:00:00Z"),
      saidAtMs: null,
      version: null,
      reason: "sold",
      reference: "bill 7",
    },
  });
});

test("names that are numbers mean their digits, and null means absent", () => {
  const { line, problem } = read({
    sku: null,
    productCode: 808950810,
    locationCode: 7,
    stockLevel: 6,
    adjustment: null,
    operationId: 12,
  });
  expect(problem).toBeNull();
  expect(line).toMatchObject({
    operationId: "12",
    product: { code: "808950810" },
    location: { code: "7" },
    change: { stockLevel: 6 },
    movementType: "correction",
  });
});

test("a time without a zone is read in that of the source, where it has one", () => {
  const sent = { sku: "a", locationId: "b", stockLevel: 1, occurredAt: "2026-07-15T12:00:00" };
  expect(read(sent, "Europe/Paris").line.occurredAtMs).toBe(Date.parse("2026-07-15T10:00:00Z"));
  expect(read(sent).line.occurredAtMs).toBeNaN();
  expect(read({ ...sent, occurredAt: 1_700_000_000 }).line.occurredAtMs).toBeNaN();
});

const sound = { sku: "a", locationId: "b", stockLevel: 1 };
test.each([
  [{ ...sound, stock: 1 }, "/stock"],
  [{ ...sound, operationId: {} }, "/operationId"],
  [{ ...sound, operationId: "a\nb" }, "/operationId"],
  [{ ...sound, operationId: "x".repeat(201) }, "/operationId"],
  [{ ...sound, productId: "c" }, "/sku"],
  [{ ...sound, locationCode: "c" }, "/locationCode"],
  [{ ...sound, adjustment: 1 }, "/adjustment"],
  [{ ...sound, type: "count" }, "/type"],
  [{ ...sound, reason: 5 }, "/reason"],
  [{ ...sound, reference: "x".repeat(256) }, "/reference"],
  [{ ...sound, reason: "\0" }, "/reason"],
])("%j says what is wrong with it at %s", (sent, pointer) => {
  const { line, problem } = read(sent as SentLine);
  expect(problem).toMatchObject({ code: "validation_failed", pointer });
  // It can be parked.
  expect(line.operationId).not.toBe("");
  expect(line.operationId).not.toMatch(/\p{Cc}/u);
});

test("nothing that can be sent is too odd to be parked under an id", () => {
  const names = ["operationId", "sku", "productCode", "locationCode", "stockLevel", "adjustment", "occurredAt", "type"];
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), fc.jsonValue()), (sent) => {
      const { line } = read(sent, "Europe/Paris");
      expect(line.operationId).toMatch(/^\P{Cc}{1,200}$/u);
      expect(line.occurredAtMs === null || typeof line.occurredAtMs === "number").toBe(true);
    }),
  );
});
