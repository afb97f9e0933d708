/** An inventory item: one product at one location. Levels are integers in the product's base unit. */
import type { LifeState } from "@onhand/protocol/vocabulary";

export interface Levels {
  readonly onHand: number;
  readonly reserved: number;
  readonly unavailable: number;
  readonly incoming: number;
}

/** How far down an item's available went, as it was last told: see `alerts.ts`. */
export type AlertLevel = "none" | "low" | "out";

/** What few items have: states of unsellable units, a maximum, a count, an alert that was raised. */
export interface ItemExtras {
  /** Units in each named state; together at most `unavailable`, whose rest is in no named state. */
  readonly damaged: number;
  readonly qualityControl: number;
  readonly quarantine: number;
  readonly expired: number;
  /** Level that replenishment fills up to; null for none. */
  readonly maximum: number | null;
  /** Units that available must rise above a threshold before it counts as passed upwards; null for the default. */
  readonly hysteresis: number | null;
  readonly alert: AlertLevel;
  /** Moment that the last count holds for; what occurred up to then is contained in it. Null when never counted. */
  readonly countedAtMs: number | null;
  /** How far that moment may be off, in ms: the error of the device's clock. Absent for none. */
  readonly countErrorMs?: number;
  /**
   * Moment up to which everything is contained for certain, where an earlier count was surer of it than the last one.
   * Absent where the last count's own moment less its error says it.
   */
  readonly certainMs?: number;
  /** The statement of a source that holds, and the last version of each source that counts them. Absent for none. */
  readonly stated?: Stated;
}

/** What sources stated of an item. */
export interface Stated {
  /** Null when no statement was applied yet, and only versions were heard. */
  readonly sourceId: string | null;
  readonly trust: number;
  /** Up to when it holds against less trusted sources, in ms. */
  readonly holdsUntilMs: number;
  /** Last version by source; sources with times only are absent. */
  readonly versions: Readonly<Record<string, number>>;
}

/** Nothing of it: one object, so that it is recognised by identity. */
export const noExtras: ItemExtras = {
  damaged: 0,
  qualityControl: 0,
  quarantine: 0,
  expired: 0,
  maximum: null,
  hysteresis: null,
  alert: "none",
  countedAtMs: null,
};

export interface Item extends Levels {
  readonly partition: number;
  readonly productId: string;
  readonly locationId: string;
  /** Sequence of the item's first entry; with the partition it is the inventory id. */
  readonly itemNumber: number;
  readonly safetyStock: number;
  readonly reorderPoint: number | null;
  /** Changes so far; the n-th change makes it n. */
  readonly version: number;
  /** Sequence of the item's last entry. */
  readonly lastSequence: number;
  /** When the last entry was recorded, in milliseconds of the Unix epoch. */
  readonly updatedAtMs: number;
  readonly life: LifeState;
  /** `noExtras` itself where there is nothing of it. */
  readonly extras: ItemExtras;
}

/** Units that can be promised now: on hand − reserved − unavailable. May be below zero only where a fact made it so. */
export function availableOf(levels: Levels): number {
  return levels.onHand - levels.reserved - levels.unavailable;
}

/** Units promised or taken beyond what there was: how far available lies below zero. */
export function oversoldOf(levels: Levels): number {
  return Math.max(0, -availableOf(levels));
}

/** Order of magnitude of available: 0 for none, then one band for each factor of eight. */
export function availableBand(available: number): number {
  return available <= 0 ? 0 : 1 + Math.floor(Math.log2(available) / 3);
}
