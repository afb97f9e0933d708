import { describe, expect, test } from "bun:test";
import { failureOf, json, networkError, problem, scripted } from "../test/support/scripted-client.ts";
import { systemClock } from "./clock.ts";
import { OnhandProblem, OnhandUnreachable } from "./errors.ts";

const adjustment = { productId: "p1", locationId: "l1", adjustment: 3 };

describe("what is sent", () => {
  test("path, query, body and credentials", async () => {
    const { client, sent } = scripted([
      json({}),
      json({ data: [], nextCursor: null }),
      new Response(null, { status: 204 }),
    ]);
    await client.patchProduct("a/b c", { name: "New" });
    await client.listInventoryByProduct({ q: "red & blue", limit: 5, sku: undefined });
    expect(await client.deleteProduct("p1", { archive: true }, { ifMatch: 7 })).toBeUndefined();
    expect(sent.map(({ method, url }) => `${method} ${url.pathname}${url.search}`)).toEqual([
      "PATCH /v1/products/a%2Fb%20c",
      "GET /v1/inventory?q=red+%26+blue&limit=5&groupBy=product",
      "DELETE /v1/products/p1?archive=true",
    ]);
    expect(sent[0]!.body).toEqual({ name: "New" });
    expect(sent.map(({ headers }) => headers.get("authorization"))).toEqual(Array(3).fill("Bearer a-key"));
    expect(sent[0]!.headers.get("content-type")).toBe("application/json");
    expect(sent[1]!.headers.has("content-type")).toBe(false);
    expect(sent[2]!.headers.get("if-match")).toBe('"7"');
  });

  test("headers of the call win over those of the client, however they are written", async () => {
    const { client, sent } = scripted([json({}), json({})], { headers: { "X-Request-Id": "all", Accept: "x" } });
    await client.getProduct("p1", { headers: { "x-request-id": "one" } });
    await client.getProduct("p1");
    expect(sent.map(({ headers }) => headers.get("x-request-id"))).toEqual(["one", "all"]);
  });

  test("a key that is asked for is asked for at each try", async () => {
    let count = 0;
    const options = { apiKey: async () => `key-${++count}` };
    const { client, sent } = scripted([problem(503, "overloaded"), json({})], options);
    await client.getProduct("p1");
    expect(sent.map(({ headers }) => headers.get("authorization"))).toEqual(["Bearer key-1", "Bearer key-2"]);
  });

  test("a path below a prefix", async () => {
    const { client, sent } = scripted([json({})], { baseUrl: "https://example.com/stock/" });
    await client.getProduct("p1");
    expect(sent[0]!.url.href).toBe("https://example.com/stock/v1/products/p1");
  });

  test.each(["", ".", ".."])("no id that would lead to another path: %p", async (id) => {
    const { client, sent } = scripted([]);
    expect(await failureOf(client.getProduct(id))).toBeInstanceOf(TypeError);
    expect(sent).toEqual([]);
  });

  test("what cannot be sent is not tried again", async () => {
    const { client, sent } = scripted([]);
    expect(await failureOf(client.adjustInventory(adjustment, { idempotencyKey: "schlüssel→" }))).toBeInstanceOf(
      TypeError,
    );
    expect(sent).toEqual([]);
  });
});

describe("idempotency keys", () => {
  test("every write has one of its own, and no read", async () => {
    const { client, keys } = scripted([json({}), json({}), json({})]);
    await client.adjustInventory(adjustment);
    await client.adjustInventory(adjustment);
    await client.getProduct("p1");
    const [first, second, ofRead] = keys();
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(second).toMatch(/^[0-9a-f]{32}$/);
    expect(second).not.toBe(first!);
    expect(ofRead).toBeNull();
  });

  test("all tries of a write carry the same one", async () => {
    const { client, keys } = scripted([networkError(), problem(503, "outcome_unknown"), json({})]);
    await client.adjustInventory(adjustment);
    expect(keys()).toHaveLength(3);
    expect(new Set(keys()).size).toBe(1);
  });

  test("the caller's own is sent, and told with a failure", async () => {
    const { client, keys } = scripted([networkError()], { retry: false });
    const error = await failureOf(client.adjustInventory(adjustment, { idempotencyKey: "mine" }));
    expect(keys()).toEqual(["mine"]);
    expect(error).toMatchObject({ idempotencyKey: "mine", tries: 1 });
  });
});

describe("retries", () => {
  test.each([
    ["the network", networkError],
    ["a full queue", () => problem(503, "overloaded")],
    ["an unknown outcome", () => problem(503, "outcome_unknown")],
    ["a server that is starting", () => problem(503, "not_ready")],
    ["a rate limit", () => problem(429, "rate_limited")],
    ["a first request under way", () => problem(409, "idempotency_in_progress")],
    ["a gateway without a server", () => new Response("<html>", { status: 502 })],
    ["a gateway that waited too long", () => new Response("<html>", { status: 504 })],
  ])("follow %s", async (_, step) => {
    const { client, sent } = scripted([step(), json({ version: 2 })]);
    expect(await client.withMeta.adjustInventory(adjustment)).toMatchObject({
      body: { version: 2 },
      meta: { tries: 2 },
    });
    expect(sent).toHaveLength(2);
  });

  test.each([
    [400, "validation_failed"],
    [401, "unauthorized"],
    [404, "not_found"],
    [409, "insufficient_stock"],
    [412, "version_conflict"],
    [422, "idempotency_key_reused"],
    [500, "internal"],
  ])("do not follow %d %s", async (status, code) => {
    const { client, sent } = scripted([problem(status, code)]);
    expect(await failureOf(client.adjustInventory(adjustment))).toMatchObject({ status, code, tries: 1 });
    expect(sent).toHaveLength(1);
  });

  test("a body that breaks off counts as no answer", async () => {
    const broken = new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"ver'));
          controller.error(networkError());
        },
      }),
    );
    const { client } = scripted([broken, json({ version: 9 })]);
    expect(await client.getProduct("p1")).toMatchObject({ version: 9 });
  });

  test("wait longer from try to try, by chance, up to a limit", async () => {
    const retry = { triesMax: 5, backoffMs: 100, backoffMsMax: 400 };
    const { client, clock } = scripted(Array.from({ length: 5 }, networkError), { retry });
    const error = await failureOf(client.getProduct("p1"));
    expect(error).toBeInstanceOf(OnhandUnreachable);
    expect(error).toMatchObject({ tries: 5, cause: { message: "fetch failed" } });
    expect(clock.waits).toEqual([50, 100, 200, 200]);
  });

  test("never come before Retry-After, in seconds or as a date", async () => {
    const date = new Date(Date.UTC(2026, 0, 1) + 7_000).toUTCString();
    const steps = [
      problem(503, "overloaded", { "retry-after": "2" }),
      problem(503, "overloaded", { "retry-after": date }),
    ];
    const { client, clock } = scripted([...steps, json({})]);
    clock.chance = 0;
    await client.getProduct("p1");
    expect(clock.waits).toEqual([2_000, 5_000]);
  });

  test("end when the next one would come too late", async () => {
    const steps = Array.from({ length: 4 }, () => problem(429, "rate_limited", { "retry-after": "4" }));
    const { client, clock, sent } = scripted(steps, { retry: { totalMsMax: 10_000, backoffMs: 0 } });
    const error = await failureOf(client.getProduct("p1"));
    expect(error).toBeInstanceOf(OnhandProblem);
    expect(error).toMatchObject({ code: "rate_limited", retryAfterMs: 4_000, tries: 3 });
    expect(sent).toHaveLength(3);
    expect(clock.waits).toEqual([4_000, 4_000]);
  });

  test("can be switched off, for a client or a call, and are told of", async () => {
    const once = scripted([networkError()], { retry: false });
    expect(await failureOf(once.client.getProduct("p1"))).toMatchObject({ tries: 1 });
    const told: unknown[] = [];
    const some = scripted([networkError(), json({}), networkError()], { onRetry: (retry) => told.push(retry) });
    await some.client.getProduct("p1");
    expect(await failureOf(some.client.getProduct("p1", { retry: false }))).toMatchObject({ tries: 1 });
    expect(told).toMatchObject([{ tries: 1, delayMs: 50, error: { name: "OnhandUnreachable" } }]);
  });
});

describe("time", () => {
  test("a try that is not answered in time is followed by another", async () => {
    const { client, clock, keys } = scripted(["silence", json({ version: 3 })], { tryTimeoutMs: 700 }, () =>
      clock.advance(700),
    );
    expect(await client.adjustInventory(adjustment)).toMatchObject({ version: 3 });
    expect(new Set(keys()).size).toBe(1);
  });

  test("when no try is answered in time, the error says so", async () => {
    const { client, clock } = scripted(["silence"], { retry: false }, () => clock.advance(30_000));
    const error = await failureOf(client.getProduct("p1"));
    expect(error).toBeInstanceOf(OnhandUnreachable);
    expect(String(error)).toContain("GET http://onhand.test/v1/products/p1: no answer within 30000 ms");
  });

  test("what the server was asked to wait comes on top, and no deadline is left behind", async () => {
    let during: number[] = [];
    const { client, clock } = scripted(["silence"], { retry: false }, () => {
      during = clock.deadlines;
      clock.advance(50_000);
    });
    await failureOf(client.pollUpdates({ wait: 20 }));
    expect(during).toEqual([50_000]);
    expect(clock.deadlines).toEqual([]);
  });
});

describe("abort", () => {
  test("before the call: nothing is sent", async () => {
    const { client, sent } = scripted([]);
    const signal = AbortSignal.abort(new Error("enough"));
    expect(await failureOf(client.getProduct("p1", { signal }))).toBe(signal.reason);
    expect(sent).toEqual([]);
  });

  test("during a try", async () => {
    const aborter = new AbortController();
    const { client, clock, sent } = scripted(["silence"], {}, () => aborter.abort(new Error("enough")));
    expect(await failureOf(client.adjustInventory(adjustment, { signal: aborter.signal }))).toBe(aborter.signal.reason);
    expect(sent).toHaveLength(1);
    expect(clock.deadlines).toEqual([]);
  });

  test("during a wait", async () => {
    const aborter = new AbortController();
    const { client, clock, sent } = scripted([networkError()]);
    clock.onWait = () => aborter.abort(new Error("enough"));
    expect(await failureOf(client.getProduct("p1", { signal: aborter.signal }))).toBe(aborter.signal.reason);
    expect(sent).toHaveLength(1);
  });

  test("the system's clock stops waiting at once", async () => {
    const aborter = new AbortController();
    const waiting = systemClock.sleep(3_600_000, aborter.signal);
    aborter.abort(new Error("enough"));
    expect(await failureOf(waiting)).toBe(aborter.signal.reason);
    expect(await failureOf(systemClock.sleep(1, aborter.signal))).toBe(aborter.signal.reason);
    await systemClock.sleep(0);
  });
});

test("a read that is to be as fresh as a cursor says so, on every page of a list", async () => {
  const page = { data: [{}], nextCursor: "more" };
  const { client, sent } = scripted([json({}), json(page), json({ ...page, nextCursor: null })]);
  await client.getProduct("p1", { minCursor: "c1" });
  for await (const _ of client.all.listInventory({ q: "red" }, { minCursor: "c2" }));
  expect(sent.map(({ url }) => `${url.pathname}${url.search}`)).toEqual([
    "/v1/products/p1?minCursor=c1",
    "/v1/inventory?q=red&minCursor=c2",
    "/v1/inventory?q=red&cursor=more&minCursor=c2",
  ]);
});
