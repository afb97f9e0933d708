/** What days bring: schedules that end, subscriptions that are disabled, logs that are cleared. The database's time is moved. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Clearing } from "../../src/db/clearing.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { retryDelaysMs } from "../../src/webhooks/plan/retry-schedule.ts";
import { webhookOverdue } from "../../src/webhooks/webhook-retention.ts";
import { adjust, createLocation, createProduct, startTestServer, type TestServer } from "../rest/support.ts";
import { accept, answerWith, type Received, Receiver, sequenceOf } from "./receiver.ts";
import { act, listOf, movableTime, quickClock, show, subscribe, untilShown, untilTicked } from "./support.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let server: TestServer;
let receiver: Receiver;
let moveTime: (ms: number) => Promise<void>;
let subscriptionId: string;

beforeAll(async () => {
  server = await startTestServer({ ONHAND_WEBHOOK_PRIVATE_TARGETS: "true" }, quickClock);
  moveTime = await movableTime(server.database);
  await createLocation(server.writer, "shop");
  for (const product of ["soap", "comb"]) await createProduct(server.writer, product);
});
afterAll(() => server.close());
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(async () => {
  await server.writer.delete(`/v1/subscriptions/inventory/${subscriptionId}`);
  await receiver.stop();
});

/** Lets time pass in steps, each of which the server notices before the next one. */
async function pass(ms: number, stepMs: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await moveTime(stepMs);
    await untilTicked(server.database);
    await untilShown(server.reader, subscriptionId, () => true);
  }
}

const keyOf = ({ body }: Received): string => JSON.parse(body).partitionkey;
const brokenFor =
  (product: string): Receiver["answer"] =>
  (received, response) =>
    (keyOf(received) === product ? answerWith(500) : accept)(received, response);

describe("an event that its receiver never takes", () => {
  test("is tried ten times over three days, is a dead letter then, and can be sent again under its id and number", async () => {
    ({ subscriptionId } = await subscribe(server.writer, receiver.url));
    receiver.answer = brokenFor("soap");
    await adjust(server.writer, "soap", "shop", 1);
    await untilShown(server.reader, subscriptionId, (all) => all.failingSince !== null);
    for (const [index, delay] of retryDelaysMs.entries()) {
      // Others arrive all the while, so the endpoint itself is not failing.
      await adjust(server.writer, "comb", "shop", 1);
      await receiver.until("the comb", (all) => all.filter((each) => keyOf(each) === "comb").length === index + 1);
      await pass(delay * 1.2 + 1_000, delay * 1.2 + 1_000);
      await receiver.until("the next try", (all) => all.filter((each) => keyOf(each) === "soap").length === index + 2);
    }
    const dead = await untilShown(server.reader, subscriptionId, (all) => all.deadLetters === 1);
    expect(dead).toMatchObject({ status: "active", queued: 0 });
    const soap = receiver.received.filter((each) => keyOf(each) === "soap");
    expect(new Set(soap.map((each) => each.headers["webhook-id"])).size).toBe(1);
    expect(soap.map(sequenceOf)).toEqual(Array(10).fill(1));
    const [letter] = await listOf(server.reader, subscriptionId, "dead-letters");
    expect(letter).toMatchObject({
      eventId: soap[0]!.headers["webhook-id"],
      sequence: 1,
      subject: "soap/shop",
      tries: 10,
      lastStatus: 500,
    });
    const log = await listOf(server.reader, subscriptionId, `deliveries?eventId=${letter.eventId}`);
    const times = log.map((each: { at: string }) => Date.parse(each.at)).reverse();
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(75 * hour);
    receiver.answer = accept;
    const chosen = { sequences: { from: 1, to: 1 } };
    expect(await act(server.writer, subscriptionId, "dead-letters/replay", chosen)).toEqual({ queued: 1, skipped: 0 });
    await receiver.until("it at last", (all) => all.filter((each) => keyOf(each) === "soap").length === 11);
    expect(receiver.received.at(-1)!.headers["webhook-id"]).toBe(letter.eventId);
    expect((await untilShown(server.reader, subscriptionId, (all) => all.queued === 0)).deadLetters).toBe(0);
  }, 60_000);

  test("does not hold up other items, however many of its own wait behind it", async () => {
    ({ subscriptionId } = await subscribe(server.writer, receiver.url));
    receiver.answer = brokenFor("soap");
    await adjust(server.writer, "soap", "shop", 1);
    await untilShown(server.reader, subscriptionId, (all) => all.failingSince !== null);
    const line = { productId: "soap", locationId: "shop", adjustment: 1 };
    for (let index = 0; index < 3; index++)
      await server.writer.post("/v1/inventory/bulk-update", { updates: Array(1_000).fill(line) });
    await adjust(server.writer, "comb", "shop", 1);
    await receiver.until("the comb", (all) => all.some((each) => keyOf(each) === "comb"));
    expect((await show(server.reader, subscriptionId)).queued).toBeLessThan(100);
    receiver.answer = accept;
    receiver.received.splice(0);
    await act(server.writer, subscriptionId, "resume");
    await receiver.until("all of the soap", (all) => all.length >= 3_001, 50_000);
    await untilShown(server.reader, subscriptionId, (all) => all.queued === 0);
    const versions = receiver.received.map((each) => JSON.parse(each.body).data.item.version);
    expect(versions).toEqual(versions.map((_, index) => versions[0] + index));
    expect(new Set(receiver.received.map(sequenceOf)).size).toBe(3_001);
    expect((await show(server.reader, subscriptionId)).lastSequence).toBe(3_002);
  }, 60_000);
});

describe("a receiver that is down for a week", () => {
  test.each(["key", "strict"])(
    "with the ordering %s gets everything by one call",
    async (ordering) => {
      ({ subscriptionId } = await subscribe(server.writer, receiver.url, { ordering }));
      receiver.answer = answerWith(503);
      const expected: string[] = [];
      const write = async (): Promise<void> => {
        for (const product of ["soap", "comb"])
          expected.push((await adjust(server.writer, product, "shop", 1)).movementId);
      };
      for (let hours = 0; hours < 7 * 24; hours += 4) {
        await write();
        await pass(4 * hour, 4 * hour);
      }
      const line = { productId: "soap", locationId: "shop", adjustment: 1 };
      const { body } = await server.writer.post("/v1/inventory/bulk-update", { updates: Array(2_000).fill(line) });
      expected.push(...body.results.map((each: { movementId: string }) => each.movementId));
      const down = await show(server.reader, subscriptionId);
      expect(down).toMatchObject({ status: "disabled", statusReason: "failing" });
      expect(down.queued + down.deadLetters).toBeLessThan(200);
      const notice = await listOf(server.reader, subscriptionId, "deliveries?outcome=disabled");
      expect(notice).toMatchObject([{ eventId: null, detail: expect.stringContaining("backfill") }]);
      const { failingSince } = down;
      expect(Date.parse(notice[0].at) - Date.parse(failingSince)).toBeGreaterThanOrEqual(5 * day);

      receiver.answer = accept;
      receiver.received.splice(0);
      await act(server.writer, subscriptionId, "backfill", {});
      await receiver.until("everything", (all) => all.length >= expected.length, 50_000);
      await untilShown(server.reader, subscriptionId, (all) => all.queued === 0 && all.deadLetters === 0);
      expect(new Set(receiver.received.map((each) => each.headers["webhook-id"]))).toEqual(new Set(expected));
      const numbers = receiver.received.map(sequenceOf);
      expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(expected.map((_, index) => index + 1));
      for (const all of Map.groupBy(receiver.received, keyOf).values()) {
        const versions = all.map((each) => JSON.parse(each.body).data.item.version);
        expect(versions).toEqual([...versions].sort((a, b) => a - b));
      }
    },
    90_000,
  );
});

test("the log is kept for thirty days", async () => {
  ({ subscriptionId } = await subscribe(server.writer, receiver.url));
  await adjust(server.writer, "comb", "shop", 1);
  await untilShown(server.reader, subscriptionId, (all) => all.lastDeliveredAt !== null);
  const retention = new Clearing(server.database.application, systemClock, webhookOverdue, {
    cleared() {},
    failed(error) {
      throw error;
    },
  });
  await moveTime(29 * day);
  await retention.clear();
  expect(await listOf(server.reader, subscriptionId, "deliveries")).toHaveLength(1);
  await moveTime(2 * day);
  await retention.clear();
  expect(await listOf(server.reader, subscriptionId, "deliveries")).toEqual([]);
});
