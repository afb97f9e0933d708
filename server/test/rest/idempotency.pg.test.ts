/** Repeats under a key: the first answer again, whatever happened since, for every call that writes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import {
  type Answer,
  adjust,
  type Caller,
  createLocation,
  createProduct,
  startTestServer,
  type TestServer,
} from "./support.ts";

let server: TestServer;
let writer: Caller;
beforeAll(async () => {
  server = await startTestServer();
  writer = server.writer;
  await createLocation(writer, "shop");
  await createProduct(writer, "soap");
  await createProduct(writer, "lipstick");
  await adjust(writer, "soap", "shop", 1000);
});
afterAll(() => server.close());

const sale = { productId: "soap", locationId: "shop", adjustment: -1 };
const withKey = (key: string = randomUUID()) => ({ "idempotency-key": key });
const soapId = async (): Promise<string> =>
  (await server.reader.get("/v1/inventory?productId=soap")).body.data[0].inventoryId;

type Ask = (headers: Record<string, string>) => Promise<Answer>;
interface Case {
  readonly name: string;
  readonly status: number;
  /** Brings about what the call needs. @returns the call */
  readonly prepare: (tag: string) => Promise<Ask> | Ask;
}

const cases: readonly Case[] = [
  { name: "an adjustment", status: 200, prepare: () => (headers) => writer.post("/v1/inventory", sale, headers) },
  {
    name: "an adjustment by SKU with words",
    status: 200,
    prepare: () => {
      const { productId, ...line } = sale;
      return (headers) =>
        writer.post("/v1/inventory", { ...line, sku: "SKU-soap", reason: "é", reference: "r" }, headers);
    },
  },
  {
    name: "a refusal for want of stock",
    status: 409,
    prepare: () => (headers) => writer.post("/v1/inventory", { ...sale, adjustment: -99999 }, headers),
  },
  {
    name: "a refusal for a stale version",
    status: 409,
    prepare: () => (headers) => writer.post("/v1/inventory", { ...sale, expectedVersion: 999 }, headers),
  },
  {
    name: "a refusal for an unknown product",
    status: 404,
    prepare: () => (headers) => writer.post("/v1/inventory", { ...sale, productId: "nobody" }, headers),
  },
  {
    name: "a refusal for want of a guard",
    status: 428,
    prepare: async () => {
      const id = await soapId();
      return (headers) => writer.patch(`/v1/inventory/${id}`, { stockLevel: 1 }, headers);
    },
  },
  {
    name: "a patch",
    status: 200,
    prepare: async () => {
      const id = await soapId();
      return (headers) => writer.patch(`/v1/inventory/${id}`, { safetyStock: 3 }, headers);
    },
  },
  {
    name: "the deletion of an item",
    status: 204,
    prepare: async (tag) => {
      await createProduct(writer, tag);
      const { inventoryId } = await adjust(writer, tag, "shop", 0);
      return (headers) => writer.delete(`/v1/inventory/${inventoryId}`, headers);
    },
  },
  {
    name: "the creation of a product under an id that the server makes",
    status: 201,
    prepare: (tag) => (headers) =>
      writer.post("/v1/products", { sku: tag, name: "x", attributes: { 2: 1, b: 0, a: [] } }, headers),
  },
  {
    name: "the refusal of a product that exists",
    status: 409,
    prepare: () => (headers) => writer.post("/v1/products", { productId: "soap", sku: "x", name: "x" }, headers),
  },
  {
    name: "the replacement of a product",
    status: 200,
    prepare: async (tag) => {
      await createProduct(writer, tag);
      return (headers) => writer.put(`/v1/products/${tag}`, { sku: tag, name: "y" }, headers);
    },
  },
  {
    name: "the change of a product",
    status: 200,
    prepare: () => (headers) => writer.patch("/v1/products/soap", { price: 1.5 }, headers),
  },
  {
    name: "the deletion of a product",
    status: 204,
    prepare: async (tag) => {
      await createProduct(writer, tag);
      return (headers) => writer.delete(`/v1/products/${tag}`, headers);
    },
  },
  {
    name: "the creation of a location",
    status: 201,
    prepare: () => (headers) => writer.post("/v1/locations", { name: "x", type: "store" }, headers),
  },
  {
    name: "the replacement of a location",
    status: 200,
    prepare: async (tag) => {
      await createLocation(writer, tag);
      return (headers) => writer.put(`/v1/locations/${tag}`, { name: "y", type: "store" }, headers);
    },
  },
  {
    name: "the change of a location",
    status: 200,
    prepare: () => (headers) => writer.patch("/v1/locations/shop", { region: "eu" }, headers),
  },
  {
    name: "the deletion of a location",
    status: 204,
    prepare: async (tag) => {
      await createLocation(writer, tag);
      return (headers) => writer.delete(`/v1/locations/${tag}`, headers);
    },
  },
];

describe("the same key and the same request", () => {
  test.each(cases.map((each) => [each.name, each] as const))(
    "%s is answered once and then again",
    async (_, { status, prepare }) => {
      const ask = await prepare(`t${randomUUID().slice(0, 8)}`);
      const key = withKey();
      const first = await ask(key);
      expect(first.status).toBe(status);
      expect(first.headers.get("idempotent-replayed")).toBeNull();
      expect(first.headers.get("idempotency-key")).toBe(key["idempotency-key"]);
      const journal = await server.journalLength();
      const second = await ask(key);
      await server.restart();
      const third = await ask({ ...key, "x-request-id": "third" });
      for (const again of [second, third]) {
        expect({ status: again.status, text: again.text }).toEqual({ status, text: first.text });
        expect(again.headers.get("idempotent-replayed")).toBe("true");
        for (const name of ["etag", "location", "content-type", "idempotency-key"])
          expect(again.headers.get(name)).toBe(first.headers.get(name));
      }
      expect(await server.journalLength()).toBe(journal);
    },
  );

  test("a refusal stays one, even when the request would now be in order", async () => {
    const tag = `late${randomUUID().slice(0, 8)}`;
    const key = withKey();
    const line = { ...sale, productId: tag, adjustment: 1 };
    const first = await writer.post("/v1/inventory", line, key);
    expect(first.status).toBe(404);
    await createProduct(writer, tag);
    expect((await writer.post("/v1/inventory", line, key)).text).toBe(first.text);
    expect((await writer.post("/v1/inventory", line, withKey())).status).toBe(200);
  });

  test("what was not understood is not remembered", async () => {
    const key = withKey();
    expect((await writer.post("/v1/inventory", { ...sale, adjustment: "one" }, key)).status).toBe(400);
    const corrected = await writer.post("/v1/inventory", sale, key);
    expect(corrected.status).toBe(200);
    expect(corrected.headers.get("idempotent-replayed")).toBeNull();
  });

  test("twenty at once wait for the first, and one is applied", async () => {
    const key = withKey();
    const journal = await server.journalLength();
    const answers = await Promise.all(Array.from({ length: 20 }, () => writer.post("/v1/inventory", sale, key)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") === "true")).toHaveLength(19);
    expect(await server.journalLength()).toBe(journal + 1);
  });

  test("the words of a request may be written differently", async () => {
    const key = withKey();
    const first = await writer.post("/v1/inventory", { ...sale, timestamp: "2024-06-12T14:32:00Z" }, key);
    const same = `{ "adjustment": -1.0, "timestamp": "2024-06-12T16:32:00.000+02:00", "locationId": "shop", "productId": "so\\u0061p" }`;
    const second = await writer.post("/v1/inventory", same, key);
    expect(second.text).toBe(first.text);
  });
});

describe("the same key and another request", () => {
  const others: readonly [string, Ask][] = [
    ["another quantity", (headers) => writer.post("/v1/inventory", { ...sale, adjustment: -2 }, headers)],
    ["another reason", (headers) => writer.post("/v1/inventory", { ...sale, reason: "other" }, headers)],
    ["another product", (headers) => writer.post("/v1/inventory", { ...sale, productId: "lipstick" }, headers)],
    ["another guard", (headers) => writer.post("/v1/inventory", { ...sale, expectedStockLevel: null }, headers)],
    ["If-Match", (headers) => writer.post("/v1/inventory", sale, { ...headers, "if-match": '"1"' })],
    ["another call", (headers) => writer.post("/v1/products", { sku: "other", name: "x" }, headers)],
    ["a deletion", (headers) => writer.delete("/v1/products/soap", headers)],
    [
      "an atomic one",
      (headers) => writer.post("/v1/inventory/bulk-update", { mode: "atomic", updates: [sale, sale] }, headers),
    ],
  ];

  test.each(others)("%s is refused", async (_, ask) => {
    const key = withKey();
    const first = await writer.post("/v1/inventory", sale, key);
    const journal = await server.journalLength();
    const { headers, body } = await ask(key);
    expect(body).toMatchObject({ status: 422, code: "idempotency_key_reused", idempotencyKey: key["idempotency-key"] });
    expect(headers.get("idempotent-replayed")).toBeNull();
    expect(await server.journalLength()).toBe(journal);
    expect((await writer.post("/v1/inventory", sale, key)).text).toBe(first.text);
  });

  test("another request for the same product is refused after a restart as well", async () => {
    const key = withKey();
    await writer.post("/v1/inventory", sale, key);
    await server.restart();
    expect((await writer.post("/v1/inventory", { ...sale, adjustment: -2 }, key)).status).toBe(422);
  });
});

describe("keys", () => {
  test("belong to whoever sent them", async () => {
    const key = withKey();
    await writer.post("/v1/inventory", sale, key);
    const other = await server.otherWriter.post("/v1/inventory", { ...sale, adjustment: -2 }, key);
    expect(other.status).toBe(200);
    expect(other.headers.get("idempotent-replayed")).toBeNull();
  });

  test("are made when none is sent, and can be used to ask again", async () => {
    const first = await writer.post("/v1/inventory", sale);
    const key = first.headers.get("idempotency-key")!;
    expect(key).toMatch(/^made_[0-9a-z]{26}$/);
    const again = await writer.post("/v1/inventory", sale, withKey(key));
    expect(again.text).toBe(first.text);
    expect((await writer.post("/v1/inventory", sale)).text).not.toBe(first.text);
    const refused = await writer.post("/v1/inventory", { ...sale, adjustment: -99999 });
    expect(refused.body.idempotencyKey).toBe(refused.headers.get("idempotency-key"));
  });

  test("that were made find a product again whose id was made too", async () => {
    const product = { sku: "without-id", name: "x" };
    const first = await writer.post("/v1/products", product);
    await writer.patch(`/v1/products/${first.body.productId}`, { sku: "renamed" });
    await server.restart();
    const again = await writer.post("/v1/products", product, withKey(first.headers.get("idempotency-key")!));
    expect(again.text).toBe(first.text);
    expect((await server.reader.get("/v1/products?q=without-id")).body.data).toEqual([]);
  });

  test("may be quoted, and may stand in the body as operationId, which wins", async () => {
    const key = randomUUID();
    const first = await writer.post("/v1/inventory", sale, withKey(`"${key}"`));
    expect((await writer.post("/v1/inventory", sale, withKey(key))).text).toBe(first.text);
    const named = await writer.post("/v1/inventory", { ...sale, operationId: key }, withKey("another"));
    expect(named.text).toBe(first.text);
    expect(named.headers.get("idempotency-key")).toBe(key);
    const id = await soapId();
    const patched = await writer.patch(`/v1/inventory/${id}`, { safetyStock: 1, operationId: `p${key}` });
    expect((await writer.patch(`/v1/inventory/${id}`, { safetyStock: 1, operationId: `p${key}` })).text).toBe(
      patched.text,
    );
  });

  test.each(["", '""', "x".repeat(256), "é", "\u00ff"])("%p is none", async (key) => {
    const { body } = await writer.post("/v1/inventory", sale, withKey(key));
    expect(body).toMatchObject({ status: 400, errors: [{ pointer: "Idempotency-Key" }] });
    expect((await writer.post("/v1/inventory", { ...sale, operationId: key })).body.code).toBe(
      key === '""' ? undefined : "validation_failed",
    );
  });
});
