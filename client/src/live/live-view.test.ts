import { describe, expect, test } from "bun:test";
import type { InventoryItem } from "@onhand/protocol/resources";
import fc from "fast-check";
import { FakeOnhand } from "../../test/support/fake-onhand.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { type Deed, ModelShop } from "../../test/support/model-shop.ts";
import { createClient } from "../client.ts";
import type { Change } from "./holdings.ts";

const seed = process.env.ONHAND_TEST_SEED;
const lives = fc.constantFrom("active" as const, "archived" as const, "deleted" as const);
const product = fc.nat(2);
const location = fc.nat(1);
const deeds: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("move" as const), product, location, by: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("retire" as const),
      product,
      location,
      life: fc.constantFrom("archived" as const, "deleted" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("product" as const), product, life: lives, renamed: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("location" as const), location, life: lives }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("hold" as const),
      product,
      location,
      by: fc.integer({ min: -4, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("notice" as const), product, location }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("elsewhere" as const),
      type: fc.constantFrom("reservation.paying.v1", "channel.availability.v1", "channel.deleted.v1"),
    }),
  },
);

const keyOf = (item: { productId: string; locationId: string }) => `${item.productId}/${item.locationId}`;
const sorted = (items: Iterable<InventoryItem>) => [...items].sort((a, b) => keyOf(a).localeCompare(keyOf(b)));

/** Folds what it is told, and insists that every change continues what was told before. */
class Mirror {
  readonly items = new Map<string, InventoryItem>();
  readonly faults: string[] = [];
  rewinds = 0;

  readonly take = ({ previous, item, productId, locationId, isRewound, kind }: Change): void => {
    const key = keyOf({ productId, locationId });
    const known = this.items.get(key) ?? null;
    if (JSON.stringify(known) !== JSON.stringify(previous)) this.faults.push(`${key} does not continue what was told`);
    if (kind !== (item === null ? "removed" : previous === null ? "added" : "changed"))
      this.faults.push(`${key} is no ${kind}`);
    if (isRewound) this.rewinds += 1;
    else if (item !== null && previous !== null && item.version < previous.version)
      this.faults.push(`${key} went back`);
    if (item === null) this.items.delete(key);
    else this.items.set(key, item);
  };
}

/** Plays deeds and faults until all is quiet. */
async function play(given: { deeds: Deed[]; faults: number[]; status: "active" | "all" }) {
  const shop = new ModelShop();
  const server = new FakeOnhand({ shop, deeds: [...given.deeds], faults: [...given.faults] });
  const clock = new ManualClock();
  const client = createClient({ baseUrl: "http://onhand.test", apiKey: "k", clock, fetch: server.fetch });
  const mirror = new Mirror();
  const errors: unknown[] = [];
  const idle = server.idle();
  const view = client.live({
    status: given.status,
    onChange: mirror.take,
    onError: (error) => errors.push(error),
    transports: ["sse"],
  });
  await idle;
  await view.ready();
  const expected = shop.list().filter(({ status }) => given.status === "all" || status === "active");
  // What came back is read again beside the feed.
  for (let turns = 0; turns < 100 && JSON.stringify(sorted(view.items())) !== JSON.stringify(expected); turns++)
    await new Promise((resolve) => setImmediate(resolve));
  const shown = sorted(view.items());
  view.close();
  return { shown, expected, mirror, errors, shop, view, server };
}

describe("a view", () => {
  const scenario = fc.record({
    deeds: fc.array(deeds, { maxLength: 60 }),
    faults: fc.array(fc.constantFrom(0, 0, 0, 1, 2, 5, 6, 7, 7), { maxLength: 25 }),
    status: fc.constantFrom("active" as const, "all" as const),
  });

  test("is what the server would list, however connections fail while it changes", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { shown, expected, mirror, errors } = await play(given);
        expect(shown).toEqual(expected);
        expect(mirror.faults).toEqual([]);
        expect(mirror.rewinds).toBe(0);
        expect(sorted(mirror.items.values())).toEqual(expected);
        expect(errors).toEqual([]);
      }),
      { numRuns: 300, ...(seed ? { seed: Number(seed) } : {}) },
    );
  }, 60_000);

  test("is what the server would list after restores from a backup, and tells what went back", async () => {
    const restores = scenario.map((given) => ({
      ...given,
      faults: given.faults.flatMap((fault) => [fault, fault === 0 ? 3 : 0]),
    }));
    await fc.assert(
      fc.asyncProperty(restores, async (given) => {
        const { shown, expected, mirror } = await play(given);
        expect(shown).toEqual(expected);
        expect(mirror.faults).toEqual([]);
        expect(sorted(mirror.items.values())).toEqual(expected);
      }),
      { numRuns: 300, ...(seed ? { seed: Number(seed) } : {}) },
    );
  }, 60_000);
});
