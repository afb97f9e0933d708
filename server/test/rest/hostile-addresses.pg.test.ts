/** Paths, parameters and raw requests that are wrong: each is answered with a problem, or refused before it is one. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { adjust, createLocation, createProduct, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let journal: number;
let inventoryId: string;
beforeAll(async () => {
  server = await startTestServer();
  await createLocation(server.writer, "shop");
  await createProduct(server.writer, "soap", { sku: "100% é" });
  ({ inventoryId } = await adjust(server.writer, "soap", "shop", 10));
});
afterAll(() => server.close());

beforeEach(async () => {
  journal = await server.journalLength();
});
afterEach(async () => {
  expect(await server.journalLength()).toBe(journal);
  expect((await server.anonymous.get("/livez")).status).toBe(200);
});

describe("paths", () => {
  test.each(["%", "%ZZ", "%F", "%ff", "%c0%af", "%ed%a0%80", "a%00b", "%00", "%41%ZZ"])("with %s", async (part) => {
    for (const path of [`/v1/inventory/${part}`, `/v1/products/${part}`, `/v1/locations/${part}/inventory`]) {
      const { body } = await server.reader.get(path);
      expect(body).toMatchObject({ status: 400, code: "validation_failed" });
      expect(body.detail).toContain("Percent-encode");
    }
    expect((await server.writer.delete(`/v1/products/${part}`)).body.code).toBe("validation_failed");
  });

  test("a SKU is found however it is written, as long as it is encoded", async () => {
    for (const part of ["100%25%20%C3%A9", "100%25%20é", "%31%30%30%25%20%c3%a9"])
      expect((await server.reader.get(`/v1/inventory/${part}`)).body).toMatchObject({ productId: "soap" });
  });

  test.each([
    "/v1/inventory/%2e%2e%2fproducts",
    "/v1/inventory/a%2fb",
    "/v1/products/inv_1",
    `/v1/products/${"a".repeat(10_000)}`,
    `/v1/inventory/${"%41".repeat(3_000)}`,
    `/v1/inventory/inv_${"0".repeat(500)}`,
    `/v1/locations/${"é".repeat(500)}/inventory`,
    "/v1/inventory/inv_zzzzzzzzzzzzz",
    "/v1/inventory/'; DROP TABLE journal; --",
    "/v1/inventory/null",
  ])("%.60s names nothing", async (path) => {
    expect((await server.reader.get(path)).body).toMatchObject({ status: 404, code: "not_found" });
  });

  test.each([
    "/",
    "/v1",
    "/v1/",
    "/v2/products",
    "/v1/products/",
    "/v1//products",
    "/V1/products",
    "/products/a/b",
    "/v1/v1/products",
    "/docs/../v1/nothing",
  ])("there is nothing at %s", async (path) => {
    const { body } = await server.admin.get(path);
    expect(body).toMatchObject({ status: 404, code: "not_found", detail: expect.stringContaining("/docs") });
  });

  test.each([
    ["DELETE", "/v1/products", "GET, POST"],
    ["PUT", "/products", "GET, POST"],
    ["POST", "/v1/products/soap", "GET, PUT, PATCH, DELETE"],
    ["PUT", "/v1/inventory/inv_1", "GET, PATCH, DELETE"],
    ["POST", "/v1/inventory/updates", "GET, PATCH, DELETE"],
    ["OPTIONS", "/v1/locations/shop/inventory", "GET"],
  ])("%s %s is not allowed; what is, is said", async (method, path, allowed) => {
    const { headers, body } = await server.admin.send(method, path);
    expect(body).toMatchObject({ status: 405, code: "method_not_allowed" });
    expect(headers.get("allow")).toContain(allowed.split(", ")[0]!);
    expect(headers.get("allow")!.split(", ").sort()).toEqual(expect.arrayContaining(allowed.split(", ").sort()));
  });

  test("a method cannot be overridden", async () => {
    const headers = { "x-http-method-override": "DELETE", "x-method-override": "DELETE" };
    expect((await server.writer.get("/v1/products/soap?", headers)).status).toBe(200);
  });
});

describe("parameters", () => {
  test.each([
    ["limit=0", "/limit"],
    ["limit=-1", "/limit"],
    ["limit=1001", "/limit"],
    ["limit=abc", "/limit"],
    ["limit=1.5", "/limit"],
    ["limit=1e2", "/limit"],
    ["limit=%201", "/limit"],
    ["limit=", "/limit"],
    ["limit=99999999999999999999", "/limit"],
    ["limit[]=1", "/limit[]"],
    ["limit=1&limit=1", "/limit"],
    ["limit=1&limit=2", "/limit"],
    ["colour=red", "/colour"],
    ["__proto__=1", "/__proto__"],
    ["constructor=1", "/constructor"],
    ["toString=1", "/toString"],
    ["Limit=1", "/Limit"],
    ["productId=a%20b", "/productId"],
    ["productId=a&productId=b", "/productId"],
    ["locationId=%00", "/locationId"],
    ["locationGroup=a,b", "/locationGroup"],
    ["sku=", "/sku"],
    ["sku=%00", "/sku"],
    [`sku=${"x".repeat(129)}`, "/sku"],
    ["q=", "/q"],
    ["q=%00", "/q"],
    [`q=${"x".repeat(201)}`, "/q"],
    ["updatedAfter=yesterday", "/updatedAfter"],
    ["updatedAfter=2026-02-30T00:00:00Z", "/updatedAfter"],
    ["updatedAfter=2026-01-01T00:00:00+02:00", "/updatedAfter"],
    ["availableBelow=9007199254740993", "/availableBelow"],
    ["availableBelow=1.5", "/availableBelow"],
    ["availableBelow=ten", "/availableBelow"],
    ["include=everything", "/include"],
    ["groupBy=colour", "/groupBy"],
    ["status=deleted", "/status"],
    ["status=", "/status"],
  ])("%.40s", async (query, pointer) => {
    const { body } = await server.reader.get(`/v1/inventory?${query}`);
    expect(body).toMatchObject({ status: 400, code: "validation_failed" });
    expect(body.errors[0].pointer).toBe(pointer);
  });

  test("of other calls are checked in the same way", async () => {
    for (const [method, path] of [
      ["GET", "/v1/products?limit=0"],
      ["GET", "/v1/locations?sku=x"],
      ["GET", "/v1/locations/shop/inventory?locationId=x"],
      ["GET", "/v1/inventory/updates?wait=61"],
      ["GET", "/v1/inventory/updates?wait=1.5"],
      ["GET", "/v1/inventory/updates?cursor=x"],
      ["GET", `/v1/inventory/${inventoryId}/movements?limit=1001`],
      ["GET", `/v1/inventory/${inventoryId}?include=totals`],
      ["GET", "/v1/products/soap?x=1"],
      ["DELETE", "/v1/products/soap?archive=yes"],
      ["DELETE", "/v1/products/soap?archive="],
      ["DELETE", "/v1/products/soap?archive=true&archive=true"],
      ["DELETE", "/v1/products/soap?force=true"],
      ["POST", "/v1/inventory?dryRun=true"],
    ] as const) {
      const { body } = await server.writer.send(method, path, method === "POST" ? { body: {} } : {});
      expect({ path, status: body?.status }).toEqual({ path, status: 400 });
    }
  });

  test("the largest and the smallest that are taken", async () => {
    for (const query of [
      "limit=1",
      "limit=1000",
      "availableBelow=-9007199254740991",
      "availableBelow=-0",
      "limit=0001",
    ])
      expect((await server.reader.get(`/v1/inventory?${query}`)).status).toBe(200);
  });

  test.each(['"1', "1", '"a", "b"', "W/1", '"1";', "é"])("If-Match: %s is none", async (etag) => {
    const answer = await server.writer.patch("/v1/products/soap", { name: "x" }, { "if-match": etag });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ pointer: "If-Match" }] });
  });
});

/** Sends bytes as they are. @returns what came back until the server closed, or until a whole answer was there */
function sendRaw(request: string): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port(), "127.0.0.1");
    let text = "";
    const deadline = setTimeout(() => reject(new Error(`neither answered nor closed: ${text}`)), 20_000);
    const done = (closed: boolean): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve({ text, closed });
    };
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      const length = Number(/^content-length: (\d+)\r$/im.exec(text)?.[1] ?? Number.NaN);
      if (end > 0 && text.length >= end + 4 + length) done(false);
    });
    socket.on("error", () => {});
    socket.on("close", () => done(true));
    socket.write(request, "latin1");
  });
}

describe("raw requests", () => {
  const smuggled = "POST /v1/inventory HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  const head =
    "POST /v1/inventory HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer a-first-key-for-tests\r\n";

  test.each([
    ["length and chunks", `${head}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["chunks and length", `${head}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${smuggled}`],
    ["two lengths", `${head}Content-Length: 0\r\nContent-Length: 61\r\n\r\n${smuggled}`],
    ["a list of lengths", `${head}Content-Length: 0, 61\r\n\r\n${smuggled}`],
    ["a negative length", `${head}Content-Length: -1\r\n\r\n${smuggled}`],
    ["a signed length", `${head}Content-Length: +0\r\n\r\n${smuggled}`],
    ["a hexadecimal length", `${head}Content-Length: 0x0\r\n\r\n${smuggled}`],
    ["a blank before the colon", `${head}Content-Length : 0\r\n\r\n${smuggled}`],
    ["another coding", `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["chunked, but not last", `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ["a chunk without a size", `${head}Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n${smuggled}`],
    ["a bare CR", `POST /v1/inventory HTTP/1.1\rHost: x\r\r${smuggled}`],
    ["a bare LF", `POST /v1/inventory HTTP/1.1\nHost: x\n\n${smuggled}`],
    ["a folded header", `${head}X: a\r\n b\r\n\r\n${smuggled}`],
    ["NUL in a header", `${head}X: a\0b\r\n\r\n${smuggled}`],
    ["NUL in the path", `GET /v1/inventory\0 HTTP/1.1\r\nHost: x\r\n\r\n${smuggled}`],
    ["no host", `GET /v1/inventory HTTP/1.1\r\n\r\n${smuggled}`],
    ["HTTP/0.9", "GET /v1/inventory\r\n\r\n"],
    ["HTTP/2.0", `GET /v1/inventory HTTP/2.0\r\nHost: x\r\n\r\n${smuggled}`],
    ["a header too large", `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(100_000)}\r\n\r\n`],
    ["a path too long", `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a method in small letters", `get /livez HTTP/1.1\r\nHost: x\r\n\r\n${smuggled}`],
    ["no request at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ])("%s: refused and closed, with no second answer", async (_, request) => {
    const { text, closed } = await sendRaw(request);
    expect(closed).toBe(true);
    if (text !== "") expect(text).toMatch(/^HTTP\/1\.1 (?:400|431|505) /);
    expect(text.match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0).toBeLessThanOrEqual(1);
  });

  test.each(["a b", "evil/../x?y", "", "[::1", "x:99999999", "a@b/c"])("the host %p is none", async (host) => {
    const { text } = await sendRaw(`GET /v1/nothing HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    if (!/\r\nconnection: close/i.test(text)) expect(text).toContain("application/problem+json");
  });

  test("a host that is none leads to no other path", async () => {
    const { text } = await sendRaw("GET /livez/livez HTTP/1.1\r\nHost: a b\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain("Send a valid Host header.");
  });
});
