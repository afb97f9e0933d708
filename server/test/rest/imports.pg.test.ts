/** Rows in bulk as callers send them: verdicts while they are being sent, keys, modes, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { type ImportAnswer, importFile, SlowUpload } from "./bulk-client.ts";
import { createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.newKey("writer")).secret;
  await createLocation(server.writer, "shop");
  for (const product of ["soap", "comb"]) await createProduct(server.writer, product);
});
afterAll(() => server.close());

const lines = (...rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const send = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<ImportAnswer> =>
  importFile(server, key, path, body, headers);
const csv = { "content-type": "text/csv" };
const verdictsOf = ({ results }: ImportAnswer): string[] => results.map(({ verdict }) => verdict);
const productOf = async (id: string): Promise<Json> => (await server.reader.get(`/v1/products/${id}`)).body;
const levelOf = async (sku: string): Promise<number> =>
  (await server.reader.get(`/v1/inventory?sku=${sku}&locationId=shop`)).body.data[0]?.stockLevel;

describe("verdicts", () => {
  test("of a row come while the rest is still being sent", async () => {
    const upload = new SlowUpload(server.port(), key, "products");
    upload.send(lines({ productId: "early-1", sku: "EARLY-1", name: "first" }));
    const early = await upload.until((text) => text.includes('"row":1,'));
    expect(early).toContain('"verdict":"applied","productId":"early-1","version":1');
    expect((await productOf("early-1")).name).toBe("first");
    upload.send('{"productId":"early-2","sku":"EARLY-2",');
    upload.send('"name":"in two pieces"}\n{"sku":"EARLY-3"}\n');
    const later = await upload.until((text) => text.includes('"row":3,'));
    expect(later).not.toContain("summary");
    upload.end();
    const whole = await upload.until((text) => text.includes("summary"));
    expect(whole).toContain('{"summary":{"done":3,"applied":2,"duplicate":0,"rejected":1,"valid":0},"complete":true}');
  });

  test("of each row stand by themselves, in order, with line and reason", async () => {
    const answer = await send(
      "inventory",
      `${lines({ sku: "SKU-soap", locationId: "shop", adjustment: 5 }, { sku: "nope", locationId: "shop", adjustment: 1 })}\n{"broken\n${lines(
        { productId: "soap", locationId: "shop", adjustment: -9 },
        { productId: "soap", locationId: "shop", adjustment: -2, type: "sale" },
        { productId: "soap", locationId: "shop", adjustmentt: 1 },
        { productId: "comb", locationId: "shop" },
        { productId: "comb", locationId: "shop", adjustment: -1, allowNegative: true },
      )}[]\n`,
    );
    expect(answer.results.map(({ row, line, verdict, error }) => [row, line, verdict, (error as Json)?.code])).toEqual([
      [1, 1, "applied", undefined],
      [2, 2, "rejected", "not_found"],
      [3, 4, "rejected", "validation_failed"],
      [4, 5, "rejected", "insufficient_stock"],
      [5, 6, "applied", undefined],
      [6, 7, "rejected", "validation_failed"],
      [7, 8, "rejected", "validation_failed"],
      [8, 9, "rejected", "forbidden"],
      [9, 10, "rejected", "validation_failed"],
    ]);
    expect(answer.results[4]).toMatchObject({ stockLevel: 3, movementId: expect.stringMatching(/^mov_/) });
    expect(answer.end).toMatchObject({ summary: { done: 9, applied: 2, rejected: 7 }, complete: true });
    expect(await levelOf("SKU-soap")).toBe(3);
  });
});

describe("a key", () => {
  test("lets a file be sent again: no row is applied twice, and more rows are", async () => {
    const first = lines(...[1, 2, 3].map((units) => ({ sku: "SKU-comb", locationId: "shop", adjustment: units })));
    const named = { "idempotency-key": "delivery-1" };
    expect(verdictsOf(await send("inventory", first, named))).toEqual(["applied", "applied", "applied"]);
    const more = first + lines({ sku: "SKU-comb", locationId: "shop", adjustment: 10 });
    const again = await send("inventory", more, named);
    expect(verdictsOf(again)).toEqual(["duplicate", "duplicate", "duplicate", "applied"]);
    expect(again.headers.get("idempotency-key")).toBe("delivery-1");
    expect(await levelOf("SKU-comb")).toBe(16);
  });

  test("of another row is refused for that row", async () => {
    const named = { "idempotency-key": "delivery-2" };
    await send("inventory", lines({ sku: "SKU-comb", locationId: "shop", adjustment: 1 }), named);
    const other = await send("inventory", lines({ sku: "SKU-comb", locationId: "shop", adjustment: 2 }), named);
    expect(other.results[0]).toMatchObject({ verdict: "rejected", error: { code: "idempotency_key_reused" } });
  });

  test("tells a creation of its own from what was there, when changes are sent again", async () => {
    const rows = lines(
      { productId: "own", sku: "OWN", name: "one" },
      { productId: "comb", sku: "SKU-comb", name: "Kamm" },
    );
    const named = { "idempotency-key": "catalogue-1" };
    expect(verdictsOf(await send("products?mode=replace", rows, named))).toEqual(["applied", "applied"]);
    const versions = [(await productOf("own")).version, (await productOf("comb")).version];
    expect(verdictsOf(await send("products?mode=replace", rows, named))).toEqual(["duplicate", "duplicate"]);
    expect([(await productOf("own")).version, (await productOf("comb")).version]).toEqual(versions);
  });
});

describe("products and locations", () => {
  test("are created, and refused where they are there, unless they may be changed", async () => {
    const row = { productId: "brush", sku: "BRUSH", name: "Brush", price: 3.5, attributes: { hair: "soft" } };
    expect(verdictsOf(await send("products", lines(row)))).toEqual(["applied"]);
    expect((await send("products", lines(row))).results[0]).toMatchObject({ error: { code: "already_exists" } });
    const merged = await send("products?mode=merge", lines({ sku: "BRUSH", price: 4 }, { sku: "UNKNOWN", price: 4 }));
    expect(merged.results).toMatchObject([
      { verdict: "applied", productId: "brush" },
      { error: { code: "not_found" } },
    ]);
    expect(await productOf("brush")).toMatchObject({ price: 4, name: "Brush", attributes: { hair: "soft" } });
    expect(verdictsOf(await send("products?mode=replace", lines({ sku: "BRUSH", name: "New" })))).toEqual(["applied"]);
    expect(await productOf("brush")).toMatchObject({ price: null, name: "New", attributes: {} });
  });

  test("that stand twice in a file become one", async () => {
    const row = { sku: "TWICE", name: "one" };
    const { results } = await send("products?mode=merge", lines(row, { ...row, name: "two" }));
    expect(results).toMatchObject([
      { verdict: "applied", version: 1 },
      { verdict: "applied", version: 2 },
    ]);
    expect((await productOf(results[0]!.productId!)).name).toBe("two");
  });

  test("come as CSV with columns of any names, defaults and attributes", async () => {
    const map = encodeURIComponent(JSON.stringify({ sku: "item_no", name: "title", "prices.CHF": "chf" }));
    const defaults = encodeURIComponent(JSON.stringify({ currency: "USD" }));
    const text = '\ufeffitem_no;title;price;chf;shade\r\nX-1;"Rouge; ""mat""";12.50;13;Nude\r\nX-2;"two\nlines";;;\r\n';
    const path = `products?delimiter=;&others=attributes&map=${map}&defaults=${defaults}`;
    const answer = await send(path, text, csv);
    expect(answer.results.map(({ row, line, verdict }) => [row, line, verdict])).toEqual([
      [1, 2, "applied"],
      [2, 3, "applied"],
    ]);
    expect(await productOf(answer.results[0]!.productId!)).toMatchObject({
      sku: "X-1",
      name: 'Rouge; "mat"',
      price: 12.5,
      prices: { CHF: 13 },
      currency: "USD",
      attributes: { shade: "Nude" },
    });
    expect(await productOf(answer.results[1]!.productId!)).toMatchObject({
      name: "two\nlines",
      price: null,
      attributes: {},
    });
  });

  test("of locations take groups as a list in a cell", async () => {
    const answer = await send(
      "locations",
      "locationId,name,type,groups\nb1,Basel,store,eu; ch\n,Zürich HB,store,\n",
      csv,
    );
    expect(answer.results).toMatchObject([{ locationId: "b1" }, { verdict: "applied" }]);
    expect((await server.reader.get("/v1/locations/b1")).body.groups).toEqual(["eu", "ch"]);
    expect((await send("locations", lines({ name: "Zürich HB", type: "store" }))).results[0]).toMatchObject({
      error: { code: "already_exists" },
    });
  });
});

describe("levels", () => {
  test("need a guard, unless they may overwrite, and say how an item is to be kept", async () => {
    const row = { sku: "SKU-soap", locationId: "shop", stockLevel: 40, safetyStock: 4, reorderPoint: null };
    expect((await send("inventory", lines(row))).results[0]).toMatchObject({
      error: { code: "precondition_required" },
    });
    const answer = await send("inventory?overwrite=true", lines(row));
    expect(answer.results[0]).toMatchObject({ verdict: "applied", stockLevel: 40 });
    await send("inventory", "sku,locationId,reorderPoint\nSKU-soap,shop,9\n", csv);
    const { body } = await server.reader.get("/v1/inventory?sku=SKU-soap");
    expect(body.data[0]).toMatchObject({ stockLevel: 40, safetyStock: 4, reorderPoint: 9 });
  });

  test("may be for items that are new", async () => {
    await createLocation(server.writer, "fresh");
    const row = { sku: "SKU-soap", locationId: "fresh", stockLevel: 3, safetyStock: 1 };
    expect((await send("inventory?overwrite=true", lines(row))).results[0]).toMatchObject({ stockLevel: 3 });
  });

  test("move between states by columns", async () => {
    const text = "sku,locationId,move.from,move.to,move.quantity\nSKU-soap,shop,sellable,damaged,2\n";
    expect(verdictsOf(await send("inventory", text, csv))).toEqual(["applied"]);
  });
});

describe("a dry run", () => {
  test("says what is well formed and changes nothing", async () => {
    const before = await server.journalLength();
    const answer = await send("products?dryRun=true", lines({ sku: "DRY", name: "x" }, { sku: "DRY/2", name: "x" }));
    expect(verdictsOf(answer)).toEqual(["valid", "rejected"]);
    expect(await server.journalLength()).toBe(before);
  });
});

describe("what cannot be read", () => {
  const refusal = async (path: string, body: string | Uint8Array, headers = {}): Promise<[number, string]> => {
    const { status, text } = await send(path, body, headers);
    return [status, JSON.parse(text).detail];
  };

  test("from the beginning is refused as a whole, and says what to do", async () => {
    expect(await refusal("products", "sku,nam\nA,B\n", csv)).toEqual([
      400,
      expect.stringContaining("nam are no fields"),
    ]);
    expect(await refusal("products", "", csv)).toEqual([400, expect.any(String)]);
    expect(await refusal("products", "sku,sku\nA,B\n", csv)).toEqual([400, expect.stringContaining("twice")]);
    expect(await refusal("nothing", "{}")).toEqual([404, expect.stringContaining("products, locations")]);
    expect(await refusal("products?map=[]", "{}")).toEqual([400, expect.stringContaining("JSON object")]);
    expect(await refusal("products", "x", { "content-type": "text/plain" })).toEqual([415, expect.any(String)]);
    expect(await refusal("products", "x", { "content-encoding": "br" })).toEqual([415, expect.any(String)]);
    expect(await refusal("products", "no gzip", { "content-encoding": "gzip" })).toEqual([
      400,
      expect.stringContaining("gzip"),
    ]);
    expect(await refusal("products?jobId=a", "{}")).toEqual([400, expect.stringContaining("respond-async")]);
  });

  test("from somewhere on ends the answer, with the verdicts before it", async () => {
    const upload = new SlowUpload(server.port(), key, "products", { "content-type": "text/csv" });
    // A line of CSV is known to have ended when the next one begins.
    upload.send("sku,name\nCUT-1,one\nCUT");
    await upload.until((text) => text.includes('"row":1'));
    upload.send('-2,"never closed\n');
    upload.end();
    const text = await upload.until((all) => all.includes("summary"));
    expect(text).toContain('"complete":false');
    expect(text).toContain("never closed");
  });

  test("is said of the row where it is one row", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"sku":"B1","name":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n{"sku":"B2","name":"ok"}'),
    ]);
    const { results } = await send("products", bytes);
    expect(results).toMatchObject([
      { verdict: "rejected", error: { detail: expect.stringContaining("UTF-8") } },
      { verdict: "applied" },
    ]);
  });
});

test("packed rows are unpacked on the way", async () => {
  const rows = Array.from({ length: 2_500 }, (_, index) => ({ sku: `PACK-${index}`, name: `Pack ${index}` }));
  const { end } = await send("products", gzipSync(lines(...rows)), { "content-encoding": "gzip" });
  expect(end).toMatchObject({ summary: { done: 2_500, applied: 2_500, rejected: 0 }, complete: true });
});

describe("whole lists", () => {
  test("come as NDJSON with all pages, and go back in", async () => {
    const { text, headers } = await server.reader.get("/v1/products?q=Pack", { accept: "application/x-ndjson" });
    const rows = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.length).toBe(2_500);
    expect(new Set(rows.map(({ sku }) => sku)).size).toBe(2_500);
    expect(headers.get("onhand-cursor")).not.toBeNull();
    const { end } = await send("products?mode=replace", text);
    expect(end.summary).toMatchObject({ applied: 2_500, rejected: 0 });
  });

  test("come as CSV, and go back in without a difference", async () => {
    const whole = async () => (await server.reader.get("/v1/inventory?status=all", { accept: "text/csv" })).text;
    const before = await whole();
    expect(before).toContain("inventoryId,productId,sku,locationId,stockLevel");
    const { end, results } = await send("inventory?overwrite=true", before, csv);
    expect(results.filter(({ verdict }) => verdict !== "applied")).toEqual([]);
    expect(end.summary.done).toBe(before.trim().split("\r\n").length - 1);
    const levels = (text: string): string[] => text.split("\r\n").map((line) => line.split(",").slice(0, 8).join());
    expect(levels(await whole())).toEqual(levels(before));
    const products = (await server.reader.get("/v1/products", { accept: "text/csv" })).text;
    expect((await send("products?mode=replace", products, csv)).end.summary).toMatchObject({ rejected: 0 });
  });

  test("of totals and of ledgers come, too", async () => {
    const totals = await server.reader.get("/v1/inventory?groupBy=location", { accept: "text/csv" });
    expect(totals.text).toContain("locationId,totals");
    const { body } = await server.reader.get("/v1/inventory?sku=SKU-comb");
    const ledger = await server.reader.get(`/v1/inventory/${body.data[0].inventoryId}/movements`, {
      accept: "application/x-ndjson",
    });
    expect(ledger.text.trim().split("\n").length).toBeGreaterThan(4);
    expect(
      (await server.reader.get("/v1/inventory?limit=1", { accept: "text/csv;q=0.1, application/json" })).body.data
        .length,
    ).toBe(1);
  });
});
