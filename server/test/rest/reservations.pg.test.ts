/** Reservations over REST: units are held, paid, sold or given back, and every way in which that can end. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  type Answer,
  adjust,
  createLocation,
  createProduct,
  type Json,
  readAll,
  startTestServer,
  type TestServer,
} from "./support.ts";

let server: TestServer;
let products = 0;
beforeAll(async () => {
  server = await startTestServer({ ONHAND_HOLD_UNITS_PER_BUYER_MAX: "20" });
  await createLocation(server.writer, "east", { groups: ["shops"] });
  await createLocation(server.writer, "west", { groups: ["shops"] });
  await createLocation(server.writer, "north", { groups: ["far"] });
});
afterAll(() => server.close());

const path = "/v1/reservations";

/** A new product with units at locations. */
async function stocked(units: Readonly<Record<string, number>>): Promise<string> {
  products += 1;
  const productId = `r${products}`;
  await createProduct(server.writer, productId);
  for (const [locationId, quantity] of Object.entries(units))
    await adjust(server.writer, productId, locationId, quantity);
  return productId;
}

async function done(answer: Promise<Answer>): Promise<Json> {
  const { status, body } = await answer;
  expect({ detail: body?.detail, isDone: status < 300 }).toEqual({ detail: undefined, isDone: true });
  return body;
}

const post = (body: object, headers = {}): Promise<Answer> => server.writer.post(path, body, headers);
const hold = (productId: string, quantity: number, fields: object = {}): Promise<Json> =>
  done(post({ lines: [{ productId, locationId: "east", quantity }], ...fields }));
const send = (reservation: Json, action: string, body: object = {}, headers = {}): Promise<Answer> =>
  server.writer.post(`${path}/${reservation.reservationId}/${action}`, body, headers);
const act = (reservation: Json, action: string, body: object = {}): Promise<Json> =>
  done(send(reservation, action, body));
const read = async (reservation: Json): Promise<Json> =>
  (await server.reader.get(`${path}/${reservation.reservationId}`)).body;

/** A hold whose time is over by the database's clock. */
async function expired(productId: string, quantity: number, fields: object = {}): Promise<Json> {
  const reservation = await hold(productId, quantity, { ttlSeconds: 1, ...fields });
  while ((await read(reservation)).phase !== "expired");
  return reservation;
}

/** On hand and reserved of a product at a location. */
async function levels(productId: string, locationId = "east"): Promise<number[]> {
  const { body } = await server.reader.get(`/v1/inventory?productId=${productId}&locationId=${locationId}`);
  return [body.data[0].stockLevel, body.data[0].reservedStock];
}

describe("a reservation", () => {
  test("holds units, and is read as it was answered", async () => {
    const productId = await stocked({ east: 10 });
    const answer = await post({
      lines: [{ sku: `SKU-${productId}`, locationId: "east", quantity: 4 }],
      ttlSeconds: 600,
      reference: "cart 7",
      reason: "checkout",
      buyer: "Zoë",
    });
    expect(answer.status).toBe(201);
    const made = answer.body;
    expect(made.reservationId).toMatch(/^res_/);
    expect(answer.headers.get("location")).toBe(`${path}/${made.reservationId}`);
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(600_000);
    expect(made).toMatchObject({
      phase: "held",
      ...{ reference: "cart 7", reason: "checkout", buyer: "Zoë", channelId: null },
      lines: [
        { line: 1, requestLine: 1, productId, sku: `SKU-${productId}`, locationId: "east", quantity: 4, held: 4 },
      ],
      ...{
        allocation: null,
        superseded: [],
        supersededBy: null,
        paymentLateAt: null,
        latePayment: null,
        dryRun: false,
      },
      items: [{ productId, stockLevel: 10, reservedStock: 4, availableStock: 6 }],
    });
    const { superseded: _s, dryRun: _d, latePayment: _l, items: _i, cursor, ...resource } = made;
    expect((await server.reader.get(`${path}/${made.reservationId}?minCursor=${cursor}`)).body).toEqual(resource);
  });

  test("is committed whole, and cannot be again", async () => {
    const productId = await stocked({ east: 10 });
    const reservation = await hold(productId, 4, { buyer: "b", reference: "cart" });
    const sold = await act(reservation, "commit", { reference: "order-1" });
    expect(sold).toMatchObject({ phase: "committed", reference: "cart", buyer: "b" });
    expect(sold.lines[0]).toMatchObject({ held: 0, committed: 4, released: 0, end: null });
    expect(await levels(productId)).toEqual([6, 0]);
    for (const action of ["commit", "release"])
      expect((await send(reservation, action)).body).toMatchObject({ status: 409, code: "already_ended" });
    expect((await send(reservation, "extend", { ttlSeconds: 5 })).body.code).toBe("already_ended");
    expect((await send(reservation, "pay")).body.code).toBe("already_ended");
  });

  test("is committed by line and in part, and the rest goes back when asked", async () => {
    const [one, two] = [await stocked({ east: 10 }), await stocked({ west: 10 })];
    const lines = [
      { productId: one, locationId: "east", quantity: 3 },
      { productId: two, locationId: "west", quantity: 5 },
      { productId: one, locationId: "east", quantity: 2 },
    ];
    const reservation = await done(post({ lines }));
    const part = await act(reservation, "commit", { lines: [{ line: 2, quantity: 1 }, { line: 1 }] });
    expect(part.phase).toBe("held");
    expect(part.lines.map((line: Json) => [line.held, line.committed, line.released])).toEqual([
      [0, 3, 0],
      [4, 1, 0],
      [2, 0, 0],
    ]);
    const rest = await act(reservation, "commit", { lines: [{ line: 3, quantity: 1 }], releaseRest: true });
    expect(rest.phase).toBe("committed");
    expect(rest.lines.map((line: Json) => [line.held, line.committed, line.released, line.end])).toEqual([
      [0, 3, 0, null],
      [0, 1, 4, "released"],
      [0, 1, 1, "released"],
    ]);
    expect(await levels(one)).toEqual([6, 0]);
    expect(await levels(two, "west")).toEqual([9, 0]);
  });

  test("is released in part and whole; released again it stays as it is", async () => {
    const productId = await stocked({ east: 10 });
    const reservation = await hold(productId, 5);
    expect((await act(reservation, "release", { lines: [{ line: 1, quantity: 2 }] })).lines[0].held).toBe(3);
    expect((await act(reservation, "release")).phase).toBe("released");
    expect(await levels(productId)).toEqual([10, 0]);
    const journal = await server.journalLength();
    expect((await act(reservation, "release")).phase).toBe("released");
    expect(await server.journalLength()).toBe(journal);
  });

  test("is extended, and gets time of its own when payment begins", async () => {
    const productId = await stocked({ east: 10 });
    const reservation = await hold(productId, 1, { ttlSeconds: 5 });
    const extended = await act(reservation, "extend", { ttlSeconds: 1000 });
    expect(Date.parse(extended.expiresAt) - Date.parse(reservation.createdAt)).toBeGreaterThanOrEqual(1_000_000);
    const paying = await act(reservation, "pay", {});
    expect(paying.phase).toBe("paying");
    expect(Date.parse(paying.expiresAt)).toBeGreaterThan(Date.parse(extended.expiresAt));
    expect((await read(reservation)).phase).toBe("paying");
    expect((await act(reservation, "commit")).phase).toBe("committed");
  });

  test("answers a repeat with its first answer, whatever happened since", async () => {
    const productId = await stocked({ east: 10 });
    const headers = { "idempotency-key": `hold-${productId}` };
    const body = { lines: [{ sku: `SKU-${productId}`, locationId: "east", quantity: 2 }], buyer: "twice" };
    const first = await post(body, headers);
    await act(first.body, "release");
    await server.restart();
    const again = await post(body, headers);
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await post({ ...body, ttlSeconds: 901 }, headers)).body.code).toBe("idempotency_key_reused");
    expect((await post({ ...body, operationId: `hold-${productId}` })).text).toBe(first.text);
  });

  test("is acted on after a restart, when nothing is remembered", async () => {
    const productId = await stocked({ east: 10 });
    const reservation = await hold(productId, 2, { reference: "kept", buyer: "b" });
    await server.restart();
    expect(await act(reservation, "commit")).toMatchObject({ phase: "committed", reference: "kept", buyer: "b" });
  });
});

describe("what has expired", () => {
  test("is over to the moment, and refuses to be extended or paid", async () => {
    const productId = await stocked({ east: 3 });
    const reservation = await expired(productId, 3);
    for (const [action, body] of [
      ["extend", { ttlSeconds: 60 }],
      ["pay", {}],
    ] as const)
      expect((await send(reservation, action, body)).body).toMatchObject({ status: 409, code: "reservation_expired" });
    expect((await act(reservation, "release")).phase).toBe("expired");
    expect((await read(reservation)).lines[0]).toMatchObject({ held: 0, released: 3, end: "expired" });
    expect(await levels(productId)).toEqual([3, 0]);
  });

  test("gives its units to whoever asks next", async () => {
    const productId = await stocked({ east: 3 });
    await expired(productId, 3);
    expect((await hold(productId, 3)).phase).toBe("held");
  });

  test("tells of money that came late, once, and does not sell", async () => {
    const productId = await stocked({ east: 3 });
    const reservation = await expired(productId, 3);
    const { cursor } = await adjust(server.writer, productId, "east", 0);
    const key = { "idempotency-key": `late-${productId}` };
    const late = await send(reservation, "commit", {}, key);
    expect(late.body).toMatchObject({ status: 409, code: "reservation_expired" });
    expect(late.body.detail).toContain(reservation.reservationId);
    expect((await send(reservation, "commit", {}, key)).text).toBe(late.text);
    expect((await send(reservation, "commit")).body.code).toBe("reservation_expired");
    expect((await send(reservation, "commit", { ifExpired: "retake" })).body.code).toBe("reservation_expired");
    expect((await read(reservation)).paymentLateAt).toBeString();
    const { body } = await server.reader.get(`/v1/inventory/updates?since=${cursor}&types=reservation.*`);
    expect(body.data).toHaveLength(1);
    expect(body.data[0]).toMatchObject({
      type: "reservation.payment_late.v1",
      subject: reservation.reservationId,
      data: { order: { orderId: reservation.reservationId } },
    });
  });

  test("is sold after all when asked to and all of it is still there", async () => {
    const productId = await stocked({ east: 3 });
    const reservation = await expired(productId, 2);
    const sold = await act(reservation, "commit", { ifExpired: "retake" });
    expect(sold).toMatchObject({ phase: "committed", latePayment: "retaken" });
    expect(sold.paymentLateAt).toBeString();
    expect(sold.lines[0]).toMatchObject({ held: 0, committed: 2, released: 0 });
    expect(await levels(productId)).toEqual([1, 0]);
  });

  test("is not sold when somebody else has it by now", async () => {
    const productId = await stocked({ east: 3 });
    const reservation = await expired(productId, 2);
    await hold(productId, 2);
    const late = await send(reservation, "commit", { ifExpired: "retake" });
    expect(late.body).toMatchObject({ status: 409, code: "reservation_expired" });
    expect(await levels(productId)).toEqual([3, 2]);
  });
});

describe("sourcing", () => {
  const at = (answer: Json) => answer.lines.map((line: Json) => [line.locationId, line.quantity]);

  test("takes from a group by a policy, and says why", async () => {
    const productId = await stocked({ east: 2, west: 5 });
    const lines = [{ productId, locationGroup: "shops", quantity: 6 }];
    const most = await done(post({ lines, sourcing: { policy: "most_stock" } }));
    expect(at(most).sort()).toEqual([
      ["east", 1],
      ["west", 5],
    ]);
    expect(most.allocation).toMatchObject({ policy: "most_stock", lines: [{ requested: 6, allocated: 6 }] });
    for (const candidate of most.allocation.lines[0].candidates) expect(candidate.reason).toMatch(/\S/);
    expect((await read(most)).allocation).toEqual(most.allocation);
    await act(most, "release");
    const first = await done(post({ lines, sourcing: { policy: "priority", priorities: ["east", "west"] } }));
    expect(at(first)).toEqual([
      ["east", 2],
      ["west", 4],
    ]);
  });

  test("takes what there is of a partial request", async () => {
    const productId = await stocked({ east: 2 });
    const body = { lines: [{ productId, locationId: "east", quantity: 5 }], policy: "partial" };
    const part = await done(post(body));
    expect(at(part)).toEqual([["east", 2]]);
    expect(part.allocation.lines[0]).toMatchObject({ requested: 5, allocated: 2 });
    expect((await post(body)).body).toMatchObject({ status: 409, code: "insufficient_stock", available: 0 });
  });

  test("is shown by a dry run that takes nothing and needs no key", async () => {
    const productId = await stocked({ east: 2, west: 2 });
    const lines = [{ productId, locationGroup: "shops", quantity: 3 }];
    const journal = await server.journalLength();
    const headers = { "idempotency-key": `dry-${productId}` };
    const dry = await post({ lines, dryRun: true }, headers);
    expect(dry.status).toBe(200);
    expect(dry.body).toMatchObject({ dryRun: true, phase: "held" });
    expect(await server.journalLength()).toBe(journal);
    expect((await server.reader.get(`${path}/${dry.body.reservationId}`)).status).toBe(404);
    const real = await post({ lines }, headers);
    expect(real.status).toBe(201);
    expect(at(real.body)).toEqual(at(dry.body));
    const refused = await post({ lines, dryRun: true }, headers);
    expect(refused.body).toMatchObject({ code: "insufficient_stock" });
    expect(refused.body.idempotencyKey).toBeUndefined();
    for (const answer of [dry, refused]) expect(answer.headers.get("idempotency-key")).toBeNull();
  });

  test("of a channel takes from its locations and leaves safety stock and buffer", async () => {
    const productId = await stocked({ east: 5, north: 50 });
    const channel = { channelId: "web", name: "Web shop", locations: ["east"], buffer: 2 };
    expect((await server.writer.post("/v1/channels", channel)).status).toBe(201);
    const lines = [{ productId, quantity: 4 }];
    const refused = await post({ lines, channelId: "web" });
    expect(refused.body).toMatchObject({ code: "insufficient_stock", available: 3, requested: 4 });
    const sold = await done(post({ lines: [{ productId, quantity: 3 }], channelId: "web" }));
    expect(sold).toMatchObject({ channelId: "web", lines: [{ locationId: "east", quantity: 3 }] });
    const elsewhere = await post({ lines: [{ productId, locationId: "north", quantity: 1 }], channelId: "web" });
    expect(elsewhere.body).toMatchObject({ status: 400, errors: [{ pointer: "/lines/0/locationId" }] });
  });
});

describe("a buyer", () => {
  test("gives up the older cart for the newer one, over all partitions", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => stocked({ east: 5 })));
    const lines = (ids: readonly string[]) => ids.map((productId) => ({ productId, locationId: "east", quantity: 5 }));
    const older = await done(post({ lines: lines(all.slice(0, 3)), buyer: "ann" }));
    const newer = await done(post({ lines: lines(all.slice(2, 4)), buyer: "ann", supersede: true }));
    expect(newer.superseded).toEqual([older.reservationId]);
    expect(await read(older)).toMatchObject({ phase: "released", supersededBy: newer.reservationId });
    expect((await read(older)).lines.map((line: Json) => line.end)).toEqual(Array(3).fill("superseded"));
    const skus = newer.items.map((item: Json) => item.sku);
    expect(skus).toEqual(newer.items.map((item: Json) => `SKU-${item.productId}`));
    const last = await done(post({ lines: lines(all.slice(5)), buyer: "ann", supersede: true }));
    expect(last.superseded).toEqual([newer.reservationId]);
  });

  test("keeps a hold whose payment is under way, and those made with another key", async () => {
    const productId = await stocked({ east: 9 });
    const paying = await hold(productId, 1, { buyer: "bob" });
    await act(paying, "pay");
    const line = { productId, locationId: "east", quantity: 1 };
    const foreign = await done(server.otherWriter.post(path, { lines: [line], buyer: "bob" }));
    const newer = await hold(productId, 1, { buyer: "bob", supersede: true });
    expect(newer.superseded).toEqual([]);
    expect((await read(paying)).phase).toBe("paying");
    expect((await read(foreign)).phase).toBe("held");
  });

  test("may hold so many units of a product and no more", async () => {
    const productId = await stocked({ east: 100 });
    await hold(productId, 15, { buyer: "hoarder" });
    const { body } = await post({ lines: [{ productId, locationId: "east", quantity: 6 }], buyer: "hoarder" });
    expect(body).toMatchObject({ status: 409, code: "hold_limit_exceeded", limit: 20, requested: 6 });
    await hold(productId, 6, { buyer: "somebody else" });
  });
});

describe("a reservation is refused", () => {
  const line = { productId: "r1", locationId: "east", quantity: 1 };
  const wrong: [string, object, string][] = [
    ["no lines", { lines: [] }, "/lines"],
    ["more than 200 lines", { lines: Array(201).fill(line) }, "/lines"],
    ["no product", { lines: [line, { locationId: "east", quantity: 1 }] }, "/lines/1/productId"],
    ["no place to take from", { lines: [{ productId: "r1", quantity: 1 }] }, "/lines/0/locationId"],
    ["two places", { lines: [{ ...line, locationGroup: "shops" }] }, "/lines/0/locationGroup"],
    ["nothing", { lines: [{ ...line, quantity: 0 }] }, "/lines/0/quantity"],
    ["less than nothing", { lines: [{ ...line, quantity: -1 }] }, "/lines/0/quantity"],
    ["no time", { lines: [line], ttlSeconds: 0 }, "/ttlSeconds"],
    ["more than a week", { lines: [line], ttlSeconds: 604_801 }, "/ttlSeconds"],
    ["an unknown policy", { lines: [line], policy: "some" }, "/policy"],
    ["an unknown sourcing policy", { lines: [line], sourcing: { policy: "nearest" } }, "/sourcing/policy"],
    ["no name of a policy", { lines: [line], sourcing: { policy: "Most stock" } }, "/sourcing/policy"],
    [
      "one location preferred twice",
      { lines: [line], sourcing: { policy: "priority", priorities: ["east", "east"] } },
      "/sourcing/priorities",
    ],
    ["nobody to supersede", { lines: [line], supersede: true }, "/buyer"],
    ["an empty buyer", { lines: [line], buyer: "" }, "/buyer"],
    ["an unknown field", { lines: [line], ttl: 5 }, "/ttl"],
  ];
  test.each(wrong)("with %s", async (_, body, pointer) => {
    const answer = await post(body);
    expect(answer.body).toMatchObject({ status: 400, code: "validation_failed" });
    expect(answer.body.errors.map((error: Json) => error.pointer)).toContain(pointer);
  });

  test("for what is not there", async () => {
    const productId = await stocked({ east: 1 });
    const refusal = async (fields: object, more: object = {}) =>
      (await post({ lines: [{ productId, locationId: "east", quantity: 1, ...fields }], ...more })).body;
    const missing = { status: 404, code: "not_found" };
    expect(await refusal({ productId: "nobody" })).toMatchObject({
      ...missing,
      errors: [{ pointer: "/lines/0/productId" }],
    });
    const bySku = await post({ lines: [{ sku: "no-sku", locationId: "east", quantity: 1 }] });
    expect(bySku.body).toMatchObject({ ...missing, errors: [{ pointer: "/lines/0/sku" }] });
    expect(await refusal({ locationId: "mars" })).toMatchObject({
      ...missing,
      errors: [{ pointer: "/lines/0/locationId" }],
    });
    const group = await post({ lines: [{ productId, locationGroup: "moons", quantity: 1 }] });
    expect(group.body).toMatchObject({ ...missing, errors: [{ pointer: "/lines/0/locationGroup" }] });
    expect(await refusal({}, { channelId: "radio" })).toMatchObject({
      ...missing,
      errors: [{ pointer: "/channelId" }],
    });
  });

  test("for more than there is, lines of the same item taken together", async () => {
    const productId = await stocked({ east: 3 });
    const two = { productId, locationId: "east", quantity: 2 };
    const { body } = await post({ lines: [two, two] });
    expect(body.errors).toMatchObject([{ pointer: "/lines/1/quantity" }]);
    expect(body).toMatchObject({ status: 409, code: "insufficient_stock", available: 3, requested: 4 });
  });

  test("when it is acted on in ways that it cannot be", async () => {
    const productId = await stocked({ east: 3 });
    const reservation = await hold(productId, 2);
    const commit = async (lines: object[]) => (await send(reservation, "commit", { lines })).body;
    expect(await commit([{ line: 2 }])).toMatchObject({ code: "not_found", errors: [{ pointer: "/lines/0/line" }] });
    expect(await commit([{ line: 1 }, { line: 1 }])).toMatchObject({
      status: 400,
      errors: [{ pointer: "/lines/1/line" }],
    });
    expect(await commit([{ line: 1, quantity: 3 }])).toMatchObject({
      status: 400,
      errors: [{ pointer: "/lines/0/quantity" }],
    });
    expect(await commit([])).toMatchObject({ status: 400, errors: [{ pointer: "/lines" }] });
    expect((await send(reservation, "extend")).body).toMatchObject({ errors: [{ pointer: "/ttlSeconds" }] });
    expect((await send(reservation, "commit", {}, { "if-match": '"1"' })).body).toMatchObject({ status: 400 });
    for (const id of ["res_00000000000zz", "trf_0000000000001", "x"])
      expect((await send({ reservationId: id }, "commit")).body.code).toBe("not_found");
  });
});

describe("lists", () => {
  test("show reservations newest first, filtered by how they stand and what they hold", async () => {
    const productId = await stocked({ east: 30, west: 30 });
    const made: string[] = [];
    for (const [index, locationId] of ["east", "west", "east", "east", "east"].entries()) {
      const lines = [{ productId, locationId, quantity: 1 }];
      const fields = { lines, reference: `list-${index % 2}`, buyer: `lister-${productId}` };
      made.unshift((await done(post(fields))).reservationId);
    }
    const at = (index: number) => ({ reservationId: made[index] });
    await act(at(0), "pay");
    await act(at(1), "commit");
    await act(at(2), "release");
    const late = await expired(productId, 1);
    const ids = async (query: string) =>
      (await readAll(server.reader, `${path}?limit=2&productId=${productId}${query}`)).pages
        .flat()
        .map((reservation: Json) => reservation.reservationId);
    expect(await ids("")).toEqual([late.reservationId, ...made]);
    expect(await ids("&phase=held")).toEqual(made.slice(3));
    expect(await ids("&phase=paying")).toEqual([made[0]!]);
    expect(await ids("&phase=committed")).toEqual([made[1]!]);
    expect(await ids("&phase=released")).toEqual([made[2]!]);
    expect(await ids("&phase=expired")).toEqual([late.reservationId]);
    expect(await ids("&locationId=west")).toEqual([made[3]!]);
    expect(await ids("&locationId=west&phase=held")).toEqual([made[3]!]);
    expect(await ids("&reference=list-1")).toEqual([made[1]!, made[3]!]);
    expect(await ids(`&buyer=lister-${productId}`)).toEqual(made);
    expect(await ids("&buyer=nobody")).toEqual([]);
  });

  test("of movements show what holds did", async () => {
    const productId = await stocked({ east: 5 });
    const reservation = await hold(productId, 3, { reference: "cart-1" });
    await act(reservation, "commit", { lines: [{ line: 1, quantity: 1 }], reference: "order-1" });
    await act(reservation, "release");
    const { inventoryId } = reservation.items[0];
    const { body } = await server.reader.get(`/v1/inventory/${inventoryId}/movements`);
    expect(
      body.data.map(({ event, type, change, reference }: Json) => [event, type, change.reservedStock, reference]),
    ).toEqual([
      ["inventory.released.v1", "hold", -2, null],
      ["inventory.committed.v1", "sale", -1, "order-1"],
      ["inventory.reserved.v1", "hold", 3, "cart-1"],
      ["inventory.adjusted.v1", "correction", 0, null],
    ]);
  });
});
