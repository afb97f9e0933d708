/** Many events, and receivers that fail as they like. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { createServer } from "node:net";
import { createLocation, createProduct, startTestServer, type TestServer } from "../rest/support.ts";
import { accept, answerWith, type Received, Receiver, sequenceOf } from "./receiver.ts";
import { movableTime, quickClock, show, subscribe, untilShown, untilTicked } from "./support.ts";

const products = Array.from({ length: 25 }, (_, index) => `p${index}`);
let server: TestServer;
let receiver: Receiver;
let moveTime: (ms: number) => Promise<void>;
const created: string[] = [];

beforeAll(async () => {
  server = await startTestServer({ ONHAND_WEBHOOK_PRIVATE_TARGETS: "true" }, quickClock);
  moveTime = await movableTime(server.database);
  await createLocation(server.writer, "shop");
  for (const product of products) await createProduct(server.writer, product);
});
afterAll(() => server.close());
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(async () => {
  for (const id of created.splice(0)) await server.writer.delete(`/v1/subscriptions/inventory/${id}`);
  await receiver.stop();
});

/** Writes so many changes, over all products in turn. */
async function write(count: number): Promise<void> {
  for (let written = 0; written < count; written += 1_000) {
    const updates = Array.from({ length: Math.min(1_000, count - written) }, (_, index) => ({
      productId: products[index % products.length],
      locationId: "shop",
      adjustment: 1,
    }));
    expect((await server.writer.post("/v1/inventory/bulk-update", { updates })).body.applied).toBe(updates.length);
  }
}

const subjectOf = ({ body }: Received): string => JSON.parse(body).subject;
const versionOf = ({ body }: Received): number => JSON.parse(body).data.item.version;

test.each(["key", "latest"] as const)(
  "with the ordering %s, failures at random break neither order nor numbers",
  async (ordering) => {
    const { subscriptionId } = await subscribe(server.writer, receiver.url, { ordering });
    created.push(subscriptionId);
    const taken: Received[] = [];
    const given = new Set<number>();
    receiver.answer = (received, response) => {
      const fails = Math.random() < 0.2;
      given.add(sequenceOf(received));
      for (const number of received.headers["webhook-supersedes"]?.split(",") ?? []) given.add(Number(number));
      if (!fails) taken.push(received);
      (fails ? answerWith(500) : accept)(received, response);
    };
    await write(2_000);
    const isOver = async (): Promise<boolean> => {
      const { queued } = await show(server.reader, subscriptionId);
      return queued === 0 && (ordering === "latest" ? taken.length >= products.length : taken.length >= 2_000);
    };
    while (!(await isOver())) {
      // Past the first retry, but not past what the next ones wait for.
      await moveTime(400_000);
      await untilTicked(server.database);
    }
    const { lastSequence } = await show(server.reader, subscriptionId);
    expect([...given].sort((a, b) => a - b)).toEqual(Array.from({ length: lastSequence }, (_, index) => index + 1));
    for (const all of Map.groupBy(taken, subjectOf).values()) {
      const versions = all.map(versionOf);
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      if (ordering === "key") expect(new Set(versions).size).toBe(2_000 / products.length);
      expect(versions.at(-1)! % (2_000 / products.length)).toBe(0);
    }
    if (ordering === "key") expect(lastSequence).toBe(2_000);
  },
  90_000,
);

test("an endpoint that swallows everything does not slow down another one", async () => {
  const blackHole = createServer((socket) => socket.on("error", () => {}));
  const { promise, resolve } = Promise.withResolvers<void>();
  blackHole.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = blackHole.address() as { port: number };
  for (let index = 0; index < 5; index++)
    created.push((await subscribe(server.writer, `http://127.0.0.1:${port}/${index}`)).subscriptionId);
  created.push((await subscribe(server.writer, receiver.url)).subscriptionId);
  await write(1_000);
  await receiver.until("all of it", (all) => all.length >= 1_000, 10_000);
  for (const id of created.splice(0)) await server.writer.delete(`/v1/subscriptions/inventory/${id}`);
  blackHole.close();
}, 60_000);

test("a subscription that was deleted is sent nothing more", async () => {
  const { subscriptionId } = await subscribe(server.writer, receiver.url);
  await write(100);
  await receiver.until("all of it", (all) => all.length >= 100);
  await untilShown(server.reader, subscriptionId, (all) => all.queued === 0);
  await server.writer.delete(`/v1/subscriptions/inventory/${subscriptionId}`);
  const other = await subscribe(server.writer, `${receiver.url}/other`);
  created.push(other.subscriptionId);
  await write(100);
  await receiver.until("the other one's", (all) => all.filter(({ path }) => path === "/hooks/other").length >= 100);
  expect(receiver.received.filter(({ path }) => path === "/hooks")).toHaveLength(100);
});
