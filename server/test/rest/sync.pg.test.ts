/** Logs of devices over HTTP: once for ever, in any order, with gaps told and clocks read. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { formatRfc3339 } from "../../src/lib/rfc3339.ts";
import { until } from "../support/server-process.ts";
import { type Caller, createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let writer: Caller;
let reader: Caller;
const products = ["soap", "comb", "towel"];
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

beforeAll(async () => {
  server = await startTestServer();
  ({ writer, reader } = server);
  await createLocation(writer, "shop");
  for (const productId of products) await createProduct(writer, productId);
});
afterAll(() => server.close());

const sync = async (deviceId: string, operations: readonly object[], fields: object = {}): Promise<Json> => {
  const { status, body } = await writer.post("/v1/sync/batch", { deviceId, operations, ...fields });
  expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
  return body;
};
const sale = (sequence: number, fields: object = {}) => ({
  sequence,
  operationId: `op-${sequence}`,
  productId: "soap",
  locationId: "shop",
  adjustment: -1,
  type: "sale",
  ...fields,
});
const levelOf = async (productId: string, locationId = "shop"): Promise<number> => {
  const { body } = await reader.get(`/v1/inventory?productId=${productId}&locationId=${locationId}`);
  return body.data[0]?.stockLevel ?? 0;
};
const verdicts = (answer: Json): string[] => answer.results.map((result: Json) => result.verdict);

describe("a log", () => {
  test("is taken once, also below zero, and sent again it is answered as before", async () => {
    const before = await levelOf("soap");
    const log = [sale(1), sale(2, { adjustment: -3 })];
    const first = await sync("till-1", log, { deviceTime: formatRfc3339(Date.now()) });
    expect(verdicts(first)).toEqual(["applied", "applied"]);
    expect(first).toMatchObject({ acknowledgedThrough: 2, missing: [] });
    const again = await sync("till-1", log, { deviceTime: formatRfc3339(Date.now() + 5) });
    expect(verdicts(again)).toEqual(["duplicate", "duplicate"]);
    expect(again.results.map(({ movementId }: Json) => movementId)).toEqual(
      first.results.map(({ movementId }: Json) => movementId),
    );
    expect(await levelOf("soap")).toBe(before - 4);
    const events = await reader.get(
      `/v1/inventory/updates?since=2020-01-01T00:00:00Z&types=inventory.oversold.v1&limit=1000`,
    );
    expect(events.body.data.length).toBeGreaterThan(0);
  });

  test("has gaps, which are asked for; at its end too", async () => {
    const answer = await sync("till-2", [sale(2), sale(5), sale(6)], { lastSequence: 8 });
    expect(answer).toMatchObject({
      acknowledgedThrough: 0,
      missing: [
        { first: 1, last: 1 },
        { first: 3, last: 4 },
        { first: 7, last: 8 },
      ],
    });
    const filled = await sync("till-2", [sale(1), sale(3), sale(4), sale(7), sale(8)]);
    expect(filled).toMatchObject({ acknowledgedThrough: 8, missing: [] });
    expect((await reader.get("/v1/devices/till-2")).body).toMatchObject({
      acknowledgedThrough: 8,
      lines: 8,
      missing: [],
    });
    expect((await reader.get("/v1/devices/nobody")).status).toBe(404);
    const listed = await reader.get("/v1/devices?limit=1");
    expect(listed.body.data).toHaveLength(1);
    expect(listed.body.nextCursor).not.toBeNull();
  });

  test("may have lines that nobody can make sense of: each is parked by itself", async () => {
    const before = await levelOf("comb");
    const answer = await sync("till-3", [
      sale(1, { productId: "comb" }),
      sale(2, { productId: "comb", adjustment: "three" }),
      sale(3, { sku: "NOBODY", productId: undefined }),
      sale(4, { occurredAt: "yesterday" }),
      sale(5, { productId: "constructor" }),
      { adjustment: 1 },
      sale(6, { productId: "comb" }),
    ]);
    expect(verdicts(answer)).toEqual(["applied", "rejected", "review", "rejected", "review", "rejected", "applied"]);
    expect(await levelOf("comb")).toBe(before - 2);
    expect(answer.acknowledgedThrough).toBe(6);
    const parked = await reader.get("/v1/parked-lines?originKind=device&originId=till-3");
    expect(parked.body.data.map(({ operationId }: Json) => operationId).sort()).toEqual([
      "op-2",
      "op-3",
      "op-4",
      "op-5",
    ]);
    // The product is made, and the line that waited for it goes on under its own key.
    await createProduct(writer, "constructor");
    const waiting = parked.body.data.find(({ operationId }: Json) => operationId === "op-5");
    await writer.post(`/v1/parked-lines/${waiting.parkedId}/retry`, {});
    const again = await sync("till-3", [sale(5, { productId: "constructor" })]);
    expect(again.results[0].verdict).toBe("duplicate");
    expect(await levelOf("constructor")).toBe(-1);
  });

  test("a line whose words cannot be kept is rejected by itself", async () => {
    const answer = await sync("till-odd-words", [
      sale(1),
      sale(2, { reason: 5 }),
      sale(3, { reference: "x".repeat(256) }),
      sale(4),
    ]);
    expect(verdicts(answer)).toEqual(["applied", "rejected", "rejected", "applied"]);
  });

  test("with operations that are older than keys are kept for sure, and unknown, waits for somebody", async () => {
    const old = formatRfc3339(Date.now() - 8 * dayMs);
    const answer = await sync("till-4", [sale(1, { occurredAt: old }), sale(2)], {
      deviceTime: formatRfc3339(Date.now()),
    });
    expect(verdicts(answer)).toEqual(["review", "applied"]);
    expect(answer.results[0].error.code).toBe("too_old");
    // What is known of is a duplicate, however old.
    expect(verdicts(await sync("till-4", [sale(1, { occurredAt: old })]))).toEqual(["review"]);
  });
});

describe("the device's clock", () => {
  test("wrong by a day is taken off, and what it said is kept beside the time", async () => {
    const offMs = 24 * hourMs;
    const happenedAtMs = Date.now() - 5 * hourMs;
    const answer = await sync(
      "till-5",
      [sale(1, { productId: "towel", occurredAt: formatRfc3339(happenedAtMs + offMs) })],
      {
        deviceTime: formatRfc3339(Date.now() + offMs),
        roundTripMs: 200,
      },
    );
    expect(Math.abs(answer.clock.offsetMs + offMs)).toBeLessThan(60_000);
    expect(answer.clock.errorMs).toBe(100);
    const { body } = await reader.get(`/v1/inventory/${answer.results[0].item.inventoryId}/movements`);
    const movement = body.data.find(({ movementId }: Json) => movementId === answer.results[0].movementId);
    expect(Math.abs(Date.parse(movement.occurredAt) - happenedAtMs)).toBeLessThan(60_000);
  });

  test("that nobody knows contains no movement in a count, which somebody should look at", async () => {
    const answer = await sync("till-6", [
      {
        sequence: 1,
        operationId: "c1",
        productId: "towel",
        locationId: "shop",
        stockLevel: 9,
        occurredAt: formatRfc3339(Date.now()),
      },
    ]);
    expect(answer.results[0]).toMatchObject({ verdict: "applied", review: expect.stringContaining("not known") });
    expect(await levelOf("towel")).toBe(9);
  });
});

test("a device that speaks in a source's codes makes the source heard from, and its numbers are told to who forgot them", async () => {
  const source = { sourceId: "pos", name: "pos", kind: "till", locationIds: ["shop"] };
  expect((await server.admin.post("/v1/sources", source)).status).toBe(201);
  const codes = [{ kind: "product", code: "4711", targetId: "soap" }];
  expect((await writer.post("/v1/sources/pos/codes", { codes })).status).toBe(200);
  const occurredAt = formatRfc3339(Date.now() - hourMs);
  const line = sale(7, { productId: undefined, productCode: "4711", occurredAt });
  const answer = await sync("till-7", [line], { sourceId: "pos", deviceTime: formatRfc3339(Date.now()) });
  expect(verdicts(answer)).toEqual(["applied"]);
  await until("the source is heard from", async () => {
    const { body } = await reader.get("/v1/sources/pos");
    const contact = body.contacts.find((each: Json) => each.locationId === "shop");
    return Math.abs(Date.parse(contact?.lastEventAt ?? "") - Date.parse(occurredAt)) < 60_000;
  });
  expect(await sync("till-7", [])).toMatchObject({ lastSequence: 7, missing: [{ first: 1, last: 6 }] });
});

test("three times over four connections, shuffled, ends as one sending in order does", async () => {
  const count = 1_200;
  const offMs = 24 * hourMs;
  const startMs = Date.now() - 72 * hourMs;
  let state = 7;
  const draw = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  await createLocation(writer, "plain");
  await createLocation(writer, "wild");
  const operations = Array.from({ length: count }, (_, index) => {
    const occurredAt = formatRfc3339(startMs + Math.floor((index * 70 * hourMs) / count) + offMs);
    const base = { sequence: index + 1, operationId: `wild-${index + 1}`, productId: products[draw(3)], occurredAt };
    return index % 97 === 50
      ? { ...base, stockLevel: 20 + draw(50) }
      : { ...base, adjustment: draw(4) === 0 ? draw(6) + 1 : -draw(3) - 1 };
  });
  const clock = () => ({ deviceTime: formatRfc3339(Date.now() + offMs), roundTripMs: 400, lastSequence: count });
  for (let index = 0; index < count; index += 400)
    await sync("plain", operations.slice(index, index + 400), { ...clock(), locationId: "plain" });
  const shuffled = [...operations, ...operations, ...operations].map((operation) => ({
    operation,
    at: draw(1_000_000),
  }));
  shuffled.sort((a, b) => a.at - b.at);
  const batches = Array.from({ length: 36 }, (_, index) => shuffled.slice(index * 100, (index + 1) * 100));
  const applied: string[] = [];
  await Promise.all(
    [0, 1, 2, 3].map(async (connection) => {
      for (const batch of batches.filter((_, index) => index % 4 === connection)) {
        const answer = await sync(
          "wild",
          batch.map(({ operation }) => operation),
          { ...clock(), locationId: "wild" },
        );
        for (const { verdict, operationId } of answer.results) if (verdict === "applied") applied.push(operationId);
      }
    }),
  );
  expect(applied).toHaveLength(count);
  expect(new Set(applied).size).toBe(count);
  const levels = (locationId: string) => Promise.all(products.map((productId) => levelOf(productId, locationId)));
  expect(await levels("wild")).toEqual(await levels("plain"));
  expect((await reader.get("/v1/devices/wild")).body).toMatchObject({
    acknowledgedThrough: count,
    missing: [],
    lines: 3 * count,
  });
}, 60_000);

test("what is no log is told in a sentence", async () => {
  for (const body of [
    {},
    { deviceId: "t" },
    { deviceId: "t", operations: [], deviceTime: "now" },
    { deviceId: "t", operations: {} },
  ])
    expect((await writer.post("/v1/sync/batch", body)).status).toBe(400);
});
