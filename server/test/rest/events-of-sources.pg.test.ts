/** POST /v1/sources/{id}/events: our own lines, payloads of platforms through mappings, and signatures. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { sample } from "../mappings/run-ready.ts";
import { hmac, sourceCalls } from "../mappings/source-calls.ts";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await createLocation(server.admin, "shop");
  for (const each of ["soap", "brush"]) await createProduct(server.admin, each);
});
afterAll(() => server.close());

const { register, mapped, codes, levelOf } = sourceCalls(() => server);

describe("our own lines", () => {
  test("need no mapping: a verdict for each, in order, and each operation once for ever", async () => {
    const path = await register("till");
    await adjust(server.admin, "soap", "shop", 100);
    const before = await levelOf("soap");
    const lines = [
      { operationId: "s1", productId: "soap", locationId: "shop", adjustment: -2, type: "sale" },
      { operationId: "s2", sku: "SKU-soap", locationId: "shop", adjustment: -3, type: "sale", reason: "two" },
      { operationId: "s3", productCode: "4711", locationId: "shop", adjustment: -1 },
      { operationId: "s4", productId: "soap", locationId: "shop", adjustment: -1, amount: 1 },
      { operationId: "s5", productId: "soap", locationId: "shop", stockLevel: "many" },
      { operationId: "s1", productId: "soap", locationId: "shop", adjustment: -2, type: "sale" },
      { productId: "soap", locationId: "shop", adjustment: -1, type: "sale" },
    ];
    const { status, body } = await server.writer.post(`${path}/events`, { lines });
    expect(status).toBe(200);
    expect(body.results.map(({ verdict, error }: Json) => [verdict, error?.code])).toEqual([
      ["applied", undefined],
      ["applied", undefined],
      ["review", "unmapped_product"],
      ["rejected", "validation_failed"],
      ["rejected", "validation_failed"],
      ["duplicate", undefined],
      ["applied", undefined],
    ]);
    expect(body.results[0]).toMatchObject({ rule: "change_added", item: { productId: "soap" } });
    expect(body.results[3].error.pointer).toBe("/amount");
    expect(await levelOf("soap")).toBe(before - 6);
    const again = await server.otherWriter.post(`${path}/events`, { lines: lines.slice(0, 2) });
    expect(again.body.results).toMatchObject([
      { verdict: "duplicate", movementId: body.results[0].movementId },
      { verdict: "duplicate", movementId: body.results[1].movementId },
    ]);
    expect(await levelOf("soap")).toBe(before - 6);
    const seen = await server.reader.get(path);
    expect(seen.body.openParkedLines).toBe(3);
    // Whoever reads from there on sees all of it.
    const reached = await server.reader.get(
      `/v1/inventory?productId=soap&minCursor=${encodeURIComponent(body.cursor)}`,
    );
    expect(reached.status).toBe(200);
  });

  test("the same request without operation ids is the same under the same key, and another one under another", async () => {
    const path = await register("kiosk");
    const body = { lines: [{ productId: "brush", locationId: "shop", adjustment: 1 }] };
    const verdict = async (key: string) =>
      (await server.writer.post(`${path}/events`, body, { "idempotency-key": key })).body.results[0].verdict;
    expect([await verdict("a"), await verdict("a"), await verdict("b")]).toEqual(["applied", "duplicate", "applied"]);
  });

  test("lines of any oddness park themselves only", async () => {
    const path = await mapped("noise", { expression: "lines" });
    const odd = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<Json>("soap", "shop", "a", "", " ", "\n", "x".repeat(300), "\u{1F48B}") },
      { weight: 2, arbitrary: fc.constantFrom<Json>(1, 0, -1, 1.5, 1e300, -0, 9_007_199_254_740_991, null, true) },
      fc.jsonValue({ maxDepth: 2 }),
      fc.string({ unit: "binary" }).filter((text) => text.isWellFormed() && !text.includes("\0")),
    );
    const fields = ["operationId", "productId", "sku", "productCode", "locationId", "locationCode"];
    const more = ["adjustment", "stockLevel", "state", "type", "occurredAt", "version", "reason", "reference"];
    // What nothing can store is refused as a whole.
    const isSendable = (line: object): boolean => !/\\u0000|\\ud[89a-f]|__proto__/i.test(JSON.stringify(line));
    const noise = fc.sample(
      fc.dictionary(fc.constantFrom(...fields, ...more), odd, { minKeys: 1, maxKeys: 8, noNullPrototype: true }),
      { numRuns: 600, seed: 20_261_122 },
    );
    const lines = noise
      .filter(isSendable)
      .map((line, index) => ({ ...line, ...(index % 2 ? { productId: "soap" } : {}) }));
    expect(lines.length).toBeGreaterThan(300);
    const before = await levelOf("brush");
    const good = { operationId: "the good one", productId: "brush", locationId: "shop", adjustment: -1 };
    const { status, body } = await server.writer.post(`${path}/events`, { lines: [...lines, good] });
    expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
    expect(body.results).toHaveLength(lines.length + 1);
    expect(body.results.at(-1).verdict).toBe("applied");
    expect(await levelOf("brush")).toBe(before - 1);
    // Each line that was not applied waits, and can be looked at.
    for (const { verdict, parkedId } of body.results)
      if (verdict === "rejected" || verdict === "review") expect(parkedId).toBeString();
    expect((await server.reader.get("/v1/parked-lines?originId=noise&limit=1000")).status).toBe(200);
  });

  test("what is no such request is told what to do", async () => {
    const path = await register("odd");
    for (const [sent, words] of [
      ["no JSON", "no JSON"],
      ['{"available":1}', "POST /v1/sources/odd/mappings"],
      ['{"lines":[{"productId":"soap","locationId":"shop","adjustment":12345678901234567890}]}', "held exactly"],
      [Buffer.from([0xff, 0xfe]), "UTF-8"],
    ] as const) {
      const answer = await server.writer.send("POST", `${path}/events`, { body: sent });
      expect(answer.status).toBe(400);
      expect(answer.body.detail).toContain(words);
    }
    const lines = Array.from({ length: 10_001 }, () => ({}));
    expect((await server.writer.post(`${path}/events`, { lines })).status).toBe(400);
    expect((await server.writer.post("/v1/sources/nobody/events", { lines: [] })).status).toBe(404);
    await server.admin.delete(`${path}?archive=true`);
    expect((await server.writer.post(`${path}/events`, { lines: [] })).body.code).toBe("archived");
  });
});

describe("platforms", () => {
  test("Shopify: its webhook, signed, without a key; its long id survives; a change of one byte is refused", async () => {
    const path = await mapped(
      "shopify",
      { ready: "shopify" },
      { kind: "shopify", mode: "levels", signature: "shopify" },
    );
    await server.admin.post(`${path}/secrets`, { secret: "hush" });
    const id = "271878346596884015";
    await codes(path, id, "24826418");
    const text = `{"inventory_item_id":${id},"location_id":24826418,"available":10,\n "updated_at":"2026-11-20T10:00:00+01:00"}`;
    const headers = { "x-shopify-webhook-id": "w1", "x-shopify-topic": "inventory_levels/update" };
    const send = (body: string, signature: string) =>
      server.anonymous.send("POST", `${path}/events`, {
        body,
        headers: { ...headers, "x-shopify-hmac-sha256": signature },
      });
    const { status, body } = await send(text, hmac("hush", text));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      mappingVersion: 1,
      kept: null,
      results: [
        { operationId: `w1:${id}:24826418`, verdict: "applied", rule: "newest_level", item: { productId: "soap" } },
      ],
    });
    expect((await send(text, hmac("hush", text))).body.results[0].verdict).toBe("duplicate");
    const { body: statements } = await server.reader.get(`${path}/statements`);
    expect(statements.data).toMatchObject([{ productId: "soap", stockLevel: 10, asOf: "2026-11-20T09:00:00.000Z" }]);
    for (const [sent, signature] of [
      [text.replace("10", "99"), hmac("hush", text)],
      [text, hmac("another", text)],
      [text, ""],
    ] as const)
      expect((await send(sent, signature)).body.code).toBe("unauthorized");
    expect((await server.anonymous.send("POST", `${path}/events`, { body: text })).status).toBe(401);
    // With a key it need not be signed, but not be signed by another either.
    expect((await server.writer.send("POST", `${path}/events`, { body: text })).status).toBe(200);
    const forged = { body: text, headers: { "x-shopify-hmac-sha256": hmac("another", text) } };
    expect((await server.writer.send("POST", `${path}/events`, forged)).status).toBe(401);
    expect((await server.reader.send("POST", `${path}/events`, { body: text })).status).toBe(403);
  });

  test("Square: address and bytes are signed, by the address of the request or the one that Square was told", async () => {
    const path = await mapped("square", { ready: "square" }, { kind: "square", signature: "square" });
    await server.admin.post(`${path}/secrets`, { secret: "asdf1234" });
    const text = sample("square/inventory-count-updated-webhook.json");
    await codes(path, "FGQ5JJWT2PYTHF35CKZ2DSKP", "YYQR03DGCTXA4", "brush");
    const send = (url: string, at = path) =>
      server.anonymous.send("POST", `${at}/events`, {
        body: text,
        headers: {
          "x-square-hmacsha256-signature": hmac("asdf1234", url, text),
          // As a proxy says it.
          "x-forwarded-host": "stock.example",
        },
      });
    const here = `https://stock.example${path}/events`;
    expect((await send(here)).body.results).toMatchObject([
      { verdict: expect.stringMatching(/applied|ignored/), operationId: expect.stringContaining("count:") },
    ]);
    expect((await send("https://other.example/hook")).status).toBe(401);
    await server.admin.patch(path, { payloadUrl: "https://other.example/hook" });
    expect((await send("https://other.example/hook", `${path}`)).status).toBe(200);
    expect((await send(here)).status).toBe(401);
  });

  test("WooCommerce: asks whether somebody is there, then signs", async () => {
    const path = await mapped("woo", { ready: "woocommerce" }, { kind: "woocommerce", signature: "woocommerce" });
    const ping = { body: "webhook_id=5", headers: { "content-type": "application/x-www-form-urlencoded" } };
    expect((await server.anonymous.send("POST", `${path}/events`, ping)).status).toBe(200);
    await server.admin.post(`${path}/secrets`, { secret: "old" });
    const { body: made } = await server.admin.post(`${path}/secrets`, { secret: "new" });
    const text =
      '{"id":794,"sku":"SKU-brush","manage_stock":true,"stock_quantity":3,"date_modified_gmt":"2026-11-20T10:00:00"}';
    const send = (secret: string, id: string) =>
      server.anonymous.send("POST", `${path}/events`, {
        body: text,
        headers: { "x-wc-webhook-signature": hmac(secret, text), "x-wc-webhook-delivery-id": id },
      });
    // Nobody has said yet what `default` is.
    expect((await send("old", "d1")).body.results).toMatchObject([
      { verdict: "review", error: { code: "unmapped_location" } },
    ]);
    await server.writer.post(`${path}/codes`, { codes: [{ kind: "location", code: "default", targetId: "shop" }] });
    expect((await send("new", "d1")).body.results[0].verdict).toBe("duplicate");
    await server.admin.delete(`${path}/secrets/${made.secrets[0].secretId}`);
    expect((await send("old", "d2")).status).toBe(401);
    expect((await send("new", "d2")).body.results[0].verdict).not.toBe("rejected");
  });

  test("Amazon: what its queue brings, sent on with a key", async () => {
    const path = await mapped("amazon", { ready: "amazon", settings: { productBy: "code" } });
    await codes(path, "B00032HE0O", "ATVPDKIKX0DER");
    const message = sample("amazon/item-inventory-event-change-notification.json");
    const { body } = await server.writer.post(`${path}/events`, { Records: [{ body: message }] });
    expect(body.results.map(({ verdict, error }: Json) => [verdict, error?.code])).toEqual([
      [expect.stringMatching(/applied|ignored/), undefined],
      ["review", "unmapped_product"],
    ]);
  });

  test("a survey is compared with, and moves stock only where that is said", async () => {
    const path = await register("survey");
    const { status, body } = await server.admin.post(`${path}/mappings`, { ready: "survey-response" });
    expect([status, body.errors[0].pointer]).toEqual([400, "/ready"]);
    await server.admin.patch(path, { role: "statements" });
    await server.admin.post(`${path}/mappings`, { ready: "survey-response" });
    await server.writer.post(`${path}/codes`, { codes: [{ kind: "location", code: "lyon", targetId: "shop" }] });
    const before = await levelOf("brush");
    const response = {
      id: "r9",
      metadata: { sku: "SKU-brush", location: "lyon" },
      answers: [{ questionId: "in_stock", answer: "no" }],
    };
    const sent = await server.writer.post(`${path}/events`, response);
    expect(sent.body.results).toMatchObject([{ verdict: "applied", rule: "statement" }]);
    expect(await levelOf("brush")).toBe(before);
    expect((await server.reader.get(`${path}/statements`)).body.data).toMatchObject([
      { productId: "brush", stockLevel: 0 },
    ]);
  });

  test("files: rows of CSV through the mapping", async () => {
    const path = await mapped("export", { ready: "shopify", settings: { count: "on_hand" } });
    await server.writer.post(`${path}/codes`, { codes: [{ kind: "location", code: "Paris", targetId: "shop" }] });
    const text = "Handle,SKU,Location,Available,On hand\nsoap,SKU-soap,Paris,70,77\n";
    const csv = { body: text, headers: { "content-type": "text/csv" } };
    const first = await server.writer.send("POST", `${path}/events`, csv);
    expect(first.body.results).toMatchObject([{ verdict: "applied", item: { stockLevel: 77 } }]);
    expect((await server.writer.send("POST", `${path}/events`, csv)).body.results[0].verdict).toBe("duplicate");
  });
});
