/** What callers and readers are told of lines that a source sent, and of demand that was refused. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { inventory, line, openWriter, submitOne } from "../support/writers.ts";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await createLocation(server.writer, "shop");
});
afterAll(() => server.close());

const eventsOf = async (productId: string): Promise<Json[]> =>
  (await server.reader.get(`/v1/inventory/updates?productId=${productId}`)).body.data;

test("event and movement name the source, the rule, and what it said", async () => {
  await createProduct(server.writer, "soap");
  const { inventoryId } = await adjust(server.writer, "soap", "shop", 1);
  const writer = await openWriter(server.database);
  const report = { sourceId: "erp", trust: 50, freshForMs: 0, version: 7, saidAtMs: Date.UTC(2026, 0, 1, 0, 5) };
  const states = { stockLevel: 12, countedAtMs: Date.UTC(2026, 0, 1) };
  for (const change of [states, states, { adjustment: -2 }])
    await submitOne(writer, inventory([line("soap", "shop", change, { report, allowNegative: true })]));
  await writer.stop();

  const said = { sourceId: "erp", version: 7, saidAt: "2026-01-01T00:05:00.000Z" };
  const expected = [
    undefined,
    { ...said, rule: "newest_level", stockLevel: 12 },
    { ...said, rule: "older_version", stockLevel: 12 },
    { ...said, rule: "change_added" },
  ];
  const events = (await eventsOf("soap")).filter(({ type }) => type.startsWith("inventory."));
  expect(events.map(({ data }) => data.reported)).toEqual(expected);
  expect(events.map(({ data }) => data.change.stockLevel)).toEqual([1, 12, 0, -2]);
  const movements = await server.reader.get(`/v1/inventory/${inventoryId}/movements`);
  expect(movements.body.data.map(({ reported }: Json) => reported)).toEqual(expected.toReversed());
});

test("a refused sale answers as ever, and an event tells how much was lacking; the item's version stays", async () => {
  await createProduct(server.writer, "tin");
  const item = await adjust(server.writer, "tin", "shop", 3);
  const sale = { productId: "tin", locationId: "shop", adjustment: -5, type: "sale", operationId: "sale-1" };
  for (let n = 0; n < 2; n++) {
    const { status, body } = await server.writer.post("/v1/inventory", sale);
    expect({ status, code: body.code, available: body.available }).toEqual({
      status: 409,
      code: "insufficient_stock",
      available: 3,
    });
  }
  const told = (await eventsOf("tin")).filter(({ type }) => type === "inventory.demand_refused.v1");
  expect(told).toHaveLength(1);
  expect(told[0].data).toMatchObject({
    notice: { about: item.movementId, figures: { requests: 1, units: 2 } },
    item: { version: item.version, stockLevel: 3 },
  });
});
