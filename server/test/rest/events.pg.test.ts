/** Every kind of event against its schema, as a validator that is not ours judges; and the schemas as they are served. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { aboutEvent, eventSchemaPath, eventTypeNames, sentTypeNames } from "@onhand/protocol/events";
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { makeCheckpoint } from "../../src/checkpoints/checkpoint-maker.ts";
import type { Command } from "../../src/core/command.ts";
import { parkLine } from "../intake/support.ts";
import { openWriter, submitOne } from "../support/writers.ts";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let events: Json[];
beforeAll(async () => {
  server = await startTestServer();
  events = await everyKindOfEvent();
});
afterAll(() => server.close());

const done = async (answer: Promise<{ status: number; body: Json }>): Promise<Json> => {
  const { status, body } = await answer;
  expect({ detail: body?.detail, isDone: status < 300 }).toEqual({ detail: undefined, isDone: true });
  return body;
};

/** Does everything that makes an event, and reads the feed. */
async function everyKindOfEvent(): Promise<Json[]> {
  const { writer, admin } = server;
  await createLocation(writer, "shop", { groups: ["eu"], timezone: "Europe/Paris" });
  await createLocation(writer, "brief");
  await createProduct(writer, "soap", {
    price: 1.5,
    prices: { USD: 2 },
    attributes: { shade: "beige", sizes: [1, 2] },
  });
  await createProduct(writer, "tin");
  await done(writer.patch("/v1/products/soap", { description: "long words" }));
  await done(writer.patch("/v1/locations/shop", { region: "eu-west" }));
  const traced = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  await done(writer.post("/v1/inventory", { productId: "soap", locationId: "shop", adjustment: 7 }, traced));
  for (const type of ["sale", "return", "restock", "loss"])
    await adjust(writer, "soap", "shop", -1, { type, reason: "a reason", reference: "order 7" });
  await adjust(admin, "soap", "shop", -10, { allowNegative: true, timestamp: "2026-01-01T00:00:00+02:00" });
  const { inventoryId } = await adjust(writer, "tin", "shop", 0);
  await done(writer.patch(`/v1/inventory/${inventoryId}`, { stockLevel: 5, expectedStockLevel: null }));
  await done(writer.patch(`/v1/inventory/${inventoryId}`, { stockLevel: 0, countedAt: new Date().toISOString() }));
  await done(writer.patch(`/v1/inventory/${inventoryId}`, { safetyStock: 2, reorderPoint: 3 }));
  await done(writer.delete(`/v1/inventory/${inventoryId}?archive=true`));
  await done(writer.patch(`/v1/inventory/${inventoryId}`, { status: "active" }));
  await done(writer.delete(`/v1/inventory/${inventoryId}`));
  await done(writer.delete("/v1/products/tin?archive=true"));
  await done(writer.delete("/v1/products/tin"));
  await done(writer.delete("/v1/locations/brief?archive=true"));
  await done(writer.delete("/v1/locations/brief"));
  await orderEvents();
  await channelAndNoticeEvents();
  await sourceEvents();
  await driftEvents();
  await lateEvents();
  await checkpointEvent();
  return (await server.reader.get("/v1/inventory/updates?limit=1000")).body.data;
}

/** Whatever is done with reservations, transfers and supplies. */
async function orderEvents(): Promise<void> {
  const { writer, reader } = server;
  await createLocation(writer, "far");
  await createProduct(writer, "rope");
  await adjust(writer, "rope", "shop", 100);
  const hold = (fields: object = {}): Promise<Json> =>
    done(
      writer.post("/v1/reservations", { lines: [{ productId: "rope", locationId: "shop", quantity: 3 }], ...fields }),
    );
  const act = (path: string, action: string, body: object = {}): Promise<Json> =>
    done(writer.post(`/v1/${path}/${action}`, body));
  const paid = `reservations/${(await hold({ buyer: "ann", reference: "cart", reason: "checkout" })).reservationId}`;
  await act(paid, "extend", { ttlSeconds: 60 });
  await act(paid, "pay");
  await act(paid, "commit", { lines: [{ line: 1, quantity: 1 }], releaseRest: true });
  await hold({ buyer: "bob" });
  await hold({ buyer: "bob", supersede: true });
  await createProduct(writer, "string");
  await adjust(writer, "string", "shop", 100);
  const both = ["string", "rope"].map((productId) => ({ productId, locationId: "shop", quantity: 1 }));
  const superseded = `reservations/${(await hold({ buyer: "eve", lines: both })).reservationId}`;
  await act(superseded, "release", { lines: [{ line: 1 }] });
  await hold({ buyer: "eve", supersede: true });
  const late = `reservations/${(await hold({ ttlSeconds: 1 })).reservationId}`;
  while ((await reader.get(`/v1/${late}`)).body.phase !== "expired");
  await act(late, "commit", { ifExpired: "retake" });
  const lines = [{ productId: "rope", quantity: 4 }];
  const ways = { fromLocationId: "shop", toLocationId: "far", lines };
  const transfer = `transfers/${(await done(writer.post("/v1/transfers", ways))).transferId}`;
  await done(writer.patch(`/v1/${transfer}`, { expectedAt: "2027-01-01T00:00:00Z" }));
  await act(transfer, "ship", { lines: [{ line: 1, quantity: 3 }] });
  await act(transfer, "receive", { lines: [{ line: 1, quantity: 1, state: "damaged" }], close: true });
  await act(transfer, "cancel");
  const supply = await done(writer.post("/v1/supplies", { locationId: "far", reference: "PO-1", lines }));
  await act(`supplies/${supply.supplyId}`, "receive", { lines: [{ line: 1, quantity: 5 }] });
}

/** What is told of items and channels, and units that change their state. */
async function channelAndNoticeEvents(): Promise<void> {
  const { writer, admin, reader } = server;
  await createProduct(writer, "lamp");
  await done(writer.post("/v1/channels", { channelId: "web", name: "Web", locations: ["shop"], buffer: 1 }));
  await done(writer.patch("/v1/channels/web", { name: "Web shop" }));
  const { inventoryId } = await adjust(writer, "lamp", "shop", 20);
  await done(writer.patch(`/v1/inventory/${inventoryId}`, { reorderPoint: 5 }));
  await done(
    writer.post("/v1/inventory", {
      productId: "lamp",
      locationId: "shop",
      move: { from: "sellable", to: "damaged", quantity: 1 },
    }),
  );
  await adjust(writer, "lamp", "shop", -15);
  await adjust(writer, "lamp", "shop", -4);
  await adjust(writer, "lamp", "shop", 50);
  await adjust(admin, "lamp", "shop", -60, { allowNegative: true });
  const refused = { productId: "lamp", locationId: "shop", adjustment: -3, type: "sale" };
  expect((await writer.post("/v1/inventory", refused)).status).toBe(409);
  await done(writer.delete("/v1/channels/web?archive=true"));
  await done(writer.delete("/v1/channels/web"));
  await createProduct(writer, "pen");
  const { cursor } = await adjust(writer, "pen", "shop", 10_000);
  for (let index = 0; index < 30; index++) await adjust(writer, "pen", "shop", -1 - (index % 2), { type: "sale" });
  await adjust(writer, "pen", "shop", -5_000, { type: "sale" });
  const told = await reader.get(`/v1/inventory/updates?since=${cursor}&types=inventory.unusual.v1&wait=20`);
  expect(told.body.data).toHaveLength(1);
}

/** What is told of sources: one that is registered, falls silent, is heard of again and sends what nobody knows. */
async function sourceEvents(): Promise<void> {
  const { admin, reader } = server;
  const source = { sourceId: "till", name: "A till", freshForSeconds: 1, locationIds: ["shop"] };
  const { nextCursor } = await done(reader.get("/v1/inventory/updates?limit=1"));
  const told = async (type: string): Promise<void> => {
    const news = await reader.get(`/v1/inventory/updates?since=${nextCursor}&types=${type}&wait=20`);
    expect(news.body.data.length).toBeGreaterThan(0);
  };
  await done(admin.post("/v1/sources", source));
  await told("source.stale.v1");
  await done(admin.patch("/v1/sources/till", { freshForSeconds: 3_600 }));
  await told("source.fresh.v1");
  await parkLine(server.database, "till", "4711");
  await told("source.parked.v1");
}

/** What is told when a source states something else, and when it does not any more. */
async function driftEvents(): Promise<void> {
  const { admin, writer } = server;
  await createProduct(writer, "vase");
  await adjust(writer, "vase", "shop", 5);
  await done(admin.post("/v1/sources", { sourceId: "erp", name: "An ERP", role: "statements", mode: "levels" }));
  const line = { productId: "vase", locationId: "shop" };
  for (const stockLevel of [4, 5])
    await done(
      writer.post("/v1/reconciliations", { statement: { sourceId: "erp", lines: [{ ...line, stockLevel }] } }),
    );
}

/** What comes after the count that it belongs before: contained in it, or for somebody to look at. */
async function lateEvents(): Promise<void> {
  const { writer } = server;
  await createProduct(writer, "mat");
  const { inventoryId } = await adjust(writer, "mat", "shop", 10);
  const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
  await done(writer.patch(`/v1/inventory/${inventoryId}`, { stockLevel: 8, countedAt: minutesAgo(10) }));
  await adjust(writer, "mat", "shop", -1, { timestamp: minutesAgo(20) });
  await adjust(writer, "mat", "shop", -1, { timestamp: minutesAgo(20), device: { deviceId: "till-3" } });
}

/** What is told when a partition is written down. */
async function checkpointEvent(): Promise<void> {
  const { database } = server;
  const writer = await openWriter(database);
  const submit = (command: Command) => submitOne(writer, command);
  expect(await makeCheckpoint({ database: database.application, submit, kept: 1 }, 0)).not.toBeNull();
  await writer.stop();
}

/** The schema with no room for fields that it does not name. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const within = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return schema.properties === undefined ? within : { ...within, additionalProperties: false };
}

/** What the standard says of attributes in JSON: names of small letters and digits, simple values, data beside them. */
const cloudEvent = {
  type: "object",
  required: ["specversion", "id", "source", "type"],
  properties: {
    specversion: { const: "1.0" },
    id: { type: "string", minLength: 1 },
    source: { type: "string", minLength: 1, format: "uri-reference" },
    type: { type: "string", minLength: 1 },
    datacontenttype: { type: "string", minLength: 1 },
    // A URI, not a reference to one: a path of this server would not do, so events have none.
    dataschema: { type: "string", format: "uri" },
    subject: { type: "string", minLength: 1 },
    time: { type: "string", format: "date-time" },
    data: {},
  },
  patternProperties: {
    // Sequence, partitioning and distributed tracing extensions.
    "^(sequence|partitionkey|traceparent)$": { type: "string", minLength: 1 },
  },
  propertyNames: { pattern: "^[a-z0-9]{1,20}$" },
  additionalProperties: { type: ["string", "boolean", "integer"] },
};

const validators = new Map<string, ValidateFunction>();

async function validatorOf(type: string): Promise<ValidateFunction> {
  const known = validators.get(type);
  if (known !== undefined) return known;
  const { body } = await server.anonymous.get(eventSchemaPath(type));
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats(ajv);
  const validate = ajv.compile(closed(body));
  validators.set(type, validate);
  return validate;
}

describe("events of a real run", () => {
  test("all kinds occur", () => {
    expect([...new Set(events.map(({ type }) => type))].sort()).toEqual([...eventTypeNames].sort());
  });

  test("each is what the schema of its type says, and tells nothing that it does not name", async () => {
    for (const event of events) {
      const validate = await validatorOf(event.type);
      expect({ type: event.type, valid: validate(event), errors: validate.errors }).toEqual({
        type: event.type,
        valid: true,
        errors: null,
      });
    }
  });

  test("what an event of an item tells beside levels, the item's ledger tells too", async () => {
    const words = ["order", "moved", "contained", "review", "notice"];
    const ofItems = events.filter(({ data }) => data.item !== undefined);
    const told = new Map<string, Json>();
    for (const inventoryId of new Set(ofItems.map(({ data }) => data.item.inventoryId))) {
      const { body } = await server.reader.get(`/v1/inventory/${inventoryId}/movements?limit=1000`);
      for (const movement of body.data ?? []) told.set(movement.movementId, movement);
    }
    const compared = ofItems.filter(({ id }) => told.has(id));
    for (const { id, data } of compared)
      for (const word of words) expect({ id, [word]: told.get(id)![word] }).toEqual({ id, [word]: data[word] });
    const seen = words.filter((word) => compared.some(({ data }) => data[word] !== undefined));
    expect(seen).toEqual(words);
  });

  test("the schema of one type refuses the events of another", async () => {
    const adjusted = events.find(({ type }) => type === "inventory.adjusted.v1");
    for (const type of eventTypeNames.filter((each) => each !== adjusted.type))
      expect((await validatorOf(type))(adjusted)).toBe(false);
  });

  test("each is CloudEvents 1.0: its attributes are those of the standard, or extend it as the standard lets them", () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    addFormats(ajv);
    const validate = ajv.compile(cloudEvent);
    for (const event of events)
      expect({ ok: validate(event), errors: validate.errors }).toEqual({ ok: true, errors: null });
  });

  test("source and id together are unique, sequences have 20 digits, and cursors lead on", async () => {
    expect(new Set(events.map(({ source, id }) => `${source} ${id}`)).size).toBe(events.length);
    for (const { sequence } of events) expect(sequence).toMatch(/^\d{20}$/);
    const middle = Math.floor(events.length / 2);
    const { body } = await server.reader.get(`/v1/inventory/updates?since=${events[middle].data.cursor}`);
    expect(body.data).toEqual(events.slice(middle + 1));
  });
});

describe("schemas", () => {
  test("are listed, and served without a key to any origin", async () => {
    const { body } = await server.anonymous.get("/v1/schemas");
    expect(body.data.map(({ type }: Json) => type)).toEqual(sentTypeNames);
    for (const { type, schema, description } of body.data) {
      expect(description).toBe(aboutEvent(type));
      const answer = await server.anonymous.get(schema);
      expect(answer.headers.get("content-type")).toBe("application/schema+json");
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      expect(answer.body).toMatchObject({ $schema: expect.stringContaining("2020-12"), $id: schema, title: type });
    }
  });

  test("there is none of a type that there is not", async () => {
    const { body } = await server.anonymous.get("/v1/schemas/inventory.lost.v1");
    expect(body).toMatchObject({ status: 404, code: "not_found", detail: expect.stringContaining("/v1/schemas") });
  });
});
