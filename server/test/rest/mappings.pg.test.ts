/** /v1/sources/{id}/mappings over HTTP: versions and dry runs; and payloads that wait for a mapping that can read them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hmac, sourceCalls } from "../mappings/source-calls.ts";
import { until } from "../support/server-process.ts";
import { createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await createLocation(server.admin, "shop");
  for (const each of ["soap", "brush"]) await createProduct(server.admin, each);
});
afterAll(() => server.close());

const { register, mapped, levelOf } = sourceCalls(() => server);

describe("mappings", () => {
  test("each change is a version that stays; any of them can be used, or none; and it is told", async () => {
    const path = await mapped("versions", {
      expression: '{"sku": a, "locationId": "shop", "adjustment": 1}',
      about: "first",
    });
    const second = await server.admin.post(`${path}/mappings`, { expression: "[]", use: false });
    expect(second.body).toMatchObject({ version: 2, createdBy: expect.any(String) });
    expect((await server.reader.get(path)).body.mappingVersion).toBe(1);
    const used = await server.admin.post(`${path}/mappings/use`, { version: 2 });
    expect(used.body).toEqual({ version: 2 });
    expect((await server.writer.post(`${path}/events`, { a: "SKU-soap" })).body).toMatchObject({
      results: [],
      mappingVersion: 2,
    });
    const { body: list } = await server.reader.get(`${path}/mappings?limit=1`);
    expect(list.data.map((each: Json) => each.version)).toEqual([2]);
    const { body: rest } = await server.reader.get(`${path}/mappings?limit=1&cursor=${list.nextCursor}`);
    expect(rest).toMatchObject({ data: [{ version: 1, about: "first" }], nextCursor: null });
    await server.admin.post(`${path}/mappings/use`, { version: null });
    expect((await server.writer.post(`${path}/events`, { lines: [] })).body.mappingVersion).toBeNull();
    expect((await server.admin.post(`${path}/mappings/use`, { version: 9 })).status).toBe(404);
    const { body } = await server.reader.get("/v1/inventory/updates?limit=1000");
    const told = body.data.filter(
      (each: Json) => each.type === "source.changed.v1" && each.data.recordId === "versions",
    );
    expect(told.map((each: Json) => each.data.record.change)).toEqual(["created", "updated", "updated", "updated"]);
  });

  test("what cannot be used is refused, with the place", async () => {
    const path = await register("broken");
    const refused = async (mapping: object) => {
      const { status, body } = await server.admin.post(`${path}/mappings`, mapping);
      expect(status).toBe(400);
      return body.errors[0];
    };
    expect(await refused({ expression: '{"a": ' })).toMatchObject({
      pointer: "/expression",
      message: expect.stringContaining("at character"),
    });
    expect(await refused({})).toMatchObject({ pointer: "/expression" });
    expect(await refused({ expression: "[]", ready: "square" })).toMatchObject({ pointer: "/expression" });
    expect(await refused({ ready: "shopify", settings: { place: 1 } })).toMatchObject({ pointer: "/settings/place" });
    expect(await refused({ ready: "ebay" })).toMatchObject({ pointer: "/ready" });
    expect((await server.admin.post("/v1/sources/nobody/mappings", { expression: "[]" })).status).toBe(404);
  });

  test("a repeat under its key adds one version", async () => {
    const path = await register("once");
    const headers = { "idempotency-key": "mapping-once" };
    const first = await server.admin.post(`${path}/mappings`, { expression: "[]" }, headers);
    const again = await server.admin.post(`${path}/mappings`, { expression: "[]" }, headers);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
  });

  test("the ready ones are listed with their settings", async () => {
    const { body } = await server.reader.get("/v1/mappings");
    expect(body.data.map((each: Json) => each.name)).toEqual([
      "shopify",
      "square",
      "woocommerce",
      "amazon",
      "survey-response",
    ]);
    expect(body.data[0]).toMatchObject({ signature: "shopify", settings: { location: "default" } });
  });

  test("a dry run shows the lines, what they mean and what would be wrong with them, and changes nothing", async () => {
    const path = await register("dry", { mode: "levels" });
    await server.writer.post(`${path}/codes`, { codes: [{ kind: "location", code: "88", targetId: "shop" }] });
    const journal = await server.journalLength();
    const run = (body: object) => server.writer.post(`${path}/mappings/dry-run`, body);
    const payloadText =
      '{"inventory_levels":[{"inventory_item_id":271878346596884015,"location_id":88,"available":1,"updated_at":"2026-11-20T10:00:00Z"}]}';
    const { body } = await run({ ready: "shopify", payloadText });
    expect(body).toMatchObject({
      problem: null,
      lines: [
        {
          line: { productCode: "271878346596884015", stockLevel: 1 },
          productId: null,
          problem: { code: "unmapped_product" },
        },
      ],
    });
    const expression = 'rows.{"sku": s, "locationCode": "88", "stockLevel": n, "adjustment": d}';
    const rows = [
      { s: "SKU-soap", n: 4 },
      { s: "SKU-soap", d: 4 },
      { s: "none", n: 1 },
      { s: "SKU-soap", n: 1.5 },
    ];
    const mixed = await run({ expression, payload: { rows } });
    expect(
      mixed.body.lines.map((each: Json) => [
        each.productId,
        each.locationId,
        each.problem?.pointer ?? each.problem?.code,
      ]),
    ).toEqual([
      ["soap", "shop", undefined],
      [null, null, "/adjustment"],
      [null, null, "unknown_product"],
      [null, null, "/stockLevel"],
    ]);
    expect((await run({ expression, payloadText: "no JSON" })).body.problem.code).toBe("unreadable");
    expect((await run({ expression: "(", payload: 1 })).body.problem).toMatchObject({ code: "expression" });
    expect(
      (await run({ expression: "$headers", payload: 1, headers: { "X-Event-Id": "7" } })).body.lines[0].line,
    ).toMatchObject({ "x-event-id": "7" });
    for (const odd of [{ payload: 1 }, { expression, payload: 1, payloadText: "1" }, { expression }])
      expect((await run(odd)).status).toBe(400);
    expect((await run({ expression, payloadId: "pay_none" })).status).toBe(404);
    expect((await run({ version: 7, payload: 1 })).status).toBe(404);
    expect(await server.journalLength()).toBe(journal);
    expect((await server.reader.get(path)).body.openParkedLines).toBe(0);
  });
});

describe("payloads that cannot be read", () => {
  test("wait, once each, and are read when the mapping is right: each line once, at the time that they came", async () => {
    const path = await mapped("late", { expression: "wrong" });
    const payload = { wrong: 1, id: "e1", units: 5 };
    const first = await server.writer.post(`${path}/events`, payload);
    expect(first.body).toMatchObject({ results: [], kept: { problem: { code: "output" } } });
    expect((await server.writer.post(`${path}/events`, payload)).body.kept.payloadId).toBe(first.body.kept.payloadId);
    const { body: list } = await server.writer.get(`${path}/payloads`);
    expect(list.data).toMatchObject([
      { tries: 2, mappingVersion: 1, body: JSON.stringify(payload), problem: { code: "output" } },
    ]);
    const expression = '{"operationId": id, "productId": "brush", "locationId": "shop", "adjustment": units}';
    const { payloadId } = first.body.kept;
    const dry = await server.writer.post(`${path}/mappings/dry-run`, { expression, payloadId });
    expect(dry.body.lines).toMatchObject([{ productId: "brush", problem: null }]);
    const before = await levelOf("brush");
    await server.admin.post(`${path}/mappings`, { expression });
    expect(await levelOf("brush")).toBe(before + 5);
    expect((await server.writer.get(`${path}/payloads`)).body.data).toEqual([]);
    expect((await server.writer.post(`${path}/payloads/retry`, {})).body).toEqual({
      read: 0,
      kept: 0,
      verdicts: {},
      next: null,
    });
  });

  test("are given up, or read again, by whoever looks after them", async () => {
    const path = await mapped("sorry", { expression: '"no line"' });
    for (const n of [1, 2]) await server.writer.post(`${path}/events`, { n });
    const { body: list } = await server.writer.get(`${path}/payloads?limit=1`);
    expect(list.nextCursor).not.toBeNull();
    const { payloadId } = list.data[0];
    expect((await server.writer.delete(`${path}/payloads/${payloadId}`)).status).toBe(204);
    expect((await server.writer.delete(`${path}/payloads/${payloadId}`)).status).toBe(404);
    expect((await server.writer.post(`${path}/payloads/retry`, {})).body).toMatchObject({ read: 0, kept: 1 });
    expect((await server.reader.get(`${path}/payloads`)).status).toBe(403);
  });

  test("a signed payload waits also while its source has no mapping at all", async () => {
    const path = await register("early", { signature: "shopify" });
    await server.admin.post(`${path}/secrets`, { secret: "hush" });
    const text = '{"inventory_item_id":1,"location_id":2,"available":3}';
    const headers = { "x-shopify-hmac-sha256": hmac("hush", text), "x-shopify-webhook-id": "w" };
    const { status, body } = await server.anonymous.send("POST", `${path}/events`, { body: text, headers });
    expect([status, body.kept.problem.code]).toEqual([200, "expression"]);
    await server.admin.post(`${path}/mappings`, { ready: "shopify" });
    await until("its line waits for its codes", async () => (await server.reader.get(path)).body.openParkedLines === 1);
    const { body: parked } = await server.reader.get("/v1/parked-lines?originId=early");
    // It speaks of the moment that it came, not of the moment that it could be read.
    expect(parked.data[0]).toMatchObject({ operationId: "w:1:2", line: { occurredAt: expect.any(String) } });
  });

  test("are bounded for each source: beyond that it is for the sender to keep them", async () => {
    const path = await mapped("full", { expression: '"no line"' });
    await server.database.owner.query({
      text: `INSERT INTO kept_payload SELECT 'pay_' || n, 'full', int4send(n), '', '{}', '{"code":"output","detail":"x"}', 1, 1, now(), now() FROM generate_series(1, 1000) n`,
    });
    const answer = await server.writer.post(`${path}/events`, { n: 1 });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  });
});
