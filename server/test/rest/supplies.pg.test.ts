/** Supplies over REST: units from outside are announced, awaited and received. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createLocation, createProduct, type Json, readAll, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let products = 0;
beforeAll(async () => {
  server = await startTestServer();
  await createLocation(server.writer, "warehouse");
  await createLocation(server.writer, "shop");
});
afterAll(() => server.close());

const path = "/v1/supplies";

async function newProduct(): Promise<string> {
  products += 1;
  await createProduct(server.writer, `s${products}`);
  return `s${products}`;
}

async function done(answer: Promise<{ status: number; body: Json }>): Promise<Json> {
  const { status, body } = await answer;
  expect({ detail: body?.detail, isDone: status < 300 }).toEqual({ detail: undefined, isDone: true });
  return body;
}

const announce = (productId: string, quantity: number, fields: object = {}): Promise<Json> =>
  done(
    server.writer.post(path, {
      locationId: "warehouse",
      reference: "PO-1",
      lines: [{ sku: `SKU-${productId}`, quantity }],
      ...fields,
    }),
  );
const act = (supply: Json, action: string, body: object = {}): Promise<Json> =>
  done(server.writer.post(`${path}/${supply.supplyId}/${action}`, body));

async function levels(productId: string): Promise<number[]> {
  const { body } = await server.reader.get(`/v1/inventory?productId=${productId}&locationId=warehouse`);
  const [item] = body.data;
  return [item.stockLevel, item.incomingStock, item.unavailableStock];
}

describe("a supply", () => {
  test("is expected under its purchase reference until it has arrived", async () => {
    const productId = await newProduct();
    const fields = {
      reference: "PO-1182",
      supplier: "Soap & Sons",
      reason: "season",
      expectedAt: "2027-05-01T08:00:00Z",
    };
    const made = await announce(productId, 100, fields);
    expect(made.supplyId).toMatch(/^sup_/);
    expect(made).toMatchObject({
      status: "expected",
      locationId: "warehouse",
      ...fields,
      expectedAt: "2027-05-01T08:00:00.000Z",
      lines: [{ line: 1, productId, quantity: 100, incoming: 100, received: 0, surplus: 0, cancelled: 0, end: null }],
      items: [{ productId, stockLevel: 0, incomingStock: 100, availableStock: 0 }],
    });
    const part = await act(made, "receive", { lines: [{ line: 1, quantity: 60 }] });
    expect(part).toMatchObject({ status: "expected", supplier: "Soap & Sons" });
    expect(await levels(productId)).toEqual([60, 40, 0]);
    const broken = await act(made, "receive", { lines: [{ line: 1, quantity: 30, state: "quality_control" }] });
    expect(broken.items[0]).toMatchObject({ states: { qualityControl: 30 } });
    const closed = await act(made, "receive", { lines: [{ line: 1, quantity: 0 }], close: true });
    expect(closed).toMatchObject({ status: "received", lines: [{ received: 90, cancelled: 10, end: "lost" }] });
    expect(await levels(productId)).toEqual([90, 0, 30]);
    const { items: _items, cursor: _cursor, ...resource } = closed;
    expect((await server.reader.get(`${path}/${made.supplyId}`)).body).toEqual(resource);
  });

  test("of which nothing came is closed by naming no line", async () => {
    const productId = await newProduct();
    const supply = await announce(productId, 10);
    const closed = await act(supply, "receive", { lines: [], close: true });
    expect(closed).toMatchObject({ lines: [{ received: 0, incoming: 0, cancelled: 10, end: "lost" }] });
    expect(await levels(productId)).toEqual([0, 0, 0]);
  });

  test("is called off, in part and whole", async () => {
    const productId = await newProduct();
    const supply = await announce(productId, 10);
    const part = await act(supply, "cancel", { lines: [{ line: 1, quantity: 4 }] });
    expect(part).toMatchObject({ status: "expected", lines: [{ incoming: 6, cancelled: 4 }] });
    const whole = await act(supply, "cancel");
    expect(whole).toMatchObject({ status: "cancelled", lines: [{ incoming: 0, cancelled: 10, end: "cancelled" }] });
    expect(await levels(productId)).toEqual([0, 0, 0]);
    const { body } = await server.writer.post(`${path}/${supply.supplyId}/receive`, {});
    expect(body).toMatchObject({ status: 409, code: "already_ended" });
  });

  test("comes at another time, and is incoming until then", async () => {
    const productId = await newProduct();
    const supply = await announce(productId, 7, { expectedAt: "2027-01-01T00:00:00Z" });
    await done(server.writer.patch(`${path}/${supply.supplyId}`, { expectedAt: "2027-02-01T00:00:00Z" }));
    const { body } = await server.reader.get(`/v1/incoming?productId=${productId}`);
    expect(body.data).toEqual([
      {
        kind: "supply",
        orderId: supply.supplyId,
        line: 1,
        productId,
        sku: `SKU-${productId}`,
        locationId: "warehouse",
        fromLocationId: null,
        quantity: 7,
        expectedAt: "2027-02-01T00:00:00.000Z",
        reference: "PO-1",
      },
    ]);
  });

  test("is on one page of what is incoming, however far away the time lies", async () => {
    const productId = await newProduct();
    const times = ["0001-01-01T00:00:00.001Z", "2026-05-01T08:00:00.123Z", "2500-01-01T00:00:00.123Z"];
    const sorted: (string | null)[][] = [];
    for (const expectedAt of [...times, "9000-12-31T23:59:59.001Z", "9999-12-31T23:59:59.999Z", null])
      for (let copy = 0; copy < 2; copy++)
        sorted.push([(await announce(productId, 1, { expectedAt })).supplyId, expectedAt]);
    const seen: typeof sorted = [];
    let cursor: string | null = "";
    // More pages than there are lines would be a circle.
    while (cursor !== null && seen.length <= sorted.length) {
      const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { body } = await server.reader.get(`/v1/incoming?productId=${productId}&limit=1${from}`);
      seen.push(...body.data.map((line: Json) => [line.orderId, line.expectedAt]));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(sorted);
  });

  test("has lines of many products, and the same product twice", async () => {
    const [one, two] = [await newProduct(), await newProduct()];
    const lines = [
      { productId: one, quantity: 1 },
      { productId: two, quantity: 2 },
      { sku: `SKU-${one}`, quantity: 3 },
    ];
    const supply = await announce(one, 0, { lines });
    expect(supply.lines.map((line: Json) => [line.productId, line.incoming])).toEqual([
      [one, 1],
      [two, 2],
      [one, 3],
    ]);
    expect(await levels(one)).toEqual([0, 4, 0]);
    const received = await act(supply, "receive");
    expect(received.status).toBe("received");
    expect(await levels(one)).toEqual([4, 0, 0]);
  });
});

describe("a supply is refused", () => {
  const valid = { locationId: "warehouse", reference: "PO-1", lines: [{ productId: "s1", quantity: 1 }] };
  const wrong: [string, object, string][] = [
    ["no reference", { locationId: "warehouse", lines: valid.lines }, "/reference"],
    ["no location", { reference: "PO-1", lines: valid.lines }, "/locationId"],
    ["an empty supplier", { ...valid, supplier: "" }, "/supplier"],
    ["a line without a product", { ...valid, lines: [{ quantity: 1 }] }, "/lines/0/productId"],
  ];
  test.each(wrong)("with %s", async (_, body, pointer) => {
    const answer = await server.writer.post(path, body);
    expect(answer.body).toMatchObject({ status: 400, code: "validation_failed" });
    expect(answer.body.errors.map((error: Json) => error.pointer)).toContain(pointer);
  });

  test("for products and locations that are not there", async () => {
    const sku = await server.writer.post(path, { ...valid, lines: [{ sku: "nobody", quantity: 1 }] });
    expect(sku.body).toMatchObject({ code: "not_found", errors: [{ pointer: "/lines/0/sku" }] });
    const location = await server.writer.post(path, { ...valid, locationId: "nowhere" });
    expect(location.body).toMatchObject({ code: "not_found", errors: [{ pointer: "/locationId" }] });
  });

  test("when it is a transfer", async () => {
    expect((await server.reader.get(`${path}/trf_0000000000001`)).body.code).toBe("not_found");
  });
});

test("supplies are listed newest first, by status, reference and location", async () => {
  const productId = await newProduct();
  const made: Json[] = [];
  for (const locationId of ["warehouse", "shop", "warehouse"])
    made.unshift(await announce(productId, 1, { reference: "PO-list", locationId }));
  const ids = async (query: string) =>
    (await readAll(server.reader, `${path}?limit=1&productId=${productId}${query}`)).pages
      .flat()
      .map((supply: Json) => supply.supplyId);
  const all = made.map((supply) => supply.supplyId);
  expect(await ids("")).toEqual(all);
  expect(await ids("&reference=PO-list&status=expected")).toEqual(all);
  expect(await ids("&locationId=shop")).toEqual([all[1]]);
  await act(made[0], "receive");
  expect(await ids("&status=expected")).toEqual(all.slice(1));
  expect(await ids("&status=received")).toEqual(all.slice(0, 1));
});
