/** Servers that share subscriptions, and one that lost its lease without knowing. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { encodeVector } from "../../src/core/record/position-vector.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { DatabaseTime } from "../../src/webhooks/database-time.ts";
import { DeliveryStore, LeaseLost } from "../../src/webhooks/delivery-store.ts";
import { Dispatcher, dispatcherLimits } from "../../src/webhooks/dispatcher.ts";
import { recordOf } from "../../src/webhooks/outcome-buffer.ts";
import type { Admission } from "../../src/webhooks/plan/intake.ts";
import { SendSlots } from "../../src/webhooks/send-slots.ts";
import { claimLeases } from "../../src/webhooks/sql/leases.ts";
import { deleteSubscription, insertSubscription, raiseRevision } from "../../src/webhooks/sql/subscriptions.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { until } from "../support/server-process.ts";
import { movableTime, quickClock } from "./support.ts";

let database: TestDatabase;
let moveTime: (ms: number) => Promise<void>;
const position = encodeVector({ epoch: 1, positions: Array(17).fill(0), check: new Uint8Array(8) });
const created: string[] = [];

beforeAll(async () => {
  database = await createDatabase();
  moveTime = await movableTime(database);
});
afterAll(() => database.close());
afterEach(async () => {
  for (const subscriptionId of created.splice(0)) await database.application.query(deleteSubscription(subscriptionId));
});

async function create(subscriptionId: string): Promise<string> {
  created.push(subscriptionId);
  const fields = { name: null, url: "https://hooks.invalid/", types: [], filter: {}, ordering: "key" as const };
  await database.application.query(
    insertSubscription({ ...fields, subscriptionId, secret: "", createdBy: "key" }, position),
  );
  return subscriptionId;
}

async function claim(serverId: string): Promise<{ subscriptionId: string; token: number }[]> {
  const { rows } = await database.application.query<{ subscription_id: string; token: number }>(
    claimLeases(serverId, dispatcherLimits.leaseMs, 100),
  );
  return rows.map((row) => ({ subscriptionId: row.subscription_id, token: row.token }));
}

const admission = (sequence: number): Admission => ({
  arrival: {
    eventId: `e${sequence}`,
    itemKey: "soap/shop",
    productId: "soap",
    locationId: "shop",
    type: "inventory.adjusted.v1",
    partition: 1,
    entrySequence: sequence,
    position,
    traceparent: null,
    body: "{}",
  },
  takenOver: { tries: 0, firstTriedAtMs: null, supersedes: [] },
  dueAtMs: null,
  keptSequence: null,
});

const intake = (...sequences: number[]) => ({
  position,
  admitted: sequences.map(admission),
  removedIds: [],
  parked: [],
  unparkedItems: [],
  releasedIds: [],
});

const rowsOf = async (table: string): Promise<number> =>
  (await database.owner.query<{ count: number }>({ text: `SELECT count(*)::integer AS count FROM ${table}` })).rows[0]!
    .count;

describe("a lease", () => {
  test("is one server's until its time is over, and then has another token", async () => {
    await create("sub_1");
    const [first] = await claim("one");
    expect(await claim("other")).toEqual([]);
    await moveTime(dispatcherLimits.leaseMs + 1);
    expect(await claim("other")).toEqual([{ subscriptionId: "sub_1", token: first!.token + 1 }]);
    expect(await claim("one")).toEqual([]);
  });

  test("that was lost lets nothing be queued, numbered, recorded or disabled", async () => {
    await create("sub_1");
    const store = new DeliveryStore(database.application, new DatabaseTime(systemClock));
    const [stale] = await claim("one");
    const { subscription } = await store.load(stale!);
    const [delivery] = await store.takeIn(stale!, subscription, intake(1));
    await moveTime(dispatcherLimits.leaseMs + 1);
    const [lease] = await claim("other");
    const settled = {
      logged: {
        ...delivery!,
        attemptedAtMs: 0,
        tries: 1,
        outcome: "delivered" as const,
        status: 204,
        latencyMs: 1,
        detail: null,
        response: null,
        nextTryAtMs: null,
      },
      finishedIds: ["e1"],
      kept: [],
      hasSucceeded: true,
    };
    await expect(store.load(stale!)).rejects.toThrow(LeaseLost);
    await expect(store.takeIn(stale!, subscription, intake(2))).rejects.toThrow(LeaseLost);
    await expect(store.number(stale!, [delivery!])).rejects.toThrow(LeaseLost);
    await expect(store.record(stale!, recordOf([settled]))).rejects.toThrow(LeaseLost);
    expect(await store.disable(stale!, "failing", "notice_1", "x")).toBe(false);
    expect([await rowsOf("webhook_delivery"), await rowsOf("webhook_attempt")]).toEqual([1, 0]);

    const loaded = await store.load(lease!);
    expect(loaded.waiting).toMatchObject([{ eventId: "e1", sequence: 1 }]);
    expect(await store.takeIn(lease!, loaded.subscription, intake(2, 3))).toMatchObject([
      { eventId: "e2", sequence: 2 },
      { eventId: "e3", sequence: 3 },
    ]);
    await store.record(lease!, recordOf([settled]));
    expect([await rowsOf("webhook_delivery"), await rowsOf("webhook_attempt")]).toEqual([2, 1]);
  });

  test("queues nothing for a subscription that was changed meanwhile, but records what was in flight", async () => {
    await create("sub_1");
    const store = new DeliveryStore(database.application, new DatabaseTime(systemClock));
    const [lease] = await claim("one");
    const { subscription } = await store.load(lease!);
    await database.application.query(raiseRevision("sub_1"));
    await expect(store.takeIn(lease!, subscription, intake(1))).rejects.toThrow(LeaseLost);
    const nothing = { tries: [], finishedIds: [], kept: [], hasSucceeded: true };
    expect((await store.record(lease!, nothing)).revision).toBe(subscription.revision + 1);
  });
});

describe("several servers", () => {
  /** A feed in which nothing happens. */
  const idle = {
    follow: async () => ({
      position: { epoch: 1, positions: Array(17).fill(0), check: new Uint8Array(8) },
      next: ({ signal }: { signal: AbortSignal }) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve([]))),
      close() {},
    }),
  };
  const start = (serverId: string): Dispatcher => {
    const time = new DatabaseTime(quickClock);
    const parts = {
      store: new DeliveryStore(database.application, time),
      events: idle as never,
      sender: { send: () => new Promise<never>(() => {}) },
      slots: new SendSlots(),
      clock: quickClock,
      time,
      metrics: { tried() {}, diedOff() {}, disabled() {}, superseded() {} },
      logger: { warn() {} },
      random: Math.random,
    };
    const dispatcher = new Dispatcher({ database: database.application, serverId, parts });
    dispatcher.start();
    return dispatcher;
  };
  test("share the subscriptions evenly, and take over what another one leaves", async () => {
    for (let index = 0; index < 8; index++) await create(`sub_${index}`);
    const one = start("one");
    await until("the subscriptions are shared", () => one.heldIds.length === 8);
    const other = start("other");
    await until("the subscriptions are shared", () => one.heldIds.length === 4 && other.heldIds.length === 4);
    expect(new Set([...one.heldIds, ...other.heldIds]).size).toBe(8);
    await other.stop();
    await until("the subscriptions are shared", () => one.heldIds.length === 8);
    await one.stop();
    const { rows } = await database.owner.query({ text: "SELECT FROM webhook_progress WHERE holder IS NOT NULL" });
    expect(rows).toEqual([]);
  });
});
