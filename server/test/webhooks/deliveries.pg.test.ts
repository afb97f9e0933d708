/** Webhooks of a whole server, sent to a real receiver. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { raiseEpoch } from "../../src/journal/epoch.ts";
import { adjust, createLocation, createProduct, startTestServer, type TestServer } from "../rest/support.ts";
import { answerWith, type Received, Receiver, sequenceOf } from "./receiver.ts";
import { act, listOf, show, subscribe, untilShown } from "./support.ts";

let server: TestServer;
let receiver: Receiver;
let subscriptionId: string;

beforeAll(async () => {
  server = await startTestServer({ ONHAND_WEBHOOK_PRIVATE_TARGETS: "true" });
  await createLocation(server.writer, "shop");
  for (const product of ["soap", "comb", "towel"]) await createProduct(server.writer, product);
});
afterAll(() => server.close());
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(async () => {
  await server.writer.delete(`/v1/subscriptions/inventory/${subscriptionId}`);
  await receiver.stop();
});

const eventOf = ({ body }: Received) => JSON.parse(body);
const levelOf = (received: Received): number => eventOf(received).data.item.stockLevel;

async function start(fields: object = {}): Promise<{ secret: string }> {
  const created = await subscribe(server.writer, receiver.url, fields);
  subscriptionId = created.subscriptionId;
  return created;
}

describe("a delivery", () => {
  test("is the event of the feed, signed, numbered and with the cursor behind it", async () => {
    const { secret } = await start();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const change = { productId: "soap", locationId: "shop", adjustment: 5 };
    const { body } = await server.writer.post("/v1/inventory", change, { traceparent });
    await receiver.until("the event", (all) => all.length === 1);
    const [received] = receiver.received as [Received];
    expect(new Webhook(secret).verify(received.body, { ...received.headers })).toEqual(eventOf(received));
    expect(received.headers).toMatchObject({
      "content-type": "application/cloudevents+json; charset=utf-8",
      "webhook-id": body.movementId,
      "webhook-sequence": "1",
      "webhook-feed-cursor": body.cursor,
      traceparent,
    });
    const { body: page } = await server.reader.get(`/v1/inventory/updates?limit=1000`);
    expect(eventOf(received)).toEqual(page.data.at(-1));
    expect(await untilShown(server.writer, subscriptionId, (all) => all.queued === 0)).toMatchObject({
      lastSequence: 1,
      lastDeliveredAt: expect.any(String),
      failingSince: null,
    });
    expect(await listOf(server.writer, subscriptionId, "deliveries")).toMatchObject([
      { eventId: body.movementId, sequence: 1, try: 1, outcome: "delivered", status: 204, nextTryAt: null },
    ]);
  });

  test("is of what was subscribed to, and nothing else", async () => {
    await start({ filter: { productIds: ["comb"] }, types: ["inventory.adjusted.v1"] });
    await adjust(server.writer, "soap", "shop", 1);
    await adjust(server.writer, "comb", "shop", 1);
    await server.writer.patch("/v1/products/comb", { name: "Comb" });
    await adjust(server.writer, "comb", "shop", 1);
    await receiver.until("both", (all) => all.length === 2);
    expect(receiver.received.map((each) => [eventOf(each).subject, sequenceOf(each)])).toEqual([
      ["comb/shop", 1],
      ["comb/shop", 2],
    ]);
  });

  test("of many events each arrives once, numbered without a gap, in order per item", async () => {
    await start();
    const writes = Array.from({ length: 300 }, (_, index) =>
      adjust(server.writer, ["soap", "comb", "towel"][index % 3]!, "shop", 1),
    );
    await Promise.all(writes);
    await receiver.until("all", (all) => all.length >= 300);
    expect(receiver.received.map(sequenceOf).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    );
    for (const all of Map.groupBy(receiver.received, (each) => eventOf(each).subject).values()) {
      const versions = all.map((each) => eventOf(each).data.item.version);
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
    }
  });
});

describe("a receiver that fails", () => {
  test("gets the same id and number again, while other items flow", async () => {
    await start();
    receiver.answer = (received, response) =>
      answerWith(eventOf(received).partitionkey === "soap" ? 500 : 200, {}, "broken")(received, response);
    await adjust(server.writer, "soap", "shop", 1);
    await adjust(server.writer, "soap", "shop", 1);
    await adjust(server.writer, "comb", "shop", 1);
    await receiver.until("the comb", (all) => all.some((each) => eventOf(each).partitionkey === "comb"));
    receiver.answer = answerWith(200);
    await act(server.writer, subscriptionId, "resume");
    await receiver.until("the soap", (all) => all.length === 4);
    const soap = receiver.received.filter((each) => eventOf(each).partitionkey === "soap");
    expect(soap.map(sequenceOf)).toEqual([1, 1, 2]);
    expect(soap[1]!.headers["webhook-id"]).toBe(soap[0]!.headers["webhook-id"]!);
    await untilShown(server.writer, subscriptionId, (all) => all.queued === 0);
    const log = await listOf(server.writer, subscriptionId, "deliveries?outcome=refused");
    expect(log).toMatchObject([{ sequence: 1, status: 500, response: "broken", nextTryAt: expect.any(String) }]);
  });

  test("with strict order holds everything up", async () => {
    await start({ ordering: "strict" });
    receiver.answer = answerWith(500);
    for (const product of ["soap", "comb", "towel"]) await adjust(server.writer, product, "shop", 1);
    await untilShown(server.writer, subscriptionId, (all) => all.queued === 3 && all.failingSince !== null);
    receiver.answer = answerWith(200);
    await act(server.writer, subscriptionId, "resume");
    await receiver.until("all", (all) => all.length === 4);
    expect(receiver.received.map(sequenceOf)).toEqual([1, 1, 2, 3]);
  });

  test("with latest gets only the newest state of each item, and is told which numbers will not come", async () => {
    await start({ ordering: "latest" });
    receiver.answer = answerWith(503);
    const { stockLevel } = await adjust(server.writer, "soap", "shop", 1);
    await untilShown(server.writer, subscriptionId, (all) => all.failingSince !== null);
    for (let index = 0; index < 20; index++) await adjust(server.writer, "soap", "shop", 1);
    await adjust(server.writer, "comb", "shop", 1);
    await untilShown(server.writer, subscriptionId, (all) => all.queued <= 2);
    receiver.received.splice(0);
    receiver.answer = answerWith(200);
    await act(server.writer, subscriptionId, "resume");
    await receiver.until("the newest", (all) => all.some((each) => levelOf(each) === stockLevel + 20));
    const soap = receiver.received.filter((each) => eventOf(each).partitionkey === "soap");
    const levels = soap.map(levelOf);
    expect(levels).toEqual([...levels].sort((a, b) => a - b));
    expect(soap.length).toBeLessThan(5);
    expect(soap.flatMap((each) => each.headers["webhook-supersedes"]?.split(",") ?? [])).toContain("1");
  });

  test("that is gone is not asked again", async () => {
    await start();
    receiver.answer = answerWith(410);
    await adjust(server.writer, "soap", "shop", 1);
    const disabled = await untilShown(server.writer, subscriptionId, (all) => all.status === "disabled");
    expect(disabled).toMatchObject({ statusReason: "gone", queued: 1 });
    expect((await listOf(server.writer, subscriptionId, "deliveries"))[0]).toMatchObject({
      outcome: "disabled",
      eventId: null,
      detail: expect.stringContaining("410"),
    });
    await adjust(server.writer, "soap", "shop", 1);
    receiver.answer = answerWith(200);
    await act(server.writer, subscriptionId, "backfill", {});
    await receiver.until("both", (all) => all.length === 3);
    expect(receiver.received.map(sequenceOf)).toEqual([1, 1, 2]);
    expect(await show(server.writer, subscriptionId)).toMatchObject({ status: "active", statusReason: null });
  });
});

describe("whoever owns a subscription", () => {
  test("can pause it and go on without a loss", async () => {
    await start();
    await act(server.writer, subscriptionId, "pause");
    await adjust(server.writer, "soap", "shop", 1);
    await adjust(server.writer, "soap", "shop", 1);
    expect(await show(server.writer, subscriptionId)).toMatchObject({ status: "paused", lastSequence: 0 });
    await act(server.writer, subscriptionId, "resume");
    await receiver.until("both", (all) => all.length === 2);
    expect(receiver.received.map(sequenceOf)).toEqual([1, 2]);
  });

  test("can ping it and see what comes of it", async () => {
    const { secret } = await start();
    receiver.answer = answerWith(418, {}, "teapot");
    const ping = await act(server.writer, subscriptionId, "ping");
    expect(ping).toMatchObject({ outcome: "refused", status: 418, response: "teapot" });
    const [received] = receiver.received as [Received];
    expect(new Webhook(secret).verify(received.body, { ...received.headers })).toMatchObject({
      type: "webhook.ping.v1",
    });
    expect(received.headers).toMatchObject({ "webhook-id": ping.eventId });
    expect(received.headers["webhook-sequence"]).toBeUndefined();
  });

  test("can rotate the secret while events flow: both verify, until the time of the old one is over", async () => {
    const { secret: before } = await start();
    const { secret: after } = await act(server.writer, subscriptionId, "rotate-secret", { overlapSeconds: 3600 });
    await adjust(server.writer, "soap", "shop", 1);
    await receiver.until("the event", (all) => all.length === 1);
    const [received] = receiver.received as [Received];
    for (const secret of [before, after])
      expect(new Webhook(secret).verify(received.body, { ...received.headers })).toBeDefined();
    await act(server.writer, subscriptionId, "rotate-secret", { overlapSeconds: 0 });
    await adjust(server.writer, "soap", "shop", 1);
    await receiver.until("the next", (all) => all.length === 2);
    expect(() => new Webhook(after).verify(receiver.received[1]!.body, { ...receiver.received[1]!.headers })).toThrow();
  });

  test.each([
    ["sequences", { sequences: { from: 2, to: 3 } }, [2, 3]],
    ["times", { times: { from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" } }, [1, 2, 3, 4]],
  ])("can have deliveries sent again by %s, byte for byte", async (_how, body, numbers) => {
    await start();
    for (let index = 0; index < 4; index++) await adjust(server.writer, "soap", "shop", 1);
    await receiver.until("all", (all) => all.length === 4);
    await untilShown(server.writer, subscriptionId, (all) => all.queued === 0);
    const first = receiver.received.splice(0);
    expect(await act(server.writer, subscriptionId, "replay", body)).toEqual({ queued: numbers.length, skipped: 0 });
    await receiver.until("the replay", (all) => all.length === numbers.length);
    expect(receiver.received.map(sequenceOf)).toEqual(numbers);
    for (const again of receiver.received) {
      const original = first.find((each) => sequenceOf(each) === sequenceOf(again))!;
      expect(again.body).toBe(original.body);
      for (const name of ["webhook-id", "webhook-feed-cursor"])
        expect(again.headers[name]).toBe(original.headers[name]!);
    }
  });

  test("can set it back to a cursor: all comes again in order, under new numbers", async () => {
    await start();
    for (let index = 0; index < 3; index++) await adjust(server.writer, "soap", "shop", 1);
    await receiver.until("all", (all) => all.length === 3);
    await untilShown(server.writer, subscriptionId, (all) => all.queued === 0);
    const cursor = receiver.received[0]!.headers["webhook-feed-cursor"]!;
    const first = receiver.received.splice(0);
    await act(server.writer, subscriptionId, "backfill", { cursor });
    await receiver.until("two again", (all) => all.length === 2);
    expect(receiver.received.map((each) => each.body)).toEqual(first.slice(1).map((each) => each.body));
    expect(receiver.received.map(sequenceOf)).toEqual([4, 5]);
  });

  test("can set back what is stuck: nothing comes out of order, and no number is left out", async () => {
    await start();
    receiver.answer = answerWith(500);
    const cursors: string[] = [];
    for (let index = 0; index < 4; index++) cursors.push((await adjust(server.writer, "soap", "shop", 1)).cursor);
    await untilShown(server.writer, subscriptionId, (all) => all.queued === 4 && all.failingSince !== null);
    receiver.answer = answerWith(200);
    receiver.received.splice(0);
    await act(server.writer, subscriptionId, "backfill", { cursor: cursors[1] });
    await receiver.until("all", (all) => all.length === 4);
    const levels = receiver.received.map(levelOf);
    expect(levels).toEqual([...levels].sort((a, b) => a - b));
    expect(receiver.received.map(sequenceOf)).toEqual([1, 2, 3, 4]);
  });
});

describe("of deliveries that came under two numbers", () => {
  test("a replay sends each event once, under its newest number", async () => {
    await start();
    for (let index = 0; index < 3; index++) await adjust(server.writer, "soap", "shop", 1);
    await receiver.until("all", (all) => all.length === 3);
    await untilShown(server.writer, subscriptionId, (all) => all.queued === 0);
    const cursor = receiver.received[0]!.headers["webhook-feed-cursor"]!;
    await act(server.writer, subscriptionId, "backfill", { cursor });
    await receiver.until("two again", (all) => all.length === 5);
    await untilShown(server.writer, subscriptionId, (all) => all.queued === 0);
    receiver.received.splice(0);
    const replayed = await act(server.writer, subscriptionId, "replay", { sequences: { from: 1, to: 5 } });
    expect(replayed).toEqual({ queued: 3, skipped: 0 });
    await receiver.until("the replay", (all) => all.length === 3);
    expect(receiver.received.map(sequenceOf)).toEqual([1, 4, 5]);
  });
});

describe("with latest", () => {
  test("numbers in whose place a delivery stands are told after it was set back, too", async () => {
    const { cursor } = await adjust(server.writer, "soap", "shop", 1);
    await start({ ordering: "latest" });
    receiver.answer = answerWith(500);
    await adjust(server.writer, "soap", "shop", 1);
    await receiver.until("the first", (all) => all.length === 1);
    await untilShown(server.writer, subscriptionId, (all) => all.failingSince !== null);
    await adjust(server.writer, "soap", "shop", 1);
    // What is resumed before the second change was planned tries the first again, and then waits for long.
    const isSecond = () =>
      receiver.until("the second", (all) => all.some((each) => sequenceOf(each) === 2), 2_000).catch(() => null);
    do await act(server.writer, subscriptionId, "resume");
    while ((await isSecond()) === null);
    await untilShown(server.writer, subscriptionId, (all) => all.queued === 1);
    receiver.received.splice(0);
    receiver.answer = answerWith(200);
    await act(server.writer, subscriptionId, "backfill", { cursor });
    await receiver.until("the newest", (all) => all.some((each) => sequenceOf(each) === 2));
    const told = receiver.received.flatMap((each) => each.headers["webhook-supersedes"]?.split(",") ?? []);
    expect(told).toContain("1");
  });
});

describe("when the epoch was raised", () => {
  test("a subscription with items that were left for later goes on from a snapshot's cursor", async () => {
    await start();
    receiver.answer = (received, response) =>
      answerWith(eventOf(received).partitionkey === "soap" ? 500 : 200)(received, response);
    await adjust(server.writer, "soap", "shop", 1);
    await untilShown(server.writer, subscriptionId, (all) => all.failingSince !== null);
    await Promise.all(Array.from({ length: 40 }, () => adjust(server.writer, "soap", "shop", 1)));
    await adjust(server.writer, "comb", "shop", 1);
    await receiver.until("the comb", (all) => all.some((each) => eventOf(each).partitionkey === "comb"));
    expect((await show(server.writer, subscriptionId)).queued).toBeLessThan(40);
    await raiseEpoch(server.database.application, "a drill");
    await untilShown(server.writer, subscriptionId, (all) => all.statusReason === "cursor_lost");
    receiver.answer = answerWith(200);
    const cursor = (await server.reader.get("/v1/inventory")).headers.get("onhand-cursor")!;
    await act(server.writer, subscriptionId, "backfill", { cursor });
    const { stockLevel } = await adjust(server.writer, "soap", "shop", 1);
    await receiver.until("the next", (all) => all.some((each) => levelOf(each) === stockLevel), 4_000);
    expect(await show(server.writer, subscriptionId)).toMatchObject({ status: "active" });
  });
});

describe("an event of a location", () => {
  test("is sent again though a change at it has an earlier time", async () => {
    await start();
    await createLocation(server.writer, "kiosk");
    await receiver.until("the location", (all) => all.length === 1);
    await adjust(server.writer, "soap", "kiosk", 1);
    await receiver.until("the change", (all) => all.length === 2);
    await untilShown(server.writer, subscriptionId, (all) => all.queued === 0);
    // Two lanes at the same time: who asked for the time first may commit last.
    await server.database.owner.query({
      text: "UPDATE journal SET recorded_at = recorded_at - interval '1 hour' WHERE location_id = 'kiosk' AND partition > 0",
    });
    await server.restart();
    await act(server.writer, subscriptionId, "replay", { sequences: { from: 1, to: 1 } });
    await receiver.until("the location again", (all) => all.length === 3);
    expect(receiver.received[2]!.body).toBe(receiver.received[0]!.body);
  });
});
