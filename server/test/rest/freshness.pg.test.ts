/** The cursor that reads carry, and reads that are to be at least as fresh as a cursor. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { CursorCodec } from "../../src/feed/cursor.ts";
import { tokenSigner } from "../../src/lib/signed-token.ts";
import { readInstallation } from "../../src/registry/installation.ts";
import {
  adjust as adjustDirectly,
  createProduct as createProductDirectly,
  openWriter,
  submitOne,
} from "../support/writers.ts";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let codec: CursorCodec;
let paths: string[];
beforeAll(async () => {
  server = await startTestServer();
  codec = new CursorCodec(tokenSigner((await readInstallation(server.database.owner)).cursorSecret));
  await createLocation(server.writer, "shop");
  await createProduct(server.writer, "soap");
  const { inventoryId } = await adjust(server.writer, "soap", "shop", 5);
  paths = [
    "/v1/products",
    "/v1/products/soap",
    "/v1/locations",
    "/v1/locations/shop",
    "/v1/locations/shop/inventory",
    "/v1/inventory",
    "/v1/inventory?groupBy=product",
    `/v1/inventory/${inventoryId}`,
    "/v1/inventory/SKU-soap",
    `/v1/inventory/${inventoryId}/movements`,
  ];
});
afterAll(() => server.close());

const withMinCursor = (path: string, cursor: string): string =>
  `${path}${path.includes("?") ? "&" : "?"}minCursor=${cursor}`;

const feedFrom = async (cursor: string): Promise<Json[]> =>
  (await server.reader.get(`/v1/inventory/updates?since=${cursor}`)).body.data;

describe("Onhand-Cursor", () => {
  test("every read of stock and catalogue has it, and the feed goes on from there without a gap", async () => {
    for (const path of paths) {
      const { status, headers } = await server.reader.get(path);
      expect({ path, status }).toEqual({ path, status: 200 });
      const { movementId } = await adjust(server.writer, "soap", "shop", 1);
      expect((await feedFrom(headers.get("onhand-cursor")!)).map(({ id }) => id)).toEqual([movementId]);
    }
  });

  test("what a read shows is never newer than what the feed still tells from its cursor", async () => {
    const writes = Array.from({ length: 40 }, () => adjust(server.writer, "soap", "shop", 1));
    const reads = Array.from({ length: 40 }, () => server.reader.get("/v1/inventory/SKU-soap"));
    await Promise.all(writes);
    const { body: last } = await server.reader.get("/v1/inventory/SKU-soap");
    for (const { headers, body } of await Promise.all(reads)) {
      const [item] = body.locations;
      const later = (await feedFrom(headers.get("onhand-cursor")!)).filter(
        ({ data }) => data.item.version > item.version,
      );
      expect(item.stockLevel + later.length).toBe(last.locations[0].stockLevel);
    }
  });

  test("an answer without a body has it as well", async () => {
    const { headers } = await server.reader.get("/v1/products/soap");
    const again = await server.reader.get("/v1/products/soap", { "if-none-match": headers.get("etag")! });
    expect(again.status).toBe(304);
    expect(codec.parse(again.headers.get("onhand-cursor")!)).not.toBeNull();
  });

  test("all pages of the movements carry that of the first", async () => {
    const path = paths.at(-1)!;
    const first = await server.reader.get(`${path}?limit=2`);
    await adjust(server.writer, "soap", "shop", 1);
    const second = await server.reader.get(`${path}?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.headers.get("onhand-cursor")).toBe(first.headers.get("onhand-cursor"));
  });
});

describe("minCursor", () => {
  test("what another server has just committed is in the answer, whichever read asks", async () => {
    const other = await openWriter(server.database);
    try {
      for (const path of paths) {
        const { outcome, headVector } = await submitOne(other, adjustDirectly("soap", "shop", 1));
        expect(outcome.kind).toBe("lines");
        const answer = await server.reader.get(withMinCursor(path, codec.fromBytes(headVector)));
        expect({ path, status: answer.status }).toEqual({ path, status: 200 });
        expect(await feedFrom(answer.headers.get("onhand-cursor")!)).toEqual([]);
      }
    } finally {
      await other.stop();
    }
  });

  test("a read waits for what is still on its way", async () => {
    const other = await openWriter(server.database);
    try {
      const here = codec.parse((await server.reader.get("/v1/inventory")).headers.get("onhand-cursor")!)!;
      const { headVector } = await submitOne(other, createProductDirectly("late"));
      const late = codec.parse(codec.fromBytes(headVector))!;
      const partition = late.positions.findIndex((position, index) => position > here.positions[index]!);
      // One more than is there: the next change of the product's partition reaches it.
      const ahead = {
        ...late,
        positions: late.positions.map((each, index) => (index === partition ? each + 1 : each)),
      };
      const waiting = server.reader.get(withMinCursor("/v1/products/late", codec.fromVector(ahead)));
      const isWaited = async (): Promise<boolean> =>
        /^onhand_feed_waiting\D* [1-9]$/m.test((await server.reader.get("/metrics")).text);
      while (!(await isWaited()));
      await submitOne(other, adjustDirectly("late", "shop", 3));
      // It was reached, and then it showed that the hashes there are others than those that were made up.
      expect((await waiting).body).toMatchObject({ status: 410, code: "cursor_expired" });
    } finally {
      await other.stop();
    }
  });

  test("pages of a list may ask for it or not", async () => {
    await createProduct(server.writer, "tin");
    await adjust(server.writer, "tin", "shop", 1);
    const { cursor } = await adjust(server.writer, "soap", "shop", 1);
    const { body } = await server.reader.get(withMinCursor("/v1/inventory?limit=1", cursor));
    const rest = await server.reader.get(`/v1/inventory?limit=1&cursor=${body.nextCursor}`);
    expect(rest.status).toBe(200);
    expect(rest.body.data).toHaveLength(1);
  });

  test("one that is no cursor of this server is refused, and a page's is none", async () => {
    const stranger = new CursorCodec(tokenSigner(randomBytes(32)));
    const { body } = await server.reader.get("/v1/products?limit=1");
    const foreign = stranger.fromVector({ epoch: 1, positions: Array(17).fill(0), check: new Uint8Array(8) });
    for (const forged of ["x", "%00", foreign, body.nextCursor ?? "y"]) {
      const answer = await server.reader.get(withMinCursor("/v1/products/soap", forged));
      expect(answer.body).toMatchObject({ status: 400, errors: [{ pointer: "/minCursor" }] });
    }
  });

  test("one of another history is gone: the answer says where to begin anew", async () => {
    const here = codec.parse((await server.reader.get("/v1/inventory")).headers.get("onhand-cursor")!)!;
    for (const vector of [
      { ...here, epoch: here.epoch + 1 },
      { ...here, positions: here.positions.slice(1) },
      { ...here, positions: [...here.positions, 1] },
      { ...here, check: new Uint8Array(8) },
    ]) {
      const { body } = await server.reader.get(withMinCursor("/v1/inventory/SKU-soap", codec.fromVector(vector)));
      expect(body).toMatchObject({ status: 410, code: "cursor_expired", snapshot: "/v1/inventory" });
      expect((await server.reader.get(`/v1/inventory/updates?since=${body.earliest}`)).status).toBe(200);
    }
  });
});
