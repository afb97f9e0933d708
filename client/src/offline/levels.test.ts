/** The copy of the levels: what the server said last, with what waits on top. */
import { describe, expect, test } from "bun:test";
import type { InventoryItem } from "@onhand/protocol/resources";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { memoryStore } from "../../test/support/memory-store.ts";
import { json, scripted } from "../../test/support/scripted-client.ts";
import type { LiveStatus } from "../live/live-view.ts";
import type { FollowedView } from "./levels.ts";
import { offlineLimits } from "./limits.ts";
import type { StoredRecord } from "./store.ts";

const item = (productId: string, stockLevel: number, version: number, fields: Partial<InventoryItem> = {}) => ({
  inventoryId: `inv_${productId}`,
  productId,
  sku: productId.toUpperCase(),
  locationId: "shop",
  stockLevel,
  reservedStock: 2,
  unavailableStock: 0,
  incomingStock: 0,
  availableStock: stockLevel - 2,
  safetyStock: 0,
  reorderPoint: null,
  status: "active" as const,
  lastUpdated: new Date(version).toISOString(),
  version,
  ...fields,
});
const asOf = new Date("2026-01-01T00:00:00Z");

/** What a live view shows, as far as the copy looks at it. */
function viewOf(items: InventoryItem[]) {
  const status = { mode: "live", freshAt: asOf as Date | null };
  const view: FollowedView = {
    items: () => items,
    get: (name) => items.find(({ productId, sku }) => name === productId || name === sku),
    ready: () => Promise.resolve(),
    get status() {
      return status as LiveStatus;
    },
  };
  return { view, items, status };
}

async function offline(stored: readonly StoredRecord[] = []) {
  const store = memoryStore(stored);
  const clock = new ManualClock();
  let answer: (sent: { operations: { sequence: number; operationId: string }[] }) => Response = () => {
    throw new TypeError("no network");
  };
  const { client } = scripted([], {
    clock: {
      nowMs: clock.nowMs,
      monotonicMs: clock.monotonicMs,
      random: clock.random,
      deadline: clock.deadline.bind(clock),
      // Waits until it is woken: there is no network.
      sleep: (_, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    },
    fetch: async (_, init) => answer(JSON.parse(String(init.body))),
  });
  const queue = await client.offlineQueue({ store });
  return {
    queue,
    store,
    clock,
    async connect(with_: typeof answer) {
      // What is under way fails first, and waits.
      await new Promise((resolve) => setImmediate(resolve));
      answer = with_;
      queue.flush();
    },
  };
}
const sold = (by: number, fields: object = {}) => ({ sku: "A", locationId: "shop", adjustment: -by, ...fields });

describe("a level", () => {
  test("is what was told, with sales, counts and commands that wait on top, in their order", async () => {
    const { queue } = await offline();
    expect(queue.levels.get("a", "shop")).toBeUndefined();
    await queue.levels.take([item("a", 10, 1), item("b", 5, 1)], asOf);
    await queue.note(sold(3));
    expect(queue.levels.get("A", "shop")).toMatchObject({ stockLevel: 7, availableStock: 5, queued: 1, asOf });
    await queue.note({ productId: "a", locationId: "shop", stockLevel: 20 });
    await queue.add((api) => api.adjustInventory(sold(4), { idempotencyKey: "k" }));
    await queue.note(sold(1, { state: "damaged" }));
    await queue.note(sold(100, { locationId: "elsewhere" }));
    const level = queue.levels.get("a", "shop")!;
    expect(level).toMatchObject({ stockLevel: 15, availableStock: 14, queued: 4, item: { stockLevel: 10 } });
    const all = queue.levels.items();
    expect(all.map(({ productId, stockLevel }) => [productId, stockLevel])).toEqual([
      ["a", 15],
      ["b", 5],
    ]);
    await queue.close();
  });

  test("says how many that were sent and not answered the server may have counted already", async () => {
    const { queue, store, connect } = await offline();
    await queue.levels.take([item("a", 10, 1)], asOf);
    await queue.noteAll([sold(1), sold(2)]);
    const lost = new Promise<void>((resolve) => {
      void connect(({ operations }) => {
        if (operations.length === 0) return json({ results: [], missing: [], acknowledgedThrough: 0, lastSequence: 0 });
        resolve();
        throw new TypeError("the answer is lost");
      });
    });
    await lost;
    expect(queue.levels.get("a", "shop")).toMatchObject({ stockLevel: 7, queued: 2, unanswered: 2 });
    await connect(({ operations }) =>
      json({
        results: operations.map((line) => ({ ...line, verdict: "duplicate", item: item("a", 7, 3) })),
        missing: [],
        acknowledgedThrough: 2,
        lastSequence: 2,
      }),
    );
    await queue.idle();
    const answered = { stockLevel: 7, queued: 0, item: { version: 3 } };
    expect(queue.levels.get("a", "shop")).toMatchObject(answered);
    // Killed now, it knows what the server had counted of its sales.
    const again = await offline([...store.records.values()]);
    expect(again.queue.levels.get("a", "shop")).toMatchObject(answered);
    await again.queue.close();
    await queue.close();
  });
});

describe("a copy", () => {
  test("is as the view that it follows, is stored now and then, and is there after a restart", async () => {
    const first = await offline();
    const { view, items, status } = viewOf([item("a", 10, 1), item("b", 5, 1)]);
    first.queue.levels.follow(view);
    items[0] = item("a", 9, 2);
    expect(first.queue.levels.get("a", "shop")).toMatchObject({ stockLevel: 9 });
    items.splice(1, 1);
    status.freshAt = new Date(asOf.getTime() + 5_000);
    first.clock.advance(offlineLimits.copyMs);
    await first.queue.note(sold(4));
    await first.queue.close();
    const again = await offline([...first.store.records.values()]);
    expect(again.queue.levels.asOf).toEqual(status.freshAt);
    expect(again.queue.levels.items()).toMatchObject([{ productId: "a", stockLevel: 5, item: { stockLevel: 9 } }]);
    expect(again.queue.levels.get("b", "shop")).toBeUndefined();
    await again.queue.close();
  });

  test("of a view that has shown nothing yet stays as it was", async () => {
    const { queue } = await offline();
    await queue.levels.take([item("a", 10, 1)], asOf);
    const { view, status } = viewOf([]);
    Object.assign(status, { freshAt: null, mode: "connecting" });
    const stop = queue.levels.follow(view);
    expect(queue.levels.get("a", "shop")).toMatchObject({ stockLevel: 10, asOf });
    stop();
    await queue.close();
  });

  test("that a verdict made newer than the view waits for the view, and gives way when its history was set back", async () => {
    const { queue, clock } = await offline();
    const { view } = viewOf([item("a", 10, 4)]);
    queue.levels.follow(view);
    queue.levels.hear(item("a", 9, 5));
    clock.advance(offlineLimits.copyMs);
    expect(queue.levels.get("a", "shop")!.item.version).toBe(5);
    clock.advance(offlineLimits.copyMs);
    expect(queue.levels.get("a", "shop")!.item.version).toBe(4);
    await queue.close();
  });

  test("holds so many items, and says when there are more", async () => {
    const { queue, store } = await offline();
    const many = Array.from({ length: offlineLimits.levelsMax + 5 }, (_, index) => item(`p${index}`, 1, 1));
    await queue.levels.take(many, asOf);
    expect([queue.levels.items().length, queue.levels.isCut]).toEqual([offlineLimits.levelsMax, true]);
    queue.levels.hear(item("new", 3, 1));
    expect(queue.levels.get("new", "shop")!.stockLevel).toBe(3);
    await queue.levels.take(many.slice(0, 3), asOf);
    expect([queue.levels.items().length, queue.levels.isCut]).toEqual([3, false]);
    expect([...store.records.values()].filter(({ kind }) => kind === "level")).toHaveLength(3);
    await queue.close();
  });
});
