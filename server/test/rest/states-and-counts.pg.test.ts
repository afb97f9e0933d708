/** States of unsellable units, late movements beside counts, and thresholds, as callers see them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  adjust,
  type Caller,
  createLocation,
  createProduct,
  type Json,
  startTestServer,
  type TestServer,
} from "./support.ts";

let server: TestServer;
let writer: Caller;
let products = 0;
beforeAll(async () => {
  server = await startTestServer();
  writer = server.writer;
  await createLocation(writer, "shop");
});
afterAll(() => server.close());

/** A new item with so many on hand. */
async function newItem(stockLevel: number): Promise<Json> {
  products += 1;
  await createProduct(writer, `p${products}`);
  return adjust(writer, `p${products}`, "shop", stockLevel);
}
const send = (item: Json, line: object) =>
  writer.post("/v1/inventory", { productId: item.productId, locationId: "shop", ...line });
const patch = (item: Json, body: object) => writer.patch(`/v1/inventory/${item.inventoryId}`, body);
const read = async (item: Json) => (await server.reader.get(`/v1/inventory/${item.inventoryId}`)).body;
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

describe("states", () => {
  test("units move out of what is sellable and back, and the item shows where they are", async () => {
    const item = await newItem(10);
    const moved = await send(item, {
      move: { from: "sellable", to: "quality_control", quantity: 4 },
      reason: "leaking",
    });
    expect(moved.body).toMatchObject({
      stockLevel: 10,
      unavailableStock: 4,
      availableStock: 6,
      states: { damaged: 0, qualityControl: 4, quarantine: 0, expired: 0 },
    });
    const { movementId, cursor, ...after } = moved.body;
    expect(await read(item)).toEqual(after);
    await send(item, { move: { from: "quality_control", to: "sellable", quantity: 4 } });
    expect((await read(item)).states).toBeUndefined();
    const { body } = await server.reader.get(`/v1/inventory/${item.inventoryId}/movements`);
    expect(body.data[1]).toMatchObject({ event: "inventory.moved.v1", type: "state", reason: "leaking" });
  });

  test("units arrive in a state and are written off from it, no more than are in it", async () => {
    const item = await newItem(5);
    expect((await send(item, { adjustment: 3, state: "damaged" })).body).toMatchObject({
      stockLevel: 8,
      availableStock: 5,
    });
    const refused = await send(item, { adjustment: -4, state: "damaged", type: "loss" });
    expect(refused.body).toMatchObject({ status: 409, code: "insufficient_stock", available: 3, requested: 4 });
    expect((await send(item, { adjustment: -3, state: "damaged", type: "loss" })).body.stockLevel).toBe(5);
  });

  test("what is unavailable is at least what is in named states", async () => {
    const item = await newItem(5);
    await send(item, { move: { from: "sellable", to: "expired", quantity: 2 } });
    const refused = await patch(item, { unavailableStock: 1, expectedVersion: 2 });
    expect(refused.body).toMatchObject({ status: 400, errors: [{ pointer: "/unavailableStock" }] });
  });

  test("wrong moves are refused with the field at fault", async () => {
    const item = await newItem(5);
    for (const [line, pointer] of [
      [{ move: { from: "damaged", to: "damaged", quantity: 1 } }, "/move/to"],
      [{ move: { from: "sellable", to: "lost", quantity: 1 } }, "/move/to"],
      [{ move: { from: "sellable", to: "damaged", quantity: 0 } }, "/move/quantity"],
      [{ adjustment: 1, state: "sellable" }, "/state"],
      [{ adjustment: 1, type: "hold" }, "/type"],
      [{}, "/adjustment"],
    ] as const) {
      const { body } = await send(item, line);
      expect(body).toMatchObject({ status: 400, code: "validation_failed" });
      expect(body.errors.map((error: Json) => error.pointer)).toContain(pointer);
    }
  });

  test("moves go in bulk with the others", async () => {
    const [one, other] = [await newItem(5), await newItem(5)];
    const move = { from: "sellable", to: "damaged", quantity: 2 };
    const place = { locationId: "shop" };
    const { body } = await writer.post("/v1/inventory/bulk-update", {
      mode: "atomic",
      updates: [
        { productId: one.productId, ...place, move },
        { productId: other.productId, ...place, adjustment: 2, state: "expired" },
      ],
    });
    expect(body.results).toMatchObject([
      { status: 200, item: { states: { damaged: 2 } } },
      { status: 200, item: { states: { expired: 2 } } },
    ]);
  });
});

test("what is on its way cannot be set: the refusal points to supplies and transfers", async () => {
  const { body } = await patch(await newItem(5), { incomingStock: 4, expectedVersion: 1 });
  expect(body).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: "/incomingStock" }] });
  expect(body.detail).toContain("/v1/supplies");
  expect(body.detail).toContain("/v1/transfers");
});

describe("beside a count", () => {
  const count = (item: Json, stockLevel: number, countedAt: string, device?: object) =>
    writer.post("/v1/inventory/bulk-update", {
      updates: [
        {
          productId: item.productId,
          locationId: "shop",
          stockLevel,
          countedAt,
          ...(device === undefined ? {} : { device }),
        },
      ],
    });

  test("a sale from before it that arrives later is recorded and contained", async () => {
    const item = await newItem(10);
    const countedAt = minutesAgo(10);
    const counted = (await count(item, 8, countedAt)).body.results[0];
    // The ten came now, after the count, and stay on top.
    expect(counted.item).toMatchObject({ stockLevel: 18, lastCountedAt: countedAt });
    const late = await send(item, { adjustment: -2, type: "sale", timestamp: minutesAgo(20) });
    expect(late.body).toMatchObject({ stockLevel: 18, contained: { stockLevel: -2, countedAt } });
    const replayed = await send(item, { adjustment: -2, timestamp: minutesAgo(1) });
    expect(replayed.body.stockLevel).toBe(16);
    expect(replayed.body.contained).toBeUndefined();
  });

  test("an older count is contained, and a device whose clock nobody knows is for review", async () => {
    const item = await newItem(10);
    await count(item, 8, minutesAgo(10));
    expect((await count(item, 5, minutesAgo(20))).body.results[0]).toMatchObject({
      status: 200,
      item: { stockLevel: 18 },
      contained: {},
    });
    const device = { deviceId: "till-3" };
    const late = await send(item, { adjustment: -1, timestamp: minutesAgo(20), device });
    expect(late.body).toMatchObject({ stockLevel: 17 });
    expect(late.body.review).toContain("till-3");
    const known = { deviceId: "till-3", clockErrorMs: 1_000 };
    const certain = await send(item, { adjustment: -1, timestamp: minutesAgo(20), device: known });
    expect(certain.body.contained.stockLevel).toBe(-1);
  });

  test("a device's count within whose error units moved is for review", async () => {
    const item = await newItem(10);
    await send(item, { adjustment: -1, timestamp: minutesAgo(10) });
    const device = { deviceId: "hand-1", clockErrorMs: 120_000 };
    const [result] = (await count(item, 8, minutesAgo(11), device)).body.results;
    expect(result.review).toContain("hand-1");
    const [quiet] = (await count(item, 8, minutesAgo(5), device)).body.results;
    expect(quiet.review).toBeUndefined();
  });

  test("an item that is sent back as it was read is no count", async () => {
    const item = await newItem(10);
    await count(item, 8, minutesAgo(10));
    const { reservedStock, incomingStock, ...kept } = await read(item);
    const back = await writer.patch(`/v1/inventory/${item.inventoryId}`, kept, { "if-match": `"${kept.version}"` });
    expect(back.body.stockLevel).toBe(kept.stockLevel);
  });
});

test("settings and the alert are shown while there is something of them, and each crossing is one event", async () => {
  const item = await newItem(20);
  expect((await patch(item, { reorderPoint: 10, maximum: 60, hysteresis: 2 })).body).toMatchObject({
    reorderPoint: 10,
    maximum: 60,
    hysteresis: 2,
  });
  const low = await send(item, { adjustment: -12 });
  expect(low.body).toMatchObject({ alert: "low", version: 3 });
  expect(await read(item)).toMatchObject({ alert: "low", version: 3 });
  await send(item, { adjustment: -8 });
  await send(item, { adjustment: 30 });
  const end = await read(item);
  expect(end.alert).toBeUndefined();
  const { body } = await server.reader.get(`/v1/inventory/${item.inventoryId}/movements`);
  const events = body.data.map(({ event }: Json) => event).reverse();
  expect(events).toEqual([
    "inventory.adjusted.v1",
    "inventory.configured.v1",
    "inventory.adjusted.v1",
    "inventory.low.v1",
    "inventory.adjusted.v1",
    "inventory.out.v1",
    "inventory.adjusted.v1",
    "inventory.back.v1",
  ]);
  expect((await patch(item, { maximum: null, hysteresis: null })).body.maximum).toBeUndefined();
});
