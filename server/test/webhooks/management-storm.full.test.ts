/** Subscriptions that are paused, set back, replayed and changed all the time while events flow: nothing is lost, no number is left out. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "../rest/support.ts";
import { accept, answerWith, type Received, Receiver, sequenceOf } from "./receiver.ts";
import { act, show, subscribe, untilShown } from "./support.ts";

const productCount = 8;
let server: TestServer;
let receiver: Receiver;
let subscriptionId: string;

beforeAll(async () => {
  server = await startTestServer({ ONHAND_WEBHOOK_PRIVATE_TARGETS: "true", ONHAND_LANES: "3" });
  await createLocation(server.writer, "shop");
  for (let index = 0; index < productCount; index++) await createProduct(server.writer, `p${index}`);
});
afterAll(() => server.close());
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(async () => {
  await server.writer.delete(`/v1/subscriptions/inventory/${subscriptionId}`);
  await receiver.stop();
});

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed * 7919;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** 400 changes, ten at a time. */
async function write(): Promise<void> {
  for (let round = 0; round < 40; round++)
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => adjust(server.writer, `p${(round + index) % productCount}`, "shop", 1)),
    );
}

/** Calls in no order, for as long as the work takes. */
async function manageWhile(work: Promise<void>, cursor: string, random: () => number): Promise<void> {
  const calls: readonly [string, object][] = [
    ["pause", {}],
    ["resume", {}],
    ["rotate-secret", { overlapSeconds: 60 }],
    ["backfill", { cursor }],
    ["backfill", {}],
    ["replay", { sequences: { from: 1, to: 30 } }],
  ];
  let isDone = false;
  void work.then(() => {
    isDone = true;
  });
  while (!isDone) {
    const [action, body] = calls[Math.floor(random() * calls.length)]!;
    await act(server.writer, subscriptionId, action, body);
  }
  await work;
}

/** Waits until nothing is queued and the reader stands at the end of the feed. */
async function untilQuiet(): Promise<Json> {
  for (;;) {
    await untilShown(server.writer, subscriptionId, ({ queued }) => queued === 0);
    const shown = await show(server.writer, subscriptionId);
    const { body: behind } = await server.reader.get(`/v1/inventory/updates?since=${shown.cursor}&limit=1`);
    if (shown.queued === 0 && behind.data.length === 0) return shown;
  }
}

test.each(["key", "strict", "latest"].flatMap((ordering) => [1, 2, 3].map((seed) => [ordering, seed] as const)))(
  "%s, seed %i",
  async (ordering, seed) => {
    const created = await subscribe(server.writer, receiver.url, { ordering, types: ["inventory.*"] });
    ({ subscriptionId } = created);
    const random = randomFrom(seed);
    const taken: Received[] = [];
    receiver.answer = (received, response) => {
      if (random() < 0.15) return answerWith(500)(received, response);
      taken.push(received);
      accept(received, response);
    };
    await manageWhile(write(), created.cursor, random);
    receiver.answer = (received, response) => {
      taken.push(received);
      accept(received, response);
    };
    await act(server.writer, subscriptionId, "backfill", {});
    const { body } = await server.reader.get(
      `/v1/inventory/updates?limit=1000&since=${created.cursor}&types=inventory.*`,
    );
    const newest = new Map(body.data.map((event: Json) => [event.subject, event.id]));
    const wanted = ordering === "latest" ? [...newest.values()] : body.data.map((event: Json) => event.id);
    const missed = (): string[] => {
      const arrived = new Set(taken.map((each) => each.headers["webhook-id"]));
      return wanted.filter((eventId: string) => !arrived.has(eventId));
    };
    // Items that wait behind a delivery that is being retried are neither queued nor behind the place: only arriving shows.
    await untilShown(server.writer, subscriptionId, () => missed().length === 0);
    const { lastSequence } = await untilQuiet();
    const numbers = new Set(
      taken.flatMap((each) => [
        sequenceOf(each),
        ...(each.headers["webhook-supersedes"]?.split(",").map(Number) ?? []),
      ]),
    );
    const missing = Array.from({ length: lastSequence }, (_, index) => index + 1).filter((each) => !numbers.has(each));
    expect(missing).toEqual([]);
  },
  60_000,
);
