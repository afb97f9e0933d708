/** Managing subscriptions: what is taken, what is refused and why, and what a repeat gets. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { CursorCodec } from "../../src/feed/cursor.ts";
import { tokenSigner } from "../../src/lib/signed-token.ts";
import { readInstallation } from "../../src/registry/installation.ts";
import { startTestServer, type TestServer } from "../rest/support.ts";
import { act, show } from "./support.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const base = "/v1/subscriptions/inventory";
const url = "https://hooks.invalid/inventory";
const create = async (fields: object = {}) => (await server.writer.post(base, { url, ...fields })).body;

describe("a subscription", () => {
  test("is created with defaults, and its secret is shown once", async () => {
    const { status, headers, body } = await server.writer.post(base, { url });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe(`${base}/${body.subscriptionId}`);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toMatchObject({
      url,
      types: [],
      filter: {},
      ordering: "key",
      status: "active",
      statusReason: null,
      name: null,
      lastSequence: 0,
      queued: 0,
      deadLetters: 0,
      version: 1,
    });
    expect(() => new Webhook(body.secret)).not.toThrow();
    const read = await server.reader.get(`${base}/${body.subscriptionId}`);
    expect(read.body.secret).toBeUndefined();
    expect(read.headers.get("etag")).toBe('"1"');
    expect(JSON.stringify((await server.reader.get(base)).body)).not.toContain("whsec_");
  });

  test("keeps everything that was given", async () => {
    const given = {
      name: "The shop",
      types: ["inventory.*", "product.deleted.v1"],
      filter: { skus: ["A B"], locationIds: ["shop"], locationGroups: ["eu"], productIds: ["p1"] },
      ordering: "latest",
      secret: `whsec_${Buffer.alloc(24, 7).toString("base64")}`,
    };
    expect(await create(given)).toMatchObject(given);
  });

  test("answers without /v1 too", async () => {
    const { status, body } = await server.writer.post("/subscriptions/inventory", { url });
    expect(status).toBe(201);
    expect((await server.reader.get(`/subscriptions/inventory/${body.subscriptionId}`)).status).toBe(200);
  });

  test("is changed field by field, under a guard", async () => {
    const { subscriptionId } = await create({ name: "before" });
    const path = `${base}/${subscriptionId}`;
    const patched = await server.writer.patch(path, { name: null, ordering: "strict" }, { "if-match": '"1"' });
    expect(patched.body).toMatchObject({ name: null, ordering: "strict", url, version: 2 });
    const stale = await server.writer.patch(path, { name: "x" }, { "if-match": '"1"' });
    expect(stale.body).toMatchObject({ status: 412, code: "version_conflict", currentEtag: '"2"' });
    expect((await server.writer.delete(path, { "if-match": '"1"' })).status).toBe(412);
  });

  test("is gone once deleted", async () => {
    const { subscriptionId } = await create();
    const path = `${base}/${subscriptionId}`;
    expect((await server.writer.delete(path)).status).toBe(204);
    for (const answer of [
      await server.reader.get(path),
      await server.writer.delete(path),
      await server.writer.post(`${path}/ping`),
      await server.writer.post(`${path}/backfill`, {}),
      await server.reader.get(`${path}/deliveries`),
    ])
      expect(answer.body.code).toBe("not_found");
  });

  test("lists page by page", async () => {
    for (let index = 0; index < 3; index++) await create();
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await server.reader.get(`${base}?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`);
      seen.push(...body.data.map((each: { subscriptionId: string }) => each.subscriptionId));
      cursor = body.nextCursor ?? "";
    } while (cursor !== "");
    expect(new Set(seen).size).toBe(seen.length);
    const { rows } = await server.database.owner.query<{ count: number }>({
      text: "SELECT count(*)::integer AS count FROM webhook_subscription",
    });
    expect(seen).toHaveLength(rows[0]!.count);
  });
});

describe("refused with a reason is", () => {
  test.each([["inventory.adjusted.v9"], ["nothing.*"]])("the type %s, of which there are no events", async (type) => {
    const { subscriptionId } = await create();
    for (const { status, body } of [
      await server.writer.post(base, { url, types: [type] }),
      await server.writer.patch(`${base}/${subscriptionId}`, { types: [type] }),
    ]) {
      expect(status).toBe(400);
      expect(body.errors).toMatchObject([{ pointer: "/types" }]);
    }
  });

  test.each([
    ["http://example.com/", "https"],
    ["https://127.0.0.1/", "loopback"],
    ["https://[::ffff:10.0.0.1]/", "private"],
    ["https://169.254.169.254/latest/meta-data", "link-local"],
    ["https://0x7f.1/", "loopback"],
    ["https://localhost/", "loopback"],
    ["https://user:secret@example.com/", "user name"],
    ["https://example.com/#x", "fragment"],
    ["ftp://example.com/", "scheme"],
    ["example.com", "URL"],
  ])("the URL %s", async (hostile, word) => {
    const { status, body } = await server.writer.post(base, { url: hostile });
    expect(status).toBe(400);
    expect(body.detail).toContain(word);
    expect(body.errors).toMatchObject([{ pointer: "/url" }]);
    const { subscriptionId } = await create();
    expect((await server.writer.patch(`${base}/${subscriptionId}`, { url: hostile })).status).toBe(400);
  });

  test.each([
    [{}, "/url"],
    [{ url, secret: "secret" }, "/secret"],
    [{ url, secret: `whsec_${"*".repeat(40)}` }, "/secret"],
    [{ url, secret: `whsec_${Buffer.alloc(66, 1).toString("base64")}` }, "/secret"],
    [{ url, ordering: "random" }, "/ordering"],
    [{ url, types: ["*"] }, "/types/0"],
    [{ url, filter: { productId: "p1" } }, "/filter"],
    [{ url, filter: { productIds: Array(101).fill("p") } }, "/filter/productIds"],
    [{ url, status: "paused" }, ""],
  ])("%j", async (body, pointer) => {
    const answer = await server.writer.post(base, body);
    expect(answer.body.code).toBe("validation_failed");
    expect(answer.body.errors[0].pointer).toStartWith(pointer);
  });

  test("a replay of nothing, and a backfill from a cursor that is none or of another history", async () => {
    const { subscriptionId } = await create();
    const path = `${base}/${subscriptionId}`;
    expect((await server.writer.post(`${path}/replay`, {})).body.code).toBe("validation_failed");
    expect((await server.writer.post(`${path}/backfill`, { cursor: "forged" })).body.code).toBe("validation_failed");
    const codec = new CursorCodec(tokenSigner((await readInstallation(server.database.owner)).cursorSecret));
    const cursor = codec.fromVector({ epoch: 99, positions: Array(17).fill(0), check: new Uint8Array(8) });
    const expired = await server.writer.post(`${path}/backfill`, { cursor });
    expect(expired.body).toMatchObject({ status: 410, code: "cursor_expired", snapshot: "/v1/inventory" });
  });
});

describe("a repeat under the same key", () => {
  const keyed = (key: string) => ({ "idempotency-key": key });

  test("gets the first answer again, secret and all", async () => {
    const first = await server.writer.post(base, { url }, keyed("once"));
    const again = await server.writer.post(base, { url }, keyed("once"));
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.body).toMatchObject({ subscriptionId: first.body.subscriptionId, secret: first.body.secret });
  });

  test("rotates once", async () => {
    const { subscriptionId } = await create();
    const path = `${base}/${subscriptionId}/rotate-secret`;
    const first = await server.writer.post(path, {}, keyed("rotate"));
    const again = await server.writer.post(path, {}, keyed("rotate"));
    expect(again.body.secret).toBe(first.body.secret);
    expect(again.body.version).toBe(2);
  });

  test("is refused with another body, and is another caller's own", async () => {
    await server.writer.post(base, { url }, keyed("twice"));
    expect((await server.writer.post(base, { url, name: "x" }, keyed("twice"))).body.code).toBe(
      "idempotency_key_reused",
    );
    expect(
      (await server.otherWriter.post(base, { url }, keyed("twice"))).headers.get("idempotent-replayed"),
    ).toBeNull();
  });

  test("that comes at the same time waits for the first", async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => server.writer.post(base, { url }, keyed("at once"))),
    );
    expect(new Set(answers.map(({ body }) => body.subscriptionId)).size).toBe(1);
  });
});

test("pausing, resuming and rotating raise the version; a ping does not", async () => {
  const { subscriptionId } = await create();
  expect((await act(server.writer, subscriptionId, "pause")).version).toBe(2);
  expect((await act(server.writer, subscriptionId, "pause")).version).toBe(2);
  expect((await act(server.writer, subscriptionId, "resume")).version).toBe(3);
  expect(await act(server.writer, subscriptionId, "ping")).toMatchObject({ outcome: "unreachable", response: null });
  expect((await show(server.reader, subscriptionId)).version).toBe(3);
});
