/** Every code of the protocol: how a caller meets it, or why a caller of today does not. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ProblemCode, problemKinds } from "@onhand/protocol/problems";
import { CursorCodec } from "../../src/feed/cursor.ts";
import { tokenSigner } from "../../src/lib/signed-token.ts";
import { readInstallation } from "../../src/registry/installation.ts";
import { type Answer, adjust, createLocation, createProduct, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ ONHAND_QUEUE_ENTRIES_MAX: "1", ONHAND_HOLD_UNITS_PER_BUYER_MAX: "1" });
  await createLocation(server.writer, "shop");
  await createProduct(server.writer, "soap");
  await adjust(server.writer, "soap", "shop", 10);
});
afterAll(() => server.close());

const line = { productId: "soap", locationId: "shop", adjustment: 1 };
const post = (fields: object, headers = {}): Promise<Answer> =>
  server.writer.post("/v1/inventory", { ...line, ...fields }, headers);

/** Holds the product's head, so that whoever writes waits, while `work` runs. */
async function whileWritersWait(work: () => Promise<void>): Promise<void> {
  await server.database.owner.transaction(async (connection) => {
    await connection.query({ text: "SELECT FROM partition_head ORDER BY partition FOR UPDATE" });
    await work();
  });
}

/** More writes than the queue holds; the first refusal comes while the others wait. */
async function overload(): Promise<Answer> {
  let writes: Promise<Answer>[] = [];
  let refused: Answer | undefined;
  await whileWritersWait(async () => {
    writes = Array.from({ length: 8 }, () => post({ adjustment: 0 }));
    refused = await Promise.any(writes.map(async (write) => ((await write).status === 200 ? Promise.reject() : write)));
  });
  await Promise.all(writes);
  return refused!;
}

const cursorCodec = async (): Promise<CursorCodec> =>
  new CursorCodec(tokenSigner((await readInstallation(server.database.owner)).cursorSecret));

const foreignCursor = async (): Promise<string> =>
  (await cursorCodec()).fromVector({ epoch: 99, positions: [0], check: new Uint8Array(8) });

/** What is not there yet. */
async function cursorAhead(): Promise<string> {
  const codec = await cursorCodec();
  const here = codec.parse((await server.reader.get("/v1/inventory")).headers.get("onhand-cursor")!)!;
  return codec.fromVector({ ...here, positions: here.positions.map((position) => position + 1) });
}

const reserve = (fields: object = {}): Promise<Answer> =>
  server.writer.post("/v1/reservations", {
    lines: [{ productId: "soap", locationId: "shop", quantity: 1 }],
    ...fields,
  });
const commit = (reservationId: string): Promise<Answer> =>
  server.writer.post(`/v1/reservations/${reservationId}/commit`, {});

type Case = { readonly met: () => Promise<Answer>; readonly with?: object } | { readonly notMet: string };

const cases: Record<ProblemCode, Case> = {
  validation_failed: { met: () => post({ adjustment: 1.5 }), with: { errors: [{ pointer: "/adjustment" }] } },
  unauthorized: { met: () => server.anonymous.get("/v1/products") },
  forbidden: { met: () => server.reader.post("/v1/inventory", line) },
  not_found: { met: () => server.reader.get("/v1/products/nobody") },
  method_not_allowed: { met: () => server.reader.delete("/v1/products") },
  insufficient_stock: {
    met: () => post({ adjustment: -999 }),
    with: { available: expect.any(Number), requested: 999 },
  },
  version_conflict: { met: () => post({ expectedVersion: 999 }), with: { currentEtag: expect.any(String) } },
  already_exists: { met: () => server.writer.post("/v1/products", { sku: "SKU-soap", name: "x" }) },
  in_use: { met: () => server.writer.delete("/v1/products/soap") },
  reservation_expired: {
    async met() {
      const { reservationId } = (await reserve({ ttlSeconds: 1 })).body;
      while ((await server.reader.get(`/v1/reservations/${reservationId}`)).body.phase !== "expired");
      return commit(reservationId);
    },
  },
  already_ended: {
    async met() {
      const { reservationId } = (await reserve()).body;
      await commit(reservationId);
      return commit(reservationId);
    },
  },
  hold_limit_exceeded: {
    async met() {
      await reserve({ buyer: "hoarder" });
      return reserve({ buyer: "hoarder" });
    },
    with: { limit: 1, requested: 1 },
  },
  archived: {
    async met() {
      await createProduct(server.writer, "old");
      await server.writer.delete("/v1/products/old?archive=true");
      return post({ productId: "old" });
    },
  },
  not_applied: {
    async met() {
      const updates = [line, { ...line, adjustment: -999 }];
      const answer = await server.writer.post("/v1/inventory/bulk-update", { mode: "atomic", updates });
      return { ...answer, body: answer.body.results[0].error };
    },
  },
  idempotency_in_progress: { notMet: "a repeat waits for the first request instead of being sent away" },
  cursor_expired: {
    met: async () => server.reader.get(`/v1/inventory/updates?since=${await foreignCursor()}`),
    with: { snapshot: "/v1/inventory", earliest: expect.any(String) },
  },
  payload_too_large: { met: () => post({ reason: "x".repeat(300_000) }), with: { limit: 262_144 } },
  unsupported_media_type: { met: () => post({}, { "content-type": "text/plain" }) },
  idempotency_key_reused: {
    async met() {
      await post({}, { "idempotency-key": "reused" });
      return post({ adjustment: 2 }, { "idempotency-key": "reused" });
    },
  },
  precondition_required: {
    async met() {
      const { body } = await server.reader.get("/v1/inventory");
      return server.writer.patch(`/v1/inventory/${body.data[0].inventoryId}`, { stockLevel: 1 });
    },
    with: { currentEtag: expect.any(String) },
  },
  internal: {
    async met() {
      const { owner } = server.database;
      const { body } = await server.reader.get("/v1/inventory");
      await owner.query({ text: "ALTER TABLE entry_text RENAME TO hidden_text" });
      const answer = await server.reader.get(`/v1/inventory/${body.data[0].inventoryId}/movements`);
      await owner.query({ text: "ALTER TABLE hidden_text RENAME TO entry_text" });
      expect(server.loggedErrors.splice(0)).toEqual([expect.stringContaining("entry_text")]);
      return answer;
    },
  },
  overloaded: { met: overload },
  outcome_unknown: { notMet: "needs a COMMIT whose answer is lost: see the tests of lost answers" },
  not_fresh: { met: async () => server.reader.get(`/v1/products/soap?minCursor=${await cursorAhead()}`) },
  not_ready: { notMet: "needs a database that is away: see the tests of restarts" },
};

describe("every code", () => {
  test.each(Object.keys(problemKinds) as ProblemCode[])("%s", async (code) => {
    const found = cases[code];
    if ("notMet" in found) {
      expect(found.notMet).not.toBe("");
      return;
    }
    const { headers, body } = await found.met();
    expect(body).toMatchObject({ code, status: problemKinds[code].status, ...found.with });
    if (body.status === 503) expect(headers.get("retry-after")).toBe("1");
  });

  test("after all of them the server is as it was", async () => {
    expect((await server.anonymous.get("/readyz")).status).toBe(200);
    expect((await post({})).status).toBe(200);
  });
});
