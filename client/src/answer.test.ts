import { expect, test } from "bun:test";
import { failureOf, json, problem, scripted } from "../test/support/scripted-client.ts";
import { OnhandProblem } from "./errors.ts";

const adjustment = { productId: "p1", locationId: "l1", adjustment: -3 };

test("an answer gives its body, or body and meta", async () => {
  const headers = {
    etag: '"4"',
    "idempotent-replayed": "true",
    "onhand-cursor": "c1",
    "x-request-id": "req_1",
    "idempotency-key": "k1",
  };
  const { client } = scripted([json({ version: 4 }, headers), json({ version: 4 }, headers), json({})]);
  expect(await client.adjustInventory(adjustment)).toEqual({ version: 4 } as never);
  expect(await client.withMeta.adjustInventory(adjustment)).toEqual({
    body: { version: 4 } as never,
    meta: {
      status: 200,
      etag: '"4"',
      replayed: true,
      cursor: "c1",
      requestId: "req_1",
      idempotencyKey: "k1",
      tries: 1,
    },
  });
  const { meta } = await client.withMeta.getProduct("p1");
  expect(meta).toEqual({
    status: 200,
    etag: null,
    replayed: false,
    cursor: null,
    requestId: null,
    idempotencyKey: null,
    tries: 1,
  });
});

test("a refusal is a problem with everything that the server said", async () => {
  const more = { available: 2, requested: 3, errors: [{ pointer: "/adjustment", message: "is too much" }] };
  const { client } = scripted([problem(409, "insufficient_stock", { "x-request-id": "req_9" }, more)]);
  const error = (await failureOf(client.adjustInventory(adjustment))) as OnhandProblem;
  expect(error).toBeInstanceOf(OnhandProblem);
  expect(error.message).toBe("409 insufficient_stock: Detail of insufficient_stock.");
  expect(error.detail).toBe("Detail of insufficient_stock.");
  expect(error.fields).toEqual([{ pointer: "/adjustment", message: "is too much" }]);
  expect(error.requestId).toBe("req_9");
  expect(error.problem).toMatchObject({ available: 2, requested: 3 });
  expect(error.idempotencyKey).toMatch(/^[0-9a-f]{32}$/);
});

test("an atomic bulk update that was refused fails with the reason of the line at fault", async () => {
  const error = { code: "not_applied", title: "Not applied", status: 409, detail: "Because of line 1." };
  const fault = { ...error, code: "insufficient_stock", detail: "Take less." };
  const answer = {
    results: [
      { index: 0, status: 409, error },
      { index: 1, status: 409, error: fault },
    ],
    applied: 0,
    rejected: 2,
    cursor: null,
  };
  const { client } = scripted([json(answer, {}, 409)]);
  const failure = await failureOf(client.bulkUpdateInventory({ mode: "atomic", updates: [adjustment, adjustment] }));
  expect(failure).toBeInstanceOf(OnhandProblem);
  expect(failure).toMatchObject({ status: 409, code: "insufficient_stock", detail: "Take less.", answer });
});

test.each([
  ["a page in place of JSON", new Response("<html>Sign in</html>"), 200],
  ["nothing where there should be something", new Response(""), 200],
  ["a redirect", new Response(null, { status: 302 }), 302],
  ["an error of something in between", new Response("Forbidden by the proxy", { status: 403 }), 403],
  ["JSON of somebody else", json({ message: "no" }, {}, 418), 418],
])("%s is no answer of Onhand", async (_, response, status) => {
  const { client, sent } = scripted([response]);
  const error = await failureOf(client.getProduct("p1"));
  expect(error).toMatchObject({ name: "OnhandProblem", status, code: "unexpected_answer", fields: [] });
  expect(sent).toHaveLength(1);
});
