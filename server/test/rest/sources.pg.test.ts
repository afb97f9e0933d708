/** /v1/sources and /v1/parked-lines over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { lineOf, originOf, parkLine } from "../intake/support.ts";
import { until } from "../support/server-process.ts";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await createLocation(server.admin, "shop");
  for (const each of ["soap", "brush"]) await createProduct(server.admin, each);
  await adjust(server.admin, "soap", "shop", 100);
});
afterAll(() => server.close());

const eventsOf = async (type: string, sourceId: string): Promise<Json[]> => {
  const { body } = await server.reader.get("/v1/inventory/updates?limit=1000");
  return body.data.filter((each: Json) => each.type === type && each.data.recordId === sourceId);
};
const register = async (sourceId: string, fields: object = {}) =>
  server.admin.post("/v1/sources", { sourceId, name: sourceId, ...fields });

describe("the register", () => {
  test("a source takes defaults, is changed under its ETag, archived, restored and removed, and each is told", async () => {
    const made = await register("till", { kind: "till", locationIds: ["shop"] });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ mode: "both", role: "stock", trust: 50, version: 1, status: "active" });
    expect(made.body.contacts.map((each: Json) => [each.locationId, each.stale])).toEqual([
      [null, false],
      ["shop", false],
    ]);
    const changed = await server.admin.patch("/v1/sources/till", { trust: 70 }, { "if-match": '"1"' });
    expect(changed.body).toMatchObject({ trust: 70, kind: "till", version: 2 });
    expect((await server.admin.patch("/v1/sources/till", { trust: 1 }, { "if-match": '"1"' })).status).toBe(412);
    expect((await server.admin.delete("/v1/sources/till?archive=true")).status).toBe(204);
    expect((await server.reader.get("/v1/sources?status=archived")).body.data).toHaveLength(1);
    await server.admin.patch("/v1/sources/till", { status: "active" });
    expect((await server.admin.delete("/v1/sources/till")).status).toBe(204);
    expect((await server.reader.get("/v1/sources/till")).body.code).toBe("not_found");
    const told = await eventsOf("source.changed.v1", "till");
    expect(told.map(({ data }) => [data.record.change, data.record.version, data.record.trust])).toEqual([
      ["created", 1, 50],
      ["updated", 2, 70],
      ["archived", 3, 70],
      ["restored", 4, 70],
      ["deleted", 5, 70],
    ]);
  });

  test("a repeat under its key registers once and tells once", async () => {
    const headers = { "idempotency-key": "register-kiosk" };
    const first = await server.admin.post("/v1/sources", { name: "kiosk" }, headers);
    const again = await server.admin.post("/v1/sources", { name: "kiosk" }, headers);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await eventsOf("source.changed.v1", first.body.sourceId)).toHaveLength(1);
  });

  test("what it names must be there", async () => {
    const { status, body } = await register("odd", {
      locationIds: ["shop", "nowhere"],
      channelId: "nothing",
      timezone: "Mars/Olympus",
    });
    expect(status).toBe(400);
    expect(body.errors.map((each: Json) => each.pointer)).toEqual(["/locationIds/1", "/channelId", "/timezone"]);
    expect((await server.reader.get("/v1/sources/odd")).status).toBe(404);
    await register("twice");
    expect((await register("twice", { trust: 1 })).body.code).toBe("already_exists");
  });

  test("secrets are never shown, and there are few of them", async () => {
    await register("signed", { signature: "shopify" });
    const { text, body } = await server.admin.post("/v1/sources/signed/secrets", { secret: "very secret" });
    expect(body.secrets).toHaveLength(1);
    expect(text).not.toContain("very secret");
    for (let count = 1; count < 5; count++) await server.admin.post("/v1/sources/signed/secrets", { secret: "s" });
    expect((await server.admin.post("/v1/sources/signed/secrets", { secret: "s" })).body.code).toBe("in_use");
    const path = `/v1/sources/signed/secrets/${body.secrets[0].secretId}`;
    expect((await server.admin.delete(path)).body.secrets).toHaveLength(4);
    expect((await server.admin.delete(path)).status).toBe(404);
    const { rows } = await server.database.owner.query<{ text: string }>({
      text: "SELECT string_agg(j.detail::text, ' ') || (SELECT string_agg(answer, ' ') FROM remembered_request) AS text FROM journal j",
    });
    expect(rows[0]!.text).not.toContain("very secret");
  });
});

describe("codes", () => {
  test("are put, listed and forgotten in bulk; one at fault leaves all as they were", async () => {
    await register("market");
    const path = "/v1/sources/market/codes";
    const codes = Array.from({ length: 10_000 }, (_, index) => ({
      kind: index % 2 === 0 ? "product" : "location",
      code: `c${String(index).padStart(5, "0")}`,
      targetId: index % 2 === 0 ? "soap" : "shop",
    }));
    expect((await server.writer.post(path, { codes })).body).toEqual({ put: 10_000, removed: 0, retried: 0 });
    const page = await server.reader.get(`${path}?kind=location&limit=1000`);
    expect(page.body.data[0]).toEqual({ kind: "location", code: "c00001", targetId: "shop" });
    const next = await server.reader.get(`${path}?kind=location&limit=1000&cursor=${page.body.nextCursor}`);
    expect(next.body.data[0].code).toBe("c02001");
    const faulty = await server.writer.post(path, {
      codes: [
        { kind: "product", code: "c00000", targetId: null },
        { kind: "product", code: "x", targetId: "nothing" },
        { kind: "product", code: "c00000", targetId: "brush" },
      ],
    });
    expect(faulty.body.errors.map((each: Json) => each.pointer)).toEqual(["/codes/1/targetId", "/codes/2"]);
    const removed = await server.writer.post(path, { codes: [{ kind: "product", code: "c00000", targetId: null }] });
    expect(removed.body).toMatchObject({ put: 0, removed: 1 });
    expect((await server.reader.get(`${path}?kind=product&limit=1`)).body.data[0].code).toBe("c00002");
    expect((await server.writer.post("/v1/sources/none/codes", { codes })).status).toBe(404);
  });

  test("a line that waited for one is applied by it, once, and is told of", async () => {
    await register("stall");
    const parkedId = await parkLine(server.database, "stall", "unknown", { change: { adjustment: -3 } });
    expect((await server.admin.delete("/v1/sources/stall")).body.code).toBe("in_use");
    expect((await server.reader.get("/v1/sources/stall")).body.openParkedLines).toBe(1);
    await until("it is told", async () => (await eventsOf("source.parked.v1", "stall")).length === 1);
    const [told] = await eventsOf("source.parked.v1", "stall");
    expect(told.data.record).toMatchObject({
      lines: 1,
      reasons: { unmapped_product: 1 },
      codes: ["unknown"],
      firstParkedId: parkedId,
    });
    const { body } = await server.writer.post("/v1/sources/stall/codes", {
      codes: [{ kind: "product", code: "unknown", targetId: "soap" }],
    });
    expect(body).toEqual({ put: 1, removed: 0, retried: 1 });
    const line = await server.reader.get(`/v1/parked-lines/${parkedId}`);
    expect(line.body).toMatchObject({ state: "applied", result: { verdict: "applied", rule: "change_added" } });
    expect(line.body.history.map((step: Json) => step.did)).toEqual(["parked", "applied"]);
    const { body: items } = await server.reader.get("/v1/inventory?productId=soap");
    expect(items.data[0].stockLevel).toBe(97);
  });

  test("a line that waited for a product is applied when the product comes, by itself", async () => {
    await register("early");
    const parkedId = await parkLine(server.database, "early", "", { product: { sku: "SKU-late" } });
    const created = await server.writer.post("/v1/products", { productId: "late", sku: "SKU-late", name: "late" });
    expect(created.status).toBe(201);
    await until("it is applied", async () => {
      return (await server.reader.get(`/v1/parked-lines/${parkedId}`)).body.state === "applied";
    });
  });
});

describe("parked lines", () => {
  test("are listed by what they wait for, given to somebody, retried and discarded", async () => {
    await register("yard");
    const ids: string[] = [];
    for (const code of ["a", "b", "a"]) ids.push(await parkLine(server.database, "yard", code));
    const list = await server.reader.get("/v1/parked-lines?originId=yard&code=a&limit=1");
    expect(list.body.data.map((each: Json) => each.parkedId)).toEqual([ids[0]]);
    const more = await server.reader.get(
      `/v1/parked-lines?originId=yard&code=a&limit=1&cursor=${list.body.nextCursor}`,
    );
    expect(more.body).toMatchObject({ data: [{ parkedId: ids[2] }], nextCursor: null });
    const assigned = await server.writer.post(`/v1/parked-lines/${ids[0]}/assign`, { owner: "Ada", note: "ask them" });
    expect(assigned.body).toMatchObject({ owner: "Ada", state: "open" });
    expect((await server.reader.get("/v1/parked-lines?owner=Ada")).body.data).toHaveLength(1);
    const retried = await server.writer.post("/v1/parked-lines/retry", { originId: "yard" });
    expect(retried.body).toMatchObject({ next: null });
    expect(retried.body.results.map((each: Json) => [each.verdict, each.error.code])).toEqual(
      Array(3).fill(["review", "unmapped_product"]),
    );
    const discarded = await server.writer.post(`/v1/parked-lines/${ids[1]}/discard`, { note: "a test of theirs" });
    expect(discarded.body.state).toBe("discarded");
    expect(discarded.body.history.at(-1)).toMatchObject({ did: "discarded", note: "a test of theirs" });
    for (const deed of ["retry", "assign"]) {
      const body = deed === "assign" ? { owner: null } : undefined;
      expect((await server.writer.post(`/v1/parked-lines/${ids[1]}/${deed}`, body)).body.code).toBe("already_ended");
    }
    expect((await server.reader.get("/v1/parked-lines?originId=yard")).body.data).toHaveLength(2);
    expect((await server.reader.get("/v1/parked-lines?originId=yard&state=all")).body.data).toHaveLength(3);
    expect((await server.reader.get("/v1/parked-lines/park_none")).status).toBe(404);
  });
});

describe("silence", () => {
  test("a source that is silent for too long is told of as stale, and as fresh when it is heard of again", async () => {
    await register("quiet", { freshForSeconds: 1, locationIds: ["shop"] });
    const told = async (type: string) =>
      (await eventsOf(type, "quiet")).map(({ data }) => data.record.locationId).sort();
    await until("it is stale", async () => (await told("source.stale.v1")).length === 2);
    expect(await told("source.stale.v1")).toEqual([null, "shop"].sort());
    expect((await server.reader.get("/v1/sources/quiet")).body.contacts[0]).toMatchObject({ stale: true });
    await server.admin.patch("/v1/sources/quiet", { freshForSeconds: 3_600 });
    await until("it is fresh", async () => (await told("source.fresh.v1")).length === 2);
    expect((await server.reader.get("/v1/sources/quiet")).body.contacts[0]).toMatchObject({ stale: false });
  });
});

describe("publications", () => {
  test("name products and locations that there are", async () => {
    await register("told", { echoWindowSeconds: 600 });
    const path = "/v1/sources/told/publications";
    const publications = [
      { productId: "soap", locationId: "shop", stockLevel: 5, reference: "p-1" },
      { sku: "SKU-soap", stockLevel: 9, publishedAt: "2026-11-01T10:00:00Z" },
    ];
    const skuOf = (await server.reader.get("/v1/products/soap")).body.sku;
    publications[1]!.sku = skuOf;
    expect((await server.writer.post(path, { publications })).body).toEqual({ published: 2 });
    const faulty = [
      { stockLevel: 1 },
      { productId: "soap", locationId: "nowhere", stockLevel: 1 },
      { sku: "nothing", stockLevel: 1 },
    ];
    const { body } = await server.writer.post(path, { publications: faulty });
    expect(body.errors.map((each: Json) => each.pointer)).toEqual([
      "/publications/0",
      "/publications/1/locationId",
      "/publications/2",
    ]);
    for (let count = 0; count < 30; count++)
      await server.writer.post(path, { publications: [{ productId: "brush", stockLevel: count }] });
    const { rows } = await server.database.owner.query<{ level: number }>({
      text: "SELECT min(stock_level)::integer AS level FROM publication WHERE product_id = 'brush' HAVING count(*) = 20",
    });
    // The newest twenty are kept.
    expect(rows).toEqual([{ level: 10 }]);
  });
});

test("what lines say is kept as it was sent", async () => {
  await register("exact");
  const occurredAtMs = Date.parse("2026-11-01T10:00:00.123Z");
  const parkedId = await parkLine(server.database, "exact", "x", { occurredAtMs, version: 2 ** 53 - 1 });
  const { body } = await server.reader.get(`/v1/parked-lines/${parkedId}`);
  expect(body).toMatchObject({ originKind: "source", originId: originOf("exact").id, tries: 0, owner: null });
  expect(body.line).toMatchObject({
    product: { code: "x" },
    change: lineOf().change,
    version: 9_007_199_254_740_991,
    occurredAt: "2026-11-01T10:00:00.123Z",
    saidAt: null,
  });
});
