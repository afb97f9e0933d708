import { describe, expect, test } from "bun:test";
import type { CreateReservation } from "@onhand/protocol/order-requests";
import {
  buyerKeyOf,
  cancelAction,
  commitAction,
  payAction,
  receiveAction,
  releaseAction,
  reservationCommand,
  reserveCommand,
  shipAction,
  supplyCommand,
  transferActionCommand,
  transferCommand,
} from "./order-commands.ts";
import type { RequestContext } from "./request-context.ts";

const context: RequestContext = {
  principal: { keyId: "key_1", name: "one", role: "writer" },
  idempotencyKey: "k",
  requestId: "req_1",
  traceparent: null,
  source: null,
};
const noLimits = { unitsPerBuyer: null, percentPerPrincipal: null };
const line = { productId: "p", locationId: "l", quantity: 2 };
const reserve = (body: Partial<CreateReservation> = {}, productId = "p", alsoPartitions: number[] = []) => {
  const whole: CreateReservation = { lines: [line], ...body };
  const products = whole.lines.map((each) =>
    each.sku === undefined ? { productId, sku: null } : { productId, sku: each.sku, isFoundBySku: true },
  );
  return reserveCommand(context, whole, { products, limits: noLimits, alsoPartitions, olderLines: 0 });
};

describe("a new reservation", () => {
  test("takes defaults for what is absent", () => {
    expect(reserve()).toMatchObject({
      ...{ kind: "reserve", policy: "all", sourcing: "priority", priorities: [], ttlMs: 900_000 },
      ...{ channelId: null, buyerKey: null, supersedes: false, isDryRun: false, note: {}, text: null },
      lines: [{ productId: "p", sku: null, locationId: "l", locationGroup: null, quantity: 2 }],
    });
  });

  test("is the same request however its look-ups came out", () => {
    const bySku = { lines: [{ sku: "S", locationId: "l", quantity: 2 }] };
    expect(reserve(bySku, "p").requestHash).toBe(reserve(bySku, "other", [1, 2]).requestHash);
    expect(reserve().requestHash).toBe(reserve({ policy: "all", ttlSeconds: 900 }).requestHash);
  });

  test("is another request when anything else is asked", () => {
    const variants: Partial<CreateReservation>[] = [
      {},
      { lines: [{ ...line, quantity: 3 }] },
      { lines: [{ ...line, locationId: "m" }] },
      { lines: [{ productId: "p", locationGroup: "l", quantity: 2 }] },
      { lines: [line, line] },
      { ttlSeconds: 901 },
      { policy: "partial" },
      { sourcing: { policy: "most_stock" } },
      { sourcing: { policy: "priority", priorities: ["l"] } },
      { channelId: "web" },
      { buyer: "ann" },
      { buyer: "bob" },
      { buyer: "ann", supersede: true },
      { reference: "r" },
      { reason: "r" },
    ];
    expect(new Set(variants.map((body) => reserve(body).requestHash)).size).toBe(variants.length);
  });

  test("keeps what was said of it beside the journal, under a commitment", () => {
    const { note, text } = reserve({ reference: "cart", reason: "why", buyer: "ann" });
    expect(note).toEqual({ reference: "cart", reason: "why", buyer: "ann" });
    expect(text).toMatchObject({ reference: "cart", reason: "why" });
  });
});

test("buyers of two keys are never the same", () => {
  expect(buyerKeyOf("key_1", "ann")).toMatch(/^[0-9a-f]{32}$/);
  expect(buyerKeyOf("key_1", "ann")).toBe(buyerKeyOf("key_1", "ann"));
  expect(buyerKeyOf("key_2", "ann")).not.toBe(buyerKeyOf("key_1", "ann"));
});

describe("what is done with orders", () => {
  const order = { orderId: "res_1", partitions: [1], lineCount: 1 };

  test("is told apart by what it is, of which order, and what is said", () => {
    const actions = [
      commitAction({}),
      commitAction({ releaseRest: true }),
      commitAction({ ifExpired: "retake" }),
      commitAction({ lines: [{ line: 1 }] }),
      commitAction({ lines: [{ line: 1, quantity: 1 }] }),
      releaseAction({}),
      payAction(),
      payAction(60),
    ];
    const hashes = actions.map((action) => reservationCommand(context, order, action, {}).requestHash);
    hashes.push(reservationCommand(context, { ...order, orderId: "res_2" }, actions[0]!, {}).requestHash);
    hashes.push(reservationCommand(context, order, actions[0]!, { reference: "r" }).requestHash);
    expect(new Set(hashes).size).toBe(hashes.length);
    const elsewhere = reservationCommand(context, { ...order, partitions: [1, 2] }, actions[0]!, {});
    expect(elsewhere.requestHash).toBe(hashes[0]!);
  });

  test("names lines, units and states, or all", () => {
    expect(receiveAction({ lines: [{ line: 1, quantity: 0, state: "damaged" }, { line: 2 }], close: true })).toEqual({
      kind: "receive",
      lines: [
        { line: 1, quantity: 0, state: "damaged" },
        { line: 2, quantity: null, state: null },
      ],
      closes: true,
    });
    expect(cancelAction({})).toEqual({ kind: "cancel", lines: null });
    expect(shipAction({ expectedAt: "2027-01-01T01:00:00+01:00" })).toEqual({
      kind: "ship",
      lines: null,
      expectedAtMs: Date.UTC(2027, 0, 1),
    });
  });

  test("says when it happened, where that was not now", () => {
    const transfer = { orderId: "trf_1", partitions: [1], lineCount: 1 };
    const at = (timestamp?: string) =>
      transferActionCommand(
        context,
        "transfer",
        transfer,
        cancelAction({}),
        timestamp === undefined ? {} : { timestamp },
      );
    expect(at().occurredAtMs).toBeNull();
    expect(at("2026-01-01T00:00:00Z").occurredAtMs).toBe(Date.UTC(2026, 0, 1));
    expect(at("2026-01-01T00:00:00Z").requestHash).not.toBe(at().requestHash);
  });
});

test("transfers and supplies differ in where units come from", () => {
  const products = [{ productId: "p", sku: null }];
  const lines = [{ productId: "p", quantity: 1 }];
  const transfer = transferCommand(context, { fromLocationId: "a", toLocationId: "b", lines }, products);
  expect(transfer).toMatchObject({ order: "transfer", fromLocationId: "a", toLocationId: "b", expectedAtMs: null });
  const supply = supplyCommand(context, { locationId: "b", reference: "PO", supplier: "S", lines }, products);
  expect(supply).toMatchObject({ order: "supply", fromLocationId: null, toLocationId: "b" });
  expect(supply.note).toEqual({ reference: "PO", supplier: "S" });
  expect(supply.requestHash).not.toBe(transfer.requestHash);
});
