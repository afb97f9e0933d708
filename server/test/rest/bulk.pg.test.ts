/** POST /v1/inventory/bulk-update: each line by itself, or all together. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
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
  for (const locationId of ["a", "b"]) await createLocation(writer, locationId);
});
afterAll(() => server.close());

async function newProduct(): Promise<string> {
  products += 1;
  await createProduct(writer, `p${products}`);
  return `p${products}`;
}
const bulk = (updates: unknown, rest: object = {}, headers = {}) =>
  writer.post("/v1/inventory/bulk-update", { updates, ...rest }, headers);
const levelOf = async (productId: string, locationId = "a"): Promise<number | undefined> =>
  (await server.reader.get(`/v1/inventory?productId=${productId}&locationId=${locationId}`)).body.data[0]?.stockLevel;

describe("independent", () => {
  test("each line has its own verdict, in order, and what is in order is applied", async () => {
    const productId = await newProduct();
    const lines = [
      { productId, locationId: "a", adjustment: 5 },
      { productId, locationId: "a", adjustment: -9 },
      { productId: "nobody", locationId: "a", adjustment: 1 },
      { productId, locationId: "b", stockLevel: 4 },
      { productId, locationId: "b", stockLevel: 4, expectedVersion: 0 },
      { sku: `SKU-${productId}`, locationId: "b", stockLevel: 6, countedAt: new Date().toISOString() },
      { productId, locationId: "a", adjustment: 1, colour: "red" },
      { productId, locationId: "a", adjustment: 1, stockLevel: 1 },
      { productId, locationId: "a", adjustment: -100, allowNegative: true },
      { productId, locationId: "a" },
      null,
      "line",
      [],
      { sku: "nobody", locationId: "a", adjustment: 1 },
      { locationId: "a", adjustment: 1 },
      { productId, locationId: "a", adjustment: 1, timestamp: "2026-02-30T00:00:00Z" },
    ];
    const { status, headers, body } = await bulk(lines);
    expect(status).toBe(200);
    const codes = body.results.map((result: Json) => result.error?.code ?? result.status);
    expect(codes).toEqual([
      200,
      "insufficient_stock",
      "not_found",
      "precondition_required",
      200,
      200,
      "validation_failed",
      "validation_failed",
      "forbidden",
      "validation_failed",
      "validation_failed",
      "validation_failed",
      "validation_failed",
      "not_found",
      "validation_failed",
      "validation_failed",
    ]);
    expect(body.results.map(({ index }: Json) => index)).toEqual(lines.map((_, index) => index));
    expect(body).toMatchObject({ applied: 3, rejected: 13 });
    expect(body.results[0]).toMatchObject({
      item: { stockLevel: 5, version: 1 },
      movementId: body.results[0].movementId,
    });
    expect(body.results[6].error.errors).toMatchObject([{ pointer: "/colour" }]);
    expect(headers.get("idempotency-key")).toStartWith("made_");
    // It was counted before the request, whose line before it therefore stays on top.
    expect([await levelOf(productId), await levelOf(productId, "b")]).toEqual([5, 10]);
  });

  test("a line that lacks a guard shows a body that works", async () => {
    const productId = await newProduct();
    await adjust(writer, productId, "a", 5);
    const { body } = await bulk([{ productId, locationId: "a", stockLevel: 7, reason: "count" }]);
    const { detail, currentEtag } = body.results[0].error;
    expect(currentEtag).toBe('"1"');
    expect(detail).not.toContain("If-Match");
    const [shown] = /\{.*\}/.exec(detail) ?? [];
    expect((await bulk([JSON.parse(shown!)])).body).toMatchObject({
      applied: 1,
      results: [{ item: { stockLevel: 7 } }],
    });
  });

  test("several lines for one item are applied in the order given", async () => {
    const productId = await newProduct();
    const line = (adjustment: number) => ({ productId, locationId: "a", adjustment });
    const { body } = await bulk([line(5), line(-5), line(-1), line(3), line(3)]);
    expect(body.results.map((result: Json) => result.item?.stockLevel ?? result.error.available)).toEqual([
      5, 0, 0, 3, 6,
    ]);
    expect(await levelOf(productId)).toBe(6);
  });

  test("a repeat changes nothing and is the first answer byte by byte", async () => {
    const productId = await newProduct();
    const line = { productId, locationId: "a", adjustment: 5 };
    const lines = [line, { ...line, adjustment: -50 }, { ...line, operationId: randomUUID() }];
    const headers = { "idempotency-key": randomUUID() };
    const first = await bulk(lines, {}, headers);
    const second = await bulk(lines, {}, headers);
    expect(second.text).toBe(first.text);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    await server.restart();
    const third = await bulk(lines, {}, headers);
    expect(third.text).toBe(first.text);
    expect(third.headers.get("idempotent-replayed")).toBe("true");
    expect(await levelOf(productId)).toBe(10);
  });

  test("a repeat finishes what is missing, and marks what was there", async () => {
    const productId = await newProduct();
    const line = (adjustment: number, key: string) => ({ productId, locationId: "a", adjustment, operationId: key });
    const keys = [randomUUID(), randomUUID(), randomUUID()] as const;
    await bulk([line(1, keys[0]), line(2, keys[1])]);
    const { headers, body } = await bulk([line(1, keys[0]), line(2, keys[1]), line(4, keys[2])]);
    expect(body.results.map(({ replayed }: Json) => replayed)).toEqual([true, true, undefined]);
    expect(body).toMatchObject({ applied: 3, rejected: 0 });
    expect(headers.get("idempotent-replayed")).toBeNull();
    expect(await levelOf(productId)).toBe(7);
    const key = { "idempotency-key": randomUUID() };
    const bare = (adjustment: number) => ({ productId, locationId: "a", adjustment });
    await bulk([bare(10)], {}, key);
    const longer = await bulk([bare(10), bare(100)], {}, key);
    expect(longer.body.results.map(({ replayed }: Json) => replayed)).toEqual([true, undefined]);
    expect(await levelOf(productId)).toBe(117);
  });

  test("the same operation twice in one request is applied once", async () => {
    const productId = await newProduct();
    const line = { productId, locationId: "a", adjustment: 1, operationId: randomUUID() };
    const other = { ...line, adjustment: 2 };
    const first = await bulk([line, line, other]);
    expect(first.body.results).toMatchObject([{ status: 200 }, { status: 200, replayed: true }, { status: 422 }]);
    expect(first.body.results[2].error.code).toBe("idempotency_key_reused");
    expect((await bulk([line, line])).body.results).toMatchObject([{ status: 200 }, { replayed: true }]);
    expect(await levelOf(productId)).toBe(1);
  });

  test("a line of another request under the same key is refused, line by line", async () => {
    const productId = await newProduct();
    const line = (adjustment: number) => ({ productId, locationId: "a", adjustment });
    const headers = { "idempotency-key": randomUUID() };
    await bulk([line(1), line(2)], {}, headers);
    const { body } = await bulk([line(1), line(3)], {}, headers);
    expect(body.results).toMatchObject([{ status: 200 }, { status: 422, error: { code: "idempotency_key_reused" } }]);
    expect(await levelOf(productId)).toBe(3);
  });

  test("keys of lines cannot be met by a key of the caller", async () => {
    const productId = await newProduct();
    const line = { productId, locationId: "a", adjustment: 1 };
    const key = randomUUID();
    await bulk([line], {}, { "idempotency-key": key });
    for (const meeting of [`${key}#0`, `${key} 0`, `${key}/0`, `${key}0`]) {
      const single = await writer.post("/v1/inventory", line, { "idempotency-key": meeting });
      expect(single.headers.get("idempotent-replayed")).toBeNull();
    }
    expect(await levelOf(productId)).toBe(5);
  });
});

describe("atomic", () => {
  const atomic = { mode: "atomic" };

  test("all lines are applied together", async () => {
    const [one, two] = [await newProduct(), await newProduct()];
    const key = { "idempotency-key": randomUUID() };
    const lines = [
      { productId: one, locationId: "a", adjustment: 5 },
      { productId: two, locationId: "b", adjustment: 6 },
      { productId: one, locationId: "a", adjustment: -2 },
      { productId: one, locationId: "b", stockLevel: 3, expectedVersion: 0 },
    ];
    const first = await bulk(lines, atomic, key);
    expect(first.body).toMatchObject({ applied: 4, rejected: 0 });
    expect([await levelOf(one), await levelOf(one, "b"), await levelOf(two, "b")]).toEqual([3, 3, 6]);
    const second = await bulk(lines, atomic, key);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    await server.restart();
    expect((await bulk(lines, atomic, key)).text).toBe(first.text);
    const other = await bulk(lines.slice(0, 2), atomic, key);
    expect(other.body).toMatchObject({ status: 422, code: "idempotency_key_reused" });
  });

  test("one refusal leaves everything as it was: the problem of that line, and a verdict for each", async () => {
    const productId = await newProduct();
    await adjust(writer, productId, "a", 5);
    const journal = await server.journalLength();
    const lines = [
      { productId, locationId: "b", adjustment: 1 },
      { productId, locationId: "a", adjustment: -6 },
    ];
    const key = { "idempotency-key": randomUUID() };
    const first = await bulk(lines, atomic, key);
    expect(first.status).toBe(409);
    expect(first.body).toMatchObject({
      code: "insufficient_stock",
      available: 5,
      requested: 6,
      applied: 0,
      rejected: 2,
      cursor: null,
      results: [
        { index: 0, status: 409, error: { code: "not_applied", type: "/docs/problems#not_applied" } },
        { index: 1, status: 409, error: { code: "insufficient_stock", available: 5, requested: 6 } },
      ],
    });
    expect(first.body.detail).toContain("line 1");
    const second = await bulk(lines, atomic, key);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(await server.journalLength()).toBe(journal);
  });

  test.each([
    ["not_found", { productId: "nobody", locationId: "a", adjustment: 1 }],
    ["not_found", { sku: "nobody", locationId: "a", adjustment: 1 }],
    ["validation_failed", { locationId: "a", adjustment: 1.5 }],
    ["forbidden", { productId: "p1", locationId: "a", adjustment: 1, allowNegative: true }],
    ["precondition_required", { productId: "p1", locationId: "a", stockLevel: 1 }],
  ])("%s in one line is 409 for all", async (code, line) => {
    const productId = await newProduct();
    const { status, body } = await bulk([{ productId, locationId: "a", adjustment: 1 }, line], atomic);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code, results: [{ error: { code: "not_applied" } }, { error: { code } }] });
    expect(await levelOf(productId)).toBeUndefined();
  });
});

describe("the request as a whole", () => {
  test("10,000 lines are taken, 10,001 are not, and none at all neither", async () => {
    const productIds = [await newProduct(), await newProduct(), await newProduct()];
    const line = (_: unknown, index: number) => ({ productId: productIds[index % 3], locationId: "a", adjustment: 1 });
    const lines = Array.from({ length: 10_000 }, line);
    const { body } = await bulk(lines);
    expect(body).toMatchObject({ applied: 10_000, rejected: 0 });
    const together = await bulk(lines, { mode: "atomic" });
    expect(together.body).toMatchObject({ applied: 10_000, rejected: 0 });
    expect(await levelOf(productIds[0]!)).toBe(6668);
    const journal = await server.journalLength();
    const tooMany = await bulk([...lines, lines[0]]);
    expect(tooMany.body).toMatchObject({ status: 400, code: "validation_failed", errors: [{ pointer: "/updates" }] });
    expect((await bulk([])).body.errors).toMatchObject([{ pointer: "/updates" }]);
    expect(await server.journalLength()).toBe(journal);
  });

  test("its own fields are checked", async () => {
    const line = { productId: await newProduct(), locationId: "a", adjustment: 1 };
    expect((await bulk([line], { mode: "both" })).body.errors).toMatchObject([{ pointer: "/mode" }]);
    expect((await bulk([line], { colour: "red" })).body.errors).toMatchObject([{ pointer: "/colour" }]);
    expect((await bulk("line")).body.errors).toMatchObject([{ pointer: "/updates" }]);
    expect((await bulk([line], {}, { "if-match": '"1"' })).body.errors).toMatchObject([{ pointer: "If-Match" }]);
    const named = await bulk([line], { operationId: "my-bulk" });
    expect(named.headers.get("idempotency-key")).toBe("my-bulk");
    expect((await bulk([line], { operationId: "my-bulk" })).headers.get("idempotent-replayed")).toBe("true");
  });
});
