/** Bodies that are wrong in every way that is known: each is refused in words, nothing changes, the server goes on. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { limits } from "../../src/core/limits.ts";
import { type Answer, adjust, createLocation, createProduct, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let journal: number;
let inventoryId: string;
beforeAll(async () => {
  server = await startTestServer();
  await createLocation(server.writer, "shop");
  await createProduct(server.writer, "soap");
  ({ inventoryId } = await adjust(server.writer, "soap", "shop", 10));
});
afterAll(() => server.close());

beforeEach(async () => {
  journal = await server.journalLength();
});
afterEach(async () => {
  expect(await server.journalLength()).toBe(journal);
  expect((await server.reader.get(`/v1/inventory/${inventoryId}`)).body).toMatchObject({ stockLevel: 10, version: 1 });
});

const line = (field: string): string => `{"productId":"soap","locationId":"shop","adjustment":1${field}}`;
const post = (body: string | Uint8Array, headers = {}) => server.admin.post("/v1/inventory", body, headers);

function requireRefused({ body }: Answer, status = 400, code = "validation_failed"): void {
  expect(body).toMatchObject({ status, code });
}

describe("what is no JSON", () => {
  test.each([
    ["nothing", ""],
    ["blanks", " \n\t"],
    ["a word", "hello"],
    ["a cut", '{"productId":"soap",'],
    ["single quotes", "{'productId':'soap'}"],
    ["a trailing comma", line(",")],
    ["something behind it", `${line("")}x`],
    ["two values", `${line("")}${line("")}`],
    ["a comment", `${line("")}// done`],
    ["a bare key", "{productId:1}"],
    ["NaN", line(',"x":NaN')],
    ["Infinity", line(',"x":-Infinity')],
    ["a leading zero", line(',"expectedVersion":01')],
    ["a plus sign", line(',"expectedVersion":+1')],
    ["a hexadecimal number", line(',"expectedVersion":0x1')],
    ["a lone minus", line(',"expectedVersion":-')],
    ["a raw line break in a text", line(',"reason":"a\nb"')],
    ["a raw NUL in a text", line(',"reason":"a\0b"')],
    ["a bad escape", line(',"reason":"\\x41"')],
    ["a cut escape", line(',"reason":"\\u00"')],
    ["a form", "productId=soap&adjustment=1"],
    ["XML", "<adjustment>1</adjustment>"],
    ["a byte order mark", `\uFEFF${line("")}`],
  ])("%s", async (_, body) => {
    const answer = await post(body);
    requireRefused(answer);
    expect(answer.body.errors).toMatchObject([{ pointer: "" }]);
  });

  test.each([
    ["a lone continuation byte", [0x80]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["a raw surrogate", [0xed, 0xa0, 0x80]],
    ["beyond Unicode", [0xf5, 0x80, 0x80, 0x80]],
    ["a cut sequence", [0xe2, 0x82]],
  ])("bytes that are no UTF-8: %s", async (_, bytes) => {
    const [before, behind] = line(',"reason":"§"').split("§");
    const answer = await post(Buffer.concat([Buffer.from(before!), Buffer.from(bytes), Buffer.from(behind!)]));
    requireRefused(answer);
    expect(answer.body.detail).toContain("UTF-8");
  });

  test("UTF-16", async () => requireRefused(await post(Buffer.from(line(""), "utf16le"))));
});

/** One such time in the journal or on an order would keep everybody from reading it. */
test.each(["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])(
  "a time that cannot be stored or written: %s",
  async (time) => {
    const lines = [{ productId: "soap", quantity: 1 }];
    requireRefused(await post(line(`,"timestamp":"${time}"`)));
    requireRefused(
      await server.admin.post("/v1/supplies", { locationId: "shop", reference: "PO", lines, expectedAt: time }),
    );
    const counted = [{ productId: "soap", stockLevel: 10, countedAt: time }];
    requireRefused(await server.admin.post("/v1/counts", { locationId: "shop", lines: counted }));
  },
);

describe("JSON that readers would disagree on", () => {
  test.each([
    ["a repeated key", line(',"adjustment":2')],
    ["a repeated key with the same value", line(',"adjustment":1')],
    ["a repeated key, escaped", line(',"\\u0061djustment":2')],
    ["a repeated key with the same value, escaped", line(',"\\u0061djustment":1')],
    ["a repeated key behind escapes", line(',"reason":"\\"","adjustment":1')],
    ["a repeated key with blanks", line(',"adjustment" \n:1')],
    ["a repeated unknown key", line(',"x":{"y":1,"y":1}')],
    ["__proto__", line(',"__proto__":{"allowNegative":true}')],
    ["__proto__ with a plain value", line(',"__proto__":1')],
    ["__proto__, escaped", line(',"\\u005f_proto__":{"allowNegative":true}')],
    ["constructor", line(',"constructor":{"prototype":{"allowNegative":true}}')],
    ["toString", line(',"toString":1')],
    ["hasOwnProperty", line(',"hasOwnProperty":1')],
    ["an escaped NUL", line(',"reason":"a\\u0000b"')],
    ["half a surrogate pair", line(',"reason":"\\ud83e"')],
    ["the other half", line(',"reason":"\\uddf4"')],
    ["the halves in the wrong order", line(',"reason":"\\uddf4\\ud83e"')],
    ["a key with half a pair", line(',"\\ud83e":1')],
  ])("%s", async (_, body) => requireRefused(await post(body)));

  test("nothing leaked into other objects", () => {
    expect(({} as { allowNegative?: boolean }).allowNegative).toBeUndefined();
  });

  test.each([
    ["an escaped NUL", '"a\\u0000b"'],
    ["half a surrogate pair", '["\\ud83e"]'],
    ["a NUL in a key", '{"\\u0000":1}'],
    ["a repeated key", '{"a":{"b":1,"b":1}}'],
    ["__proto__", '{"__proto__":{"a":1}}'],
    ["an integer beyond 2^53", "9007199254740993"],
    ["a number beyond all", "1e400"],
    ["a number below all", "1e-400"],
    ["more digits than a number holds", "0.12345678901234567"],
  ])("%s in attributes", async (_, attribute) => {
    requireRefused(await server.admin.post("/v1/products", `{"sku":"x","name":"x","attributes":{"a":${attribute}}}`));
  });
});

describe("numbers", () => {
  const wrong = ["9007199254740993", "9007199254740992", "-9007199254740993", "1e400", "-1e400", "1e16", "1.5", "1e-1"];
  test.each([...wrong, "1e-400", "0.1e-400", '"1"', "true", "null", "[1]", "{}", '"NaN"', `${"9".repeat(1000)}`])(
    "%s is no quantity",
    async (number) => {
      const answer = await post(`{"productId":"soap","locationId":"shop","adjustment":${number}}`);
      requireRefused(answer);
      expect(answer.body.errors).not.toEqual([]);
    },
  );

  test.each(["-1", "9007199254740992", "1.5", '"1"'])("%s is no version", async (number) => {
    requireRefused(await post(line(`,"expectedVersion":${number}`)));
  });

  test.each(["-1", "1e12", "1e400", '"5"', "0.1234567890123456"])("%s is no price", async (number) => {
    requireRefused(await server.admin.post("/v1/products", `{"sku":"x","name":"x","price":${number}}`));
    requireRefused(await server.admin.post("/v1/products", `{"sku":"x","name":"x","prices":{"EUR":${number}}}`));
  });
});

describe("times", () => {
  test.each([
    "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T23:60:00Z",
    "2024-01-01T23:59:61Z",
    "2024-01-01T12:00:60Z",
    "2024-01-01T00:00:00",
    "2024-01-01T00:00Z",
    "2024-01-01",
    "2024-01-01 00:00:00Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00+99:99",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00+0100",
    "2024-01-01T00:00:00+01",
    "2024-01-01T00:00:00Z[Europe/Paris]",
    "+2024-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    `2024-01-01T00:00:00.${"1".repeat(31)}Z`,
    "1718203920000",
    "now",
    "",
    "٢٠٢٤-01-01T00:00:00Z",
  ])("%p is none", async (time) => {
    for (const field of ["timestamp", "expectedLastUpdated"]) {
      const answer = await post(line(`,"${field}":${JSON.stringify(time)}`));
      if (field === "timestamp" || answer.status !== 409) requireRefused(answer);
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    const count = { stockLevel: 3, countedAt: time };
    requireRefused(await server.admin.patch(`/v1/inventory/${inventoryId}`, count));
  });

  test.each(["1718203920000", "null", "true", "{}"])("%s is no text", async (time) => {
    requireRefused(await post(line(`,"timestamp":${time}`)));
  });
});

describe("wrong fields", () => {
  test.each([
    ["an unknown one", line(',"colour":"red"'), "/colour"],
    ["one of another case", line(',"ProductId":"soap"'), "/ProductId"],
    ["one whose name is a pointer", line(',"a/b~c":1'), "/a~1b~0c"],
    ["a number as id", '{"productId":1,"locationId":"shop","adjustment":1}', "/productId"],
    ["an id with blanks", '{"productId":"a b","locationId":"shop","adjustment":1}', "/productId"],
    ["an id with a slash", '{"productId":"a/b","locationId":"shop","adjustment":1}', "/productId"],
    ["an empty id", '{"productId":"","locationId":"shop","adjustment":1}', "/productId"],
    ["an id too long", `{"productId":"${"a".repeat(65)}","locationId":"shop","adjustment":1}`, "/productId"],
    ["no location", '{"productId":"soap","adjustment":1}', "/locationId"],
    ["no adjustment", '{"productId":"soap","locationId":"shop"}', "/adjustment"],
    ["another type of movement", line(',"type":"theft"'), "/type"],
    ["a reason too long", line(`,"reason":"${"a".repeat(1001)}"`), "/reason"],
    ["a reason that is a list", line(',"reason":["a"]'), "/reason"],
    ["a reference too long", line(`,"reference":"${"a".repeat(256)}"`), "/reference"],
    ["allowNegative as text", line(',"allowNegative":"true"'), "/allowNegative"],
    ["a guard that is a text", line(',"expectedStockLevel":"any"'), "/expectedStockLevel"],
    ["an operationId with blanks", line(',"operationId":"a b"'), "/operationId"],
    ["a level in an adjustment", line(',"stockLevel":5'), "/stockLevel"],
    ["a list", "[1]", ""],
    ["null", "null", ""],
    ["a number", "1", ""],
    ["a text", '"soap"', ""],
  ])("%s", async (_, body, pointer) => {
    const answer = await post(body);
    requireRefused(answer);
    expect(answer.body.errors[0].pointer).toBe(pointer);
    expect(answer.body.detail).toContain(pointer === "" ? "body" : pointer);
  });

  test.each([
    "inv_",
    "inv_0100000000001",
    "updates",
    "stream",
    "ws",
    "bulk-update",
    ".",
    "..",
    "a/b",
    "a?b",
    "a#b",
    "",
    "a\tb",
    "x".repeat(129),
  ])("the SKU %p cannot be created, nor taken later", async (sku) => {
    for (const answer of [
      await server.admin.post("/v1/products", { sku, name: "x" }),
      await server.admin.patch("/v1/products/soap", { sku }),
      await server.admin.put("/v1/products/soap", { sku, name: "x" }),
    ]) {
      requireRefused(answer);
      expect(answer.body.errors[0].pointer).toBe("/sku");
    }
  });

  test("products and locations are checked in the same way", async () => {
    for (const [pointer, fields] of [
      ["/name", { name: "" }],
      ["/name", { name: "x".repeat(501) }],
      ["/currency", { currency: "eur" }],
      ["/prices/EURO", { prices: { EURO: 1 } }],
      ["/prices/EUR", { prices: { EUR: "1" } }],
      [`/attributes/${"k".repeat(65)}`, { attributes: { ["k".repeat(65)]: 1 } }],
      ["/attributes", { attributes: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [index, 1])) }],
      ["/attributes", { attributes: [] }],
      ["/attributes", { attributes: null }],
      ["/description", { description: "x".repeat(10_001) }],
      ["/productId", { productId: "ä" }],
    ] as const) {
      const { body } = await server.admin.post("/v1/products", { sku: "x", name: "x", ...fields });
      expect({ pointer, code: body.code }).toEqual({ pointer, code: "validation_failed" });
      expect(body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    }
    for (const fields of [
      { groups: ["a", "a"] },
      { groups: ["a b"] },
      { timezone: "x y" },
      { region: "" },
      { type: "A" },
    ])
      requireRefused(await server.admin.post("/v1/locations", { name: "x", type: "store", ...fields }));
  });
});

describe("bodies too large or of another kind", () => {
  test("deeper than a body may nest", async () => {
    for (const depth of [limits.jsonDepthMax + 1, 10_000, 40_000]) {
      requireRefused(await post("[".repeat(depth) + "]".repeat(depth)));
      requireRefused(await post(line(`,"x":${'{"a":'.repeat(depth - 1)}1${"}".repeat(depth - 1)}`)));
    }
    requireRefused(await post("[".repeat(limits.bodyBytesMax)));
  });

  test("10 MB, announced or not", async () => {
    const bytes = Buffer.alloc(10 * 1024 * 1024, 0x20);
    for (const path of ["/v1/inventory", "/v1/inventory/bulk-update", "/v1/products"]) {
      for (const body of [bytes, new Blob([bytes]).stream()]) {
        const answer = await server.admin.post(path, body);
        requireRefused(answer, 413, "payload_too_large");
        expect(answer.body.detail).toContain(String(answer.body.limit));
      }
    }
  });

  test("one byte too many, and not one less", async () => {
    const body = line(',"colour":1').padEnd(limits.bodyBytesMax, " ");
    requireRefused(await post(`${body} `), 413, "payload_too_large");
    requireRefused(await post(body));
    requireRefused(await post(new Blob([body]).stream() as unknown as string));
  });

  test("as many keys as fit, a million of them, and huge texts", async () => {
    const keys = (count: number): string => Array.from({ length: count }, (_, index) => `"${index}":0`).join(",");
    const fitting = await post(line(`,${keys(20_000)}`));
    requireRefused(fitting);
    expect(fitting.body.errors.length).toBeLessThanOrEqual(20);
    const bulk = `{"updates":[],${keys(1_000_000)}}`;
    requireRefused(await server.admin.post("/v1/inventory/bulk-update", bulk), 413, "payload_too_large");
    requireRefused(await server.admin.post("/v1/inventory/bulk-update", `{"updates":[],${keys(400_000)}}`));
    requireRefused(await post(line(`,"reason":"${"x".repeat(200_000)}"`)));
    requireRefused(await post(line(`,"reason":"${"\\u0041".repeat(30_000)}"`)));
    requireRefused(await post(`{"sku":"${"-".repeat(100_000)}!","locationId":"shop","adjustment":1}`));
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonx", "json", ""])(
    "as %p",
    async (type) => {
      requireRefused(await post(line(""), { "content-type": type }), 415, "unsupported_media_type");
    },
  );

  test("compressed", async () => {
    const bomb = Bun.gzipSync(Buffer.alloc(4 * 1024 * 1024, 0x20));
    for (const encoding of ["gzip", "deflate", "br", "gzip, gzip"]) {
      const answer = await post(bomb, { "content-encoding": encoding });
      requireRefused(answer, 415, "unsupported_media_type");
      expect(answer.body.detail).toContain("Content-Encoding");
    }
  });
});
