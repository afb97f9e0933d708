/** Counts of an item that moves all the time, at the limits that are documented: they are told, and others go on selling. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  adjust,
  type Caller,
  createLocation,
  createProduct,
  type Json,
  startTestServer,
  type TestServer,
} from "../rest/support.ts";

const changesCount = 19_000;
const countsCount = 1_000;
const saleMsMax = 3_000;

const agoMs = (ms: number): string => new Date(Date.now() - ms).toISOString();

let server: TestServer;
let writer: Caller;
beforeAll(async () => {
  // One lane: whatever the counts hold up, they hold up for everybody.
  server = await startTestServer({ ONHAND_LANES: "1" });
  writer = server.writer;
  for (const product of ["hot", "other"]) await createProduct(writer, product);
  await createLocation(writer, "shop");
  for (const product of ["hot", "other"])
    await adjust(writer, product, "shop", 100_000, { type: "restock", timestamp: agoMs(7_200_000) });
  const updates = Array.from({ length: 1_000 }, (_, index) => ({
    productId: "hot",
    locationId: "shop",
    adjustment: index % 2 === 0 ? -1 : 1,
    type: "correction",
  }));
  for (let sent = 0; sent < changesCount; sent += updates.length) {
    const { status } = await writer.post("/v1/inventory/bulk-update", { updates });
    expect(status).toBe(200);
  }
}, 60_000);
afterAll(() => server.close());

test("a thousand moments of one busy item are counted in one request, while another product is sold", async () => {
  const lines = Array.from({ length: countsCount }, (_, index) => ({
    productId: "hot",
    stockLevel: 100_000,
    countedAt: agoMs(3_600_000 + index * 1_000),
  }));
  const device = { deviceId: "scan-1", clockErrorMs: 1 };
  const counting = writer.post("/v1/counts", { locationId: "shop", lines, device });
  let isCounting = true;
  void counting.finally(() => {
    isCounting = false;
  });
  let sales = 0;
  do {
    const startedMs = performance.now();
    const sold = await adjust(writer, "other", "shop", -1, { type: "sale" });
    expect(sold.stockLevel).toBe(99_999 - sales);
    expect(performance.now() - startedMs).toBeLessThan(saleMsMax);
    sales += 1;
  } while (isCounting);
  const { status, body } = await counting;
  expect([status, body.rejected, body.results.filter((line: Json) => line.error)]).toEqual([200, 0, []]);
  // The first one of the last moment holds; what all others say is older.
  expect(body).toMatchObject({ applied: 1, contained: countsCount - 1, review: 0 });
  expect(body.results[0].item.stockLevel).toBe(100_000);
}, 60_000);
