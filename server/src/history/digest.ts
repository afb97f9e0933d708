/** What a batch of entries comes to: flows by hour and day, how items stand behind it, and times without stock. Pure. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import { evolve } from "../core/evolve.ts";
import { availableOf } from "../core/inventory/item.ts";
import type { SealedEntry } from "../core/record/entry.ts";
import type { Calendar, Grain } from "./calendar.ts";
import { addFlows, type Flows, flowsOf, noFlows } from "./flows.ts";

export interface ItemKey {
  readonly partition: number;
  readonly productId: string;
  readonly locationId: string;
}

/** How an item stands at the cursor. */
export interface ItemState extends ItemKey {
  readonly onHand: number;
  /** Since when nothing is available, in ms; null while something is, or when it is not for sale. */
  readonly outSinceMs: number | null;
}

export interface PeriodFlows extends ItemKey {
  readonly grain: Grain;
  readonly period: number;
  readonly flows: Flows;
}

export interface Outage extends ItemKey {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface Digest {
  readonly states: readonly ItemState[];
  readonly periods: readonly PeriodFlows[];
  readonly outages: readonly Outage[];
}

/** @returns a key of an item among others of one batch */
export const keyOf = ({ productId, locationId }: Pick<ItemKey, "productId" | "locationId">): string =>
  `${productId}\n${locationId}`;

/**
 * @param entries of items, in order within each partition
 * @param before how the items stood, by `keyOf`; absent for one that is new
 * @param timezoneOf of a location
 */
export function digestEntries(
  entries: readonly SealedEntry[],
  before: ReadonlyMap<string, ItemState>,
  calendar: Calendar,
  timezoneOf: (locationId: string) => string | null,
): Digest {
  const states = new Map<string, ItemState>();
  const periods = new Map<string, PeriodFlows>();
  const outages: Outage[] = [];
  const add = (item: ItemKey, grain: Grain, period: number, flows: Flows): void => {
    const key = `${keyOf(item)}\n${grain}${period}`;
    const sum = addFlows(periods.get(key)?.flows ?? noFlows, flows);
    periods.set(key, { ...item, grain, period, flows: sum });
  };
  for (const entry of entries) {
    const item = { partition: entry.partition, productId: entry.productId!, locationId: entry.locationId! };
    const flows = flowsOf(entry);
    if (flows !== null) {
      add(item, "hour", calendar.hourOf(entry.occurredAtMs), flows);
      add(item, "day", calendar.dayOf(entry.occurredAtMs, timezoneOf(item.locationId)), flows);
    }
    if (entry.kind === entryKinds.inventoryDemandRefused) continue;
    const key = keyOf(item);
    const state = states.get(key) ?? before.get(key);
    const after = stateAfter(item, entry, state?.outSinceMs ?? null);
    if (state !== undefined && state.outSinceMs !== null && after.outSinceMs === null)
      outages.push({ ...item, sinceMs: state.outSinceMs, untilMs: entry.recordedAtMs });
    states.set(key, after);
  }
  return { states: [...states.values()], periods: [...periods.values()], outages };
}

function stateAfter(item: ItemKey, entry: SealedEntry, outSinceMs: number | null): ItemState {
  const isOut = isForSale(entry) && availableOf(entry.after) <= 0;
  return {
    ...item,
    onHand: entry.after.onHand,
    outSinceMs: isOut ? (outSinceMs ?? entry.recordedAtMs) : null,
  };
}

/** What is archived or deleted is not out of stock: nobody is to buy it. */
function isForSale(entry: SealedEntry): boolean {
  const effect = evolve(entry);
  return effect.kind === "item" && effect.item.life === "active";
}
