import { describe, expect, test } from "bun:test";
import { memoryStore } from "../../test/support/memory-store.ts";
import { failureOf, json, networkError, problem, type Step, scripted } from "../../test/support/scripted-client.ts";
import type { Operations } from "../generated/operations.ts";
import { offlineLimits } from "./limits.ts";
import type { OfflineQueueOptions } from "./queue-options.ts";
import type { StoredCommand } from "./store.ts";

async function queueOf(steps: readonly Step[], options: Partial<OfflineQueueOptions> = {}, store = memoryStore()) {
  const server = scripted(steps);
  const queue = await server.client.offlineQueue({ store, ...options });
  return { ...server, queue, store };
}
/** One that asks: it may be refused. */
const sale =
  (productId: string, reference = "r") =>
  (api: Operations) =>
    api.adjustInventory({
      productId,
      locationId: "shop",
      adjustment: -1,
      type: "sale",
      reference,
      allowNegative: false,
    });
const ok = () => json({ version: 1 });

describe("a command", () => {
  test("is stored before it is sent, marked before it is sent, and removed once it was answered", async () => {
    const { queue, store, sent } = await queueOf([ok()]);
    const { outcome, idempotencyKey } = await queue.add(sale("a"));
    expect(sent).toHaveLength(0);
    expect((await outcome).body).toEqual({ version: 1 } as never);
    await queue.idle();
    expect(store.log).toEqual(["0 log", "1 pending", "1 sent", "1 removed"]);
    expect(sent[0]!.headers.get("idempotency-key")).toBe(idempotencyKey);
  });

  test("is sent again under its key until the network, the server and the credentials are there", async () => {
    const troubles: unknown[] = [];
    const steps = [
      networkError(),
      problem(503, "overloaded", { "retry-after": "7" }),
      problem(401, "unauthorized"),
      new Response("<html>log in</html>"),
      ok(),
    ];
    const { queue, keys, clock, sent } = await queueOf(steps, { onTrouble: (error) => troubles.push(error) });
    await (await queue.add(sale("a"))).outcome;
    expect(new Set(keys()).size).toBe(1);
    expect(sent).toHaveLength(5);
    expect(troubles).toHaveLength(4);
    expect(clock.waits[1]).toBeGreaterThanOrEqual(7_000);
  });

  test("that is refused is kept and told of; it can be dismissed, or sent again as a new one", async () => {
    const refusals: unknown[] = [];
    const steps = [problem(409, "insufficient_stock"), ok(), problem(409, "insufficient_stock"), ok()];
    const { queue, keys, store } = await queueOf(steps, {
      onRefused: (command, { code }) => refusals.push([command.id, code]),
    });
    const first = await queue.add(sale("a"));
    const second = await queue.add(sale("a"));
    expect(await failureOf(first.outcome)).toMatchObject({ code: "insufficient_stock" });
    await second.outcome;
    await queue.idle();
    expect(refusals).toEqual([[1, "insufficient_stock"]]);
    expect(queue.commands()).toMatchObject([{ id: 1, state: "refused", problem: { code: "insufficient_stock" } }]);
    await queue.retry(1);
    await queue.idle();
    expect(new Set(keys()).size).toBe(3);
    await queue.dismiss(1);
    expect(store.entries()).toEqual([]);
    expect(await failureOf(queue.dismiss(1))).toBeInstanceOf(RangeError);
  });

  test("that an earlier run had sent is sent again under its key, before those behind it", async () => {
    const before = await queueOf(["silence"]);
    await before.queue.add(sale("a", "one"));
    await before.queue.add(sale("a", "two"));
    while (before.sent.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await before.queue.close();
    const stored = before.store.entries() as StoredCommand[];
    expect(stored.map(({ state }) => state)).toEqual(["sent", "pending"]);
    const answered: number[] = [];
    const after = await queueOf(
      [ok(), ok()],
      { onAnswered: ({ id }) => answered.push(id) },
      memoryStore(stored.reverse()),
    );
    await after.queue.idle();
    expect(after.keys()).toEqual(stored.map(({ idempotencyKey }) => idempotencyKey).reverse());
    expect(answered).toEqual([1, 2]);
    expect(after.store.entries()).toEqual([]);
  });

  test("that was sent so long ago that its key may be forgotten is not sent again, but shown", async () => {
    const { queue, sent, store } = await queueOf([], {}, memoryStore());
    await queue.close();
    const old: StoredCommand = {
      id: 5,
      idempotencyKey: "k",
      call: { method: "POST", path: "/v1/inventory", writes: true, body: {} },
      ifMatch: null,
      state: "sent",
      storedAtMs: 0,
      firstSentAtMs: Date.UTC(2026, 0, 1) - offlineLimits.repeatMsMax - 1,
      problem: null,
    };
    const again = await queueOf([], {}, memoryStore([old]));
    await again.queue.idle();
    expect(again.sent).toHaveLength(0);
    expect(again.queue.commands()).toMatchObject([{ id: 5, state: "refused", problem: { code: "outcome_too_old" } }]);
    expect([sent.length, store.entries().length]).toEqual([0, 0]);
  });
});

describe("order", () => {
  test("commands of one item go one after the other, those of others at the same time", async () => {
    const { queue, sent } = await queueOf(["silence", "silence", "silence"]);
    await queue.add(sale("a", "1"));
    await queue.add(sale("a", "2"));
    await queue.add(sale("b", "3"));
    while (sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(sent.map(({ body }) => (body as { reference: string }).reference)).toEqual(["1", "3"]);
    await queue.close();
  });

  test("a command that may be about the same item by another name waits", async () => {
    const { queue, sent } = await queueOf(["silence", "silence"]);
    await queue.add(sale("a", "1"));
    await queue.add((api) =>
      api.adjustInventory({ sku: "A", locationId: "shop", adjustment: -1, allowNegative: false, reference: "2" }),
    );
    while (sent.length < 1) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(1);
    await queue.close();
  });
});

describe("what is not taken", () => {
  test("one command too many, or too large, or one that is none", async () => {
    const refused: StoredCommand[] = Array.from({ length: offlineLimits.commandsMax }, (_, index) => ({
      id: index + 1,
      idempotencyKey: `k${index}`,
      call: { method: "POST", path: "/v1/inventory", writes: true, body: {} },
      ifMatch: null,
      state: "refused",
      storedAtMs: 0,
      firstSentAtMs: 0,
      problem: null,
    }));
    const full = await queueOf([], {}, memoryStore(refused));
    expect(await failureOf(full.queue.add(sale("a")))).toMatchObject({ name: "QueueFull" });
    const { queue } = await queueOf([]);
    expect(await failureOf(queue.add(sale("a", "x".repeat(offlineLimits.requestCharactersMax))))).toMatchObject({
      name: "QueueFull",
    });
    expect(await failureOf(queue.add((api) => api.getProduct("a")))).toBeInstanceOf(TypeError);
    await queue.close();
    expect(await failureOf(queue.add(sale("a")))).toMatchObject({ name: "QueueClosed" });
  });

  test("one that the store does not take is not sent", async () => {
    const store = memoryStore([{ kind: "log", id: 0, deviceId: "till", lastSequence: 0 }]);
    store.write = async () => {
      throw new Error("the disk is full");
    };
    const { queue, sent } = await queueOf([], {}, store);
    expect(await failureOf(queue.add(sale("a")))).toMatchObject({ message: "the disk is full" });
    expect([queue.commands().length, sent.length]).toEqual([0, 0]);
  });
});
