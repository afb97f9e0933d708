/** Holds a state against the world of the reference model, and against itself. */
import { expect } from "bun:test";
import { type Item, noExtras } from "../../src/core/inventory/item.ts";
import { lineKey } from "../../src/core/orders/order.ts";
import { wordless } from "./compare-entries.ts";
import type { MemoryState } from "./memory-state.ts";
import { plainItem, plainLevel, plainLine } from "./plain.ts";
import type { World } from "./world.ts";

export function compareWorlds(state: MemoryState, world: World): void {
  const itemsOf = (items: readonly Item[]) => sorted(items, ({ productId, locationId }) => productId + locationId);
  expect(itemsOf(state.items)).toEqual(itemsOf(world.items.map(plainItem)));
  for (const { extras } of state.items) if (Bun.deepEquals(extras, noExtras)) expect(extras).toBe(noExtras);

  const products = world.products.map(({ id, ...rest }) => ({ productId: id, ...rest }));
  expect(sorted(state.products, idOf)).toEqual(sorted(products, idOf));
  const locations = world.locations.map(({ id, ...rest }) => ({ locationId: id, ...rest }));
  expect(sorted(state.locations, idOf)).toEqual(sorted(locations, idOf));
  const channels = world.channels.map(({ id, ...rest }) => ({ channelId: id, ...rest }));
  expect(sorted(state.channels, idOf)).toEqual(sorted(channels, idOf));

  const levelKey = (level: { productId: string; channelId: string }) => `${level.productId} ${level.channelId}`;
  expect(sorted(state.channelLevels, levelKey)).toEqual(sorted(world.channelLevels.map(plainLevel), levelKey));
  const orderId = (order: { orderId: string }) => order.orderId;
  expect(sorted(state.orders.map(unexplained), orderId)).toEqual(sorted(world.orders.map(unexplained), orderId));
  expect(sorted(state.lines, lineKey)).toEqual(sorted(world.lines.map(plainLine), lineKey));
}

const sorted = <Value>(values: readonly Value[], keyOf: (value: Value) => string): Value[] =>
  values.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

const idOf = (record: { productId: string } | { locationId: string } | { channelId: string }): string =>
  "productId" in record ? record.productId : "locationId" in record ? record.locationId : record.channelId;

/** Why something was chosen is said in words that are the core's own. */
const unexplained = <Order extends { allocation: unknown }>(order: Order): Order => wordless(order);

/**
 * Counters follow the lines: what is reserved of an item is what lines hold of it, what is incoming is what lines expect.
 * Both sides could be wrong alike; this is asked of the state alone.
 */
export class Promises {
  readonly #atFirst: ReadonlyMap<string, string>;

  /** @param past in which items were given levels without orders */
  constructor(past: MemoryState) {
    this.#atFirst = surplusOf(past);
  }

  check(state: MemoryState): void {
    for (const [item, surplus] of surplusOf(state)) {
      expect(`${item}: ${surplus}`).toBe(`${item}: ${this.#atFirst.get(item) ?? "0 0"}`);
    }
    for (const line of state.lines) {
      const { quantity, held, incoming, done, dropped, surplus } = line;
      expect(held + incoming + done + dropped).toBe(quantity);
      expect(Math.min(held, incoming, done, dropped, surplus)).toBeGreaterThanOrEqual(0);
      expect(line.end === null).toBe(dropped === 0);
    }
  }
}

/** Reserved and incoming units of each item that no line accounts for. */
function surplusOf(state: MemoryState): Map<string, string> {
  const surplus = new Map<string, string>();
  for (const { productId, locationId, reserved, incoming } of state.items) {
    const mine = state.lines.filter((line) => line.productId === productId);
    const held = mine.filter((line) => line.locationId === locationId).reduce((sum, line) => sum + line.held, 0);
    const nearing = mine
      .filter((line) => line.toLocationId === locationId)
      .reduce((sum, line) => sum + line.incoming, 0);
    surplus.set(`${productId} at ${locationId}`, `${reserved - held} ${incoming - nearing}`);
  }
  return surplus;
}
