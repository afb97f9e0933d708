/** Counts and count sessions as callers see them: each line holds as of its moment, whatever is sold meanwhile. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { until } from "../support/server-process.ts";
import {
  adjust,
  type Caller,
  createLocation,
  createProduct,
  type Json,
  readAll,
  startTestServer,
  type TestServer,
} from "./support.ts";

let server: TestServer;
let writer: Caller;
let shops = 0;
let shop: string;
beforeAll(async () => {
  server = await startTestServer();
  writer = server.writer;
  for (const product of ["soap", "comb", "brush", "towel"]) await createProduct(writer, product);
});
afterAll(() => server.close());
beforeEach(async () => {
  shops += 1;
  shop = `shop${shops}`;
  await createLocation(writer, shop);
});

const agoMs = (ms: number): string => new Date(Date.now() - ms).toISOString();
const minutesAgo = (minutes: number): string => agoMs(minutes * 60_000);
/** Stock that was there before everything else of the test. */
const stock = (productId: string, units: number, minutes = 600) =>
  adjust(writer, productId, shop, units, { timestamp: minutesAgo(minutes), type: "restock" });
const sell = (productId: string, units: number, minutes: number) =>
  adjust(writer, productId, shop, -units, { timestamp: minutesAgo(minutes), type: "sale" });
const levelOf = async (productId: string): Promise<number> => {
  const { body } = await server.reader.get(`/v1/inventory?productId=${productId}&locationId=${shop}`);
  return body.data[0].stockLevel;
};
const key = (name: string) => ({ "idempotency-key": `${shop}-${name}` });

async function open(fields: object = {}): Promise<string> {
  const { status, body } = await writer.post("/v1/counts/sessions", { locationId: shop, ...fields });
  expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined });
  return `/v1/counts/sessions/${body.sessionId}`;
}
const counted = (productId: string, stockLevel: number | null, fields: object = {}) => ({
  productId,
  stockLevel,
  ...fields,
});

describe("a count", () => {
  const count = (lines: Json[], fields: object = {}, headers = {}) =>
    writer.post("/v1/counts", { locationId: shop, lines, ...fields }, headers);

  test("holds as of its moment: what was sold since stays on top", async () => {
    await stock("soap", 20);
    await sell("soap", 3, 5);
    const { status, body } = await count([counted("soap", 18)], { countedAt: minutesAgo(10), reference: "STK-1" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ applied: 1, contained: 0, review: 0, rejected: 0 });
    expect(body.results[0]).toMatchObject({ index: 0, verdict: "applied", item: { stockLevel: 15 } });
    const { body: ledger } = await server.reader.get(`/v1/inventory/${body.results[0].item.inventoryId}/movements`);
    expect(ledger.data[0]).toMatchObject({ event: "inventory.set.v1", type: "count", reference: "STK-1" });
  });

  test("each line has its verdict, and its own time where it says one", async () => {
    await stock("soap", 20);
    await stock("comb", 5);
    await stock("brush", 5);
    await count([counted("comb", 4)], { countedAt: minutesAgo(1) });
    const { body } = await count(
      [
        counted("soap", 19),
        counted("comb", 9, { countedAt: minutesAgo(60) }),
        { sku: "SKU-towel", stockLevel: 0 },
        counted("nothing-like-it", 1),
      ],
      { countedAt: minutesAgo(2) },
    );
    expect(body.results.map((line: Json) => line.verdict)).toEqual(["applied", "contained", "applied", "rejected"]);
    expect(body.results[1].contained).toMatchObject({ stockLevel: 4 });
    expect(body.results[3].error).toMatchObject({ code: "not_found" });
    expect(body).toMatchObject({ applied: 2, contained: 1, review: 0, rejected: 1 });
    expect(await levelOf("comb")).toBe(4);
  });

  test("by a clock whose error nobody knows is for review, and somebody sees it", async () => {
    await stock("soap", 20);
    const device = { deviceId: "till-7" };
    const { body } = await count([counted("soap", 18)], { countedAt: minutesAgo(10), device });
    expect(body.results[0]).toMatchObject({ verdict: "review", review: expect.stringMatching(/till-7/) });
    const review = await reviewOf(body.results[0].movementId);
    expect(review).toMatchObject({
      kind: "doubtful",
      state: "open",
      productId: "soap",
      sku: "SKU-soap",
      locationId: shop,
    });
  });

  test("of a later time holds, though nobody knows the error of its clock, or its item was deleted since", async () => {
    await stock("comb", 10);
    const device = { deviceId: "scan-1" };
    await count([counted("comb", 7)], { countedAt: minutesAgo(10), device });
    const late = await count([counted("comb", 7)], { countedAt: minutesAgo(20) });
    expect(late.body.results[0]).toMatchObject({
      verdict: "review",
      contained: { stockLevel: -3 },
      item: { stockLevel: 7 },
    });
    await stock("soap", 5);
    await count([counted("soap", 5)], { countedAt: minutesAgo(10) });
    const { inventoryId } = await sell("soap", 5, 5);
    expect((await writer.delete(`/v1/inventory/${inventoryId}`)).status).toBe(204);
    const gone = await count([counted("soap", 5)], { countedAt: minutesAgo(20) });
    expect(gone.body.results[0]).toMatchObject({ verdict: "review", item: { stockLevel: 0 } });
  });

  test("of what is there holds for damaged units that are told of late, though nothing is available then", async () => {
    await count([counted("brush", 1)], { countedAt: minutesAgo(1) });
    const fields = { state: "damaged", type: "restock", timestamp: minutesAgo(5) };
    const late = await adjust(writer, "brush", shop, 3, fields);
    expect(late).toMatchObject({
      stockLevel: 1,
      unavailableStock: 3,
      availableStock: -2,
      contained: { stockLevel: 3 },
    });
  });

  test("by a coarse clock leaves contained what an earlier one contained for certain, after a restart too", async () => {
    await stock("soap", 20);
    await count([counted("soap", 18)], { countedAt: minutesAgo(10) });
    const device = { deviceId: "scan-1", clockErrorMs: 3_600_000 };
    await count([counted("soap", 17)], { countedAt: minutesAgo(5), device });
    await server.restart();
    const late = await sell("soap", 2, 30);
    expect(late).toMatchObject({ stockLevel: 17, contained: { stockLevel: -2 } });
    expect(late).not.toHaveProperty("review");
  });

  test("repeated under its key, it gets its first answer, and a line that was not settled may be sent again", async () => {
    await stock("soap", 20);
    const body = { lines: [counted("soap", 7), counted("comb", 3)], countedAt: minutesAgo(1) };
    const first = await count(body.lines, body, key("count"));
    await sell("soap", 1, 0);
    const again = await count(body.lines, body, key("count"));
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.body).toEqual(first.body);
    const other = await count([counted("soap", 8), counted("comb", 3)], { countedAt: body.countedAt }, key("count"));
    expect(other.body.results[0]).toMatchObject({ verdict: "rejected", error: { code: "idempotency_key_reused" } });
  });

  test("that does not say when or of what is refused with the fields at fault", async () => {
    const noTime = await count([counted("soap", 1)]);
    expect(noTime.status).toBe(400);
    expect(noTime.body.errors).toEqual([
      { pointer: "/lines/0/countedAt", message: "is required unless the request has one" },
    ]);
    const noProduct = await count([{ stockLevel: 1 }], { countedAt: minutesAgo(1) });
    expect(noProduct.body.errors[0].pointer).toBe("/lines/0");
    const guarded = await count([counted("soap", 1)], { countedAt: minutesAgo(1) }, { "if-match": '"1"' });
    expect(guarded.status).toBe(400);
  });
});

/** Waits for the projection to come past a movement. */
async function reviewOf(movementId: string): Promise<Json> {
  let found: Json;
  await until("the review", async () => {
    const { pages } = await readAll(server.reader, `/v1/reviews?locationId=${shop}&limit=2`);
    found = pages.flat().find((review) => review.movementId === movementId);
    return found !== undefined;
  });
  return found;
}

describe("a session", () => {
  test("while it is counted, sales go on and are netted out of its variance", async () => {
    await stock("soap", 20);
    await stock("comb", 10);
    await stock("brush", 7);
    const session = await open({ reference: "STK-2026" });
    // Counted at nine minutes ago: two soaps had been sold before, three are sold afterwards.
    await sell("soap", 2, 10);
    await writer.post(`${session}/lines`, { lines: [counted("soap", 17)], countedAt: minutesAgo(9) });
    await sell("soap", 3, 8);
    await writer.post(`${session}/lines`, {
      lines: [counted("comb", 10), counted("towel", 4)],
      countedAt: minutesAgo(7),
    });
    await sell("comb", 1, 6);
    const { body } = await server.reader.get(`${session}/variance`);
    expect(body.lines).toMatchObject([
      { productId: "towel", counted: 4, expected: 0, variance: 4, stockLevel: 0, movedSince: 0, verdict: null },
      { productId: "soap", counted: 17, expected: 18, variance: -1, stockLevel: 15, movedSince: -3 },
      { productId: "comb", counted: 10, expected: 10, variance: 0, stockLevel: 9, movedSince: -1 },
    ]);
    expect(body.totals).toEqual({
      lines: 3,
      counted: 31,
      expected: 28,
      variance: 3,
      surplus: 4,
      shortage: 1,
      differing: 2,
      unknown: 0,
      notCounted: 1,
    });
    expect((await server.reader.get(`${session}/variance?limit=1`)).body.lines).toHaveLength(1);

    const posted = await writer.post(`${session}/post`);
    expect(posted.body).toMatchObject({ status: "posted", lines: 3, applied: 3, pending: 0, version: 5 });
    expect(await Promise.all(["soap", "comb", "towel"].map(levelOf))).toEqual([14, 9, 4]);
    // What was found stays as it was found, whatever is sold afterwards, and whoever asks.
    await sell("soap", 5, 0);
    const after = (await server.reader.get(`${session}/variance`)).body;
    expect(after.lines.map(({ expected, variance }: Json) => [expected, variance])).toEqual([
      [0, 4],
      [18, -1],
      [10, 0],
    ]);
    const { body: lines } = await server.reader.get(`${session}/lines`);
    const { body: movement } = await server.reader.get(
      `/v1/inventory/${(await itemOf("towel")).inventoryId}/movements`,
    );
    expect(lines.data[2].movementId).toBe(movement.data[0].movementId);
    expect(movement.data[0]).toMatchObject({ type: "count", reference: "STK-2026", source: "count" });
    expect(movement.data[0].reason).toMatch(/^Count session cnt_/);
  });

  const itemOf = async (productId: string): Promise<Json> =>
    (await server.reader.get(`/v1/inventory?productId=${productId}&locationId=${shop}`)).body.data[0];

  test("a line that a count of a later time precedes differs from the book of its moment, and moves nothing when it is posted", async () => {
    await stock("soap", 10);
    const device = { deviceId: "scan-1" };
    const session = await open();
    await writer.post(`${session}/lines`, { lines: [counted("soap", 8)], countedAt: minutesAgo(20) });
    await writer.post("/v1/counts", {
      locationId: shop,
      lines: [counted("soap", 7)],
      countedAt: minutesAgo(10),
      device,
    });
    const line = async () => (await server.reader.get(`${session}/variance`)).body.lines[0];
    expect(await line()).toMatchObject({ expected: 10, variance: -2, stockLevel: 7, movedSince: -3 });
    expect((await writer.post(`${session}/post`)).body).toMatchObject({ status: "posted", review: 1 });
    expect(await levelOf("soap")).toBe(7);
    expect(await line()).toMatchObject({ expected: 10, variance: -2 });
  });

  test("a sale that comes late after posting is contained when it happened before the count, and counts when after", async () => {
    await stock("soap", 20);
    const session = await open();
    await writer.post(`${session}/lines`, { lines: [counted("soap", 15)], countedAt: minutesAgo(30) });
    await writer.post(`${session}/post`);
    await sell("soap", 4, 31);
    expect(await levelOf("soap")).toBe(15);
    await sell("soap", 4, 29);
    expect(await levelOf("soap")).toBe(11);
  });

  test("lines are counted anew, taken out, and keep their numbers", async () => {
    const session = await open();
    const put = (...lines: Json[]) => writer.post(`${session}/lines`, { lines, countedAt: minutesAgo(1) });
    expect((await put(counted("soap", 1), counted("comb", 2))).body).toMatchObject({
      added: 2,
      replaced: 0,
      removed: 0,
    });
    const second = await put({ sku: "SKU-soap", stockLevel: 5 }, counted("comb", null), counted("brush", 3));
    expect(second.body).toMatchObject({ added: 1, replaced: 1, removed: 1, session: { lines: 2, version: 3 } });
    const { body } = await server.reader.get(`${session}/lines`);
    expect(body.data).toMatchObject([
      { line: 1, productId: "soap", counted: 5, expected: 0, variance: 5 },
      { line: 3, productId: "brush", counted: 3 },
    ]);
    const { pages } = await readAll(server.reader, `${session}/lines?limit=1&verdict=pending`);
    expect(pages.map((page) => page.length)).toEqual([1, 1]);
    expect((await server.reader.get(`${session}/lines?verdict=applied`)).body.data).toEqual([]);
  });

  test("a repeat of lines under their key does not undo what was counted since", async () => {
    const session = await open();
    const early = { lines: [counted("soap", 1)], countedAt: minutesAgo(5) };
    await writer.post(`${session}/lines`, early, key("early"));
    await writer.post(`${session}/lines`, { lines: [counted("soap", 9)] }, key("late"));
    const again = await writer.post(`${session}/lines`, early, key("early"));
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await server.reader.get(`${session}/lines`)).body.data[0].counted).toBe(9);
    const other = await writer.post(`${session}/lines`, { lines: [counted("soap", 2)] }, key("early"));
    expect(other.status).toBe(422);
  });

  test("lines at fault are named, all of them, and nothing is taken in", async () => {
    const session = await open();
    const { status, body } = await writer.post(`${session}/lines`, {
      lines: [
        counted("soap", 1),
        counted("no-such", 1),
        { sku: "no-sku", stockLevel: 1 },
        { stockLevel: 1 },
        counted("soap", 2),
        counted("comb", 1, { sku: "SKU-brush" }),
        counted("brush", 1, { countedAt: new Date(Date.now() + 3_600_000).toISOString() }),
      ],
    });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { pointer: "/lines/1/productId", message: "names no product: there is none with the id no-such" },
      { pointer: "/lines/2/sku", message: "names no product: there is none with the SKU no-sku" },
      { pointer: "/lines/3", message: "needs productId or sku" },
      { pointer: "/lines/4", message: "names a product a second time" },
      { pointer: "/lines/5/sku", message: "is the SKU of another product" },
      { pointer: "/lines/6/countedAt", message: "lies in the future" },
    ]);
    expect((await server.reader.get(session)).body).toMatchObject({ lines: 0, version: 1 });
  });

  test("a stale If-Match is 412 on every change", async () => {
    const session = await open();
    await writer.post(`${session}/lines`, { lines: [counted("soap", 1)] });
    const stale = { "if-match": '"1"' };
    const answers = await Promise.all([
      writer.post(`${session}/lines`, { lines: [counted("soap", 2)] }, stale),
      writer.post(`${session}/post`, undefined, stale),
      writer.post(`${session}/cancel`, undefined, stale),
    ]);
    for (const { status, body } of answers) expect([status, body.currentEtag]).toEqual([412, '"2"']);
    for (const { body, headers } of answers) {
      expect(body.idempotencyKey).toStartWith("made_");
      expect(headers.get("idempotency-key")).toBe(body.idempotencyKey);
    }
    const named = await writer.post(`${session}/post`, undefined, { ...stale, ...key("late") });
    expect(named.body.idempotencyKey).toBe(`${shop}-late`);
    expect((await writer.post(`${session}/cancel`, undefined, { "if-match": '"2"' })).body.status).toBe("cancelled");
  });

  test("blind: nobody who counts sees what is expected before it has ended", async () => {
    await stock("soap", 20);
    const session = await open({ blind: true });
    await writer.post(`${session}/lines`, { lines: [counted("soap", 19)] });
    const line = (await writer.get(`${session}/lines`)).body.data[0];
    expect(line).not.toContainAnyKeys(["expected", "variance"]);
    expect((await writer.get(`${session}/variance`)).status).toBe(403);
    expect((await server.admin.get(`${session}/variance`)).body.totals.variance).toBe(-1);
    await writer.post(`${session}/post`);
    expect((await writer.get(`${session}/variance`)).body.totals.variance).toBe(-1);
    expect((await writer.get(`${session}/lines`)).body.data[0]).toMatchObject({ expected: 20, variance: -1 });
  });

  test("posted twice and at the same time, each line is applied once", async () => {
    await stock("soap", 20);
    await stock("comb", 20);
    const session = await open();
    await writer.post(`${session}/lines`, { lines: [counted("soap", 17), counted("comb", 21)] });
    const before = await server.journalLength();
    const answers = await Promise.all([1, 2, 3].map(() => writer.post(`${session}/post`)));
    const again = await server.otherWriter.post(`${session}/post`);
    for (const { body } of [...answers, again]) expect(body).toMatchObject({ status: "posted", applied: 2 });
    expect((await server.journalLength()) - before).toBe(2);
    expect((await writer.post(`${session}/lines`, { lines: [counted("soap", 1)] })).body.code).toBe("already_ended");
    expect((await writer.post(`${session}/cancel`)).status).toBe(409);
  });

  test("a line that is refused keeps the session open, is mended, and posted with the others as they are", async () => {
    await createProduct(writer, `gone-${shop}`);
    await stock("soap", 20);
    const session = await open();
    await writer.post(`${session}/lines`, { lines: [counted("soap", 18), counted(`gone-${shop}`, 5)] });
    await writer.patch(`/v1/products/gone-${shop}`, { status: "archived" });
    const first = await writer.post(`${session}/post`);
    expect(first.body).toMatchObject({ status: "open", applied: 1, rejected: 1 });
    const { body } = await server.reader.get(`${session}/lines?verdict=rejected`);
    expect(body.data[0].error).toMatchObject({ code: "archived", detail: expect.any(String) });
    const applied = await writer.post(`${session}/lines`, { lines: [counted("soap", 1)] });
    expect([applied.status, applied.body.errors[0].pointer]).toEqual([409, "/lines/0"]);
    expect((await writer.post(`${session}/cancel`)).status).toBe(409);
    // Restored, it is posted as it was counted; the refusal is not remembered for it.
    await writer.patch(`/v1/products/gone-${shop}`, { status: "active" });
    const second = await writer.post(`${session}/post`);
    expect(second.body).toMatchObject({ status: "posted", applied: 2, rejected: 0 });
    expect(await levelOf("soap")).toBe(18);
  });

  test("a repeat of posting under its key posts nothing that came since, whatever version it was asked for", async () => {
    await stock("soap", 20);
    await stock("comb", 20);
    const session = await open();
    const put = await writer.post(`${session}/lines`, { lines: [counted("soap", 18)] });
    const headers = { ...key("post"), "if-match": `"${put.body.session.version}"` };
    await writer.delete(`/v1/inventory/${(await itemOf("soap")).inventoryId}?archive=true`);
    const first = await writer.post(`${session}/post`, undefined, headers);
    expect(first.body).toMatchObject({ status: "open", rejected: 1 });
    await writer.post(`${session}/lines`, { lines: [counted("comb", 1)] });
    const again = await writer.post(`${session}/post`, undefined, headers);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.body).toMatchObject({ status: "open", applied: 0, pending: 1, rejected: 1 });
    expect(await levelOf("comb")).toBe(20);
    expect((await writer.post(`${session}/post`)).body).toMatchObject({ applied: 1, rejected: 1 });
    const other = await writer.post(`${await open()}/post`, undefined, key("post"));
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
  });

  test("is opened once under its key, listed by location, and not where nothing is counted", async () => {
    const body = { locationId: shop };
    const first = await writer.post("/v1/counts/sessions", body, key("open"));
    const again = await writer.post("/v1/counts/sessions", body, key("open"));
    expect(again.body.sessionId).toBe(first.body.sessionId);
    expect(first.headers.get("location")).toBe(`/v1/counts/sessions/${first.body.sessionId}`);
    await open();
    const { pages } = await readAll(server.reader, `/v1/counts/sessions?locationId=${shop}&limit=1`);
    expect(pages).toHaveLength(2);
    expect(pages[1]![0].sessionId).toBe(first.body.sessionId);
    expect((await server.reader.get(`/v1/counts/sessions?locationId=${shop}&status=posted`)).body.data).toEqual([]);
    expect((await writer.post("/v1/counts/sessions", { locationId: "nowhere" })).status).toBe(404);
    await createLocation(writer, `shut-${shop}`);
    await writer.patch(`/v1/locations/shut-${shop}`, { status: "archived" });
    const shut = await writer.post("/v1/counts/sessions", { locationId: `shut-${shop}` });
    expect([shut.status, shut.body.code]).toEqual([409, "archived"]);
    expect((await server.reader.get("/v1/counts/sessions/cnt_none")).status).toBe(404);
  });

  test("without lines it is not posted, and there are not more of them at a location than there may be", async () => {
    const session = await open();
    expect((await writer.post(`${session}/post`)).status).toBe(400);
    for (let more = 1; more < 20; more++) await open();
    const { status, body } = await writer.post("/v1/counts/sessions", { locationId: shop });
    expect([status, body.code]).toEqual([409, "in_use"]);
    await writer.post(`${session}/cancel`);
    await open();
  });
});

test("sessions that are opened at the same time keep to their limit at a location", async () => {
  const asked = Array.from({ length: 40 }, () => writer.post("/v1/counts/sessions", { locationId: shop }));
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(20);
  expect(statuses.filter((status) => status === 409)).toHaveLength(20);
});

describe("a review", () => {
  test("is resolved once, with a note for whoever reads it later", async () => {
    await stock("soap", 20);
    const { body } = await writer.post("/v1/counts", {
      locationId: shop,
      lines: [counted("soap", 18)],
      countedAt: minutesAgo(10),
      device: { deviceId: "till-7" },
    });
    const { movementId } = await reviewOf(body.results[0].movementId);
    const resolve = (caller: Caller, note: string, name: string) =>
      caller.post(`/v1/reviews/${movementId}/resolve`, { note }, key(name));
    expect((await resolve(server.reader, "no", "reader")).status).toBe(403);
    const first = await resolve(writer, "the clock of till 7 was right", "one");
    expect(first.body).toMatchObject({ state: "resolved", note: "the clock of till 7 was right" });
    const again = await resolve(writer, "the clock of till 7 was right", "one");
    expect([again.body, again.headers.get("idempotent-replayed")]).toEqual([first.body, "true"]);
    expect((await resolve(server.otherWriter, "I disagree", "two")).body.code).toBe("already_ended");
    const { body: resolved } = await server.reader.get(`/v1/reviews?state=resolved&locationId=${shop}`);
    expect(resolved.data).toEqual([first.body]);
    expect((await server.reader.get(`/v1/reviews?locationId=${shop}&kind=doubtful&productId=soap`)).body.data).toEqual(
      [],
    );
    for (const id of ["mov_nonsense", movementId.slice(0, -1)])
      expect((await writer.post(`/v1/reviews/${id}/resolve`, { note: "x" })).status).toBe(404);
  });

  test("of something unusual is recorded as one event, and listed with its reason", async () => {
    const product = `odd-${shop}`;
    await createProduct(writer, product);
    await stock(product, 1_000, 60 * 24 * 4);
    for (let hour = 40; hour > 0; hour--) await sell(product, 1 + (hour % 3), 60 * hour);
    const { movementId } = await sell(product, 400, 1);
    let review: Json;
    await until("the review", async () => {
      review = (await server.reader.get(`/v1/reviews?kind=unusual&productId=${product}`)).body.data[0];
      return review !== undefined;
    });
    expect(review).toMatchObject({ kind: "unusual", aboutMovementId: movementId, figures: { by: "size", units: 400 } });
    expect(review.reason).toMatch(/^400 units were taken off at once \(sale\)/);
    const { body } = await server.reader.get(
      `/v1/inventory/${(await adjust(writer, product, shop, 0)).inventoryId}/movements`,
    );
    const events = body.data.map((movement: Json) => movement.event);
    expect(events.filter((event: string) => event === "inventory.unusual.v1")).toHaveLength(1);
  });
});
