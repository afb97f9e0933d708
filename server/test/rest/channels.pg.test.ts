/** Channels over HTTP: kept like locations, listed with what they may sell, followed by their filter. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { openSse } from "../streams/sse-reader.ts";
import {
  type Answer,
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
let reader: Caller;
beforeAll(async () => {
  server = await startTestServer();
  ({ writer, reader } = server);
  await createLocation(writer, "shop", { groups: ["eu"] });
  await createLocation(writer, "depot");
});
afterAll(() => server.close());

const create = async (channelId: string, fields: object = {}): Promise<Json> => {
  const { status, body } = await writer.post("/v1/channels", { channelId, name: channelId, ...fields });
  expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined });
  return body;
};

/** The list of a channel, once it is up to date. */
async function sellable(channelId: string, query = ""): Promise<Answer> {
  for (;;) {
    const answer = await reader.get(`/v1/channels/${channelId}/inventory${query}`);
    expect(answer.status).toBe(200);
    if (answer.body.upToDate) return answer;
  }
}

describe("a channel", () => {
  test("is created with defaults, read, changed, archived, restored and deleted", async () => {
    const { headers, body } = await writer.post("/v1/channels", { name: "Web shop" });
    expect(body.channelId).toMatch(/^chn_[0-9a-z]{26}$/);
    expect(body).toMatchObject({
      locations: [],
      locationGroups: [],
      products: null,
      buffer: 0,
      buffers: {},
      version: 1,
    });
    const path = headers.get("location")!;
    expect((await reader.get(path)).body).toEqual(body);

    const fields = { name: "Web", locations: ["shop"], products: ["p1"], buffers: { p1: 2 } };
    const replaced = await writer.put(path, fields);
    expect(replaced.body).toMatchObject({ ...fields, locationGroups: [], version: 2 });
    const patched = await writer.patch(path, { buffer: 3, products: null }, { "if-match": '"2"' });
    expect(patched.body).toMatchObject({ ...fields, products: null, buffer: 3, version: 3 });
    expect(patched.headers.get("etag")).toBe('"3"');
    expect((await writer.patch(path, { buffer: 4 }, { "if-match": '"2"' })).status).toBe(412);

    expect((await writer.delete(`${path}?archive=true`)).status).toBe(204);
    expect((await reader.get(path)).body.status).toBe("archived");
    expect((await writer.patch(path, { status: "active" })).body.status).toBe("active");
    expect((await writer.delete(path)).status).toBe(204);
    for (const gone of [path, `${path}/inventory`]) expect((await reader.get(gone)).status).toBe(404);
  });

  test("is found by name or id, and listed with others", async () => {
    await create("list-a", { name: "Alpha" });
    await create("list-b", { name: "Beta" });
    const idsOf = async (query: string) =>
      (await reader.get(`/v1/channels?${query}`)).body.data.map((each: Json) => each.channelId);
    expect(await idsOf("q=alph")).toEqual(["list-a"]);
    expect(await idsOf("q=LIST-")).toEqual(["list-a", "list-b"]);
    const { body } = await reader.get("/v1/channels?q=list-&limit=1");
    expect(await idsOf(`q=list-&limit=1&cursor=${body.nextCursor}`)).toEqual(["list-b"]);
  });

  test("is made once for each key, whatever id it was given", async () => {
    const key = { "idempotency-key": "a-channel-once" };
    const [first, second] = [
      await writer.post("/v1/channels", { name: "Once" }, key),
      await writer.post("/v1/channels", { name: "Once" }, key),
    ];
    expect(second!.body).toEqual(first!.body);
    expect(second!.headers.get("idempotent-replayed")).toBe("true");
  });

  test.each([
    [{ locations: ["shop", "moon"] }, 404, "/locations/1"],
    [{ locations: ["shop", "shop"] }, 400, "/locations"],
    [{ buffer: -1 }, 400, "/buffer"],
    [{ buffers: { "a/b": 1 } }, 400, "/buffers"],
    [{ colour: "red" }, 400, "/colour"],
  ])("with %j is refused", async (fields, status, pointer) => {
    const { body } = await writer.post("/v1/channels", { channelId: "refused", name: "Refused", ...fields });
    expect(body.status).toBe(status);
    expect(body.errors[0].pointer).toStartWith(pointer);
    expect((await reader.get("/v1/channels/refused")).status).toBe(404);
  });
});

describe("what a channel may sell", () => {
  test("is what its locations have, less safety stock and buffer, never below zero", async () => {
    for (const productId of ["s1", "s2"]) await createProduct(writer, productId);
    const { inventoryId } = await adjust(writer, "s1", "shop", 10);
    await adjust(writer, "s1", "depot", 100);
    await adjust(writer, "s2", "shop", 2);
    await writer.patch(`/v1/inventory/${inventoryId}`, { safetyStock: 4 });
    await create("sum", { locationGroups: ["eu"], buffer: 1, buffers: { s2: 5 } });
    expect((await sellable("sum")).body).toEqual({
      data: expect.arrayContaining([
        { productId: "s1", sku: "SKU-s1", available: 5 },
        { productId: "s2", sku: "SKU-s2", available: 0 },
      ]),
      nextCursor: null,
      upToDate: true,
    });
    expect((await sellable("sum", "?productId=s1")).body.data).toHaveLength(1);
    const low = (await sellable("sum", "?availableBelow=5")).body.data.map((each: Json) => each.productId);
    expect(low).toContain("s2");
    expect(low).not.toContain("s1");
  });

  test("is exact, and can be read, however much there is", async () => {
    await createProduct(writer, "sand");
    await create("beach", { locations: ["shop", "depot"], products: ["sand"] });
    for (const locationId of ["shop", "depot"]) await adjust(writer, "sand", locationId, Number.MAX_SAFE_INTEGER);
    const trillion = 1_000_000_000_000;
    expect((await sellable("beach")).body.data).toMatchObject([{ available: 2 * trillion }]);
    for (const locationId of ["shop", "depot"]) await adjust(writer, "sand", locationId, 3 - Number.MAX_SAFE_INTEGER);
    expect((await sellable("beach")).body.data).toMatchObject([{ available: 6 }]);
    expect((await verifyJournal(server.database.application)).faults).toEqual([]);
  });

  test("comes in pages that all carry the cursor of the first", async () => {
    for (let index = 0; index < 5; index++) {
      await createProduct(writer, `page${index}`);
      await adjust(writer, `page${index}`, "depot", index + 1);
    }
    const products = Array.from({ length: 5 }, (_, index) => `page${index}`);
    await create("pages", { locations: ["depot"], products });
    const whole = await sellable("pages");
    const found: Json[] = [];
    const cursors = new Set<string | null>();
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { headers, body }: Answer = await reader.get(`/v1/channels/pages/inventory?limit=2${cursor}`);
      found.push(...body.data);
      cursors.add(headers.get("onhand-cursor"));
      cursor = body.nextCursor === null ? null : `&cursor=${body.nextCursor}`;
    }
    expect(found).toEqual(whole.body.data);
    expect(found.map((each) => each.productId).sort()).toEqual(products);
    expect(cursors.size).toBe(1);
  });

  test("sinks when the product is archived, the location leaves or the channel closes", async () => {
    await createLocation(writer, "kiosk", { groups: ["fair"] });
    await createProduct(writer, "cone");
    await adjust(writer, "cone", "kiosk", 7);
    await create("fair", { locationGroups: ["fair"] });
    const units = async (): Promise<number> => (await sellable("fair")).body.data[0].available;
    expect(await units()).toBe(7);
    await writer.delete("/v1/products/cone?archive=true");
    expect(await units()).toBe(0);
    await writer.patch("/v1/products/cone", { status: "active" });
    expect(await units()).toBe(7);
    await writer.patch("/v1/locations/kiosk", { groups: [] });
    expect(await units()).toBe(0);
    await writer.patch("/v1/locations/kiosk", { groups: ["fair"] });
    expect(await units()).toBe(7);
    await writer.delete("/v1/channels/fair?archive=true");
    expect(await units()).toBe(0);
  });
});

describe("the filter by channel", () => {
  test("shows that channel and its numbers alone, one event when a number changes and none when it does not", async () => {
    await createProduct(writer, "f1");
    await create("follow", { locations: ["shop"], products: ["f1"], buffer: 2 });
    await create("other", { locations: ["shop"], products: ["f1"] });
    await sellable("other");
    const start = (await sellable("follow")).headers.get("onhand-cursor")!;
    const stream = `http://127.0.0.1:${server.port()}/v1/inventory/stream?cursor=${start}&channelId=follow`;
    const streamed = await openSse(stream, server.bootstrapKey);
    await adjust(writer, "f1", "shop", 2);
    await adjust(writer, "f1", "shop", 3);
    await adjust(writer, "f1", "depot", 50);
    await writer.patch("/v1/channels/follow", { name: "Followed" });
    const { body } = await reader.get(`/v1/inventory/updates?since=${start}&channelId=follow`);
    expect(body.data.map(({ type }: Json) => type)).toEqual(["channel.availability.v1", "channel.updated.v1"]);
    const [number, channel] = body.data;
    expect(number).toMatchObject({ subject: "f1/follow", partitionkey: "f1" });
    expect(number.data).toMatchObject({ channelId: "follow", sku: "SKU-f1", available: 3, previousAvailable: 0 });
    expect(channel.data.channel).toMatchObject({ channelId: "follow", name: "Followed" });
    expect((await streamed.take(2)).map((each) => each.data.id)).toEqual(body.data.map(({ id }: Json) => id));
    streamed.close();
  });

  test("is taken by subscriptions of webhooks", async () => {
    const filter = { channelIds: ["follow"] };
    const sent = { url: "https://example.com/hook", types: ["channel.*"], filter };
    const { status, body } = await writer.post("/v1/subscriptions/inventory", sent);
    expect([status, body.filter]).toEqual([201, filter]);
  });
});
