/** The device's log: lines that are told, beside commands that ask. */
import { describe, expect, test } from "bun:test";
import { memoryStore } from "../../test/support/memory-store.ts";
import { failureOf, json, networkError, problem, type Sent, scripted } from "../../test/support/scripted-client.ts";
import { offlineLimits } from "./limits.ts";
import type { OfflineQueueOptions } from "./queue-options.ts";
import type { StoredCommand, StoredLine, StoredRecord } from "./store.ts";

interface Batch {
  deviceId: string;
  operations: { sequence: number; operationId: string; sku?: string; occurredAt: string }[];
  lastSequence: number;
  deviceTime?: string;
  roundTripMs?: number;
}

/** A server that takes logs: what it has, and what it says of a batch. */
class LogServer {
  readonly received = new Map<number, string>();
  readonly batches: Batch[] = [];
  lastSequence = 0;
  /** Answers in place of its own, used up one by one; null for its own. */
  readonly instead: (Response | Error | null)[] = [];
  /** What it says of an operation beside `applied`. */
  readonly verdicts = new Map<string, object>();

  answer(batch: Batch): Response | Error {
    this.batches.push(batch);
    const instead = this.instead.shift() ?? null;
    if (instead !== null) return instead;
    const results = batch.operations.map(({ sequence, operationId }) => {
      const verdict = this.received.has(sequence) ? "duplicate" : "applied";
      this.received.set(sequence, operationId);
      return { sequence, operationId, verdict, ...this.verdicts.get(operationId) };
    });
    this.lastSequence = Math.max(this.lastSequence, batch.lastSequence);
    const missing = [];
    for (let sequence = 1; sequence <= this.lastSequence; sequence++)
      if (!this.received.has(sequence)) missing.push({ first: sequence, last: sequence });
    const acknowledgedThrough = (missing[0]?.first ?? this.lastSequence + 1) - 1;
    const clock = { offsetMs: 0, errorMs: 5 };
    return json({ results, missing, acknowledgedThrough, lastSequence: this.lastSequence, clock });
  }
}

async function tillOf(
  options: Partial<OfflineQueueOptions> = {},
  stored: readonly StoredRecord[] = [],
  server = new LogServer(),
) {
  const store = memoryStore(stored);
  const others: Sent[] = [];
  const { client, clock } = scripted([], {
    fetch: async (url, init) => {
      const body = JSON.parse(String(init.body));
      if (!url.endsWith("/v1/sync/batch")) {
        others.push({ method: "POST", url: new URL(url), headers: new Headers(init.headers), body });
        return json({ version: 1 });
      }
      clock.advance(40);
      const answer = server.answer(body);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  const device = { deviceId: "till", locationId: "shop" };
  const queue = await client.offlineQueue({ store, device, ...options });
  return { queue, store, server, clock, others };
}
const sold = (sku: string, operationId?: string) => ({ sku, adjustment: -1, type: "sale" as const, operationId });
const linesOf = (server: LogServer): [number, string][] =>
  server.batches.flatMap(({ operations }) =>
    operations.map(({ sequence, operationId }): [number, string] => [sequence, operationId]),
  );
const log = (lastSequence: number): StoredRecord => ({ kind: "log", id: 0, deviceId: "till", lastSequence });
const line = (id: number, fields: Partial<StoredLine> = {}): StoredLine => ({
  kind: "line",
  id,
  operationId: `o${id}`,
  fact: { sku: "A", locationId: "shop", adjustment: -1, occurredAt: "2026-01-01T00:00:00.000Z" },
  sequence: null,
  state: "pending",
  storedAtMs: 0,
  problem: null,
  ...fields,
});

describe("a fact", () => {
  test("is stored, gets its number with the log's in one step, is sent, and kept as done", async () => {
    const told: unknown[] = [];
    const { queue, store, server } = await tillOf({ onVerdict: ({ id }, { verdict }) => told.push([id, verdict]) });
    const { outcome } = await queue.note(sold("A", "o1"));
    expect(await outcome).toMatchObject({ verdict: "applied" });
    await queue.idle();
    expect(store.log).toEqual(["0 log", "1 pending", "0 log", "1 sent", "1 done"]);
    expect(told).toEqual([[1, "applied"]]);
    expect(queue.commands()).toEqual([]);
    // The first request asks how the log stands, so that the way of the second is known.
    expect(server.batches).toMatchObject([
      { deviceId: "till", operations: [], lastSequence: 0, deviceTime: "2026-01-01T00:00:00.000Z" },
      {
        operations: [{ sequence: 1, operationId: "o1", sku: "A", locationId: "shop", adjustment: -1, type: "sale" }],
        lastSequence: 1,
        deviceTime: "2026-01-01T00:00:00.040Z",
        roundTripMs: 40,
      },
    ]);
    expect(server.batches[0]!.roundTripMs).toBeUndefined();
    expect(queue.log).toMatchObject({ deviceId: "till", lastSequence: 1, acknowledgedThrough: 1, missing: [] });
  });

  test("that belongs to others is durable with them or not at all", async () => {
    const { queue, store } = await tillOf();
    const write = store.write;
    store.write = async () => {
      throw new Error("the disk is full");
    };
    expect(await failureOf(queue.noteAll([sold("A"), sold("B")]))).toMatchObject({ message: "the disk is full" });
    expect(queue.commands()).toEqual([]);
    store.write = write;
    await queue.noteAll([sold("A", "a"), sold("B", "b")]);
    await queue.idle();
    expect(store.log.filter((each) => each.endsWith("pending"))).toEqual(["3 pending", "4 pending"]);
  });

  test("that names nothing, or not what happened, is not taken", async () => {
    const { queue } = await tillOf({ device: {} });
    for (const fact of [
      { adjustment: 1, locationId: "shop" },
      { sku: "A", adjustment: 1 },
      { sku: "A", locationId: "shop" },
      { sku: "A", locationId: "shop", adjustment: 1, stockLevel: 2 },
    ])
      expect(await failureOf(queue.note(fact as never))).toBeInstanceOf(TypeError);
    expect(await failureOf(queue.note({ sku: "A", locationId: "shop", adjustment: 0.5 }))).toBeInstanceOf(RangeError);
    const reason = "x".repeat(offlineLimits.lineCharactersMax);
    expect(await failureOf(queue.note({ sku: "A", locationId: "shop", adjustment: 1, reason }))).toMatchObject({
      name: "QueueFull",
    });
  });

  test("that the server parked is done with, and says under which id it is kept", async () => {
    const server = new LogServer();
    server.verdicts.set("o1", {
      verdict: "review",
      parkedId: "park_1",
      error: { code: "unknown_product", detail: "d" },
    });
    const { queue, store } = await tillOf({}, [], server);
    const { outcome } = await queue.note(sold("A", "o1"));
    expect(await outcome).toMatchObject({ verdict: "review", parkedId: "park_1" });
    await queue.idle();
    expect([queue.commands(), (store.records.get(1) as StoredLine).state]).toEqual([[], "done"]);
  });

  test("as an adjustment is answered with the item, or fails with why", async () => {
    const server = new LogServer();
    const { queue } = await tillOf({}, [], server);
    const adjust = () =>
      queue.add((api) => api.adjustInventory({ sku: "A", locationId: "shop", adjustment: -1, type: "sale" }));
    const first = await adjust();
    server.verdicts.set(first.idempotencyKey, { item: { sku: "A", stockLevel: -1 }, movementId: "mov_1" });
    expect((await first.outcome).body).toMatchObject({ stockLevel: -1, movementId: "mov_1" });
    const second = await adjust();
    const error = { code: "unknown_product", detail: "Nobody knows it." };
    server.verdicts.set(second.idempotencyKey, { verdict: "review", parkedId: "park_1", error });
    expect(await failureOf(second.outcome)).toMatchObject(error);
  });
});

describe("a batch", () => {
  test("whose answer is lost is sent again with the same numbers, and goes on in smaller ones", async () => {
    const server = new LogServer();
    server.instead.push(null, networkError(), networkError());
    const { queue } = await tillOf({}, [], server);
    await queue.noteAll(["a", "b", "c", "d"].map((id) => sold("A", id)));
    await queue.idle();
    expect(server.batches.map(({ operations }) => operations.map(({ sequence }) => sequence))).toEqual([
      [],
      [1, 2, 3, 4],
      [1, 2],
      [1],
      [2, 3],
      [4],
    ]);
    expect(new Set(linesOf(server).map(([sequence, id]) => `${sequence} ${id}`)).size).toBe(4);
  });

  test("is bounded by lines and by characters", async () => {
    const many = Array.from({ length: offlineLimits.batchLinesMax + 1 }, () => sold("A"));
    const first = await tillOf();
    await first.queue.noteAll(many);
    await first.queue.idle();
    expect(first.server.batches.map(({ operations }) => operations.length)).toEqual([
      0,
      offlineLimits.batchLinesMax,
      1,
    ]);
    const wide = await tillOf();
    const reason = "x".repeat(offlineLimits.lineCharactersMax - 500);
    await wide.queue.noteAll(Array.from({ length: 100 }, () => ({ ...sold("A"), reason })));
    await wide.queue.idle();
    expect(wide.server.received.size).toBe(100);
    for (const batch of wide.server.batches)
      expect(JSON.stringify(batch.operations).length).toBeLessThan(offlineLimits.batchCharactersMax * 1.01);
  });

  test("that cannot be read as a whole is taken apart until the line at fault is alone, which is kept and told of", async () => {
    const refused: unknown[] = [];
    const server = new LogServer();
    const answer = server.answer.bind(server);
    server.answer = (batch) =>
      batch.operations.some(({ operationId }) => operationId === "bad")
        ? problem(400, "validation_failed")
        : answer(batch);
    const { queue } = await tillOf({ onRefused: ({ id }, { code }) => refused.push([id, code]) }, [], server);
    await queue.noteAll(["a", "b", "bad", "d", "e"].map((id) => sold("A", id)));
    await queue.idle();
    expect([...server.received.values()].sort()).toEqual(["a", "b", "d", "e"]);
    expect(refused).toEqual([[3, "validation_failed"]]);
    expect(queue.commands()).toMatchObject([{ id: 3, state: "refused", sequence: 3 }]);
    expect(queue.log.missing).toEqual([{ first: 3, last: 3 }]);
    server.answer = answer;
    await queue.retry(3);
    await queue.idle();
    expect([server.received.get(3), queue.commands().length]).toEqual(["bad", 0]);
  });

  test("that is refused because of the log, not of a line, waits, and is told of", async () => {
    const troubles: unknown[] = [];
    const server = new LogServer();
    server.instead.push(null, problem(404, "not_found"), problem(404, "not_found"));
    const { queue } = await tillOf({ onTrouble: (error) => troubles.push(error) }, [], server);
    await queue.note(sold("A", "a"));
    await queue.idle();
    expect(troubles).toMatchObject([{ code: "not_found" }]);
    expect(server.received.get(1)).toBe("a");
  });
});

describe("numbers", () => {
  test("go on after a restart, and lines that have theirs keep them", async () => {
    const stored = [log(7), line(3, { sequence: 7, state: "sent" }), line(4)];
    const { queue, server, store } = await tillOf({}, stored);
    await queue.note(sold("B", "new"));
    await queue.idle();
    expect(linesOf(server)).toEqual([
      [7, "o3"],
      [8, "o4"],
      [9, "new"],
    ]);
    expect(store.records.get(0)).toMatchObject({ lastSequence: 9 });
  });

  test("of a log that the server knows more of go on behind what it knows", async () => {
    const server = new LogServer();
    server.lastSequence = 40;
    const { queue } = await tillOf({}, [], server);
    await queue.note(sold("A", "a"));
    await queue.idle();
    expect(linesOf(server)).toEqual([[41, "a"]]);
  });

  test("that the server lost are sent again from those that are kept, and from no others", async () => {
    const first = await tillOf();
    await first.queue.noteAll(["a", "b", "c"].map((id) => sold("A", id)));
    await first.queue.idle();
    await first.queue.close();
    // Restored from a backup of when it had but one line.
    const restored = new LogServer();
    restored.received.set(1, "a");
    restored.lastSequence = 1;
    const again = await tillOf({}, [...first.store.records.values()], restored);
    await again.queue.note(sold("B", "d"));
    await again.queue.idle();
    expect([...restored.received].sort()).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
      [4, "d"],
    ]);
  });

  test("of lines that are done are kept for the newest of them", async () => {
    const done = Array.from({ length: offlineLimits.doneLinesMax }, (_, index) =>
      line(index + 1, { sequence: index + 1, state: "done" }),
    );
    const server = new LogServer();
    for (const { sequence, operationId } of done) server.received.set(sequence!, operationId);
    const { queue, store } = await tillOf({}, [log(offlineLimits.doneLinesMax), ...done], server);
    await queue.noteAll([sold("A"), sold("A")]);
    await queue.idle();
    const kept = store.entries() as StoredLine[];
    expect(kept.length).toBe(offlineLimits.doneLinesMax);
    expect(Math.min(...kept.map(({ sequence }) => sequence!))).toBe(3);
  });
});

describe("lines and commands", () => {
  const ask = (sku: string) => (api: { adjustInventory(body: object, options: object): Promise<unknown> }) =>
    api.adjustInventory({ sku, locationId: "shop", adjustment: -1 }, { idempotencyKey: `ask ${sku}` });

  test("have one order for an item: each waits for what came before it", async () => {
    const seen: string[] = [];
    const server = new LogServer();
    const answer = server.answer.bind(server);
    server.answer = (batch) => {
      seen.push(...batch.operations.map(({ operationId }) => operationId));
      return answer(batch);
    };
    const { queue, others } = await tillOf(
      { onAnswered: ({ idempotencyKey }) => seen.push(idempotencyKey) },
      [],
      server,
    );
    await queue.note(sold("A", "1"));
    await queue.add(ask("A") as never);
    await queue.note(sold("A", "2"));
    await queue.idle();
    expect(seen).toEqual(["1", "ask A", "2"]);
    expect(others).toHaveLength(1);
  });

  test("of an older store: what was never sent and only tells becomes a line, what was sent stays under its key", async () => {
    const command = (id: number, fields: Partial<StoredCommand> = {}): StoredCommand => ({
      id,
      idempotencyKey: id.toString(16).padStart(32, "0"),
      call: {
        method: "POST",
        path: "/v1/inventory",
        writes: true,
        body: { sku: "A", locationId: "shop", adjustment: -1, type: "sale", device: { deviceId: "till" } },
      },
      ifMatch: null,
      state: "pending",
      storedAtMs: Date.UTC(2025, 11, 31),
      firstSentAtMs: null,
      problem: null,
      ...fields,
    });
    const guarded = { ...command(3).call, body: { ...(command(3).call.body as object), expectedVersion: 4 } };
    const stored = [
      command(1),
      command(2, { state: "sent", firstSentAtMs: Date.UTC(2025, 11, 31) }),
      command(3, { call: guarded }),
      command(4, { idempotencyKey: "order 17" }),
      command(5, { state: "refused" }),
    ];
    const { queue, server, others } = await tillOf({}, stored);
    await queue.idle();
    expect(server.batches.flatMap(({ operations }) => operations)).toEqual([
      {
        sequence: 1,
        operationId: stored[0]!.idempotencyKey,
        sku: "A",
        locationId: "shop",
        adjustment: -1,
        type: "sale",
        occurredAt: "2025-12-31T00:00:00.000Z",
      } as never,
    ]);
    expect(others.map(({ headers }) => headers.get("idempotency-key"))).toEqual(
      stored.slice(1, 4).map(({ idempotencyKey }) => idempotencyKey),
    );
    expect(queue.commands()).toMatchObject([{ id: 5, state: "refused" }]);
  });
});
