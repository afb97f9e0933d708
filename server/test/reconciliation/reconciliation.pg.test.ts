/** Reconciliation as callers see it: what differs is found, named, looked after, corrected by rule or by hand, and closed by itself. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import {
  adjust,
  type Caller,
  createLocation,
  createProduct,
  type Json,
  startTestServer,
  type TestServer,
} from "../rest/support.ts";

let server: TestServer;
let writer: Caller;
let shops = 0;
let shop: string;
const root = "/v1/reconciliations";

beforeAll(async () => {
  server = await startTestServer();
  writer = server.writer;
  for (const product of ["soap", "comb", "brush"]) await createProduct(writer, product);
});
afterAll(() => server.close());
beforeEach(async () => {
  shops += 1;
  shop = `shop${shops}`;
  await createLocation(writer, shop);
});

const agoMs = (ms: number): string => new Date(Date.now() - ms).toISOString();
const minutesAgo = (minutes: number): string => agoMs(minutes * 60_000);
const owner = (text: string, values: unknown[] = []) => server.database.owner.query({ text, values });

async function reconcile(body: object): Promise<Json> {
  const { status, body: answer } = await writer.post(root, body);
  expect({ status, detail: answer.detail }).toEqual({ status: 201, detail: undefined });
  return answer;
}
async function differences(query: string): Promise<Json[]> {
  const { status, body } = await server.reader.get(`${root}/differences?${query}`);
  expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
  return body.data;
}
async function source(sourceId: string, fields: object = {}): Promise<void> {
  const { status, body } = await server.admin.post("/v1/sources", {
    ...{ sourceId, name: sourceId, kind: "erp", mode: "levels", role: "statements" },
    ...fields,
  });
  expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined });
}

describe("on demand", () => {
  test("what agrees is counted, and nothing is found", async () => {
    await adjust(writer, "soap", shop, 12);
    const done = await reconcile({ checks: ["level", "movements", "counter", "total"], productId: "soap" });
    expect(done).toMatchObject({ status: "done", unclosed: 0, problem: null });
    for (const check of done.checks) expect(check).toMatchObject({ differences: 0 });
    expect(done.checks.find(({ check }: Json) => check === "level").checked).toBeGreaterThan(0);
    const { body } = await server.reader.get(`${root}/${done.reconciliationId}`);
    expect(body).toMatchObject({ reconciliationId: done.reconciliationId, status: "done" });
  });

  test("a row that is unlike the journal is named with its first differing entry, and closes when it is right again", async () => {
    await adjust(writer, "comb", shop, 5);
    const moved = await adjust(writer, "comb", shop, 2);
    await owner("UPDATE item SET on_hand = on_hand + 1 WHERE product_id = 'comb' AND location_id = $1", [shop]);
    await reconcile({ checks: ["level", "total"], productId: "comb" });
    const [found] = await differences(`check=level&locationId=${shop}`);
    expect(found).toMatchObject({
      ...{ state: "open", productId: "comb", locationId: shop, units: 1, owner: null },
      ...{ expected: { onHand: 7 }, found: { onHand: 8 }, firstMovementId: moved.movementId },
    });
    const [total] = await differences("check=total&productId=comb");
    expect(total).toMatchObject({ units: -1 });

    await owner("UPDATE item SET on_hand = on_hand - 1 WHERE product_id = 'comb' AND location_id = $1", [shop]);
    await reconcile({ checks: ["level", "total"], productId: "comb" });
    expect(await differences(`check=level&locationId=${shop}`)).toEqual([]);
    const [closed] = await differences(`state=closed&check=level&locationId=${shop}`);
    expect(closed).toMatchObject({ differenceId: found.differenceId, closedBy: { kind: "outside", movementId: null } });
  });

  test("an entry that does not go on from the one before it is the first that differs", async () => {
    for (const units of [5, 2, 3]) await adjust(writer, "brush", shop, units);
    const { rows } = await server.database.owner.query<{ partition: number; sequence: number }>({
      text: "SELECT partition, sequence FROM journal WHERE product_id = 'brush' AND location_id = $1 ORDER BY sequence OFFSET 1 LIMIT 1",
      values: [shop],
    });
    const { partition, sequence } = rows[0]!;
    await owner("UPDATE journal SET on_hand = on_hand + 1 WHERE partition = $1 AND sequence = $2", [
      partition,
      sequence,
    ]);
    const done = await reconcile({ checks: ["movements"], productId: "brush" });
    expect(done.checks).toEqual([{ check: "movements", checked: expect.any(Number), differences: 1 }]);
    const [found] = await differences(`check=movements&locationId=${shop}`);
    expect(found.explanation).toContain(found.firstMovementId);
    expect(found).toMatchObject({ units: 1, expected: { onHand: 7 }, found: { onHand: 8 } });
    await owner("UPDATE journal SET on_hand = on_hand - 1 WHERE partition = $1 AND sequence = $2", [
      partition,
      sequence,
    ]);
    expect(await reconcile({ checks: ["movements"], productId: "brush" })).toMatchObject({ unclosed: 0 });
  });

  test("counters that are not the sums of lines are found, and no entry goes on from them", async () => {
    await adjust(writer, "soap", shop, 10);
    const { body: held } = await writer.post("/v1/reservations", {
      lines: [{ productId: "soap", locationId: shop, quantity: 4 }],
    });
    await owner("UPDATE item SET reserved = reserved + 1 WHERE product_id = 'soap' AND location_id = $1", [shop]);
    await reconcile({ checks: ["counter"], productId: "soap" });
    const [found] = await differences(`check=counter&locationId=${shop}`);
    expect(found).toMatchObject({ expected: { reserved: 4 }, found: { reserved: 5 }, units: 1 });
    // No entry tells of it: that would go on from the wrong row.
    const { rows } = await server.database.owner.query({
      text: "SELECT FROM journal WHERE kind = 65 AND location_id = $1",
      values: [shop],
    });
    expect(rows).toEqual([]);
    await owner("UPDATE item SET reserved = reserved - 1 WHERE product_id = 'soap' AND location_id = $1", [shop]);
    await reconcile({ checks: ["counter"], productId: "soap" });
    expect(await differences(`check=counter&locationId=${shop}`)).toEqual([]);
    await writer.post(`/v1/reservations/${held.reservationId}/release`, {});
  });

  test("less than nothing is found, and closed by the movement that fills it up", async () => {
    await adjust(server.admin, "soap", shop, -3, { allowNegative: true });
    await reconcile({ checks: ["negative_stock"], locationId: shop });
    const [found] = await differences(`check=negative_stock&locationId=${shop}`);
    expect(found).toMatchObject({ units: -3, found: { available: -3 } });
    const filled = await adjust(writer, "soap", shop, 5);
    await reconcile({ checks: ["negative_stock"], locationId: shop });
    const [closed] = await differences(`state=closed&check=negative_stock&locationId=${shop}`);
    expect(closed.closedBy).toMatchObject({ kind: "movement", movementId: filled.movementId });
  });
});

describe("an open item", () => {
  test("has an owner, may be accepted with a note, keeps its history and opens again when it is another number", async () => {
    await adjust(server.admin, "comb", shop, -1, { allowNegative: true });
    await reconcile({ checks: ["negative_stock"], locationId: shop });
    const [found] = await differences(`check=negative_stock&locationId=${shop}`);
    const path = `${root}/differences/${found.differenceId}`;
    const accepted = await writer.patch(path, { owner: "ana", state: "accepted", note: "comes on Monday" });
    expect(accepted.body).toMatchObject({ owner: "ana", state: "accepted", version: 2 });
    expect(await differences(`owner=ana&locationId=${shop}`)).toHaveLength(1);
    const stale = await writer.patch(path, { owner: null }, { "if-match": '"1"' });
    expect(stale.status).toBe(412);
    await adjust(server.admin, "comb", shop, -1, { allowNegative: true });
    await reconcile({ checks: ["negative_stock"], locationId: shop });
    const { body: again } = await server.reader.get(path);
    expect(again).toMatchObject({ state: "open", units: -2, owner: "ana" });
    expect(again.history.map(({ did }: Json) => did)).toEqual(["found", "assigned", "accepted", "reopened"]);
    expect((await writer.patch(path, {})).status).toBe(400);
    expect((await writer.patch(`${root}/differences/dif_none`, { owner: null })).status).toBe(404);
  });
});

describe("a statement", () => {
  test("is compared as of its time, with what moved since taken off", async () => {
    await adjust(writer, "soap", shop, 20, { timestamp: minutesAgo(600) });
    await adjust(writer, "soap", shop, -3, { timestamp: minutesAgo(10), type: "sale" });
    const statement = (stockLevel: number) => ({
      statement: { lines: [{ sku: "sku-soap", locationId: shop, stockLevel, asOf: minutesAgo(30) }] },
    });
    const skuOf = (await server.reader.get("/v1/products/soap")).body.sku;
    const named = (units: number) => {
      const { lines } = statement(units).statement;
      return { statement: { lines: lines.map((line) => ({ ...line, sku: skuOf })) } };
    };
    expect((await reconcile(named(20))).statement).toMatchObject({ lines: 1, agreeing: 1, differing: 0 });
    const { statement: report } = await reconcile(named(17));
    expect(report).toMatchObject({
      differing: 1,
      differences: [{ stated: 17, ours: 20, difference: -3, differenceId: null }],
    });
    expect(report.differences[0].explanation).toContain("already");
  });

  test("as CSV is read line by line: a bad line is named and fails no other", async () => {
    await adjust(writer, "comb", shop, 4, { timestamp: minutesAgo(60) });
    const csv = `product;location;stock;as of\ncomb;${shop};4;${minutesAgo(5)}\nghost;${shop};1;\ncomb;${shop};many;\n`;
    const { statement } = await reconcile({ statement: { csv } });
    expect(statement).toMatchObject({ lines: 3, agreeing: 1, differing: 0 });
    expect(statement.refused.map(({ line }: Json) => line)).toEqual([2, 3]);
    const { status, body } = await writer.post(root, { statement: { csv: "a,b\n1,2\n" } });
    expect({ status, code: body.code }).toEqual({ status: 400, code: "validation_failed" });
  });

  test("of a source opens an item with the movements since both agreed, tells of it, and a newer one closes it", async () => {
    const sourceId = `erp-${shop}`;
    await source(sourceId);
    await adjust(writer, "brush", shop, 10, { timestamp: minutesAgo(600) });
    const state = (stockLevel: number, minutes: number) =>
      reconcile({
        statement: {
          sourceId,
          locationId: shop,
          asOf: minutesAgo(minutes),
          lines: [{ productId: "brush", stockLevel }],
        },
      });
    expect((await state(10, 60)).statement.agreeing).toBe(1);
    const sold = await adjust(writer, "brush", shop, -2, { timestamp: minutesAgo(50), type: "sale" });
    const { statement } = await state(10, 40);
    expect(statement.differences[0].differenceId).toStartWith("dif_");
    const [found] = await differences(`check=statement&sourceId=${sourceId}`);
    expect(found).toMatchObject({
      units: 2,
      driftKind: "not_yet_there",
      state: "open",
      firstMovementId: sold.movementId,
    });
    expect(found.movements).toMatchObject([{ movementId: sold.movementId, onHand: -2 }]);
    await state(8, 30);
    const { body: closed } = await server.reader.get(`${root}/differences/${found.differenceId}`);
    expect(closed).toMatchObject({ state: "closed", closedBy: { kind: "statement" } });
    const { rows } = await server.database.owner.query<{ kind: number; about: string }>({
      text: `SELECT kind, detail->'notice'->>'differenceId' AS about FROM journal WHERE kind IN (65, 66) AND location_id = $1 ORDER BY sequence`,
      values: [shop],
    });
    expect(rows).toEqual([
      { kind: 65, about: found.differenceId },
      { kind: 66, about: found.differenceId },
    ]);
  });

  test("is corrected only by a rule that allows it, by an entry with its reason; tolerances are near enough", async () => {
    const sourceId = `wms-${shop}`;
    await source(sourceId);
    await adjust(writer, "comb", shop, 50, { timestamp: minutesAgo(600) });
    const rule = (fields: object) =>
      server.admin.put(`${root}/rules/${sourceId}`, { name: "the warehouse knows", sourceId, ...fields });
    const state = (stockLevel: number, minutes: number) =>
      reconcile({
        statement: {
          sourceId,
          locationId: shop,
          asOf: minutesAgo(minutes),
          lines: [{ productId: "comb", stockLevel }],
        },
      });
    expect((await writer.put(`${root}/rules/${sourceId}`, { name: "mine" })).status).toBe(403);
    expect((await rule({ tolerance: { units: 1 } })).body).toMatchObject({
      version: 1,
      tolerance: { units: 1, percent: 0 },
    });
    expect((await state(49, 90)).statement.differences[0].differenceId).toBeNull();
    expect(await differences(`sourceId=${sourceId}`)).toEqual([]);

    // Without a rule to correct it stays.
    await state(47, 80);
    const [found] = await differences(`sourceId=${sourceId}`);
    expect(found).toMatchObject({ units: -3, driftKind: "shortage" });
    const correct = { kinds: ["shortage"], unitsMax: 5, afterSeconds: 0 };
    expect((await rule({ tolerance: { units: 1 }, correct })).body).toMatchObject({ version: 2 });
    await adjust(writer, "comb", shop, -7, { timestamp: minutesAgo(10), type: "sale" });
    await reconcile({ checks: ["statement"], sourceId });
    const { body: closed } = await server.reader.get(`${root}/differences/${found.differenceId}`);
    expect(closed).toMatchObject({ state: "closed", closedBy: { kind: "correction" } });
    const { body: items } = await server.reader.get(`/v1/inventory?productId=comb&locationId=${shop}`);
    // As of its time, with the sale since on top.
    expect(items.data[0].stockLevel).toBe(40);
    const { rows } = await server.database.owner.query<{ reason: string; source: string; movement: string }>({
      text: `SELECT t.reason, j.source FROM journal j JOIN entry_text t USING (partition, sequence) WHERE j.location_id = $1 AND j.source = 'reconciliation'`,
      values: [shop],
    });
    expect(rows).toHaveLength(1);
    expect(rows[0]!.reason).toContain(`Rule ${sourceId}`);

    // Too far for the rule: it waits for somebody, who may believe the source.
    await state(20, 5);
    const [far] = await differences(`sourceId=${sourceId}`);
    expect(far).toMatchObject({ units: -20, state: "open" });
    const done = await writer.post(`${root}/differences/${far.differenceId}/correct`, { reason: "counted together" });
    expect(done.body).toMatchObject({ state: "closed", closedBy: { kind: "correction" } });
    expect((await server.reader.get(`/v1/inventory?productId=comb&locationId=${shop}`)).body.data[0].stockLevel).toBe(
      20,
    );
    expect((await server.admin.delete(`${root}/rules/${sourceId}`)).status).toBe(204);
    expect((await server.admin.delete(`${root}/rules/${sourceId}`)).status).toBe(404);
  });
});
