import { expect, test } from "bun:test";
import fc from "fast-check";
import type { IntakeLine, IntakeOrigin } from "./intake-line.ts";
import { commandOriginOf, lineCommand } from "./line-command.ts";

const origin: IntakeOrigin = {
  kind: "source",
  id: "till",
  label: "source:till",
  mode: "both",
  trust: 60,
  freshForMs: 1_000,
  isStatementOnly: false,
  codesOf: "till",
  echoWindowMs: 0,
  channelId: null,
  context: {
    principal: { keyId: "key_1", name: "one", role: "writer" },
    idempotencyKey: "k",
    requestId: "req_1",
    traceparent: null,
    source: null,
  },
};
const line: IntakeLine = {
  operationId: "op",
  product: { code: "4711" },
  location: { code: "88" },
  change: { adjustment: -1 },
  movementType: "sale",
  occurredAtMs: 5_000,
  saidAtMs: 4_000,
  version: null,
  reason: null,
  reference: null,
};
const attempt = { line, tries: 0, arrivedAtMs: 9_000, hasWaited: false };
const keysOf = (from: IntakeOrigin, tries = 0) => commandOriginOf(from, { ...attempt, tries });
const withKey = (keyId: string): IntakeOrigin => ({
  ...origin,
  context: { ...origin.context, principal: { ...origin.context.principal, keyId } },
});

test("an operation has one key, whichever API key brings it, and is said to be done by that one", () => {
  expect(keysOf(withKey("key_2"))).toEqual({ ...keysOf(origin), actor: "key_2" });
  expect(keysOf(origin).source).toBe("source:till");
});

test("other operations, tries, sources, and devices of the same id have other keys", () => {
  const keys = [
    keysOf(origin),
    keysOf(origin, 1),
    keysOf(origin, 2),
    keysOf({ ...origin, id: "till2" }),
    keysOf({ ...origin, kind: "device" }),
    commandOriginOf(origin, { ...attempt, line: { ...line, operationId: "op#1" } }),
  ].map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});

test("whatever we make of the sender's words is the same request", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.string(), fc.integer(), (occurredAtMs, arrivedAtMs, reason, trust) => {
      const again = { line: { ...line, occurredAtMs, reason }, tries: 0, arrivedAtMs, hasWaited: false };
      expect(commandOriginOf({ ...origin, trust }, again)).toEqual(keysOf(origin));
    }),
  );
});

test.each<Partial<IntakeLine>>([
  { product: { code: "4712" } },
  { product: { sku: "4711" } },
  { location: { locationId: "88" } },
  { change: { adjustment: -2 } },
  { change: { stockLevel: -1 } },
  { change: { adjustment: -1, state: "damaged" } },
  { movementType: "loss" },
  { saidAtMs: 4_001 },
  { version: 1 },
])("other words are another request: %j", (words) => {
  const other = commandOriginOf(origin, { ...attempt, line: { ...line, ...words } });
  expect(other.key).toBe(keysOf(origin).key);
  expect(other.requestHash).not.toBe(keysOf(origin).requestHash);
});

test("a level without a time is of when it arrived first, however often it is tried", () => {
  const level = { ...line, change: { stockLevel: 7 }, occurredAtMs: null, saidAtMs: null };
  for (const tries of [0, 3]) {
    const command = lineCommand(
      origin,
      { ...attempt, line: level, tries, hasWaited: tries > 0 },
      { productId: "p", sku: null },
      "l",
    );
    expect(command.lines[0]!.change).toEqual({ stockLevel: 7, countedAtMs: 9_000 });
  }
});

test("a change that waited happened when it arrived", () => {
  const change = { ...line, occurredAtMs: null, saidAtMs: null };
  const timeOf = (hasWaited: boolean) =>
    lineCommand(origin, { ...attempt, line: change, hasWaited }, { productId: "p", sku: null }, "l").lines[0]!
      .occurredAtMs;
  expect([timeOf(false), timeOf(true)]).toEqual([null, 9_000]);
});

test("what is reported keeps the sender's own time beside the corrected one", () => {
  const { lines, isRememberedByKey } = lineCommand(origin, attempt, { productId: "p", sku: "S" }, "l");
  expect(isRememberedByKey).toBe(true);
  expect(lines[0]).toMatchObject({
    occurredAtMs: 5_000,
    allowNegative: true,
    isFoundBySku: true,
    report: { sourceId: "till", trust: 60, freshForMs: 1_000, version: null, saidAtMs: 4_000 },
  });
});
