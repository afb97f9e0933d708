/** What happened to an item, over HTTP: sales, deliveries, time without stock and demand that was refused. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Caller, createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let writer: Caller;
let reader: Caller;
beforeAll(async () => {
  server = await startTestServer();
  ({ writer, reader } = server);
});
afterAll(() => server.close());

/** The history of an item, once it tells of its last movement and of what was refused. */
async function history(inventoryId: string, query = "", isTold: (told: Json) => boolean = () => true): Promise<Json> {
  for (;;) {
    const { status, body } = await reader.get(`/v1/inventory/${inventoryId}/history${query}`);
    expect(status).toBe(200);
    if (body.upToDate && isTold(body)) return body;
  }
}

test("tells of each day of the location's calendar, and of what buyers did not get", async () => {
  await createLocation(writer, "paris", { timezone: "Europe/Paris" });
  await createProduct(writer, "soap");
  const adjust = (fields: object) =>
    writer.post("/v1/inventory", { productId: "soap", locationId: "paris", ...fields });
  const { inventoryId } = (await adjust({ adjustment: 5, type: "restock" })).body;
  await adjust({ adjustment: -5, type: "sale" });
  for (const units of [2, 4]) expect((await adjust({ adjustment: -units, type: "sale" })).status).toBe(409);
  await adjust({ adjustment: 1, type: "return" });
  const told = await history(inventoryId, "", ({ data }) => data.at(-1).refusedRequests === 2);
  expect(told).toMatchObject({ productId: "soap", locationId: "paris", period: "day", timezone: "Europe/Paris" });
  expect(told.data).toHaveLength(31);
  expect(told.data.at(-1)).toMatchObject({ received: 5, sold: 5, returned: 1, closingLevel: 1, refusedUnits: 6 });
  expect(told.data[0]).toMatchObject({ openingLevel: 0, closingLevel: 0, sold: 0 });
  const hours = await history(inventoryId, "?period=hour");
  expect(hours.timezone).toBe("UTC");
  expect(hours.data.reduce((sum: number, { sold }: Json) => sum + sold, 0)).toBe(5);
});

test("what cannot be asked for is told in a sentence", async () => {
  expect((await reader.get("/v1/inventory/inv_0100000000999/history")).status).toBe(404);
  const { body } = await writer.post("/v1/inventory", { productId: "soap", locationId: "paris", adjustment: 1 });
  for (const query of [
    "?from=2000-01-01T00:00:00Z&period=hour",
    "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
    "?period=week",
  ])
    expect((await reader.get(`/v1/inventory/${body.inventoryId}/history${query}`)).status).toBe(400);
});
